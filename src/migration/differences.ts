/**
 * What differs between the two sides of a place, by what the strategy says of them.
 *
 * @module
 */
import type { StrategyName } from "../schema/moves/index.js";
import type { KeyState, SideState } from "./side-state.js";

export type DifferenceKind =
  /** The old key is there, and the new one is not. */
  | "missing-new"
  /** The new key is there, and the old one is not. */
  | "missing-old"
  | "type"
  | "value"
  | "ttl"
  /** An old key, or a seal, whose state has not been handed over. */
  | "not-handed-over";

export const differenceKinds: readonly DifferenceKind[] = [
  "missing-new",
  "missing-old",
  "type",
  "value",
  "ttl",
  "not-handed-over",
];

/**
 * How the sides of a strategy compare: `mirrored`, both hold the same; `issued`, what is on the old side is on the new one
 * too, and what is consumed may stay on the new one; `handed-over`, every old key has its seal. What is not here writes
 * nothing twice, so there is nothing to compare.
 */
export const comparisons: Readonly<Partial<Record<StrategyName, "mirrored" | "issued" | "handed-over">>> = {
  value: "mirrored",
  collection: "mirrored",
  consume: "issued",
  handoff: "handed-over",
};

function differs(old: KeyState, fresh: KeyState, tolerance: number): DifferenceKind | undefined {
  if (old.type !== fresh.type) return "type";
  if (old.size !== fresh.size || old.sha1 !== fresh.sha1) return "value";
  if (old.deadline < 0 || fresh.deadline < 0) return old.deadline === fresh.deadline ? undefined : "ttl";
  return Math.abs(old.deadline - fresh.deadline) > tolerance ? "ttl" : undefined;
}

/** By the number of the key within its place. */
export type Differences = ReadonlyMap<number, DifferenceKind>;

/** @param tolerance by how much two deadlines may differ, in milliseconds */
export function differencesOf(
  how: "mirrored" | "issued" | "handed-over",
  old: SideState,
  fresh: SideState,
  tolerance: number,
): Differences {
  const found = new Map<number, DifferenceKind>();
  for (const [i, before] of old.keys.entries()) {
    const after = fresh.keys[i] as KeyState;
    if (how === "handed-over") {
      // What is sealed stays as it was, for those who come late; the new key is the authority.
      // A state that lies in its seal alone is lost to those who know no seals.
      if (old.mark === "held" ? i === 0 : before.type !== "none" && old.mark === "none") {
        found.set(i, "not-handed-over");
      }
      continue;
    }
    if (before.type === "none" && after.type === "none") continue;
    if (before.type === "none") {
      if (how === "mirrored") found.set(i, "missing-old");
    } else if (after.type === "none") {
      // What was deleted there leaves a tombstone, and is not read from the old key any more.
      if (fresh.mark !== "deleted") found.set(i, "missing-new");
    } else {
      const kind = differs(before, after, tolerance);
      if (kind !== undefined) found.set(i, kind);
    }
  }
  return found;
}
