/** Codecs held against zod, JSON and superjson on inputs that their schemas may refuse, both ways. */
import fc from "fast-check";
import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compileCodec } from "../../../src/schema/values/codec.js";
import { splitEnvelope, writeEnvelope } from "../../../src/schema/values/envelope.js";
import { upgradeFrom } from "../../../src/schema/values/upgrade.js";
import { NewerVersionProblem, ValueProblem } from "../../../src/schema/values/value-problem.js";
import { VersionedCodec } from "../../../src/schema/values/versioned-codec.js";
import { garbage, schemas } from "./schema-arbitrary.js";

const tree: z.ZodType = z.object({
  a: z.string(),
  l: z
    .array(z.lazy(() => tree).nullable())
    .max(3)
    .optional(),
});

/** Constraints, defaults and unknown fields: what the random schemas do not have. */
const constrained: Record<string, readonly [schema: z.ZodType, ...taken: object[]]> = {
  bounds: [
    z.object({ n: z.int().min(-3).max(9), s: z.string().min(1).max(3), l: z.array(z.number()).max(2) }),
    { n: -3, s: "abc", l: [0.5, -0] },
  ],
  exclusive: [z.object({ n: z.number().gt(0).lt(1), m: z.number().multipleOf(0.5) }), { n: 0.5, m: 1.5 }],
  formats: [
    z.object({ a: z.iso.datetime({ offset: true }), b: z.email(), c: z.uuid(), d: z.string().regex(/^a/i) }),
    { a: "2026-01-02T03:04:05+02:00", b: "a@b.co", c: "6f2c2c1e-9f0c-4c39-8d3b-0b8a4ef1e8a7", d: "Ab" },
  ],
  defaults: [
    z.object({ a: z.string().default("d"), b: z.int().prefault(4), c: z.boolean().catch(true) }),
    {},
    { a: "x", b: 5, c: 7 },
  ],
  refined: [
    z.object({ a: z.string().refine((text) => text.length % 2 === 0), b: z.string().trim().toLowerCase() }),
    { a: "ab", b: " X y " },
  ],
  strict: [z.strictObject({ a: z.int().optional(), b: z.null() }), { b: null }, { a: 4, b: null }],
  catchall: [z.object({ a: z.string() }).catchall(z.number()), { a: "a", b: 0.5, z: 1 }],
  enumKeys: [z.record(z.enum(["a", "b"]), z.int()), { b: 1, a: 2 }],
  partial: [z.partialRecord(z.enum(["a", "b"]), z.int()), { b: 1 }, {}],
  union: [
    z.union([z.object({ a: z.int() }), z.object({ a: z.string(), b: z.int() }), z.array(z.int())]),
    { a: 4, b: 5 },
    { a: "a", b: 5 },
    [1, 2],
  ],
  both: [z.intersection(z.object({ a: z.string() }), z.object({ b: z.int().nullable() })), { a: "a", b: null }],
  template: [z.object({ a: z.templateLiteral(["v", z.int()]) }), { a: "v7" }],
  tree: [tree, { a: "a", l: [{ a: "b" }, null] }],
  exact: [
    z.object({ a: z.exactOptional(z.int()), b: z.nonoptional(z.string().optional()) }),
    { b: "" },
    { a: 4, b: "" },
  ],
};
const superjsonOnly: typeof constrained = {
  dates: [
    z.object({ a: z.date().min(new Date(0)), b: z.date().optional(), l: z.array(z.date().nullable()) }),
    { a: new Date(0), l: [null, new Date(-5)] },
    { a: new Date(5), b: new Date(6), l: [] },
  ],
  bigints: [z.object({ a: z.bigint().positive(), b: z.literal([1n, "x"]) }), { a: 2n, b: 1n }, { a: 9n, b: "x" }],
  maps: [
    z.object({ a: z.map(z.string(), z.date()), b: z.set(z.int()).max(2) }),
    { a: new Map([["x", new Date(5)]]), b: new Set([1, 2]) },
  ],
  open: [z.object({ a: z.unknown(), b: z.any() }), { a: [new Date(5)], b: new Map([[1, 2n]]) }],
  loose: [z.looseObject({ a: z.int().optional() }), { a: 1, z: new Date(5) }, {}],
  tuple: [z.tuple([z.string(), z.int().optional()]).rest(z.boolean()), ["a"], ["a", 1, true]],
};

