/**
 * How large a key can become.
 *
 * @module
 */
import type { Json } from "../schema/kinds/kind.js";
import type { Manifest } from "../schema/manifest.js";
import { eachFamily, type Rule } from "./rule.js";

const topic = "size";

type JsonSchema = { readonly [keyword: string]: Json };

function isSchema(input: Json | undefined): input is JsonSchema {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

/** Keywords that hold one schema, and what their part of a path is. */
const inner: Readonly<Record<string, string>> = { items: "[]", additionalProperties: "{}" };

/** A text whose format has a length of its own, or that is one of a few. */
function isBoundedText(schema: JsonSchema): boolean {
  const format = schema.format;
  const note = schema["x-keywright"];
  if (schema.maxLength !== undefined || schema.const !== undefined || schema.enum !== undefined) return true;
  if (isSchema(note) && (note.type === "date" || note.format !== undefined)) return true;
  return typeof format === "string" && !["uri", "email"].includes(format);
}

/** The paths of a value where nothing bounds how much there is. */
function unbounded(schema: JsonSchema, path: string, texts: boolean): string[] {
  const here: string[] = [];
  const note = schema["x-keywright"];
  const isBytes = isSchema(note) && (note.type === "bytes" || schema.contentEncoding === "binary");
  if (schema.type === "array" && schema.maxItems === undefined && schema.items !== false && !isBytes) here.push(path);
  if (isSchema(schema.additionalProperties) && !isSchema(schema.propertyNames)) here.push(path);
  if (texts && (isBytes || (schema.type === "string" && !isBoundedText(schema)))) here.push(path);
  const deeper = Object.entries(inner).flatMap(([keyword, step]) => {
    const each = schema[keyword];
    return isSchema(each) && !isBytes ? unbounded(each, `${path}${step}`, texts) : [];
  });
  const fields = isSchema(schema.properties)
    ? Object.entries(schema.properties).flatMap(([name, each]) =>
        isSchema(each) ? unbounded(each, path === "" ? name : `${path}.${name}`, texts) : [],
      )
    : [];
  const branches = ["anyOf", "oneOf", "allOf"].flatMap((keyword) => {
    const each = schema[keyword];
    return Array.isArray(each) ? each.flatMap((one: Json) => (isSchema(one) ? unbounded(one, path, texts) : [])) : [];
  });
  return [...new Set([...here, ...deeper, ...fields, ...branches])];
}

const shown = 3;

export const unboundedValue: Rule = {
  id: "unbounded-value",
  severity: "warning",
  topic,
  purpose: "A value that nothing bounds grows until every read of it is slow, and the slot that holds it is full.",
  example: { bad: "z.array(z.uuid())", good: "z.array(z.uuid()).max(1000)" },
  check: eachFamily((family, { rules }: Manifest) =>
    family.values.flatMap(({ field, jsonSchema }) => {
      const paths = isSchema(jsonSchema) ? unbounded(jsonSchema, "", rules.boundedTexts) : [];
      if (paths.length === 0) return [];
      const names = paths.slice(0, shown).map((path) => (path === "" ? "the value as a whole" : path));
      const more = paths.length > shown ? ` and ${paths.length - shown} more` : "";
      return [
        {
          field,
          message: `nothing bounds how much it holds: ${names.join(", ")}${more}`,
          fix: "Add .max(…), or say in allow what bounds it.",
        },
      ];
    }),
  ),
};

/** A list of so many items is a read of megabytes. */
const largeCap = 10_000;

export const capLarge: Rule = {
  id: "cap-large",
  severity: "warning",
  topic,
  purpose: "A list is read as a whole, and the server answers nobody else meanwhile.",
  example: { bad: "cap: 50_000", good: "cap: 500" },
  check: eachFamily(({ settings }) => {
    const { cap } = settings;
    if (typeof cap !== "number" || cap <= largeCap) return [];
    return [
      {
        field: "cap",
        message: `a list of up to ${cap} items is held, more than ${largeCap}`,
        fix: "Lower the cap to what is shown, or keep a history of this length in a database.",
      },
    ];
  }),
};
