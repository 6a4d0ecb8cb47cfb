import { createHash } from "node:crypto";
import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  enc,
  ip,
  ipEnc,
  type ParameterCodec,
  ParameterProblem,
  parsePattern,
  sha256,
  sha256Email,
} from "../../../src/schema/patterns/index.js";
import { anyText, canonicalValues } from "./arbitrary.js";

/** All codecs, and `str` next to separators. */
const codecs: readonly (readonly [string, ParameterCodec])[] = [
  ...Object.keys(canonicalValues).map((usage) => [usage, codecOf(`x:<p:${usage}>`)] as const),
  ["str between | and .", codecOf("x|<p>.y")],
  ["sha256(email)", codecOf("x:<p:sha256(email)>")],
];

function codecOf(text: string): ParameterCodec {
  const { pattern, problems } = parsePattern(text);
  expect(problems).toEqual([]);
  return pattern.parameters[0]!.codec;
}

/** The text, or undefined where the value is refused; fails where anything but a ParameterProblem is thrown. */
function tryEncode(codec: ParameterCodec, value: unknown): string | undefined {
  try {
    return codec.encode(value);
  } catch (error) {
    expect(error).toBeInstanceOf(ParameterProblem);
    return undefined;
  }
}

describe.each(codecs)("A3 codec %s", (_, codec) => {
  const isDigest = codec.name === "sha256";
  const language = new RegExp(`^(?:${codec.language})$`, "u");

  it("A3 gives no two texts the same form", () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const encoded = tryEncode(codec, a);
        if (encoded === undefined) return;
        // What can be undone is injective; a digest and an address are so on their canonical forms.
        if (!isDigest && codec.name !== "ip") expect(codec.decode(encoded)).toBe(a);
        if (!isDigest) expect(codec.encode(codec.decode(encoded))).toBe(encoded);
        const other = tryEncode(codec, b);
        if (other === encoded && codec.argument !== "email") expect(b).toBe(a);
      }),
      { numRuns: 2000 },
    );
  });

  it("A3 stays in its language, which holds no brace, white space or control character", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.maxSafeInteger(), fc.bigInt()), (value) => {
        const encoded = tryEncode(codec, value);
        if (encoded === undefined) return;
        expect(encoded).toMatch(language);
        expect(encoded).toMatch(/^[^{}\s\p{Cc}\p{Cs}]+$/u);
        expect(codec.accepts(encoded)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([undefined, null, true, {}, [], ["a"], Symbol("s"), Number.NaN, 1.5])("refuses %s", (value) => {
    expect(tryEncode(codec, value)).toBeUndefined();
  });

  it("never tells the value that it refuses, and always names the parameter and a fix", () => {
    const secret = "s3cr3t{value} of\u0000nobody";
    try {
      codec.encode(secret);
      // Only what hides or encodes takes this.
      expect(["enc", "sha256"]).toContain(codec.name);
    } catch (error) {
      const problem = error as ParameterProblem;
      expect(problem.parameter).toBe("p");
      expect(problem.message).toMatch(/^p /);
      expect(problem.fix).toMatch(/^Pass .*\.$/s);
      expect(JSON.stringify([problem.message, problem.fix, problem.stack])).not.toContain("s3cr3t");
    }
  });
});

describe("codecs on canonical values", () => {
  it.each(Object.entries(canonicalValues))("%s takes every one and gives it back", (usage, values) => {
    const codec = codecOf(`x:<p:${usage}>`);
    fc.assert(
      fc.property(values, (value) => {
        const encoded = codec.encode(value);
        expect(encoded).toMatch(new RegExp(`^(?:${codec.language})$`, "u"));
        expect(codec.accepts(encoded)).toBe(true);
        if (codec.name !== "sha256") expect(codec.decode(encoded)).toEqual(value);
      }),
    );
  });
});

