import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bytes } from "../../../src/schema/values/bytes.js";
import { shapeOf } from "../../../src/schema/values/shape-of.js";

describe("shapeOf", () => {
  it.each([
    ["a format", z.uuid(), { kind: "string", format: "uuid" }],
    ["a format as a check", z.string().email(), { kind: "string", format: "email" }],
    [
      "lengths and patterns",
      z.string().min(2).max(4).regex(/^a/),
      { kind: "string", patterns: [/^a/], minLength: 2, maxLength: 4 },
    ],
    [
      "an integer",
      z.int().min(1).lt(5),
      { kind: "number", integer: true, minimum: Number.MIN_SAFE_INTEGER },
      "minimum",
    ],
    [
      "bounds",
      z.number().gt(1).lte(5).multipleOf(2),
      { kind: "number", integer: false, exclusiveMinimum: 1, maximum: 5, multipleOf: 2 },
    ],
    ["the tighter bound", z.number().min(1).min(3).gt(3), { kind: "number", integer: false, exclusiveMinimum: 3 }],
    ["a date's bound", z.date().min(new Date(5)), { kind: "date", minimum: new Date(5) }],
    ["a bigint's bound", z.bigint().gt(5n), { kind: "bigint", minimum: 6n }],
    ["an enum", z.enum({ A: 0, B: 1, 0: "A", 1: "B" } as never), { kind: "enum", values: [0, 1] }],
    ["literals", z.literal(["a", 1, null]), { kind: "literal", values: ["a", 1, null] }],
    ["a list", z.array(z.string()).length(2), { kind: "array", element: { kind: "string" }, minItems: 2, maxItems: 2 }],
    [
      "a tuple",
      z.tuple([z.string()], z.int32()),
      { kind: "tuple", items: [{ kind: "string" }], rest: { kind: "number", integer: true } },
    ],
    ["a map", z.map(z.string(), z.date()), { kind: "map", key: { kind: "string" }, value: { kind: "date" } }],
    ["a set", z.set(z.string()).max(3), { kind: "set", element: { kind: "string" }, maxSize: 3 }],
    [
      "a record",
      z.record(z.string(), z.boolean()),
      { kind: "record", key: { kind: "string" }, value: { kind: "boolean" }, exhaustive: false },
    ],
    [
      "a record of fixed keys",
      z.record(z.enum(["a"]), z.boolean()),
      { kind: "record", key: { kind: "enum", values: ["a"] }, value: { kind: "boolean" }, exhaustive: true },
    ],
    [
      "a partial record",
      z.partialRecord(z.enum(["a"]), z.boolean()),
      { kind: "record", key: { kind: "enum", values: ["a"] }, value: { kind: "boolean" }, exhaustive: false },
    ],
    ["a union", z.union([z.string(), z.null()]), { kind: "union", options: [{ kind: "string" }, { kind: "null" }] }],
    [
      "an intersection",
      z.string().and(z.literal("a")),
      { kind: "intersection", left: { kind: "string" }, right: { kind: "literal", values: ["a"] } },
    ],
    ["a default", z.string().default("x"), { kind: "default", mode: "default", inner: { kind: "string" }, value: "x" }],
    [
      "a prefault",
      z.string().prefault("x"),
      { kind: "default", mode: "prefault", inner: { kind: "string" }, value: "x" },
    ],
    ["a catch", z.string().catch("x"), { kind: "default", mode: "catch", inner: { kind: "string" } }],
    ["an optional", z.string().optional(), { kind: "optional", inner: { kind: "string" }, exact: false }],
    ["an exact optional", z.exactOptional(z.string()), { kind: "optional", inner: { kind: "string" }, exact: true }],
    ["a nullable", z.string().nullable(), { kind: "nullable", inner: { kind: "string" } }],
    ["a nonoptional", z.nonoptional(z.string().optional()), { kind: "string" }],
    ["readonly and brands", z.string().readonly().brand("Id"), { kind: "string" }],
    ["lazy", z.lazy(() => z.string()), { kind: "string" }],
    ["open", z.unknown(), { kind: "open" }],
    ["a description", z.string().describe("Why."), { kind: "string", description: "Why." }],
    ["a refinement", z.string().refine(() => true), { kind: "string", refined: true }],
    ["an overwrite", z.string().trim(), { kind: "string", refined: true }],
    ["bytes", bytes().describe("Raw."), { kind: "bytes", buffer: false, description: "Raw." }],
    ["instanceof Uint8Array", z.instanceof(Uint8Array), { kind: "bytes", buffer: false }],
    ["a clone of it", z.instanceof(Uint8Array).describe("Raw."), { kind: "bytes", buffer: false, description: "Raw." }],
    ["instanceof Buffer", z.instanceof(Buffer), { kind: "bytes", buffer: true }],
  ] as const)("reads %s", (_, schema, shape, ...ignored: string[]) => {
    const read = shapeOf(schema as z.ZodType);
    if (ignored.length > 0)
      expect(read).toMatchObject({ kind: "number", integer: true, minimum: 1, exclusiveMaximum: 5 });
    else expect(read).toStrictEqual(shape);
  });

  it("reads fields, and what becomes of undeclared ones", () => {
    const schema = z.object({ a: z.string(), b: z.string().optional(), c: z.string().nullable().default(null) });
    expect(shapeOf(schema)).toMatchObject({
      kind: "object",
      unknownKeys: "strip",
      fields: [
        { name: "a", optional: false, omittable: false, nullable: false },
        { name: "b", optional: true, omittable: true, nullable: false },
        { name: "c", optional: false, omittable: true, nullable: true },
      ],
    });
    expect(shapeOf(z.strictObject({}))).toMatchObject({ unknownKeys: "strict" });
    expect(shapeOf(z.looseObject({}))).toMatchObject({ unknownKeys: "passthrough" });
    expect(shapeOf(z.object({}).catchall(z.int()))).toMatchObject({ unknownKeys: { kind: "number" } });
  });

  it.each([
    ["transform", z.string().transform(Number)],
    ["pipe", z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() })],
    ["stringbool", z.stringbool()],
    ["preprocess", z.preprocess(String, z.string())],
    ["coerce", z.coerce.number()],
    ["function", z.function() as unknown as z.ZodType],
    ["promise", z.promise(z.string())],
    ["symbol", z.symbol()],
    ["nan", z.nan()],
    ["void", z.void()],
    ["file", z.file()],
    ["custom", z.custom<string>((value) => typeof value === "object")],
    ["instanceof", z.instanceof(URL)],
    ["a frozen Uint8Array", bytes().readonly()],
  ])("gives a reason against %s", (_, schema) => {
    expect(shapeOf(schema)).toMatchObject({ kind: "unsupported", reason: expect.stringMatching(/.{10}/) });
  });

  it("names recursion, by getters and by lazy", () => {
    const tree: z.ZodType = z.object({
      id: z.string(),
      get children(): z.ZodType {
        return z.array(tree);
      },
    });
    expect(shapeOf(tree)).toMatchObject({
      kind: "recursive",
      name: "R1",
      inner: { fields: [{ name: "id" }, { shape: { kind: "array", element: { kind: "ref", name: "R1" } } }] },
    });
    const list: z.ZodType = z.object({ next: z.lazy(() => list).nullable() });
    expect(shapeOf(list)).toMatchObject({
      kind: "recursive",
      inner: { fields: [{ shape: { inner: { kind: "ref" } } }] },
    });
    expect(shapeOf(z.json())).toMatchObject({ kind: "recursive" });
  });

  it("never throws, and ends", () => {
    const endless = (): z.ZodType =>
      z.object({
        get next(): z.ZodType {
          return endless();
        },
      });
    expect(JSON.stringify(shapeOf(endless()))).toContain("deeper than 64");
    const broken = z.object({
      get field(): z.ZodType {
        throw new Error("no");
      },
    });
    expect(shapeOf(broken)).toMatchObject({ kind: "unsupported" });
    let wide: z.ZodType = z.string();
    for (let level = 0; level < 30; level++) wide = z.tuple([wide, wide]);
    expect(JSON.stringify(shapeOf(wide))).toContain("more than");
  });

  it("cannot be changed", () => {
    const shape = shapeOf(z.object({ a: z.array(z.string()) }));
    expect(Object.isFrozen(shape)).toBe(true);
    expect(() => (shape as unknown as { fields: unknown[] }).fields.push(1)).toThrow(TypeError);
  });
});
