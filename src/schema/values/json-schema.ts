import type { FieldShape, NumberShape, ObjectShape, Shape, StringShape } from "./shape.js";
import type { Wire } from "./wire.js";

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/**
 * JSON Schema (draft 2020-12) of what is stored, for the manifest and for services in other languages.
 *
 * For `json` and `plain` it describes the text; for `superjson` the `json` field of the text, with
 * `"x-keywright": { "type": "date" }` where `meta` revives something; for the scalar wires the text as a JSON string. The
 * same shape gives the same bytes.
 */
export function toJsonSchema(shape: Shape, wire: Wire): JsonSchema {
  const definitions = new Map<string, JsonSchema>();
  const schema = scalarText(shape, wire) ?? schemaOf(shape, definitions);
  return defined({
    $schema: DIALECT,
    ...schema,
    "x-keywright": wire === "json" ? schema["x-keywright"] : { ...(schema["x-keywright"] as object | undefined), wire },
    $defs: definitions.size > 0 ? Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))) : undefined,
  });
}

function scalarText(shape: Shape, wire: Wire): JsonSchema | undefined {
  const pattern = { int: "^(0|-?[1-9][0-9]{0,15})$", float: "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$" };
  const { description } = shape;
  switch (wire) {
    case "int":
    case "float":
      return defined({ type: "string", pattern: pattern[wire], description });
    case "boolean01":
      return defined({ enum: ["0", "1"], description });
    case "bytes":
      return defined({ type: "string", contentEncoding: "binary", description });
    default:
      return undefined;
  }
}

function schemaOf(shape: Shape, definitions: Map<string, JsonSchema>): JsonSchema {
  const schema = plainSchemaOf(shape, definitions);
  const { description } = shape;
  if (description === undefined && !shape.refined) return schema;
  const note = shape.refined
    ? { ...(schema["x-keywright"] as object | undefined), refined: true }
    : schema["x-keywright"];
  return defined({ ...schema, description, "x-keywright": note });
}

function plainSchemaOf(shape: Shape, definitions: Map<string, JsonSchema>): JsonSchema {
  const of = (part: Shape): JsonSchema => schemaOf(part, definitions);
  switch (shape.kind) {
    case "string":
      return stringSchema(shape);
    case "template":
      return { type: "string", pattern: shape.pattern.source };
    case "number":
      return numberSchema(shape);
    case "boolean":
      return { type: "boolean" };
    case "null":
      return { type: "null" };
    case "never":
      return { not: {} };
    case "bigint":
      return defined({
        type: "string",
        pattern: "^-?[0-9]+$",
        "x-keywright": defined({
          type: "bigint",
          minimum: shape.minimum?.toString(),
          maximum: shape.maximum?.toString(),
        }),
      });
    case "date":
      return {
        type: "string",
        format: "date-time",
        "x-keywright": defined({ type: "date", minimum: isoOf(shape.minimum), maximum: isoOf(shape.maximum) }),
      };
    case "undefined":
      return { type: "null", "x-keywright": { type: "undefined" } };
    case "open":
      return { "x-keywright": { type: "open" } };
    case "bytes":
      return { type: "array", items: { type: "integer", minimum: 0, maximum: 255 }, "x-keywright": { type: "bytes" } };
    case "enum":
      return { enum: [...shape.values] };
    case "literal":
      return literalSchema(shape.values);
    case "array":
      return defined({ type: "array", items: of(shape.element), minItems: shape.minItems, maxItems: shape.maxItems });
    case "tuple": {
      const required = shape.items.filter((item) => item.kind !== "optional").length;
      return defined({
        type: "array",
        prefixItems: shape.items.map(of),
        items: shape.rest ? of(shape.rest) : false,
        minItems: required,
      });
    }
    case "object":
      return objectSchema(shape, of);
    case "record":
      return recordSchema(shape.key, of(shape.value), shape.exhaustive && shape.value.kind !== "optional", of);
    case "map":
      return {
        type: "array",
        items: { type: "array", prefixItems: [of(shape.key), of(shape.value)], items: false, minItems: 2 },
        "x-keywright": { type: "map" },
      };
    case "set":
      return defined({
        type: "array",
        items: of(shape.element),
        minItems: shape.minSize,
        maxItems: shape.maxSize,
        "x-keywright": { type: "set" },
      });
    case "union":
      return { anyOf: shape.options.map(of) };
    case "discriminatedUnion":
      return { oneOf: shape.options.map(of), "x-keywright": { discriminator: shape.discriminator } };
    case "intersection":
      return { allOf: [of(shape.left), of(shape.right)] };
    case "optional":
      return of(shape.inner);
    case "nullable":
      return { anyOf: [of(shape.inner), { type: "null" }] };
    case "default":
      return defined({ ...of(shape.inner), default: jsonSafe(shape.value) });
    case "recursive":
      // Named before its inside is read, so that the definition stands wherever a reference points to it.
      definitions.set(shape.name, {});
      definitions.set(shape.name, of(shape.inner));
      return { $ref: `#/$defs/${shape.name}` };
    case "ref":
      return { $ref: `#/$defs/${shape.name}` };
    case "unsupported":
      return { not: {}, "x-keywright": { type: "unsupported", zod: shape.type } };
  }
}

