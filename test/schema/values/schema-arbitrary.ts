import fc from "fast-check";
import { z } from "zod";
import { bytes } from "../../../src/schema/values/bytes.js";

/** A random schema together with the values that it accepts. */
export interface SchemaWithValues {
  readonly schema: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
  /** The schema as text, so that a counterexample can be read. */
  readonly text: string;
  readonly [fc.toStringMethod]: () => string;
  /** Parsed values may be `undefined`. */
  readonly optional?: true;
}

const of = (text: string, schema: z.ZodType, values: fc.Arbitrary<unknown>): SchemaWithValues => ({
  schema,
  values,
  text,
  [fc.toStringMethod]: () => text,
});

const DAY = 86_400_000;
const date = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.integer({ min: 0, max: 3 * DAY }).map((time) => new Date(1_767_323_045_678 + time)),
);
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 1e21, 5e-324),
);
const integer = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -0));
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", '"', "\\", "\ud800", '","meta":{"values":{', "__proto__ "),
);

export const FIELD_NAMES = [
  "id",
  "at",
  "b",
  "a",
  "x.y",
  "back\\slash",
  'quo"te',
  "ключ",
  "meta",
  "json",
  "values",
  "v",
  "7",
  "1",
  "with space",
  "toJSON_",
];
const RECORD_KEYS = fc.oneof(fc.constantFrom(...FIELD_NAMES, "10", "02", ""), fc.string({ maxLength: 4 }));

const jsonLeaves = [
  of("string", z.string(), text),
  of("number", z.number(), number),
  of("int", z.int(), integer),
  of("boolean", z.boolean(), fc.boolean()),
  of("null", z.null(), fc.constant(null)),
  of("enum", z.enum(["a", "b", 'c"']), fc.constantFrom("a", "b", 'c"')),
  of("literal", z.literal(["l", 1, true, null]), fc.constantFrom("l", 1, true, null)),
  of("uuid", z.uuid(), fc.uuid({ version: 4 })),
];
const superjsonLeaves = [
  of("date", z.date(), date),
  of("date", z.date(), date),
  of("bigint", z.bigint(), fc.bigInt()),
  of("bytes", bytes(), fc.uint8Array({ maxLength: 5 })),
  of("undefined", z.undefined(), fc.constant(undefined)),
];

/** By the text: the mark of `readonly` follows a schema, and no name of a field has it. */
const hasReadonly = (one: SchemaWithValues): boolean => one.text.includes("!");

/**
 * Random schemas: of what JSON carries; with dates as well (what superjson's writer is generated for); or of everything
 * that superjson carries.
 */
export function schemas(range: "json" | "dates" | "wide"): fc.Arbitrary<SchemaWithValues> {
  const wide = range === "wide";
  const more = { json: [], dates: [of("date", z.date(), date), of("date", z.date(), date)], wide: superjsonLeaves };
  const leaves = fc.constantFrom(...jsonLeaves, ...more[range]);
  return fc.letrec<{ node: SchemaWithValues; inner: SchemaWithValues }>((tie) => ({
    inner: tie("node").filter((node) => wide || !node.optional),
    node: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      leaves,
      fc
        .uniqueArray(fc.constantFrom(...FIELD_NAMES), { minLength: 1, maxLength: 5 })
        .chain((names) =>
          fc.tuple(
            fc.constant(names),
            fc.array(tie("node"), { minLength: names.length, maxLength: names.length }),
            fc.boolean(),
          ),
        )
        .map(([names, fields, strict]) => object(names, fields, strict)),
      tie("inner").map((one) => of(`${one.text}[]`, z.array(one.schema), fc.array(one.values, { maxLength: 4 }))),
      fc
        .tuple(tie("inner"), tie("inner"))
        .map(([a, b]) => of(`[${a.text}, ${b.text}]`, z.tuple([a.schema, b.schema]), fc.tuple(a.values, b.values))),
      tie("inner").map((one) =>
        of(
          `record ${one.text}`,
          z.record(z.string(), one.schema),
          fc.dictionary(RECORD_KEYS, one.values, { maxKeys: 4, noNullPrototype: true }),
        ),
      ),
      tie("node").map((one) => ({
        ...of(`${one.text}?`, one.schema.optional(), fc.option(one.values, { nil: undefined })),
        optional: true as const,
      })),
      tie("inner").map((one) => of(`${one.text}|null`, one.schema.nullable(), fc.option(one.values, { nil: null }))),
      // Bytes cannot be frozen.
      tie("inner")
        .filter((one) => !one.text.includes("bytes"))
        .map((one) => of(`${one.text}!`, one.schema.readonly(), one.values)),
      // A branch that is readonly freezes what it refuses in the end, so bytes beside it cannot stand there either.
      fc
        .tuple(tie("inner"), tie("inner"))
        .filter(([a, b]) => !(/bytes/.test(a.text + b.text) && (hasReadonly(a) || hasReadonly(b))))
        .map(([a, b]) => of(`(${a.text} or ${b.text})`, z.union([a.schema, b.schema]), fc.oneof(a.values, b.values))),
      fc.tuple(tie("node"), tie("node")).map(([a, b]) => alternatives(a, b)),
      ...(wide
        ? [
            fc.tuple(tie("inner"), tie("inner")).map(([a, b]) =>
              of(
                `Map<${a.text}, ${b.text}>`,
                z.map(a.schema, b.schema),
                fc.array(fc.tuple(a.values, b.values), { maxLength: 3 }).map((entries) => new Map(entries)),
              ),
            ),
            tie("inner").map((one) =>
              of(
                `Set<${one.text}>`,
                z.set(one.schema),
                fc.array(one.values, { maxLength: 3 }).map((list) => new Set(list)),
              ),
            ),
          ]
        : []),
    ),
  })).inner;
}

