import fc from "fast-check";
import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bytes } from "../../../src/schema/values/bytes.js";
import { type Codec, compileCodec } from "../../../src/schema/values/codec.js";
import { shapeOf } from "../../../src/schema/values/shape-of.js";
import { ValueProblem } from "../../../src/schema/values/value-problem.js";
import { wireProblems } from "../../../src/schema/values/wire.js";
import { garbage, type SchemaWithValues, schemas } from "./schema-arbitrary.js";

const RUNS = { numRuns: 300 };

/** A random schema with one of its values. */
const pairs = (range: "json" | "dates" | "wide") =>
  schemas(range)
    .chain((one) => fc.tuple(fc.constant(one), one.values))
    .map(([one, value]) => [one, value] as const);

const show = (one: SchemaWithValues): string => one.text;

function problemOf(action: () => unknown): ValueProblem {
  try {
    action();
  } catch (problem) {
    expect(problem).toBeInstanceOf(ValueProblem);
    return problem as ValueProblem;
  }
  throw new Error("nothing was thrown");
}

/** Equal values give superjson's `referentialEqualities`: the same Date, bytes, or equal bigints, in two places. */
const sharesReferences = (text: string): boolean => text.includes('"referentialEqualities"');

describe("superjson", () => {
  it("writes what superjson writes, generated and interpreted, and reads it back", () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.oneof(pairs("wide"), pairs("dates")), ([one, value]) => {
        const parsed = one.schema.parse(value);
        const theirs = superjson.stringify(parsed);
        for (const generate of [true, false]) {
          const codec = compileCodec(one.schema, "superjson", { generate });
          const ours = codec.encode(value) as string;
          if (!sharesReferences(theirs)) {
            compared++;
            expect(ours, show(one)).toBe(theirs);
          }
          expect(superjson.parse(ours)).toStrictEqual(parsed);
          expect(codec.decode(ours)).toStrictEqual(parsed);
          expect(codec.decode(theirs)).toStrictEqual(parsed);
        }
      }),
      RUNS,
    );
    expect(compared).toBeGreaterThan(300);
  });

  it("orders integer-like names in the annotations as superjson does", () => {
    const schema = z.object({ "7": z.date(), "1": z.object({ at: z.date() }), a: z.date() });
    const value = { "7": new Date(1), "1": { at: new Date(2) }, a: new Date(3) };
    for (const generate of [true, false]) {
      expect(compileCodec(schema, "superjson", { generate }).encode(value)).toBe(superjson.stringify(value));
    }
  });

  it("reads foreign forms: spaces, another order, further fields, older versions, references", () => {
    const codec = compileCodec(z.object({ "a.b": z.date(), c: z.date() }), "superjson");
    const at = new Date("2026-01-02T03:04:05.678Z");
    const value = { "a.b": at, c: at };
    const iso = JSON.stringify(at);
    const texts = [
      superjson.stringify(value),
      `{"kw":{"k":"v"},"json":{"a.b":${iso},"c":${iso}},"meta":{"values":{"a\\\\.b":["Date"],"c":["Date"]},"v":1}}`,
      `{"json":{"a.b":${iso},"c":${iso}},"meta":{"values":{"a\\\\.b":["Date"],"c":["Date"]},"v":1},"kw":{}}`,
      `{"meta":{"v":1,"values":{"c":["Date"],"a\\\\.b":["Date"]}},"json":{"c":${iso},"a.b":${iso}}}`,
      ` { "json" : {"a.b":${iso},"c":${iso}} , "meta" : {"values":{"a\\\\.b":["Date"],"c":["Date"]},"v":1}}\n`,
      `{"json":{"a.b":${iso},"c":${iso}},"meta":{"values":{"a\\\\.b":["Date"],"c":["Date"]}}}`,
    ];
    for (const text of texts) expect(codec.decode(text), text).toStrictEqual(value);
  });

  it("keeps apart values whose own fields look like superjson's", () => {
    const schema = z.object({ json: z.string(), meta: z.object({ values: z.record(z.string(), z.any()) }).optional() });
    const codec = compileCodec(schema, "superjson");
    const value = { json: '},"meta":{"values":{"json":["Date"]},"v":1}}', meta: { values: { json: ["Date"], v: 1 } } };
    expect(codec.decode(codec.encode(value))).toStrictEqual(value);
    const open = compileCodec(
      z.object({ a: z.int(), meta: z.object({ values: z.object({ a: z.date() }) }) }),
      "superjson",
    );
    const nested = { a: 1, meta: { values: { a: new Date(0) } } };
    expect(open.decode(open.encode(nested))).toStrictEqual(nested);
  });

  it("leaves open and recursive values to superjson, references and cycles included", () => {
    const open = compileCodec(z.object({ any: z.unknown() }), "superjson");
    const shared = { at: new Date(0) };
    const value = { any: { left: shared, right: shared, pattern: /a/g, url: new URL("https://example.com") } };
    expect(open.encode(value)).toBe(superjson.stringify(value));
    const read = open.decode(open.encode(value)) as typeof value;
    expect(read).toStrictEqual(value);
    expect(read.any.left).toBe(read.any.right);

    interface Tree {
      at: Date;
      children: Tree[];
    }
    const tree: z.ZodType<Tree> = z.object({
      at: z.date(),
      get children() {
        return z.array(tree);
      },
    });
    const codec = compileCodec(tree, "superjson");
    const forest = { at: new Date(1), children: [{ at: new Date(2), children: [] }] };
    expect(codec.decode(codec.encode(forest))).toStrictEqual(forest);
  });

  it("refuses keys that reach for a prototype, in values and in meta", () => {
    const record = compileCodec(z.record(z.string(), z.date()), "superjson");
    const open = compileCodec(z.object({ any: z.unknown() }), "superjson");
    const own = JSON.parse('{"__proto__":{"admin":true}}') as Record<string, never>;
    expect(problemOf(() => record.encode(own)).phase).toBe("encode");
    expect(problemOf(() => record.encode({ constructor: new Date(0) } as never)).phase).toBe("encode");
    expect(problemOf(() => open.encode({ any: own })).phase).toBe("encode");
    problemOf(() => open.decode('{"json":{"any":{"__proto__":{"admin":true}}}}'));
    problemOf(() => open.decode('{"json":{"any":{"\\u005f_proto__":{"admin":true}}}}'));
    problemOf(() => open.decode('{"json":{"any":[{"__prot\\u006f__":1}]}}'));
    problemOf(() => open.decode('{"json":{"any":1},"meta":{"values":{"__proto__.admin":["undefined"]},"v":1}}'));
    problemOf(() =>
      open.decode('{"json":{"any":1},"meta":{"values":{"any.constructor.prototype.x":["undefined"]},"v":1}}'),
    );
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});

