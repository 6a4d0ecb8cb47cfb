/**
 * Reads the values of a family: looks into their schemas, chooses their wires, and makes their golden bytes.
 *
 * @module
 */
import type { z } from "zod";
import type { FamilyDeclaration } from "./family.js";
import type { Json, KindReading } from "./kinds/kind.js";
import type { ManifestValue } from "./manifest.js";
import type { Report } from "./problems.js";
import { type Codec, compileCodec } from "./values/codec.js";
import { type EnvelopeHead, type EnvelopeWire, writeEnvelope } from "./values/envelope.js";
import { goldenSample } from "./values/golden-sample.js";
import { toJsonSchema } from "./values/json-schema.js";
import { refinedAt } from "./values/refined-at.js";
import { mayBeNull, mayBeUndefined, type Shape } from "./values/shape.js";
import { shapeOf } from "./values/shape-of.js";
import { VersionedCodec } from "./values/versioned-codec.js";
import { chooseWire, wireProblems } from "./values/wire.js";

/** The key of `Built.shapes`. */
export function shapeKey(family: string, field: string): string {
  return `${family}.${field}`;
}

/** The head of golden bytes: the numbers are examples, as the value is. */
const sampleHead: EnvelopeHead = { kind: "value", id: "0123456789abcdef", version: 1, hardEnd: 1_767_323_045_678 };

/** What is stored for the sample; null for bytes. */
function goldenText(
  codec: Codec<unknown>,
  sample: unknown,
  envelope: boolean | "same",
  version: number,
): string | null {
  const stored = (envelope === "same" ? new VersionedCodec(codec, version) : codec).encode(sample);
  if (typeof stored !== "string") return null;
  return envelope === true ? writeEnvelope({ ...sampleHead, version }, stored, codec.wire as EnvelopeWire) : stored;
}

/** The values of a family; their shapes go into `shapes`. */
export function readValues(
  name: string,
  family: FamilyDeclaration,
  reading: KindReading,
  report: Report,
  shapes: Map<string, Shape>,
): ManifestValue[] {
  const values: ManifestValue[] = [];
  for (const { field, wire: asked, envelope = false, version } of reading.values) {
    const schema = family.schemas[field];
    if (typeof schema !== "object" || schema === null || !("_zod" in schema)) {
      report(
        "missing-value",
        field,
        `"${field}" ${schema === undefined ? "is missing" : "is no zod schema"}`,
        asked === "string"
          ? `Write ${field}: z.string(), or another schema of strings.`
          : `Write ${field}: z.object({ … }), or any schema of zod 4.`,
      );
      continue;
    }
    const shape = shapeOf(schema);
    shapes.set(shapeKey(name, field), shape);
    const chosen = chooseWire(shape);
    const wire = asked ?? chosen.wire;
    const refused = wireProblems(shape, wire);
    for (const { path, message, fix } of refused) {
      report("wire-cannot-carry", path === "" ? field : `${field}.${path}`, message, fix);
    }
    if (refused.length > 0) continue;
    if (envelope !== false && wire !== "json" && wire !== "superjson") {
      report(
        "wire-cannot-carry",
        field,
        `${wire} has no place for what is stored beside the value`,
        'Use wire: "json" or "superjson".',
      );
      continue;
    }
    if (mayBeNull(shape) || mayBeUndefined(shape)) {
      report(
        "nullable-value",
        field,
        "null or undefined as the whole value cannot be told from an absent key",
        "Delete the key where there is nothing, or store an object with a nullable field.",
      );
      continue;
    }
    const check = version === null && (wire === "json" || wire === "superjson") ? refinedAt(shape, field) : undefined;
    if (check !== undefined) {
      report(
        "refinement-without-version",
        check,
        "a check that only code can perform (refine, superRefine, trim and the like) is in no manifest, so nobody sees that it changed",
        "Declare version: 1, and raise it when the check changes; or say the same with min, max, regex or a format.",
      );
      continue;
    }
    const sample = goldenSample(shape);
    let golden: string | null = null;
    if (sample !== undefined) {
      try {
        golden = goldenText(compileCodec(schema as z.ZodType, wire), sample, envelope, version ?? 1);
      } catch {
        // A refinement may refuse the made-up sample; the family then has no golden bytes.
      }
    }
    values.push({
      field,
      wire,
      because: asked === undefined ? chosen.because : null,
      jsonSchema: toJsonSchema(shape, wire) as Json,
      golden,
    });
  }
  return values;
}
