import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compileCodec } from "../../../src/schema/values/codec.js";
import { goldenSample } from "../../../src/schema/values/golden-sample.js";
import { shapeOf } from "../../../src/schema/values/shape-of.js";
import { schemas } from "./schema-arbitrary.js";

const sampleOf = (schema: z.ZodType) => goldenSample(shapeOf(schema));

describe("goldenSample", () => {
  it("is a value of the schema, and always the same", () => {
    fc.assert(
      fc.property(schemas("wide"), (one) => {
        const sample = sampleOf(one.schema);
        expect(one.schema.safeParse(sample).success, one.text).toBe(true);
        expect(sampleOf(one.schema)).toStrictEqual(sample);
      }),
      { numRuns: 300 },
    );
  });

  it("gives golden bytes", () => {
    const schema = z.object({
      id: z.uuid(),
      at: z.date(),
      tags: z.array(z.string()),
      note: z.string().optional(),
      n: z.int(),
    });
    expect(compileCodec(schema, "superjson").encode(sampleOf(schema) as never)).toBe(
      '{"json":{"id":"7d444840-9dc0-41d1-b245-5ffdce74fad2","at":"2026-01-02T03:04:05.678Z","tags":["sample"],"note":"sample","n":42},"meta":{"values":{"at":["Date"]},"v":1}}',
    );
  });

  it.each([
    ["email", z.email()],
    ["url", z.url()],
    ["ulid", z.ulid()],
    ["nanoid", z.nanoid()],
    ["cuid2", z.cuid2()],
    ["xid", z.xid()],
    ["ksuid", z.ksuid()],
    ["datetime", z.iso.datetime()],
    ["date", z.iso.date()],
    ["time", z.iso.time()],
    ["duration", z.iso.duration()],
    ["ipv4", z.ipv4()],
    ["ipv6", z.ipv6()],
    ["cidrv4", z.cidrv4()],
    ["cidrv6", z.cidrv6()],
    ["base64", z.base64()],
    ["base64url", z.base64url()],
    ["e164", z.e164()],
    ["emoji", z.emoji()],
    ["mac", z.mac()],
    ["hex", z.hex()],
    ["hostname", z.hostname()],
    ["lengths", z.string().min(20).max(22)],
    ["a pattern of digits", z.string().regex(/^\d{6}$/g)],
    ["bounds", z.number().gt(3).lt(3.5)],
    ["multiples", z.int().min(100).multipleOf(7)],
    ["dates", z.date().min(new Date("2030-01-01"))],
    ["bigints", z.bigint().max(5n)],
    ["lists", z.array(z.int()).min(2)],
    ["recursion", z.json()],
    ["templates", z.templateLiteral(["u-", z.int()])],
    ["fixed keys", z.record(z.enum(["a", "b"]), z.int())],
    ["intersections", z.object({ a: z.int() }).and(z.object({ b: z.date() }))],
  ])("satisfies %s", (_, schema) => {
    const sample = sampleOf(schema as z.ZodType);
    expect(sample).toBeDefined();
    expect((schema as z.ZodType).safeParse(sample).success).toBe(true);
  });

  it("makes up nothing that only code can judge", () => {
    expect(sampleOf(z.string().refine((text) => text === "open sesame"))).toBeUndefined();
    expect(sampleOf(z.object({ a: z.string().regex(/^[A-Z]{3}-\d{4}$/) }))).toBeUndefined();
    expect(
      sampleOf(
        z.object({
          a: z
            .string()
            .regex(/^[A-Z]{3}-\d{4}$/)
            .optional(),
          b: z.int(),
        }),
      ),
    ).toStrictEqual({ b: 42 });
    expect(sampleOf(z.set(z.int()).min(2))).toBeUndefined();
  });
});