const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    "",
    "a",
    "abc",
    "A1",
    "v7",
    "v1.5",
    0,
    -0,
    0.5,
    4,
    1e21,
    Number.NaN,
    1n,
    -1n,
  ),
  fc.constantFrom<unknown>("2026-01-02T03:04:05+02:00", "a@b.co", " Ab ", "6f2c2c1e-9f0c-4c39-8d3b-0b8a4ef1e8a7"),
  fc.constantFrom<unknown>(new Date(5), new Date(-5), new Date(Number.NaN), new Uint8Array([1]), Symbol("s"), () => 1),
  fc.double(),
  fc.string({ maxLength: 3 }),
);
/** Values near those that the schemas take: the same names, other contents. */
const nearly = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    leaf,
    fc.dictionary(fc.constantFrom("a", "b", "c", "d", "l", "m", "n", "s", "z"), tie("value"), { maxKeys: 5 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 3 }).map((list) => new Set(list)),
  ),
})).value;

const outcome = <T>(act: () => T): { readonly value: T } | { readonly problem: unknown } => {
  try {
    return { value: act() };
  } catch (problem) {
    return { problem };
  }
};

/** A value that the schema takes, the same with one part replaced, and any value. */
const inputs = (taken: readonly object[]) => {
  const good = fc.constantFrom(...taken);
  const replaced = fc.tuple(good, fc.nat(), nearly).map(([value, at, part]) => {
    const names = Object.keys(value);
    const name = names[at % Math.max(1, names.length)] ?? "a";
    return Array.isArray(value) ? value.with(Number(name), part) : { ...value, [name]: part };
  });
  const extended = fc
    .tuple(good, fc.constantFrom("a", "b", "l", "z"), nearly)
    .map(([value, name, part]) => (Array.isArray(value) ? [...value, part] : { ...value, [name]: part }));
  return fc.oneof(good, replaced, extended, nearly);
};

