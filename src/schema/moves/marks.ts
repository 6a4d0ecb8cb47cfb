/**
 * Where the marks of a move lie, stamps, tombstones and seals: in a companion of the old or the new key, in its slot, so
 * that values stay as they are.
 *
 * @module
 */
import { companionPattern } from "../companion.js";
import { parsePattern } from "../patterns/index.js";

const name = "moved";

/** The pattern of the marks of a pattern's keys, and where a prefix stands in it. */
export function markPattern(pattern: string): { readonly pattern: string; readonly prefixAt: 0 | 1 } {
  const tagged = parsePattern(pattern).pattern.tag !== undefined;
  return { pattern: companionPattern(pattern, tagged, name), prefixAt: tagged ? 0 : 1 };
}

/** The key that a mark lies beside, prefix and all. */
export function markedKey(mark: string, tagged: boolean): string {
  const key = mark.slice(0, -(name.length + 1));
  return tagged ? key : key.slice(1, -1);
}
