/**
 * How long a call may take and how often it is tried, by the family's tier.
 *
 * @module
 */
import type { Tier } from "./documentation.js";

export interface Profile {
  /** Milliseconds by which a call ends, retries included. */
  readonly deadline: number;
  /** How often an attempt that failed is made again, where it was certainly not applied. */
  readonly retries: number;
}

/** A profile of which something may be left out. */
export type PartialProfile = { readonly [F in keyof Profile]: Profile[F] | undefined };

/**
 * Where the family does not say otherwise. What must not be lost is waited for by people, and is worth no second attempt
 * behind their backs; what can be rebuilt may be tried for longer, since every failure costs a load.
 */
export const tierProfiles: Readonly<Record<Tier, Profile>> = {
  R0: { deadline: 500, retries: 0 },
  R1: { deadline: 500, retries: 1 },
  R2: { deadline: 1000, retries: 1 },
  R3: { deadline: 1500, retries: 2 },
  R4: { deadline: 2000, retries: 2 },
};

/** A deadline above this bounds nothing, in milliseconds. */
export const longestDeadline = 60_000;

/** More attempts within one deadline do no good. */
export const mostRetries = 7;

/** `no retry`, `1 retry`, `2 retries` */
export function describeRetries(retries: number): string {
  return retries === 0 ? "no retry" : retries === 1 ? "1 retry" : `${retries} retries`;
}
