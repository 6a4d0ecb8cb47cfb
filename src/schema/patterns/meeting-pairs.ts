/**
 * Which of many patterns may give a common key. All automata are walked at once, over the sets of states that one text
 * leads to, and a set in which only one pattern is left is walked no further. Patterns part early, behind a few characters
 * of a literal, so the work grows with the number of patterns and not with the number of pairs, also where all keys
 * begin with the same parameter.
 *
 * The sets are those of the subset construction (M. O. Rabin, D. Scott, "Finite automata and their decision problems",
 * IBM Journal 3, 1959). Expressions can be written that have exponentially many of them, so there is a bound: the patterns
 * that are still together then are called meeting unseen, and the caller compares each two of them.
 *
 * @module
 */
import type { PatternAutomaton } from "./automaton.js";
import type { Ranges } from "./characters.js";

/** All automata as one: states are numbered through. */
interface Joined {
  readonly pattern: readonly number[];
  readonly reads: readonly Ranges[];
  readonly follow: readonly (readonly number[])[];
  readonly last: readonly boolean[];
  readonly first: readonly number[];
}

function joined(automata: readonly PatternAutomaton[]): Joined {
  const pattern: number[] = [];
  const reads: Ranges[] = [];
  const follow: number[][] = [];
  const last: boolean[] = [];
  const first: number[] = [];
  automata.forEach((automaton, i) => {
    const offset = reads.length;
    const moved = (state: number): number => state + offset;
    first.push(...automaton.first.map(moved));
    automaton.reads.forEach((ranges, state) => {
      pattern.push(i);
      reads.push(ranges);
      follow.push(automaton.follow[state]!.map(moved));
      last.push(automaton.last[state]!);
    });
  });
  return { pattern, reads, follow, last, first };
}

/** The states that read a character together, for every character that two of them read. In ascending order. */
function readTogether(states: readonly number[], reads: readonly Ranges[]): number[][] {
  const borders: { readonly at: number; readonly state: number; readonly opens: boolean }[] = [];
  for (const state of states) {
    for (const [from, to] of reads[state]!) {
      borders.push({ at: from, state, opens: true }, { at: to + 1, state, opens: false });
    }
  }
  borders.sort((a, b) => a.at - b.at);
  const sets = new Map<string, number[]>();
  const open = new Set<number>();
  for (let i = 0; i < borders.length; ) {
    const { at } = borders[i]!;
    for (; i < borders.length && borders[i]!.at === at; i++) {
      const { state, opens } = borders[i]!;
      if (opens) open.add(state);
      else open.delete(state);
    }
    if (open.size < 2) continue;
    const set = [...open].sort((a, b) => a - b);
    sets.set(set.join(), set);
  }
  return [...sets.values()];
}

/**
 * The pairs that may have a common key, as indices `i < j`, sorted. Every pair that has one is among them.
 *
 * @param bound how many states are looked at, one that lies in several sets several times, before the rest is left to
 * the caller
 */
export function meetingPairs(
  automata: readonly PatternAutomaton[],
  bound = 100_000 + 2000 * automata.length,
): [number, number][] {
  const { pattern, reads, follow, last, first } = joined(automata);
  const patternsOf = (states: readonly number[]): number[] => [...new Set(states.map((state) => pattern[state]!))];
  const meeting = new Set<number>();
  const meet = (patterns: readonly number[]): void => {
    patterns.forEach((a, i) => {
      for (const b of patterns.slice(i + 1)) meeting.add(a * automata.length + b);
    });
  };
  const queue: (readonly number[])[] = [];
  const seen = new Set<string>();
  const visit = (next: readonly number[]): void => {
    for (const states of readTogether(next, reads)) {
      const id = states.join();
      if (seen.has(id) || pattern[states[0]!] === pattern[states.at(-1)!]) continue;
      seen.add(id);
      queue.push(states);
    }
  };
  visit(first);
  let work = 0;
  for (const states of queue) {
    work += states.length;
    if (work > bound) {
      meet(patternsOf(states));
      continue;
    }
    meet(patternsOf(states.filter((state) => last[state])));
    visit([...new Set(states.flatMap((state) => follow[state]!))]);
  }
  return [...meeting].sort((a, b) => a - b).map((pair) => [Math.floor(pair / automata.length), pair % automata.length]);
}
