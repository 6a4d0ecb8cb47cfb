/**
 * A team's own Lua script, declared in the schema: it runs under the slot, TTL and access rules of the families whose keys
 * it is given.
 *
 * @module
 */
import type { z } from "zod";
import type { FamilyDeclaration } from "./family.js";
import { callSite, type SchemaLocation } from "./problem.js";

/** A key of a script: of which family, and whether the script changes it. */
export type ScriptKey = { readonly read: FamilyDeclaration } | { readonly write: FamilyDeclaration };

export interface ScriptOptions {
  /** What the script does, in one sentence. */
  readonly purpose: string;
  /** KEYS in their order, by name: families of one scope, or one family. */
  readonly keys: Readonly<Record<string, ScriptKey>>;
  /** ARGV in their order, by name: strings, numbers, booleans (`1` and `0`). */
  readonly args?: Readonly<Record<string, z.ZodType>>;
  /** What the script returns: a string, a number (whole, unless the script returns text) or a boolean; `.nullable()` where it may return nil. */
  readonly returns?: z.ZodType;
  /** Every call ends by then, e.g. `"300ms"`; the longest deadline of its families where it is left out. */
  readonly deadline?: string;
  /** How often an attempt that failed is made again, 0 to 7; the fewest of its families where it is left out. */
  readonly retries?: number;
  /** Findings of the lint that are right here, by the rule's id, each with the reason. */
  readonly allow?: Readonly<Record<string, string>>;
}

export interface ScriptDeclaration {
  readonly kind: "script";
  /** The `.lua` file, relative to the file that declares the script. */
  readonly file: string;
  readonly options: ScriptOptions;
  readonly at: SchemaLocation | undefined;
}

export const scriptOptions = ["purpose", "keys", "args", "returns", "deadline", "retries", "allow"] as const;

/**
 * Declares a script: `script("take-seat.lua", { purpose, keys: { seats: { write: seats } }, args: { most: z.int() } })`.
 *
 * The file begins with `#!lua`. A key of a family with a TTL that the script leaves without one, or beyond its maximum,
 * gets the family's in the same call.
 */
export function script(file: string, options: ScriptOptions): ScriptDeclaration {
  return { kind: "script", file, options, at: callSite(script) };
}
