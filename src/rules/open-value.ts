/**
 * Values that the schema leaves open.
 *
 * @module
 */
import type { Json } from "../schema/kinds/kind.js";
import { eachFamily, type Rule } from "./rule.js";

function holdsOpen(schema: Json): boolean {
  if (Array.isArray(schema)) return schema.some(holdsOpen);
  if (typeof schema !== "object" || schema === null) return false;
  const fields = schema as { readonly [key: string]: Json };
  const note = fields["x-keywright"] as { readonly type?: Json } | undefined;
  return note?.type === "open" || Object.values(fields).some(holdsOpen);
}

export const openValue: Rule = {
  id: "open-value",
  severity: "warning",
  topic: "wire",
  purpose: "What the schema leaves open is validated by nobody, and read by the slower way.",
  example: { bad: "z.object({ payload: z.unknown() })", good: "z.object({ payload: z.string() })" },
  check: eachFamily(({ values }) =>
    values
      .filter(({ jsonSchema }) => holdsOpen(jsonSchema))
      .map(({ field }) => ({
        field,
        message: "a part of the value is unknown or any",
        fix: "Declare what is stored, or z.json() where it may be any JSON.",
      })),
  ),
};
