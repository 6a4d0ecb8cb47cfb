import { SuperJSON } from "superjson";
import { generated, mayGenerate } from "./evaluate.js";
import { isoText } from "./iso-date.js";
import { type Shape, someShape } from "./shape.js";
import { writerSource } from "./superjson-source.js";
import { superjsonTree, UnknownToSuperjson } from "./superjson-tree.js";

/** An instance of our own: what other code registers with the shared one must not change what is stored. */
const superjson = new SuperJSON();

export type SuperjsonWriter = (value: unknown) => string;

/**
 * Writes parsed values of a shape as `superjson.stringify` does, byte for byte for trees without shared references.
 *
 * Three ways, chosen once: superjson itself for open and recursive shapes (only there can a value be shared or hold
 * itself); a generated scan for shapes whose JSON is already superjson's `json` but for its annotations; the tree writer
 * for the rest, and for values that the scan gives back.
 */
export function superjsonWriter(shape: Shape, options: { readonly generate?: boolean } = {}): SuperjsonWriter {
  if (someShape(shape, isOpen)) return writeOpen;
  const body = options.generate !== false && mayGenerate() ? writerSource(shape) : undefined;
  if (body === undefined) return writeTree;

  const write = generated<(value: unknown, iso: (date: Date) => string) => string | null>(["v", "iso"], body);
  return (value) => write(value, isoText) ?? writeTree(value);
}

/** Whether values of this shape may hold what the schema does not describe, or themselves. */
export function isOpen(shape: Shape): boolean {
  return (
    shape.kind === "open" || shape.kind === "ref" || (shape.kind === "object" && shape.unknownKeys === "passthrough")
  );
}

/** superjson leaves functions and symbols out without a word, and the value might then be none of its schema. */
function writeOpen(value: unknown): string {
  const seen = new Set<unknown>();
  const waiting = [value];
  while (waiting.length > 0) {
    const part = waiting.pop();
    if (typeof part === "function" || typeof part === "symbol") {
      throw new UnknownToSuperjson(`holds a ${typeof part} that superjson's text has no form for`);
    }
    if (part === null || typeof part !== "object" || part instanceof Uint8Array || seen.has(part)) continue;
    seen.add(part);
    if (part instanceof Map) waiting.push(...part.keys(), ...part.values());
    else if (part instanceof Set) waiting.push(...part);
    else for (const child of Object.values(part)) waiting.push(child);
  }
  return superjson.stringify(value);
}

function writeTree(value: unknown): string {
  const { json, values } = superjsonTree(value);
  return JSON.stringify(values === undefined ? { json } : { json, meta: { values, v: 1 } });
}
