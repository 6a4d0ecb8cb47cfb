import { isoText } from "./iso-date.js";

/** What superjson calls a tree of annotations: a leaf `["Date"]`, a container `["map", {…}]`, or paths to such. */
export type Annotation = readonly [unknown, Annotations?];
export interface Annotations {
  [path: string]: Annotation;
}

export interface SuperjsonTree {
  readonly json: unknown;
  readonly values?: Annotation | Annotations;
}

/** A value that this writer does not know; its type only, never the value. */
export class UnknownToSuperjson extends Error {}

/**
 * What `superjson.serialize` makes of a tree of declared values: dates, maps, sets, bigints, bytes, undefined, -0 and NaN,
 * in the same order, with the same escapes. It keeps no identities, so a date that stands in two places is written twice
 * (superjson writes it twice as well, and adds `referentialEqualities`): readers get equal values, not the same one.
 */
export function superjsonTree(value: unknown): SuperjsonTree {
  if (value === null || typeof value === "string" || typeof value === "boolean") return { json: value };
  if (typeof value === "number") {
    if (Number.isNaN(value)) return { json: "NaN", values: ["number"] };
    if (value === Number.POSITIVE_INFINITY) return { json: "Infinity", values: ["number"] };
    if (value === Number.NEGATIVE_INFINITY) return { json: "-Infinity", values: ["number"] };
    return Object.is(value, -0) ? { json: "-0", values: ["number"] } : { json: value };
  }
  if (value === undefined) return { json: null, values: ["undefined"] };
  if (typeof value === "bigint") return { json: value.toString(), values: ["bigint"] };
  if (value instanceof Date) return { json: isoText(value), values: ["Date"] };
  if (Array.isArray(value)) return container(value, undefined);
  if (value instanceof Map) return container([...value.entries()], "map");
  if (value instanceof Set) return container([...value.values()], "set");
  // A Buffer is a Uint8Array; superjson would name its class, which no reader of superjson knows.
  if (value instanceof Uint8Array) return { json: [...value], values: [["typed-array", "Uint8Array"]] };
  if (typeof value === "object") {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null)
      return container(value as Record<string, unknown>, undefined);
  }
  throw new UnknownToSuperjson(`holds a ${typeof value} that superjson's text has no form for`);
}

function container(
  source: readonly unknown[] | Readonly<Record<string, unknown>>,
  type: "map" | "set" | undefined,
): SuperjsonTree {
  const list = Array.isArray(source);
  const json: Record<string, unknown> | unknown[] = list ? [] : {};
  const inner: Annotations = {};
  let annotated = false;
  for (const [key, value] of Object.entries(source)) {
    if (key === "__proto__") throw new UnknownToSuperjson("holds a key that readers take for the object's prototype");
    const part = superjsonTree(value);
    (json as Record<string, unknown>)[key] = part.json;
    if (part.values === undefined) continue;
    // Readers refuse these names on the way to what they revive (and only there).
    if (key === "constructor" || key === "prototype") {
      throw new UnknownToSuperjson("holds a key that readers take for the object's prototype");
    }
    annotated = true;
    if (Array.isArray(part.values)) inner[escapedKey(key)] = part.values as Annotation;
    else
      for (const [path, tree] of Object.entries(part.values)) inner[`${escapedKey(key)}.${path}`] = tree as Annotation;
  }
  if (type !== undefined) return { json, values: annotated ? [type, inner] : [type] };
  return annotated ? { json, values: inner } : { json };
}

/** A key as superjson's paths hold it. */
export const escapedKey = (key: string): string => key.replace(/\\/g, "\\\\").replace(/\./g, "\\.");
