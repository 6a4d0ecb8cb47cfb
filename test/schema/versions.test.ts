/** `version` and `upgrade` in a schema, and the checks that need one. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildManifest } from "../../src/schema/build-manifest.js";
import {
  cache,
  cappedList,
  type FamilyDeclaration,
  geoIndex,
  keyspace,
  none,
  presence,
  session,
  token,
  value,
} from "../../src/schema/index.js";
import { compileCodec, VersionedCodec } from "../../src/schema/values/index.js";

const common = { purpose: "For a test.", owner: "web", writers: ["web"], readers: [], tag: none("for a test") };
const shape = z.object({ a: z.string(), n: z.int() });

const built = (one: FamilyDeclaration) => buildManifest(keyspace({ name: "test", families: { one } }));
const problemsOf = (one: FamilyDeclaration) =>
  built(one).problems.map(({ id, field, message }) => `${id} ${field}: ${message}`);
const familyOf = (one: FamilyDeclaration) => {
  expect(problemsOf(one)).toEqual([]);
  return built(one).manifest?.families[0];
};

/** The kinds that store one value under one key. */
const kinds = {
  value: (more: object = {}) => value("one:<id>", { ...common, ttl: "1h", value: shape, ...more }),
  cache: (more: object = {}) => cache("one:<id>", { ...common, ttl: "1h", value: shape, ...more }),
  token: (more: object = {}) => token("one:<id>", { ...common, ttl: "1h", value: shape, ...more }),
  session: (more: object = {}) => session("one:<id>", { ...common, ttl: "1h", value: shape, ...more }),
};

describe.each(["value", "cache", "token"] as const)("a version of a %s", (kind) => {
  const declare = kinds[kind];

  test("is in the manifest, with golden bytes that the codec reads", () => {
    const family = familyOf(declare({ version: 2, upgrade: { 1: (old: object) => ({ ...old, n: 0 }) } }));
    expect(family?.settings).toMatchObject({ envelope: true, version: 2 });
    const golden = family?.values[0]?.golden as string;
    expect(golden).toMatch(/^\{"kw":\{"k":"v","i":"[0-9a-f]{16}","n":"0002","x":"\d{15}"\},"json":\{/);
    const codec = compileCodec(shape, "json");
    expect(shape.safeParse(new VersionedCodec(codec, 2).decode(golden)).success).toBe(true);
  });

  test("left out, nothing of it is", () => {
    const family = familyOf(declare());
    expect(family?.settings).not.toHaveProperty("version");
    expect(family?.values[0]?.golden?.startsWith('{"kw"')).toBe(kind === "cache");
  });

  test.each(["plain", "string", "int", "float", "boolean01", "bytes"])("needs the envelope: not on %s", (wire) => {
    const refusal = `unsupported-option version: ${wire} stores the bare value, which other languages read, and has no place for a version`;
    const schema = { string: z.string(), int: z.int(), float: z.number(), boolean01: z.boolean() }[wire];
    const problems = problemsOf(declare({ wire, version: 1, ...(schema && { value: schema }) }));
    expect(problems).toContain(refusal);
    expect(problems.filter((problem) => problem.startsWith("wire-cannot-carry") && wire !== "bytes")).toEqual([]);
  });

  test.each([
    [{ version: 0 }, "invalid-version version"],
    [{ version: 1.5 }, "invalid-version version"],
    [{ version: 10_000 }, "invalid-version version"],
    [{ version: 2, upgrade: { 1: 5 } }, "invalid-upgrade upgrade.1"],
    [{ version: 1, upgrade: { 1: () => ({}) } }, "invalid-upgrade upgrade.1"],
    [{ upgrade: { 1: () => ({}) } }, "invalid-upgrade upgrade.1"],
  ])("that is none is a mistake: %j", (options, expected) => {
    expect(problemsOf(declare(options)).join("\n")).toContain(expected);
  });

  test("needs all its upgrades, unless what is stored can be loaded again", () => {
    const missing = kind === "cache" ? [] : [expect.stringContaining("missing-upgrade upgrade: nothing says what")];
    expect(problemsOf(declare({ version: 2 }))).toEqual(missing);
  });
});

test("a code has no version", () => {
  const attempts = { max: 3 };
  const code = z.string().regex(/^\d{6}$/);
  const one = token("one:<id>", { ...common, ttl: "1h", code, attempts, ...({ version: 1 } as object) });
  expect(problemsOf(one)).toEqual(['unsupported-option version: a token with a code has no "version"']);
});

test.each([
  ["cappedList", cappedList("one:<id>", { ...common, ttl: "1h", cap: 5, item: shape, ...({ version: 1 } as object) })],
  [
    "geoIndex",
    geoIndex("one:<id>", { ...common, ttl: "1h", member: z.string(), ...({ version: 1 } as object) } as never),
  ],
  [
    "presence",
    presence("one:<id>", { ...common, member: z.uuid(), window: "1m", ...({ version: 1 } as object) } as never),
  ],
])("%s says why it has no version", (_, one) => {
  expect(problemsOf(one as FamilyDeclaration)).toContain(
    "unsupported-option version: items are told apart by their stored texts, and two versions of one item would be two items",
  );
});

describe("a check that only code can perform", () => {
  const refined = z.object({ a: z.string(), deep: z.array(z.object({ b: z.string().refine((b) => b !== "x") })) });
  const checks: [name: string, schema: z.ZodType, field: string][] = [
    ["refine", refined, "value.deep.b"],
    ["superRefine", shape.superRefine(() => undefined), "value"],
    ["trim", z.object({ a: z.string().trim() }), "value.a"],
    [
      "a format that a function decides",
      z.object({ a: z.stringFormat("odd", (text) => text.length % 2 === 1) }),
      "value.a",
    ],
    ["in a catchall", z.object({ a: z.string() }).catchall(z.string().refine(() => true)), "value"],
    [
      "in a record",
      z.object({
        a: z.record(
          z.string(),
          z.int().refine(() => true),
        ),
      }),
      "value.a",
    ],
  ];

  test.each(Object.keys(kinds))("needs a version of a %s", (kind) => {
    const declare = kinds[kind as keyof typeof kinds];
    for (const [name, schema, field] of checks) {
      const problems = built(declare({ value: schema })).problems;
      expect(problems, name).toMatchObject([{ id: "refinement-without-version", field }]);
      expect(problems[0]?.fix).toMatch(/Declare version: 1, and raise it when the check changes/);
      expect(problemsOf(declare({ value: schema, version: 1 })), name).toEqual([]);
    }
  });

  test("needs none where there can be none: other wires, items, codes", () => {
    const text = z.string().refine((each) => each !== "x");
    expect(problemsOf(value("one:<id>", { ...common, ttl: "1h", value: text, wire: "string" }))).toEqual([]);
    expect(problemsOf(value("one:<id>", { ...common, ttl: "1h", value: refined, wire: "plain" }))).toEqual([]);
    expect(problemsOf(cappedList("one:<id>", { ...common, ttl: "1h", cap: 5, item: refined }))).toEqual([]);
    expect(problemsOf(token("one:<id>", { ...common, ttl: "1h", code: text, attempts: { max: 3 } }))).toEqual([]);
  });

  test("what the manifest describes needs none", () => {
    const described = z.object({
      a: z.string().min(1).max(9).regex(/^a/i).startsWith("a").includes("b"),
      b: z.iso.datetime({ offset: true }),
      c: z.int().multipleOf(3).positive(),
      d: z.array(z.email()).nonempty(),
      e: z.hash("sha256"),
    });
    expect(problemsOf(kinds.value({ value: described }))).toEqual([]);
  });
});
