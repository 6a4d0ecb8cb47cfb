/**
 * The check of a place whose operations read, modify and write: there is an order of them, each between its beginning and
 * its end, in which one after the other gives every answer that was given. The search of Wing and Gong ("Testing and
 * Verifying Concurrent Objects", 1993), which goes nowhere twice.
 *
 * @module
 */
import type { Entry, History } from "./history.js";

/** What an operation does to a state, and answers. States are compared as text. */
export interface Applied<State> {
  readonly state: State;
  readonly result: unknown;
}

/**
 * Of an operation that crashed or failed it is not known whether it was applied: it may have been at any time from its
 * beginning on, or never.
 */
export function checkSerial<Data, State>(
  { entries }: History<Data>,
  first: State,
  apply: (state: State, entry: Entry<Data>) => Applied<State>,
): string[] {
  const some = entries.filter(({ outcome }) => outcome !== "nothing");
  const endOf = ({ outcome, end }: Entry<Data>) => (outcome === "answered" ? end : Number.POSITIVE_INFINITY);
  const tried = new Set<string>();
  /** The longest order that was found, for the report. */
  let best: readonly Entry<Data>[] = [];
  const search = (state: State, order: readonly Entry<Data>[], left: readonly Entry<Data>[]): boolean => {
    if (order.length > best.length) best = order;
    const soonest = Math.min(...left.map(endOf));
    if (soonest === Number.POSITIVE_INFINITY) return true;
    const place = `${JSON.stringify(state)} ${left.map((entry) => entry.begin).join()}`;
    if (tried.has(place)) return false;
    tried.add(place);
    return left.some((entry) => {
      if (entry.begin > soonest) return false;
      const { state: next, result } = apply(state, entry);
      if (entry.outcome === "answered" && JSON.stringify(result) !== JSON.stringify(entry.result)) return false;
      return search(
        next,
        [...order, entry],
        left.filter((other) => other !== entry),
      );
    });
  };
  if (search(first, [], some)) return [];
  const rest = some.filter((entry) => entry.outcome === "answered" && !best.includes(entry));
  const told = ({ name, client, phase, begin, end, result }: Entry<Data>) =>
    `${name} of ${client} (${phase}) at ${begin} to ${end}: ${JSON.stringify(result)}`;
  return [
    `no order of the operations gives their answers; after ${best.map(({ name }) => name).join(", ")} none fits of: ${rest.map(told).join("; ")}`,
  ];
}