describe("json and plain", () => {
  it("writes the parsed value in the order of the schema, and reads it back", () => {
    let told = 0;
    fc.assert(
      fc.property(pairs("json"), ([one, value]) => {
        if (wireProblems(shapeOf(one.schema), "json").length > 0) return;
        told++;
        const parsed = one.schema.parse(value);
        for (const generate of [true, false]) {
          const codec = compileCodec(one.schema, "json", { generate });
          const text = codec.encode(value) as string;
          expect(text, show(one)).toBe(JSON.stringify(parsed));
          expect(codec.decode(text)).toEqual(one.schema.parse(JSON.parse(text)));
          // JSON has no minus zero and no undefined; nothing else is lost.
          expect(codec.encode(codec.decode(text))).toBe(text);
          expect(compileCodec(one.schema, "plain", { generate }).encode(value)).toBe(text);
        }
      }),
      RUNS,
    );
    expect(told).toBeGreaterThan(100);
  });

  it("strips undeclared fields, fills in defaults, orders declared fields", () => {
    const codec = compileCodec(z.object({ b: z.string(), a: z.int().default(7), c: z.string().optional() }), "json");
    expect(codec.encode({ extra: 1, c: "c", b: "b" } as never)).toBe('{"b":"b","a":7,"c":"c"}');
    expect(codec.decode('{"c":"c","extra":true,"b":"b"}')).toStrictEqual({ b: "b", a: 7, c: "c" });
  });

  it("reads bytes as UTF-8, and refuses what is none", () => {
    const codec = compileCodec(z.object({ name: z.string() }), "json");
    expect(codec.decode(Buffer.from('{"name":"é"}'))).toStrictEqual({ name: "é" });
    expect(problemOf(() => codec.decode(Buffer.from([0x7b, 0xff, 0x7d]))).message).toContain("UTF-8");
  });
});

