import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ambiguousKey,
  commonKey,
  escapeGlob,
  extractTag,
  formatKey,
  matchKey,
  type ParameterProblem,
  type Pattern,
  parsePattern,
  patternAutomaton,
  type Segment,
  scanPattern,
} from "../../../src/schema/patterns/index.js";
import { canonicalValues, keyText } from "./arbitrary.js";

function read(text: string): Pattern {
  const { pattern, problems } = parsePattern(text);
  expect(problems).toEqual([]);
  return pattern;
}

describe("patterns", () => {
  it("are split into literals and parameters, in order, with their tag", () => {
    const pattern = read("auth:code:{email:<email:sha256(email)>}:<scene:enum(login|register)>");
    expect(pattern.parameters.map(({ name, text, codec }) => [name, text, codec.name, codec.argument])).toEqual([
      ["email", "<email:sha256(email)>", "sha256", "email"],
      ["scene", "<scene:enum(login|register)>", "enum", "login|register"],
    ]);
    expect(pattern.tag).toEqual({
      template: "{email:<email:sha256(email)>}",
      parameters: ["email"],
      constant: false,
    });
    expect(
      pattern.segments.map((segment) => ("literal" in segment ? segment.literal : segment.parameter.name)),
    ).toEqual(["auth:code:{email:", "email", "}:", "scene"]);
  });

  it("may have a constant tag, or none", () => {
    expect(read("{dashboard:projects-list}:<user>").tag).toEqual({
      template: "{dashboard:projects-list}",
      parameters: [],
      constant: true,
    });
    expect(read("login_ip:<ip:ip>").tag).toBeUndefined();
  });

  it("may hold < > : and braces in the expression of a match", () => {
    const pattern = read("q:{<t:match(/[<>]{2}:[a-z]{2,3}/)>}:<u>");
    expect(pattern.tag).toEqual({ template: "{<t:match(/[<>]{2}:[a-z]{2,3}/)>}", parameters: ["t"], constant: false });
    expect(formatKey(pattern, { t: "<>:ab", u: "1" })).toBe("q:{<>:ab}:1");
  });

  it("emit the calls of the generated key builder", () => {
    const calls = (text: string) => read(text).parameters.map(({ name, codec }) => codec.emit(`k.${name}`));
    expect(calls("chat:messages:{<roomId>}")).toEqual(['str(k.roomId, "roomId")']);
    expect(calls("a|<x>/<y:int>:<z:enum(a|b)>")).toEqual([
      'strWithout(k.x, "|/", "x")',
      'int(k.y, "y")',
      'oneOf(k.z, "a|b", "z")',
    ]);
    expect(calls("<d:match(/sha256:[0-9a-f]{64}|a/b/)>")).toEqual([
      'matching(k.d, /^(?:sha256:[0-9a-f]{64}|a\\/b)$/u, "d")',
    ]);
    expect(calls("<a:ip(enc)>:<b:sha256(email)>:<c:rest>")).toEqual([
      'ipEnc(k.a, "a")',
      'sha256Email(k.b, "b")',
      'rest(k.c, "c")',
    ]);
  });
});