function object(names: readonly string[], fields: readonly SchemaWithValues[], strict: boolean): SchemaWithValues {
  const shape = Object.fromEntries(names.map((name, index) => [name, fields[index]!.schema]));
  const values = Object.fromEntries(names.map((name, index) => [name, fields[index]!.values]));
  const required = names.filter((_, index) => !fields[index]!.optional);
  return of(
    `{ ${names.map((name, index) => `${JSON.stringify(name)}: ${fields[index]!.text}`).join(", ")} }`,
    strict ? z.strictObject(shape) : z.object(shape),
    fc.record(values, { requiredKeys: required as never[], noNullPrototype: true }),
  );
}

function alternatives(a: SchemaWithValues, b: SchemaWithValues): SchemaWithValues {
  const option = (kind: string, one: SchemaWithValues) => z.object({ kind: z.literal(kind), body: one.schema });
  const value = (kind: string, one: SchemaWithValues) => one.values.map((body) => ({ kind, body }));
  return of(
    `kind(${a.text}, ${b.text})`,
    z.discriminatedUnion("kind", [option("a", a), option("b", b)]),
    fc.oneof(value("a", a), value("b", b)),
  );
}

/** Texts that are nearly what is stored: random, JSON, superjson, and mutations of a stored text. */
export function garbage(stored: string): fc.Arbitrary<string> {
  const place = fc.nat({ max: stored.length });
  const meta = fc.dictionary(
    fc.constantFrom(
      "at",
      "a",
      "a.b",
      "0",
      "0.at",
      "x\\.y",
      "__proto__",
      "constructor.prototype",
      "\\",
      "toString.name",
    ),
    fc.oneof(
      fc.constantFrom(
        ["Date"],
        ["bigint"],
        ["undefined"],
        ["map"],
        ["set"],
        ["number"],
        [["typed-array", "Uint8Array"]],
        ["map", { "0.1": ["Date"] }],
        ["nonsense"],
        ["Error"],
        ["URL"],
        [],
        [null],
        [["Date"]],
        {},
        { a: ["Date"] },
        5,
        null,
        true,
      ),
    ),
  );
  return fc.oneof(
    fc.string(),
    fc.json(),
    fc.tuple(place, place).map(([from, to]) => stored.slice(0, Math.min(from, to)) + stored.slice(Math.max(from, to))),
    fc.tuple(place, fc.string({ maxLength: 3 })).map(([at, insert]) => stored.slice(0, at) + insert + stored.slice(at)),
    fc
      .tuple(place, fc.constantFrom('"', "}", "]", ",", '"__proto__":1,', "null", "1e999", "\\u005f"))
      .map(([at, insert]) => stored.slice(0, at) + insert + stored.slice(at)),
    fc
      .tuple(fc.jsonValue(), meta, fc.constantFrom(0, 1, undefined))
      .map(([json, values, v]) => JSON.stringify({ json, meta: { values, v } })),
    fc.tuple(meta, fc.jsonValue()).map(([values, kw]) => {
      try {
        return JSON.stringify({ kw, json: JSON.parse(stored).json, meta: { values, v: 1 } });
      } catch {
        return stored;
      }
    }),
  );
}