/** What a JSON reader finds: absent fields are not there. */
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each([
  ...Object.entries(constrained).flatMap(([name, of]) => [
    [name, "json", of] as const,
    [name, "superjson", of] as const,
  ]),
  ...Object.entries(superjsonOnly).map(([name, of]) => [name, "superjson", of] as const),
])("%s on %s", (_, wire, [schema, ...taken]) => {
  it("encodes what zod takes, as JSON or superjson write it, and refuses the rest", () => {
    let written = 0;
    fc.assert(
      fc.property(inputs(taken), (value) => {
        const theirs = schema.safeParse(value);
        for (const generate of [true, false]) {
          const codec = compileCodec(schema, wire, { generate });
          const ours = outcome(() => codec.encode(value) as string);
          if ("problem" in ours) {
            expect(ours.problem).toBeInstanceOf(ValueProblem);
            // Lone surrogates and what no wire carries, in open values and loose objects, are refused beyond zod.
            if (theirs.success) expect(carried(theirs.data, wire), String(ours.problem)).toBe(false);
            continue;
          }
          written++;
          expect(theirs.success).toBe(true);
          // What is stored is read: nothing was left out that the schema asks for.
          expect(() => codec.decode(ours.value)).not.toThrow();
          if (wire === "json") expect(JSON.parse(ours.value)).toStrictEqual(throughJson(theirs.data));
          else expect(superjson.parse(ours.value)).toStrictEqual(superjson.parse(superjson.stringify(theirs.data)));
        }
      }),
      { numRuns: 400 },
    );
    expect(written).toBeGreaterThan(50);
  });

  it("decodes what JSON or superjson and zod read, and refuses the rest", () => {
    let read = 0;
    fc.assert(
      fc.property(
        inputs(taken).filter((value) => carried(value, wire)),
        (value) => {
          const text = wire === "json" ? JSON.stringify(value) : superjson.stringify(value);
          if (text === undefined) return;
          const theirs = schema.safeParse(wire === "json" ? JSON.parse(text) : superjson.parse(text));
          for (const generate of [true, false]) {
            const ours = outcome(() => compileCodec(schema, wire, { generate }).decode(text));
            if (theirs.success) {
              read++;
              expect(ours).toStrictEqual({ value: theirs.data });
            } else expect(ours).toMatchObject({ problem: expect.any(ValueProblem) });
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(read).toBeGreaterThan(50);
  });
});

it.each([() => 1, Symbol("s")])("what an open value cannot carry is refused, not left out: %s", (part) => {
  for (const value of [{ a: part }, { a: [{ b: part }] }, { a: new Map([[1, part]]) }, { a: new Set([part]) }]) {
    const codec = compileCodec(z.object({ a: z.unknown() }), "superjson");
    expect(() => codec.encode(value)).toThrow("that superjson's text has no form for");
  }
});

/** Whether a wire carries a value whole: no code, no lone surrogates, and for JSON nothing but JSON. */
function carried(value: unknown, wire: "json" | "superjson"): boolean {
  if (typeof value === "function" || typeof value === "symbol") return false;
  if (typeof value === "string") return !/\p{Surrogate}/u.test(value);
  if (value instanceof Date) return wire === "superjson" && !Number.isNaN(value.getTime());
  if (value instanceof Map) return wire === "superjson" && [...value].flat().every((each) => carried(each, wire));
  if (value instanceof Set) return wire === "superjson" && [...value].every((each) => carried(each, wire));
  if (ArrayBuffer.isView(value)) return wire === "superjson";
  if (Array.isArray(value)) return value.every((each) => carried(each, wire));
  if (typeof value === "object" && value !== null) return Object.values(value).every((each) => carried(each, wire));
  if (wire === "json") return typeof value !== "bigint" && !(typeof value === "number" && !Number.isFinite(value));
  return true;
}

describe("a codec with a version", () => {
  const pairs = (range: "json" | "wide") =>
    schemas(range).chain((one) => fc.tuple(fc.constant(one), one.values, fc.integer({ min: 1, max: 9999 })));

  it.each(["json", "wide"] as const)("reads what it writes, as the bare codec does (%s)", (range) => {
    const wire = range === "json" ? "json" : "superjson";
    fc.assert(
      fc.property(pairs(range), ([one, value, version]) => {
        const bare = compileCodec(one.schema, wire);
        const versioned = new VersionedCodec(bare, version);
        const text = versioned.encode(value);
        expect(versioned.decode(text)).toStrictEqual(bare.decode(bare.encode(value)));
        expect(splitEnvelope(text, wire)).toMatchObject({ head: { kind: "value", version }, body: bare.encode(value) });
        expect(versioned.encode(value)).toBe(text);
        if (wire === "superjson") expect(superjson.parse(text)).toEqual(superjson.parse(bare.encode(value) as string));
        if (version > 1) expect(() => new VersionedCodec(bare, version - 1).decode(text)).toThrow(NewerVersionProblem);
      }),
      { numRuns: 300 },
    );
  });

  it("upgrades to what the upgrade makes of the decoded old value, step by step", () => {
    fc.assert(
      fc.property(
        schemas("wide").chain((one) => fc.tuple(fc.constant(one), one.values)),
        ([one, value]) => {
          const first = new VersionedCodec(compileCodec(one.schema, "superjson"), 1);
          const wrapped = z.object({ body: one.schema, seen: z.literal(2) });
          const twice = z.object({ inner: wrapped });
          const upgrades = {
            1: upgradeFrom(one.schema, (body) => ({ body, seen: 2 })),
            2: (inner: z.output<typeof wrapped>) => ({ inner }),
          };
          const third = new VersionedCodec(compileCodec(twice, "superjson"), 3, upgrades as never);
          const text = first.encode(value);
          const old = first.decode(text);
          const plain = compileCodec(twice, "superjson");
          const expected = plain.decode(plain.encode({ inner: { body: old, seen: 2 } } as never));
          expect(third.decode(text)).toStrictEqual(expected);
          // The bare text is of version 1 as well.
          expect(third.decode(compileCodec(one.schema, "superjson").encode(value))).toStrictEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("throws nothing but a ValueProblem for garbage, and for what is no value", () => {
    const codec = new VersionedCodec(compileCodec(z.object({ a: z.int() }), "json"), 3, {
      1: () => ({ a: 1 }),
      2: () => {
        throw new Error("secret");
      },
    });
    fc.assert(
      fc.property(garbage(codec.encode({ a: 5 })), (text) => {
        const read = outcome(() => codec.decode(text));
        if ("problem" in read) expect(read.problem).toBeInstanceOf(ValueProblem);
        else expect(read.value).toStrictEqual({ a: expect.any(Number) as number });
      }),
      { numRuns: 500 },
    );
    const head = { id: "0123456789abcdef", version: 3, hardEnd: null } as const;
    for (const kind of ["negative", "token", "tombstone"] as const) {
      expect(() => codec.decode(writeEnvelope({ kind, ...head }))).toThrow("is no value of this schema");
    }
    expect(codec.decode(Buffer.from(codec.encode({ a: 5 })))).toEqual({ a: 5 });
    expect(() => codec.decode(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow("is no UTF-8 text");
    const second = writeEnvelope({ kind: "value", ...head, version: 2 }, '{"a":1}', "json");
    expect(() => codec.decode(second)).toThrow("made the upgrade from version 2 throw");
    const none = writeEnvelope({ kind: "value", ...head, version: 0 }, '{"a":1}', "json");
    expect(() => codec.decode(none)).toThrow("is of version 0, which has no upgrade");
    expect(() => new VersionedCodec(compileCodec(z.string(), "string"), 1)).toThrow("no place for a version");
  });
});
