import { MalformedText } from "./malformed-text.js";
import { type Shape, someShape } from "./shape.js";

type Read = (text: string) => unknown;

export const PROTOTYPE_KEY = "holds a __proto__ key";

/**
 * Keeps `__proto__` keys out of what is read.
 *
 * JSON.parse makes an own property of such a key. An object schema strips it as undeclared, and zod drops it from records
 * without a word; but an open value would carry it to whoever merges that value into another. Where a shape takes keys
 * that it does not name, a text with such a key is refused. The tree is only looked at if the text can hold one.
 */
export function prototypeKeyGuard(shape: Shape): (read: Read, text: string) => unknown {
  if (!someShape(shape, takesAnyKey)) return (read, text) => read(text);
  return (read, text) => {
    if (spellsPrototype(text) && holdsPrototypeKey(parsed(text))) throw new MalformedText(PROTOTYPE_KEY);
    return read(text);
  };
}

/** Whether a value of this shape holds keys that the schema does not name. */
export function takesAnyKey(shape: Shape): boolean {
  if (shape.kind === "object") return shape.unknownKeys === "passthrough" || typeof shape.unknownKeys === "object";
  return shape.kind === "open" || shape.kind === "record";
}

/** As it is, or with any of its letters written as an escape. */
const spellsPrototype = (text: string): boolean => text.includes("__proto__") || /\\u00[5-7]/.test(text);

/** Whether an object anywhere in the value has `__proto__` as a key of its own. */
export function holdsPrototypeKey(value: unknown): boolean {
  const seen = new Set<unknown>();
  const waiting = [value];
  while (waiting.length > 0) {
    const part = waiting.pop();
    if (part === null || typeof part !== "object" || part instanceof Uint8Array || seen.has(part)) continue;
    seen.add(part);
    if (Object.hasOwn(part, "__proto__")) return true;
    if (part instanceof Map) waiting.push(...part.keys(), ...part.values());
    else if (part instanceof Set) waiting.push(...part);
    else for (const child of Object.values(part)) waiting.push(child);
  }
  return false;
}

/** A text that is no JSON is the reader's to refuse. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