/** Formats that JSON Schema has a name for; others are told in `x-keywright`. */
const FORMATS: Readonly<Record<string, string>> = {
  uuid: "uuid",
  guid: "uuid",
  email: "email",
  url: "uri",
  datetime: "date-time",
  date: "date",
  time: "time",
  duration: "duration",
  ipv4: "ipv4",
  ipv6: "ipv6",
  hostname: "hostname",
};

function stringSchema(shape: StringShape): JsonSchema {
  const { format, parameters, patterns } = shape;
  const [only, ...others] = patterns ?? [];
  const named = format !== undefined && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  const note = defined({
    format: format === named ? undefined : format,
    ...parameters,
    // JSON Schema's patterns have no flags.
    flags: patterns?.some(({ flags }) => flags !== "") ? patterns.map(({ flags }) => flags) : undefined,
  });
  return defined({
    type: "string",
    format: named,
    minLength: shape.minLength,
    maxLength: shape.maxLength,
    pattern: only && others.length === 0 ? only.source : undefined,
    allOf: others.length > 0 ? patterns!.map(({ source }) => ({ pattern: source })) : undefined,
    "x-keywright": Object.keys(note).length > 0 ? note : undefined,
  });
}

function numberSchema(shape: NumberShape): JsonSchema {
  const { integer, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = shape;
  return defined({
    type: integer ? "integer" : "number",
    minimum,
    exclusiveMinimum,
    maximum,
    exclusiveMaximum,
    multipleOf,
  });
}

function literalSchema(values: readonly unknown[]): JsonSchema {
  const stored = values.map((value) => (typeof value === "bigint" ? value.toString() : (value ?? null)));
  const schema = stored.length === 1 ? { const: stored[0] } : { enum: stored };
  if (values.some((value) => typeof value === "bigint")) return { ...schema, "x-keywright": { type: "bigint" } };
  return values.includes(undefined) ? { ...schema, "x-keywright": { type: "undefined" } } : schema;
}

function objectSchema(shape: ObjectShape, of: (part: Shape) => JsonSchema): JsonSchema {
  const { fields, unknownKeys } = shape;
  const required = fields.filter((field) => !field.optional).map(({ name }) => name);
  return defined({
    type: "object",
    properties: Object.fromEntries(fields.map((field: FieldShape) => [field.name, of(field.shape)])),
    required: required.length > 0 ? required : undefined,
    additionalProperties:
      unknownKeys === "strict" ? false : typeof unknownKeys === "object" ? of(unknownKeys) : undefined,
  });
}

function recordSchema(key: Shape, value: JsonSchema, exhaustive: boolean, of: (part: Shape) => JsonSchema): JsonSchema {
  const names = key.kind === "enum" || key.kind === "literal" ? key.values.map(String) : undefined;
  const anyName = key.kind === "string" && Object.keys(key).length === 1;
  return defined({
    type: "object",
    propertyNames: names ? { enum: names } : anyName || key.kind === "number" ? undefined : of(key),
    additionalProperties: value,
    required: exhaustive ? names : undefined,
  });
}

const isoOf = (date: Date | undefined): string | undefined => date?.toISOString();

/** A default that JSON can show; what it cannot is not part of the schema. */
function jsonSafe(value: unknown): unknown {
  if (value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value)) return value;
  return Array.isArray(value) && value.length === 0 ? [] : undefined;
}

function defined(schema: Record<string, unknown>): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}
