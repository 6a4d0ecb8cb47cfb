/**
 * What a run counts, by kind.
 *
 * @module
 */

/** Of one kind under one fault. Those named in {@link goals} are to be 0. */
export interface Counts {
  calls: number;
  /** Calls that ended with an error of an outage. */
  failed: number;
  /** Acknowledged writes that a failover or a crash took with it, where the fault may do so. */
  lost: number;
  late: number;
  wrong: number;
  misdelivered: number;
  withoutTtl: number;
  unhandled: number;
}

/** What is to be 0, with the words of the table. */
export const goals = {
  late: "late",
  wrong: "wrong",
  misdelivered: "misdelivered",
  withoutTtl: "no TTL",
  unhandled: "unhandled",
} as const satisfies Partial<Record<keyof Counts, string>>;

export function noCounts(): Counts {
  return { calls: 0, failed: 0, lost: 0, late: 0, wrong: 0, misdelivered: 0, withoutTtl: 0, unhandled: 0 };
}

export function sumOf(all: Iterable<Counts>): Counts {
  const sum = noCounts();
  for (const counts of all) for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += counts[name];
  return sum;
}

/** True where a goal is missed. */
export function misses(counts: Counts): boolean {
  return (Object.keys(goals) as (keyof typeof goals)[]).some((name) => counts[name] > 0);
}
