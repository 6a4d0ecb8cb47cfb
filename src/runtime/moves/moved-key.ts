/**
 * Where a strategy keeps what it has to know of a key: in a companion of it, in its slot, and never in the value, so that
 * values stay byte for byte what they were.
 *
 * @module
 */
import { extractTag } from "../../schema/patterns/slot.js";

/** The companion of an old or a new key: `{key}:moved`, or `key:moved` where the key has a hash tag. */
export function movedKey(key: string): string {
  return extractTag(key) === undefined ? `{${key}}:moved` : `${key}:moved`;
}