describe("garbage", () => {
  it("throws a ValueProblem or reads what zod and superjson read", () => {
    const outcome = (read: () => unknown) => {
      try {
        return { value: read() };
      } catch (problem) {
        return { problem };
      }
    };
    let read = 0;
    fc.assert(
      fc.property(
        fc.oneof(pairs("wide"), pairs("dates")).chain(([one, value]) => {
          const stored = compileCodec(one.schema, "superjson").encode(value) as string;
          return fc.tuple(fc.constant(one), garbage(stored));
        }),
        ([one, text]) => {
          const theirs = outcome(() => {
            const document = JSON.parse(text);
            if (!Object.hasOwn(document, "json")) throw new Error("no json");
            return one.schema.parse(superjson.parse(text));
          });
          for (const generate of [true, false]) {
            const ours = outcome(() => compileCodec(one.schema, "superjson", { generate }).decode(text));
            if ("problem" in ours) {
              expect(ours.problem).toBeInstanceOf(ValueProblem);
              // We refuse keys that zod would drop from a record without a word.
              if (!/__proto__|\\u00/.test(text)) expect(theirs, `${show(one)} ${text}`).toHaveProperty("problem");
            } else {
              read++;
              expect(theirs, `${show(one)} ${text}`).toHaveProperty("value");
              expect(ours.value).toStrictEqual(theirs.value);
            }
          }
        },
      ),
      { numRuns: 600, endOnFailure: true },
    );
    expect(read).toBeGreaterThan(50);
  });

  it("throws nothing but a ValueProblem on the scalar and JSON wires", () => {
    const codecs: Codec<never>[] = [
      compileCodec(z.object({ a: z.int() }), "json"),
      compileCodec(z.enum(["a"]), "string"),
      compileCodec(z.int(), "int"),
      compileCodec(z.number(), "float"),
      compileCodec(z.boolean(), "boolean01"),
      compileCodec(z.array(z.record(z.string(), z.int())), "plain"),
    ] as never;
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), fc.constantFrom(...codecs), (stored, codec) => {
        try {
          codec.decode(stored);
        } catch (problem) {
          expect(problem).toBeInstanceOf(ValueProblem);
        }
      }),
      RUNS,
    );
  });

  it("refuses annotations that superjson would walk without end", () => {
    const codec = compileCodec(z.object({ a: z.string() }), "superjson");
    const begun = performance.now();
    problemOf(() => codec.decode('{"json":{"a":"b"},"meta":{"values":{"a":"Date"},"v":1}}'));
    problemOf(() => codec.decode('{"json":{"a":"b"},"meta":{"values":{"a":["Date",{"b":"Date"}]}}}'));
    expect(performance.now() - begun).toBeLessThan(200);
  });

  it("survives depth", () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    problemOf(() => compileCodec(z.json(), "json").decode(deep));
    problemOf(() => compileCodec(z.unknown(), "superjson").decode(`{"json":${deep},"meta":{"values":${deep}}}`));
  });
});

describe("scalars", () => {
  it.each([
    ["string", z.string(), "häl|lo", "häl|lo"],
    ["string", z.enum(["on", "off"]), "on", "on"],
    ["string", z.templateLiteral(["u-", z.int()]), "u-5", "u-5"],
    ["int", z.int(), Number.MAX_SAFE_INTEGER, "9007199254740991"],
    ["int", z.int(), -0, "0"],
    ["int", z.int(), -12, "-12"],
    ["float", z.number(), 0.1, "0.1"],
    ["float", z.number(), 1e21, "1e+21"],
    ["float", z.number(), -0, "-0"],
    ["boolean01", z.boolean(), true, "1"],
    ["boolean01", z.boolean(), false, "0"],
  ] as const)("%s", (wire, schema, value, text) => {
    const codec = compileCodec(schema as z.ZodType, wire);
    expect(codec.encode(value)).toBe(text);
    expect(codec.decode(text)).toBe(Object.is(value, -0) && wire === "int" ? 0 : value);
    expect(codec.decode(Buffer.from(text))).toBe(Object.is(value, -0) && wire === "int" ? 0 : value);
  });

  it.each([
    [
      "int",
      z.int(),
      ["", " 1", "1 ", "+1", "01", "-0", "1.0", "1e3", "0x1", "9007199254740993", "99999999999999999999"],
    ],
    ["float", z.number(), ["", " 1", "inf", "nan", "NaN", "Infinity", "1e999", "0x1", "1.", ".5", "1_0"]],
    ["boolean01", z.boolean(), ["", "true", "2", "01", " 1"]],
    ["string", z.enum(["on"]), ["", "off", "ON"]],
  ] as const)("%s refuses what is none", (wire, schema, texts) => {
    const codec = compileCodec(schema as z.ZodType, wire);
    for (const text of texts) expect(problemOf(() => codec.decode(text)).phase).toBe("decode");
  });

  it("round-trips every float", () => {
    const codec = compileCodec(z.number(), "float");
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(codec.decode(codec.encode(value))).toBe(value);
      }),
    );
  });

  it("refuses a lone surrogate, which UTF-8 would replace", () => {
    expect(problemOf(() => compileCodec(z.string(), "string").encode("a\ud800")).message).toContain("surrogate");
  });

  it("keeps bytes, and refuses them once they were read as text", () => {
    const codec = compileCodec(bytes(), "bytes");
    expect(codec.binary).toBe(true);
    const stored = new Uint8Array([0, 255, 128]);
    expect(codec.decode(codec.encode(stored))).toStrictEqual(stored);
    problemOf(() => codec.decode("text"));
  });
});