describe("codecs, by example", () => {
  const cases: [usage: string, value: unknown, encoded: string | undefined][] = [
    ["str", "a|b/c.d-e_f@g~h%i", "a|b/c.d-e_f@g~h%i"],
    ["str", "日本語", "日本語"],
    ["str", "", undefined],
    ...Array.from(
      ":{}*?[]\\ \t\u00a0\u3000\0\x1f\x7f\u0085",
      (c) => ["str", `a${c}b`, undefined] satisfies (typeof cases)[number],
    ),
    ["str", "a\ud800", undefined],
    ["str", "\udc00a", undefined],
    ["str", "a😀b", "a😀b"],
    ["int", 0, "0"],
    ["int", -0, "0"],
    ["int", -7, "-7"],
    ["int", 7n, "7"],
    ["int", 9007199254740991, "9007199254740991"],
    ["int", 9007199254740992, undefined],
    ["int", 9007199254740992n, undefined],
    ["int", -9007199254740992n, undefined],
    ["int", "7", undefined],
    ["uuid", "0192d3c4-1f5e-7a2b-8c3d-4e5f60718293", "0192d3c4-1f5e-7a2b-8c3d-4e5f60718293"],
    ["uuid", "0192D3C4-1f5e-7a2b-8c3d-4e5f60718293", undefined],
    ["uuid", "0192d3c41f5e7a2b8c3d4e5f60718293", undefined],
    ["uuid", "0192d3c4-1f5e-7a2b-8c3d-4e5f6071829", undefined],
    ["ulid", "01JD5Z8Q3V7N2K4M6P8R0T1W3Y", "01JD5Z8Q3V7N2K4M6P8R0T1W3Y"],
    ["ulid", "01jd5z8q3v7n2k4m6p8r0t1w3y", undefined],
    ["ulid", "81JD5Z8Q3V7N2K4M6P8R0T1W3Y", undefined],
    ["ulid", "01JD5Z8Q3V7N2K4M6P8R0T1W3I", undefined],
    ["hex", "00ff", "00ff"],
    ["hex", "00FF", undefined],
    ["hex", "", undefined],
    ["hex", "0g", undefined],
    ["date", "2024-02-29", "2024-02-29"],
    ["date", "2023-02-29", undefined],
    ["date", "1900-02-29", undefined],
    ["date", "2000-02-29", "2000-02-29"],
    ["date", "2024-04-31", undefined],
    ["date", "2024-13-01", undefined],
    ["date", "2024-00-01", undefined],
    ["date", "2024-1-01", undefined],
    ["date", new Date(0), undefined],
    ["enum(login|register|log)", "log", "log"],
    ["enum(login|register|log)", "login", "login"],
    ["enum(login|register|log)", "register", "register"],
    ["enum(login|register|log)", "regis", undefined],
    ["enum(login|register|log)", "ogin", undefined],
    ["enum(login|register|log)", "login|register", undefined],
    ["enum(login|register|log)", "", undefined],
    ["enum(relogin|login)", "login", "login"],
    ["enum(x|loginx|login)", "login", "login"],
    ["enc", "", "%"],
    ["enc", "%", "%25"],
    ["enc", "a b/é!'()*", "a%20b%2F%C3%A9%21%27%28%29%2A"],
    ["enc", "A-z0._~", "A-z0._~"],
    ["enc", "\ud800", undefined],
    ["enc", "a😀", "a%F0%9F%98%80"],
    ["match(/sha256:[0-9a-f]{4}/)", "sha256:00ff", "sha256:00ff"],
    ["match(/sha256:[0-9a-f]{4}/)", "sha256:00fff", undefined],
    ["match(/sha256:[0-9a-f]{4}/)", "xsha256:00ff", undefined],
    ["match(/a|b/)", "ab", undefined],
    ["match(/[^x]+/)", "a{b", undefined],
    ["match(/.+/)", "a}b", undefined],
    ["match(/\\S+/)", "a\0b", undefined],
    ["match(/.+/)", "a:b*", "a:b*"],
    ["match(/.+/)", "a\n", undefined],
    ["rest", "a:b:c*?[]\\", "a:b:c*?[]\\"],
    ["rest", "a{", undefined],
    ["rest", "a b", undefined],
    ["rest", "", undefined],
    ["ip", "203.0.113.7", "203.0.113.7"],
    ["ip", "203.0.113.07", undefined],
    ["ip", "203.0.113.256", undefined],
    ["ip", "203.0.113", undefined],
    ["ip", "203.0.113.7.", undefined],
    ["ip", "203.0.113.7:80", undefined],
    ["ip", "", undefined],
    ["ip", "2001:0DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["ip", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["ip", "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["ip", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["ip", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["ip", "::", "::"],
    ["ip", "::1", "::1"],
    ["ip", "1::", "1::"],
    ["ip", "::ffff:192.0.2.1", "192.0.2.1"],
    ["ip", "::FFFF:c000:201", "192.0.2.1"],
    ["ip", "::ffff:192.0.2.1.", undefined],
    ["ip", "64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["ip", "fe80::1%eth0", undefined],
    ["ip", "[::1]", undefined],
    ["ip", "1:2:3:4:5:6:7", undefined],
    ["ip", "1:2:3:4:5:6:7:8:9", undefined],
    ["ip", "1:2:3:4:5:6:7:8::", undefined],
    ["ip", "1::2::3", undefined],
    ["ip", ":1:2:3:4:5:6:7", undefined],
    ["ip", "1:2:3:4:5:6:7:", undefined],
    ["ip", ":::1", undefined],
    ["ip", "12345::", undefined],
    ["ip", ":", undefined],
    ["ip(enc)", "2001:DB8::1", "2001%3Adb8%3A%3A1"],
  ];

  it.each(cases)("%s of %s is %s", (usage, value, encoded) => {
    expect(tryEncode(codecOf(`x:<p:${usage}>`), value)).toBe(encoded);
  });

  it("str next to separators leaves them out, and only them", () => {
    const codec = codecOf("x|<p>.y");
    expect(tryEncode(codec, "a/b-c")).toBe("a/b-c");
    expect(tryEncode(codec, "a|b")).toBeUndefined();
    expect(tryEncode(codec, "a.b")).toBeUndefined();
  });

  it("an e-mail address is hashed in canonical form", () => {
    const digest = createHash("sha256").update("zoë@example.org").digest("hex");
    expect(sha256("zoë@example.org", "email")).toBe(digest);
    expect(sha256Email(" ZOE\u0308@Example.ORG\n", "email")).toBe(digest);
    expect(sha256(" Zoë@example.org", "email")).not.toBe(digest);
    expect(() => sha256Email("  ", "email")).toThrow(ParameterProblem);
    expect(() => sha256("a\ud800", "email")).toThrow(ParameterProblem);
  });

  it("an address is read as Node reads it, and has one text however it is written", () => {
    const spelling = fc.oneof(
      fc.ipV6(),
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.string({ unit: fc.constantFrom(..."0123f:::.."), maxLength: 20 }),
    );
    fc.assert(
      fc.property(spelling, (text) => {
        const codec = codecOf("x:<p:ip>");
        const encoded = tryEncode(codec, text);
        expect(encoded !== undefined).toBe(isIP(text) !== 0);
        if (encoded === undefined) return;
        expect(ip(encoded, "p")).toBe(encoded);
        if (text.includes(":") && encoded.includes(":")) {
          expect(encoded).toBe(new URL(`http://[${text}]/`).hostname.slice(1, -1));
          expect(ip(encoded.toUpperCase(), "p")).toBe(encoded);
        }
        expect(ipEnc(text, "p")).toBe(encoded.replaceAll(":", "%3A"));
      }),
      { numRuns: 5000 },
    );
  });

  it("long values pass at the speed of a loop", () => {
    const long = "a".repeat(1_000_000);
    expect(enc(long, "p")).toBe(long);
    expect(tryEncode(codecOf("x:<p>"), `${long}:`)).toBeUndefined();
  });
});
