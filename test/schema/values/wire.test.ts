import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bytes } from "../../../src/schema/values/bytes.js";
import { shapeOf } from "../../../src/schema/values/shape-of.js";
import { chooseWire, type Wire, wireProblems } from "../../../src/schema/values/wire.js";

const problems = (schema: z.ZodType, wire: Wire) => wireProblems(shapeOf(schema), wire);

describe("chooseWire", () => {
  it.each([
    [z.object({ a: z.string(), b: z.int().optional() }), "json", "everything in it is JSON-safe"],
    [z.json(), "json", "everything in it is JSON-safe"],
    [z.object({ at: z.object({ first: z.date() }) }), "superjson", 'it holds a Date at "at.first"'],
    [z.array(z.bigint()), "superjson", 'it holds a bigint at "[]"'],
    [z.map(z.string(), z.int()), "superjson", "it is a Map"],
    [z.object({ any: z.unknown() }), "superjson", 'it holds an open value at "any"'],
    [z.looseObject({}), "superjson", "it is undeclared fields"],
    [z.object({ tags: z.array(z.string().optional()) }), "superjson", 'it holds undefined here at "tags[]"'],
    [bytes(), "bytes", "it is bytes"],
    [z.object({ raw: bytes() }), "superjson", 'it holds bytes at "raw"'],
  ] as const)("%#", (schema, wire, because) => {
    expect(chooseWire(shapeOf(schema as z.ZodType))).toStrictEqual({ wire, because });
  });
});

describe("wireProblems", () => {
  it("names the place, what stands there and what to do", () => {
    expect(
      problems(z.object({ session: z.object({ at: z.date() }), seen: z.record(z.string(), z.set(z.int())) }), "json"),
    ).toStrictEqual([
      {
        path: "session.at",
        message: 'at "session.at": json cannot carry a Date',
        fix: 'use wire: "superjson", or store an ISO string with z.iso.datetime()',
      },
      {
        path: "seen{}",
        message: 'at "seen{}": json cannot carry a Set',
        fix: 'use wire: "superjson", or store a list with z.array()',
      },
    ]);
  });

  it("does not offer superjson to a family that other languages read", () => {
    expect(problems(z.object({ at: z.date() }), "plain")).toStrictEqual([
      { path: "at", message: 'at "at": plain cannot carry a Date', fix: "store an ISO string with z.iso.datetime()" },
    ]);
  });

  it("refuses transforms on every wire: the stored type is the type that the service uses", () => {
    const schema = z.object({ n: z.string().transform(Number) });
    for (const wire of ["json", "superjson", "plain"] as const) {
      expect(problems(schema, wire)[0]?.message).toContain("the stored type must be the type that the service uses");
    }
  });

  it.each([
    ["json", z.string().optional(), 1],
    ["json", z.undefined(), 1],
    ["json", z.object({ a: z.undefined() }), 1],
    ["json", z.object({ a: z.union([z.string(), z.undefined()]) }), 1],
    ["json", z.object({ a: z.string().optional() }), 0],
    ["json", z.record(z.string(), z.int().optional()), 0],
    ["json", z.tuple([z.string(), z.int().optional()]), 1],
    ["json", z.object({ ["__proto__"]: z.string() }), 1],
    ["json", z.object({ constructor: z.string() } as never), 0],
    ["superjson", z.object({ constructor: z.string() } as never), 1],
    ["superjson", z.object({ a: z.undefined(), b: z.map(z.date(), z.set(z.bigint())) }), 0],
    ["superjson", z.object({ raw: z.instanceof(Buffer) }), 1],
    ["string", z.string(), 0],
    ["string", z.union([z.literal("a"), z.templateLiteral(["b-", z.int()])]), 0],
    ["string", z.string().default("a"), 0],
    ["string", z.string().nullable(), 1],
    ["string", z.int(), 1],
    ["int", z.int(), 0],
    ["int", z.number().int(), 0],
    ["int", z.number(), 1],
    ["int", z.bigint(), 1],
    ["float", z.number(), 0],
    ["float", z.string(), 1],
    ["boolean01", z.boolean(), 0],
    ["boolean01", z.enum(["0", "1"]), 1],
    ["bytes", bytes(), 0],
    ["bytes", z.instanceof(Buffer), 0],
    ["bytes", z.string(), 1],
  ] as const)("%s %#", (wire, schema, count) => {
    expect(problems(schema as z.ZodType, wire)).toHaveLength(count);
  });
});