describe("ValueProblem", () => {
  const SECRET = "s3cr3t-value";
  const schema = z
    .strictObject({
      id: z.uuid({ error: (issue) => `bad id ${String(issue.input)}` }),
      scores: z.record(z.string(), z.int()).optional(),
      tags: z.array(z.enum(["a", "b"])).optional(),
      by: z.map(z.string(), z.int()).optional(),
      either: z.union([z.int(), z.object({ deep: z.int() })]).optional(),
      name: z.string().min(3, "a name has three letters").optional(),
      custom: z
        .string()
        .refine((text) => text === "ok", { error: (issue) => `not ${String(issue.input)}` })
        .optional(),
      plain: z
        .string()
        .refine((text) => text === "ok", "must be ok")
        .optional(),
    })
    .superRefine((value, context) => {
      if (value.name === SECRET) context.addIssue({ code: "custom", message: `never ${value.name}` });
    });
  const codec = compileCodec(schema, "superjson");
  const id = "7d444840-9dc0-41d1-b245-5ffdce74fad2";

  it.each([
    ["id", { id: SECRET }, "id", "is no valid uuid"],
    ["a record's key", { id, scores: { [SECRET]: "x" } }, "scores{}", "expected number, received string"],
    ["an enum", { id, tags: ["a", SECRET] }, "tags[1]", 'expected one of "a", "b"'],
    ["a map's key", { id, by: new Map([[SECRET, "x"]]) }, "by{}", "expected number, received string"],
    ["a union", { id, either: { deep: SECRET } }, "either", "fits none of the alternatives"],
    ["an undeclared field", { id, [SECRET]: 1 }, "", "holds a field that the schema does not declare"],
    ["a stated message", { id, name: "x" }, "name", "a name has three letters"],
    ["a message made of the input", { id, custom: SECRET }, "custom", "is refused by a check of the schema"],
    ["a stated message of a refinement", { id, plain: SECRET }, "plain", "must be ok"],
    ["an issue made of the input", { id, name: SECRET }, "", "is refused by a check of the schema"],
    ["a missing field", {}, "id", "expected string, received nothing"],
  ])("names the place and never the value: %s", (_, value, path, message) => {
    const [encode, decode] = [
      problemOf(() => codec.encode(value as never)),
      problemOf(() => codec.decode(superjson.stringify(value))),
    ];
    for (const problem of [encode, decode]) {
      expect(problem.issues[0]).toStrictEqual({ path, message });
      expect(`${problem.message} ${JSON.stringify(problem.issues)} ${String(problem.cause)}`).not.toContain(SECRET);
    }
    expect([encode.phase, decode.phase]).toStrictEqual(["encode", "decode"]);
  });

  it("says nothing of a malformed text", () => {
    const problem = problemOf(() => codec.decode(`{"json": ${SECRET}`));
    expect(problem.issues).toStrictEqual([{ path: "", message: "is no JSON" }]);
    expect(problem.message).toBe("cannot decode the value: is no JSON");
  });

  it("covers checks that throw or are asynchronous, and values that hold themselves", () => {
    const throwing = compileCodec(
      z.string().refine(() => {
        throw new Error(SECRET);
      }),
      "json",
    );
    expect(problemOf(() => throwing.encode("x")).message).not.toContain(SECRET);
    const asynchronous = compileCodec(
      z.string().refine(async () => true),
      "json",
    );
    expect(problemOf(() => asynchronous.encode("x")).message).toContain("asynchronous");
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    problemOf(() => compileCodec(z.json(), "json").encode(circle as never));
  });
});

describe("compileCodec", () => {
  it("gives the same codec for the same schema and wire", () => {
    const schema = z.object({ a: z.int() });
    expect(compileCodec(schema, "json")).toBe(compileCodec(schema, "json"));
    expect(compileCodec(schema, "json")).not.toBe(compileCodec(schema, "superjson"));
  });

  it("refuses a wire that cannot carry the schema, in words", () => {
    expect(() => compileCodec(z.object({ at: z.date() }), "json")).toThrow(
      'at "at": json cannot carry a Date; use wire: "superjson", or store an ISO string with z.iso.datetime()',
    );
  });
});
