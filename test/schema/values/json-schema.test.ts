import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bytes } from "../../../src/schema/values/bytes.js";
import { toJsonSchema } from "../../../src/schema/values/json-schema.js";
import { shapeOf } from "../../../src/schema/values/shape-of.js";

const schemaOf = (schema: z.ZodType, wire: Parameters<typeof toJsonSchema>[1] = "json") =>
  toJsonSchema(shapeOf(schema), wire);

describe("toJsonSchema", () => {
  it("describes what json stores", () => {
    const schema = z
      .strictObject({
        id: z.uuid().describe("Who."),
        n: z.int().min(1).max(9),
        tags: z.array(z.enum(["a", "b"])).max(3),
        note: z.string().min(2).optional(),
        left: z.string().nullable(),
        level: z.int().default(3),
      })
      .describe("A thing.");
    expect(JSON.stringify(schemaOf(schema), null, 1)).toBe(
      JSON.stringify(
        {
          $schema: "https://json-schema.org/draft/2020-12/schema",
          type: "object",
          properties: {
            id: { type: "string", format: "uuid", description: "Who." },
            n: { type: "integer", minimum: 1, maximum: 9 },
            tags: { type: "array", items: { enum: ["a", "b"] }, maxItems: 3 },
            note: { type: "string", minLength: 2 },
            left: { anyOf: [{ type: "string" }, { type: "null" }] },
            level: { type: "integer", default: 3 },
          },
          required: ["id", "n", "tags", "left", "level"],
          additionalProperties: false,
          description: "A thing.",
        },
        null,
        1,
      ),
    );
  });

  it("annotates what superjson revives", () => {
    const { properties, "x-keywright": note } = schemaOf(
      z.object({
        at: z.date(),
        n: z.bigint(),
        m: z.map(z.string(), z.date()),
        s: z.set(z.int()),
        raw: bytes(),
        any: z.unknown(),
      }),
      "superjson",
    ) as { properties: Record<string, Record<string, unknown>>; "x-keywright": unknown };
    const types = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, part["x-keywright"]]));
    expect(types).toStrictEqual({
      at: { type: "date" },
      n: { type: "bigint" },
      m: { type: "map" },
      s: { type: "set" },
      raw: { type: "bytes" },
      any: { type: "open" },
    });
    expect(note).toStrictEqual({ wire: "superjson" });
  });

  it("describes the text of scalars", () => {
    expect(schemaOf(z.int(), "int")).toMatchObject({ type: "string", pattern: "^(0|-?[1-9][0-9]{0,15})$" });
    expect(schemaOf(z.boolean(), "boolean01")).toMatchObject({ enum: ["0", "1"] });
    expect(schemaOf(z.enum(["a"]), "string")).toMatchObject({ enum: ["a"], "x-keywright": { wire: "string" } });
  });

  it("refers to recursive definitions, and lists every reference", () => {
    const tree: z.ZodType = z.object({
      id: z.string(),
      get children(): z.ZodType {
        return z.array(tree);
      },
    });
    expect(schemaOf(tree)).toStrictEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $ref: "#/$defs/R1",
      $defs: {
        R1: {
          type: "object",
          properties: { id: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/R1" } } },
          required: ["id", "children"],
        },
      },
    });
  });

  it("agrees with zod's own where zod has one", () => {
    const schema = z.object({
      a: z.string().max(4),
      b: z.array(z.number().gt(1)),
      c: z.boolean(),
      d: z.record(z.string(), z.int()).optional(),
    });
    const theirs = z.toJSONSchema(schema) as { properties: Record<string, unknown>; required: string[] };
    const ours = schemaOf(schema) as typeof theirs;
    expect(ours.required).toStrictEqual(theirs.required);
    expect(ours.properties.a).toStrictEqual(theirs.properties.a);
    expect(ours.properties.b).toStrictEqual(theirs.properties.b);
    expect(ours.properties.c).toStrictEqual(theirs.properties.c);
  });
});

it("what a format was given is told beside its name", () => {
  const noteOf = (schema: z.ZodType) => toJsonSchema(shapeOf(schema), "json")["x-keywright"];
  const told: [schema: z.ZodType, note: object | undefined][] = [
    [z.iso.datetime(), { format: "datetime" }],
    [z.iso.datetime({ offset: true, precision: 3 }), { format: "datetime", offset: true, precision: 3 }],
    [z.iso.datetime({ local: true }), { format: "datetime", local: true }],
    [z.iso.time({ precision: 0 }), { precision: 0 }],
    [z.url({ protocol: /^https$/, hostname: /a/i }), { format: "url", hostname: "/a/i", protocol: "/^https$/" }],
    [z.url({ normalize: true }), { format: "url", normalize: true }],
    [z.uuid({ version: "v7" }), { version: "v7" }],
    [z.email(), undefined],
    [z.email({ pattern: /@acme\.test$/ }), { pattern: "/@acme\\.test$/" }],
    [z.jwt({ alg: "HS256" }), { format: "jwt", alg: "HS256" }],
    [z.stringFormat("plate", /^[A-Z]+$/), { format: "plate", pattern: "/^[A-Z]+$/" }],
    [z.string().regex(/^a/), undefined],
    [z.string().regex(/^a/i), { flags: ["i"] }],
    [z.string().regex(/^a/).regex(/b$/u), { flags: ["", "u"] }],
  ];
  for (const [schema, note] of told) expect(noteOf(schema)).toEqual(note);
});
