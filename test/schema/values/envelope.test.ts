import fc from "fast-check";
import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compileCodec } from "../../../src/schema/values/codec.js";
import {
  type EnvelopeHead,
  HEAD_LENGTH,
  HEAD_MARK,
  HEAD_OFFSETS,
  KIND_LETTERS,
  readEnvelopeHead,
  splitEnvelope,
  writeEnvelope,
  writeEnvelopeHead,
} from "../../../src/schema/values/envelope.js";
import { shapeOf } from "../../../src/schema/values/shape-of.js";
import { wireProblems } from "../../../src/schema/values/wire.js";
import { schemas } from "./schema-arbitrary.js";

const HEAD: EnvelopeHead = { kind: "value", id: "0123456789abcdef", version: 1, hardEnd: 1_767_323_045_678 };

const heads: fc.Arbitrary<EnvelopeHead> = fc.record(
  {
    kind: fc.constantFrom("value", "negative", "token", "tombstone"),
    id: fc.stringMatching(/^[0-9a-f]{16}$/),
    version: fc.integer({ min: 0, max: 9999 }),
    hardEnd: fc.option(fc.integer({ min: 1, max: 999_999_999_999_999 })),
    extras: fc.dictionary(
      fc.stringMatching(/^[a-j]{1,3}$/).filter((name) => !["i", "k"].includes(name)),
      fc.stringMatching(/^[0-9A-Za-z._:-]{0,20}$/),
      { minKeys: 1, noNullPrototype: true },
    ),
  },
  { requiredKeys: ["kind", "id", "version", "hardEnd"], noNullPrototype: true },
) as fc.Arbitrary<EnvelopeHead>;

const envelopes = (range: "json" | "wide") =>
  schemas(range).chain((one) => fc.tuple(fc.constant(one), one.values, heads));

describe("envelope", () => {
  it("is the text that is documented", () => {
    expect(writeEnvelope(HEAD, '{"json":{"a":1}}')).toBe(
      '{"kw":{"k":"v","i":"0123456789abcdef","n":"0001","x":"001767323045678"},"json":{"a":1}}',
    );
    expect(writeEnvelope({ ...HEAD, kind: "token", hardEnd: null, extras: { p: "b", c: "1-2" } })).toBe(
      '{"kw":{"k":"t","i":"0123456789abcdef","n":"0001","x":"000000000000000","c":"1-2","p":"b"},"json":null}',
    );
  });

  it("is read by superjson, our codec and itself, whatever the value", () => {
    fc.assert(
      fc.property(envelopes("wide"), ([one, value, head]) => {
        const codec = compileCodec(one.schema, "superjson");
        const body = codec.encode(value) as string;
        const text = writeEnvelope(head, body);
        const parsed = one.schema.parse(value);
        expect(superjson.parse(text)).toStrictEqual(parsed);
        expect(codec.decode(text)).toStrictEqual(parsed);
        expect(splitEnvelope(text)).toStrictEqual({ head, body });
      }),
      { numRuns: 300 },
    );
  });

  it("carries JSON values as well", () => {
    fc.assert(
      fc.property(envelopes("json"), ([one, value, head]) => {
        if (wireProblems(shapeOf(one.schema), "json").length > 0) return;
        const body = compileCodec(one.schema, "json").encode(value) as string;
        const text = writeEnvelope(head, body, "json");
        expect(splitEnvelope(text, "json")).toStrictEqual({ head, body });
        expect(JSON.parse(text).json).toStrictEqual(JSON.parse(body));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps its fields at the same bytes, whatever the value", () => {
    fc.assert(
      fc.property(heads, fc.json(), (head, json) => {
        const text = Buffer.from(writeEnvelope(head, json, "json"));
        const at = (name: keyof typeof HEAD_OFFSETS) =>
          text.subarray(HEAD_OFFSETS[name].at, HEAD_OFFSETS[name].at + HEAD_OFFSETS[name].length).toString();
        expect(text.subarray(0, HEAD_MARK.length).toString()).toBe(HEAD_MARK);
        expect(at("kind")).toBe(KIND_LETTERS[head.kind]);
        expect(at("id")).toBe(head.id);
        expect(Number(at("version"))).toBe(head.version);
        expect(Number(at("hardEnd"))).toBe(head.hardEnd ?? 0);
        expect(text.subarray(0, HEAD_LENGTH).toString()).toBe(writeEnvelopeHead({ ...head, extras: {} }).slice(0, -1));
      }),
    );
  });

  it.each([
    ["an upper-case id", { id: "0123456789ABCDEF" }],
    ["a short id", { id: "0123" }],
    ["a version beyond its width", { version: 10_000 }],
    ["a fraction", { hardEnd: 1.5 }],
    ["a negative end", { hardEnd: -1 }],
    ["an extra that ends the head", { extras: { a: "}" } }],
    ["an extra that takes a fixed name", { extras: { x: "1" } }],
    ["an extra's name", { extras: { 'a"': "1" } }],
  ])("refuses to write %s", (_, wrong) => {
    expect(() => writeEnvelope({ ...HEAD, ...wrong } as EnvelopeHead)).toThrow(RangeError);
  });

  it("takes nothing else for an envelope, and passes on the kinds of newer versions", () => {
    const text = writeEnvelope({ ...HEAD, extras: { a: "1" } }, '{"json":1}');
    for (let length = 0; length < text.length; length++)
      expect(splitEnvelope(text.slice(0, length)), text.slice(0, length)).toBeUndefined();
    for (const other of [
      "",
      "{}",
      '{"json":1}',
      '{"json":1,"kw":{"k":"v"}}',
      text.replace("0123", "012g"),
      text.replace('"a":"1"', '"a":1'),
      text.replace('"json"', '"jsan"'),
    ]) {
      expect(splitEnvelope(other), other).toBeUndefined();
    }
    expect(readEnvelopeHead(text.replace('"k":"v"', '"k":"z"'))?.kind).toBe("unknown");
  });

  it("reads as null to superjson where it holds no value", () => {
    expect(superjson.parse(writeEnvelope({ ...HEAD, kind: "token" }))).toBeNull();
    const codec = compileCodec(z.object({ a: z.int() }), "superjson");
    expect(() => codec.decode(writeEnvelope({ ...HEAD, kind: "token" }))).toThrow("expected object, received null");
  });
});
