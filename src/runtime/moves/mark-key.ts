/**
 * The key of what a move remembers of one place: stamps, tombstones, seals. It lies in the slot of the place's own key.
 *
 * @module
 */
import { extractTag } from "../../schema/patterns/slot.js";

/** The name of the companion. */
export const markName = "moved";

/** @param key the place's own key, old or new */
export function markKey(key: string): string {
  return extractTag(key) === undefined ? `{${key}}:${markName}` : `${key}:${markName}`;
}
