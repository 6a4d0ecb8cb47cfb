/**
 * Checks of histories that several strategies share.
 *
 * @module
 */
import type { Entry, History } from "./history.js";

/** Of what can be won once, such as a token, at most one operation says that it has. `wonBy`: what an entry won. */
export function checkOneWinner<Data>(
  { entries }: History<Data>,
  wonBy: (entry: Entry<Data>) => string | undefined,
): string[] {
  const winners = new Map<string, Entry<Data>>();
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.outcome !== "answered") continue;
    const prize = wonBy(entry);
    if (prize === undefined) continue;
    const other = winners.get(prize);
    if (other === undefined) winners.set(prize, entry);
    else
      found.push(`${prize} was won twice: at ${other.end} by ${other.client} and at ${entry.end} by ${entry.client}`);
  }
  return found;
}

/** What was added and acknowledged is there, at most what is not known beside it. `addedBy`: what an entry added. */
export function checkSum<Data>(
  { entries }: History<Data>,
  addedBy: (entry: Entry<Data>) => number | undefined,
  total: number,
): string[] {
  let [least, most] = [0, 0];
  for (const entry of entries) {
    const added = addedBy(entry);
    if (added === undefined || entry.outcome === "nothing") continue;
    if (entry.outcome === "answered" || added < 0) least += added;
    if (entry.outcome === "answered" || added > 0) most += added;
  }
  if (total >= least && total <= most) return [];
  return [`the sum is ${total}, and should be ${least === most ? least : `from ${least} to ${most}`}`];
}

/** A time for which somebody says that he holds something. */
export interface Holding {
  /** From when his acquisition was acknowledged. */
  readonly from: number;
  /** Until he began to give it back, or crashed; infinite where he did not. */
  readonly to: number;
  /** When the operation began that it is valid by: a TTL that ran out of what began before ended it. */
  readonly since: number;
  readonly by: string;
}

/** Nobody holds what another holds. */
export function checkHoldings({ elapsed }: History, holdings: readonly Holding[]): string[] {
  const bounded = holdings.map((holding) => {
    const ends = elapsed.filter(({ tick, before }) => holding.since < before && tick > holding.from);
    return { ...holding, to: Math.min(holding.to, ...ends.map(({ tick }) => tick)) };
  });
  const found: string[] = [];
  bounded.forEach((one, i) => {
    for (const other of bounded.slice(i + 1)) {
      const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
      if (from < to) found.push(`${one.by} and ${other.by} hold it both, from ${from} to ${to}`);
    }
  });
  return found;
}
