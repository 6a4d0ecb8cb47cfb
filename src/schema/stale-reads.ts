/**
 * The permission to read a family from a replica, which may lag behind its primary.
 *
 * @module
 */
import type { Tier } from "./documentation.js";
import type { Report } from "./problems.js";

/** The option of the kinds whose plain reads may go to a replica. */
export interface WithStaleReads {
  /**
   * Why a read may give what a replica holds, which may be older than the last write, such as `"a profile may be seconds
   * old"`. Plain reads then go to the store's read client where it has one: `createRepositories({ write, read })`. Left out,
   * all go to the primary. Not in tier R0.
   */
  readonly staleReads?: string;
}

/** Why a kind whose reads must see the last write does not take it. */
export const refusedStaleReads = {
  staleReads: "what it reads must hold the last write, which a replica may not have yet",
} as const;

export function checkStaleReads(because: unknown, tier: Tier, report: Report): void {
  if (typeof because !== "string" || because.trim() === "") {
    report(
      "undocumented",
      "staleReads",
      "nothing says why a read may be stale",
      'Write staleReads: "why", or leave it out.',
    );
  }
  if (tier === "R0") {
    report(
      "unsupported-option",
      "staleReads",
      "a family of tier R0 coordinates, so its reads must hold the last write",
      "Leave staleReads out, or choose another tier.",
    );
  }
}