describe("what is wrong with a pattern", () => {
  const cases: [text: string, ids: string[], words?: RegExp][] = [
    ["", ["empty-pattern"]],
    ["a:<x:foo>", ["unknown-codec"], /unknown codec 'foo'/],
    ["a:<x:uid>", ["unknown-codec"], /Did you mean uuid\?/],
    ["a:<x:string>", ["unknown-codec"], /Did you mean str\?/],
    ["a:<x:constructor>", ["unknown-codec"]],
    ["a:<x:>", ["unknown-codec"]],
    ["a:<x:sha256(phone)>", ["codec-argument"]],
    ["a:<x:str(1)>", ["codec-argument"]],
    ["a:<x:enum>", ["codec-argument"]],
    ["a:<x:enum()>", ["codec-argument"]],
    ["a:<x:enum(a|a)>", ["codec-argument"]],
    ["a:<x:enum(a|b:c)>", ["codec-argument"]],
    ["a:<x:ip(v4)>", ["codec-argument"]],
    ["a:<x:match>", ["codec-argument"]],
    ["a:<x:match(a)>", ["codec-argument"]],
    ["a:<x:match(/(?=a)b/)>", ["match-irregular"]],
    ["a:<x:match(/(?<n>a)/)>", ["match-irregular"]],
    ["a:<x:match(/(a)\\1/)>", ["match-irregular"]],
    ["a:<x:match(/^a$/)>", ["match-irregular"]],
    ["a:<x:match(/\\p{L}+/)>", ["match-irregular"]],
    ["a:<x:match(/[a-/)>", ["match-syntax"]],
    ["a:<x:match(/(a/)>", ["match-syntax"]],
    ["a:<x:match(/a**/)>", ["match-syntax"]],
    ["a:<x:match(/a{9999}/)>", ["match-syntax"]],
    ["a:<x:match(/\\u{-1}/)>", ["match-syntax"]],
    ["a:<x:match(/[\\u{-1}b]/)>", ["match-syntax"]],
    ["a:<x:match(/\\u{41zz}/)>", ["match-syntax"]],
    ["a:<x:match(/\\u{}/)>", ["match-syntax"]],
    ["a:<x:match(/\\{a\\}/)>", ["match-characters"]],
    ["a:<x:match(/[{a]+/)>", ["match-characters"]],
    ["a:<x:match(/a b/)>", ["match-characters"]],
    ["a:<x:match(/a\\sb/)>", ["match-characters"]],
    ["a:<x:match(/[ -~]+/)>", ["match-characters"]],
    ["a:<x:match(/[a-z]*/)>", ["match-empty"]],
    ["a:<>", ["empty-parameter-name"]],
    ["a:<:int>", ["empty-parameter-name"]],
    ["a:<room-id>", ["invalid-parameter-name"]],
    ["a:<__proto__>", ["invalid-parameter-name"]],
    ["a:<x>:<x>", ["duplicate-parameter"]],
    ["a:<x", ["unclosed-parameter"]],
    ["a:<x:b<y>", ["unclosed-parameter"]],
    ["a:<x:match(/a>", ["unclosed-parameter"]],
    ["a:x>", ["unopened-parameter"]],
    ["a:<x><y>", ["adjacent-parameters"]],
    ["a:{}", ["empty-tag"]],
    ["a:{<x>}:{<y>}", ["second-tag"], /second hash tag after \{<x>\}/],
    ["a:{<x>}:{}", ["second-tag"]],
    ["a:{{<x>}}", ["nested-tag"]],
    ["a:{<x>", ["unclosed-tag"]],
    ["a:<x>}", ["stray-brace"]],
    ["a:{<x>}}", ["stray-brace"]],
    ["a:}{<x>}", ["stray-brace"]],
    ["a:<x:ip>:<y>", ["not-last"], /ip\(enc\)/],
    ["a:<x:ip>:b", ["not-last"]],
    ["a:<x:rest>/<y>", ["not-last"]],
    ["a*:<x>", ["literal-wildcard"]],
    ["a?", ["literal-wildcard"]],
    ["a[b]", ["literal-wildcard"]],
    ["a\\b", ["literal-wildcard"]],
    ["a b", ["literal-invisible"]],
    ["a\0", ["literal-invisible"]],
    ["a\ud800", ["literal-invisible"]],
    ["<x>v<y>", ["ambiguous-parameters"]],
    ["<x:enc>.<y:enc>", ["ambiguous-parameters"]],
    ["<x:hex>0<y:hex>", ["ambiguous-parameters"]],
    ["<x:enum(a|a-b)>-<y:enum(b-c|c)>", ["ambiguous-parameters"]],
    ["a b:<x:foo>:{}", ["literal-invisible", "unknown-codec", "empty-tag"]],
  ];

  it.each<(typeof cases)[number]>(cases)("'%s': %j", (text, ids, words) => {
    const { problems } = parsePattern(text);
    expect(problems.map((problem) => problem.id)).toEqual(ids);
    for (const problem of problems) {
      expect(problem.field).toBe("pattern");
      expect(problem.fix).toMatch(/[.?]$/);
    }
    if (words) expect(problems.map((problem) => `${problem.message} ${problem.fix}`).join()).toMatch(words);
  });

  it.each([
    "mpp:browser:active:{user:<id>}:<platform>",
    "a|<x>/<y>.<z>-<w>_<v>@<u>",
    "<a:int>-<b:int>",
    "<d:date>-<n:int>",
    "<u:uuid>-<v:uuid>",
    "<u:uuid>0<v:uuid>",
    "q:<t:match(/(eu|us):[a-z]+/)>:<user>",
    "a:{<x:ip>}:<y>",
    "a:{<x:rest>}:<y>",
    "<x:enum(a|a-b)>-<y:enum(c|d)>",
    "プロジェクト:<id>",
  ])("nothing with '%s'", (text) => {
    expect(parsePattern(text).problems).toEqual([]);
  });

  it("never throws", () => {
    const piece = fc.constantFrom(
      ..."<>{}:()/|ax*",
      "<x>",
      "<x:match(/",
      "/)>",
      "enum(",
      "<y:int>",
      "\\",
      "[",
      "]",
      "\ud800",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join("");
        const { pattern } = parsePattern(text);
        expect(pattern.text).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });
});

/** Patterns of random codecs and separators, and two sets of values for each. */
const patternAndValues = fc
  .array(
    fc.tuple(
      fc.constantFrom(...Object.keys(canonicalValues).filter((usage) => usage !== "sha256")),
      fc.constantFrom(":", "-", ".", "_", "|", "/", "::", ":a:", "0", "é"),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .chain((parts) => {
    const names = parts.map((_, i) => `p${i}`);
    const text = parts.map(([usage, separator], i) => `${separator}<${names[i]}:${usage}>`).join("");
    const tagged = fc.constantFrom(...parts.keys(), -1).map((tag) => {
      if (tag < 0) return `k${text}`;
      return `k${parts.map(([usage, separator], i) => `${separator}${i === tag ? "{" : ""}<${names[i]}:${usage}>${i === tag ? "}" : ""}`).join("")}`;
    });
    const values = fc
      .tuple(...parts.map(([usage]) => canonicalValues[usage]!))
      .map((list) => Object.fromEntries(list.map((value, i) => [names[i]!, value])));
    return fc.tuple(tagged, values, values);
  });

describe("A3 keys", () => {
  it("A3 every key parses back, and different parameters give different keys", () => {
    let keys = 0;
    fc.assert(
      fc.property(patternAndValues, ([text, a, b]) => {
        const { pattern, problems } = parsePattern(text);
        if (problems.length > 0) return;
        const keyA = tryFormat(pattern, a);
        if (keyA === undefined) return;
        keys++;
        const found = matchKey(pattern, keyA);
        expect(found).toEqual(encoded(pattern, a));
        for (const { name, codec } of pattern.parameters) expect(codec.decode(found![name]!)).toEqual(a[name]);
        const keyB = tryFormat(pattern, b);
        if (keyB === keyA) expect(b).toEqual(a);
        const tag = pattern.tag;
        if (tag) expect(extractTag(keyA)).toBe(formatKey(read(tag.template.slice(1, -1)), a));
        else expect(extractTag(keyA)).toBeUndefined();
      }),
      { numRuns: 5000 },
    );
    expect(keys).toBeGreaterThan(500);
  });

  it("A3 a separator of two UTF-16 units is excluded as a whole, and other characters that share half of it are not", () => {
    const pattern = read("a😀<x>😀b");
    expect(matchKey(pattern, formatKey(pattern, { x: "😁" }))).toEqual({ x: "😁" });
    expect(() => formatKey(pattern, { x: "c😀" })).toThrow("x holds '😀'");
  });

  it("A3 foreign keys are read as none, or as what formats to them", () => {
    const pattern = read("a:{<x>}:<y:int>:<d:date>");
    expect(matchKey(pattern, "a:{q}:7:2024-02-29")).toEqual({ x: "q", y: "7", d: "2024-02-29" });
    expect(matchKey(pattern, "a:{q}:7:2023-02-29")).toBeUndefined();
    expect(matchKey(pattern, "a:{q}:07:2024-02-29")).toBeUndefined();
    expect(matchKey(pattern, "a:{}:7:2024-02-29")).toBeUndefined();
    expect(matchKey(pattern, "xa:{q}:7:2024-02-29")).toBeUndefined();
    expect(matchKey(pattern, "a:{q}:7:2024-02-29\n")).toBeUndefined();
    const loose = read("<x>:<y>");
    fc.assert(
      fc.property(keyText, (key) => {
        const found = matchKey(loose, key);
        if (found) expect(formatKey(loose, found)).toBe(key);
      }),
    );
  });

  it("a digest is read back as the digest", () => {
    const pattern = read("a:{email:<email:sha256(email)>}");
    const key = formatKey(pattern, { email: "A@example.org" });
    expect(key).not.toContain("example");
    expect(matchKey(pattern, key)).toEqual({ email: key.slice("a:{email:".length, -1) });
  });

  it("names the parameter that is missing or wrong", () => {
    const pattern = read("a:<x>:<y:int>");
    for (const [parameters, name] of [
      [{ x: "a" }, "y"],
      [{ y: 1 }, "x"],
      [{ x: "a:b", y: 1 }, "x"],
    ] as const) {
      expect(() => formatKey(pattern, parameters)).toThrow(
        expect.objectContaining<Partial<ParameterProblem>>({ parameter: name }),
      );
    }
    const inherited = read("a:<constructor>");
    expect(() => formatKey(inherited, {})).toThrow(/constructor is missing/);
  });
});

describe("A13 scan patterns", () => {
  it("A13 come from the same parts as the keys", () => {
    const pattern = read("asset:{asset:<id>}:resolve:<actor>");
    expect(scanPattern(pattern)).toBe("asset:{asset:*}:resolve:*");
    expect(scanPattern(pattern, { id: "7" })).toBe("asset:{asset:7}:resolve:*");
    expect(scanPattern(pattern, { id: "7", actor: undefined })).toBe("asset:{asset:7}:resolve:*");
    expect(() => scanPattern(pattern, { name: "7" })).toThrow(/no parameter of/);
    expect(() => scanPattern(pattern, { id: "*" })).toThrow(/must not hold/);
    expect(scanPattern(read("a:<x:rest>"), { x: "*[a]?\\" })).toBe("a:\\*\\[a\\]\\?\\\\");
  });

  it("A13 every key matches its own scan pattern, whatever is bound", () => {
    fc.assert(
      fc.property(patternAndValues, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), ([text, values], bound) => {
        const { pattern, problems } = parsePattern(text);
        const key = problems.length > 0 ? undefined : tryFormat(pattern, values);
        if (key === undefined) return;
        const some = Object.fromEntries(Object.entries(values).filter((_, i) => bound[i]));
        expect(globMatches(scanPattern(pattern, some), key)).toBe(true);
        expect(scanPattern(pattern, values)).toBe(escapeGlob(key));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("automata", () => {
  /** Patterns over a and - whose ambiguity can be found by trying all short keys. */
  const expression = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom("a", "-", "[a-]", "[a-]"),
      fc.tuple(tie("tree"), tie("tree")).map(([x, y]) => `${x}${y}`),
      fc.tuple(tie("tree"), tie("tree")).map(([x, y]) => `(?:${x}|${y})`),
      fc.tuple(tie("tree"), fc.constantFrom("+", "?", "{2}", "{1,2}", "*")).map(([x, bounds]) => `(?:${x})${bounds}`),
    ),
  })).tree;

  const keys = words("a-", 7);

  it("find an ambiguous key exactly where there is one", () => {
    let ambiguous = 0;
    fc.assert(
      fc.property(expression, expression, fc.constantFrom("-", "-a"), (x, y, separator) => {
        if (new RegExp(`^(?:${x})$`).test("") || new RegExp(`^(?:${y})$`).test("")) return;
        const { pattern, problems } = parsePattern(`<x:match(/${x}/)>${separator}<y:match(/${y}/)>`);
        const tried = keys.find((key) => readings(key, x, y, separator) > 1);
        const key = ambiguousKey(pattern.segments);
        if (tried !== undefined) expect(key).toBeDefined();
        if (key !== undefined) {
          ambiguous++;
          expect(readings(key, x, y, separator)).toBeGreaterThan(1);
        }
        expect(problems.map(({ id }) => id)).toEqual(key === undefined ? [] : ["ambiguous-parameters"]);
      }),
      { numRuns: 1500 },
    );
    expect(ambiguous).toBeGreaterThan(20);
  });

  it("find a key of two patterns exactly where there is one", () => {
    fc.assert(
      fc.property(expression, expression, (x, y) => {
        const empty = new RegExp(`^(?:${x})$`).test("") || new RegExp(`^(?:${y})$`).test("");
        if (empty) return;
        const a = new RegExp(`^(?:${x})$`);
        const b = new RegExp(`^(?:${y})$`);
        const tried = keys.find((key) => a.test(key) && b.test(key));
        const key = commonKey(automatonOf(x), automatonOf(y));
        if (tried !== undefined) expect(key?.length).toBe(tried.length);
        if (key !== undefined) expect([a.test(key), b.test(key)]).toEqual([true, true]);
      }),
      { numRuns: 500 },
    );
  });

  it("tell which patterns of a keyspace meet", () => {
    const meet = (a: string, b: string) =>
      commonKey(patternAutomaton(read(a).segments), patternAutomaton(read(b).segments));
    expect(meet("user:<id>", "user:location:<id>")).toBeUndefined();
    expect(meet("user:<id>", "user:<name:enum(all|none)>")).toBe("user:all");
    expect(meet("user:<x:rest>", "user:location:<id>")).toBe("user:location:a");
    expect(meet("a:<x:ip>", "a:<x:uuid>")).toBeUndefined();
    expect(meet("a:{<x>}", "a:<x>")).toBeUndefined();
  });

  it("are linear in the bounds of a repetition", () => {
    const started = performance.now();
    expect(parsePattern("<x:match(/[a-z-]{1,1024}/)>-<y:uuid>").problems).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

function automatonOf(expression: string) {
  return patternAutomaton(parsePattern(`<x:match(/${expression}/)>`).pattern.segments as Segment[]);
}

function words(letters: string, longest: number): string[] {
  const all: string[] = [];
  let previous = [""];
  for (let length = 1; length <= longest; length++) {
    previous = previous.flatMap((word) => Array.from(letters, (letter) => word + letter));
    all.push(...previous);
  }
  return all;
}

/** In how many ways a key splits into x, separator, y. */
function readings(key: string, x: string, y: string, separator: string): number {
  const left = new RegExp(`^(?:${x})$`);
  const right = new RegExp(`^(?:${y})$`);
  let count = 0;
  for (let at = 1; at < key.length; at++) {
    if (!key.startsWith(separator, at)) continue;
    if (left.test(key.slice(0, at)) && right.test(key.slice(at + separator.length))) count++;
  }
  return count;
}

function tryFormat(pattern: Pattern, values: Record<string, unknown>): string | undefined {
  try {
    return formatKey(pattern, values);
  } catch {
    return undefined;
  }
}

function encoded(pattern: Pattern, values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(pattern.parameters.map(({ name, codec }) => [name, codec.encode(values[name])]));
}

/** Redis's stringmatchlen, as far as `*` and escapes go. */
function globMatches(glob: string, text: string): boolean {
  const parts: string[] = [];
  for (let i = 0; i < glob.length; i++) {
    if (glob[i] === "\\") parts.push(literally(glob[++i]!));
    else if (glob[i] === "*") parts.push("[^]*");
    else parts.push(literally(glob[i]!));
  }
  return new RegExp(`^${parts.join("")}$`).test(text);
}

function literally(character: string): string {
  return character.replace(/[$()*+./?[\\\]^{|}]/, "\\$&");
}
