/**
 * What reads answer of an absent key, for families that read as absent where Redis failed. Made once: a call allocates
 * nothing for them.
 *
 * @module
 */
import type { Family } from "../runtime/family.js";
import type { StandIn } from "../runtime/stand-in.js";

export const nothing = (): null => null;
export const no = (): boolean => false;
export const nobody = (): never[] => [];
export const zero = (): number => 0;

/** The answer, where the family declares it. */
export function whereAbsent<T>(family: Family, answer: StandIn<T>): StandIn<T> | undefined {
  return family.whenDown === "absent" ? answer : undefined;
}
