/**
 * Position automata (Glushkov) of key patterns: one state for each character that an expression names, no empty moves.
 * Two questions about patterns become walks over pairs of states: can one key be read in two ways, and can two patterns
 * give the same key.
 *
 * V. M. Glushkov, "The abstract theory of automata", Russian Mathematical Surveys 16 (1961).
 *
 * @module
 */
import type { Ranges } from "./characters.js";
import { type Language, languageOf, parseLanguage } from "./language.js";
import type { Segment } from "./pattern.js";

/** The automaton of a pattern. State i reads a character of `reads[i]` and belongs to segment `segment[i]`. */
export interface PatternAutomaton {
  readonly reads: readonly Ranges[];
  readonly segment: readonly number[];
  /** The states that read the first character. */
  readonly first: readonly number[];
  /** The states that may read the character after a state's own. */
  readonly follow: readonly (readonly number[])[];
  /** Whether a key may end with a state. */
  readonly last: readonly boolean[];
}

/** Part of an automaton under construction. */
interface Part {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly holdsEmpty: boolean;
}

const NOTHING: Part = { first: [], last: [], holdsEmpty: true };

/** Builds the automaton of a pattern's segments. */
export function patternAutomaton(segments: readonly Segment[]): PatternAutomaton {
  const builder = new AutomatonBuilder();
  let whole = NOTHING;
  segments.forEach((segment, i) => {
    const language =
      "literal" in segment ? languageOf(segment.literal) : parseLanguage(segment.parameter.codec.language);
    whole = builder.join(whole, builder.part(language, i));
  });
  return builder.finish(whole);
}

class AutomatonBuilder {
  readonly #reads: Ranges[] = [];
  readonly #segment: number[] = [];
  readonly #follow: number[][] = [];

  part(language: Language, segment: number): Part {
    switch (language.kind) {
      case "characters": {
        const state = this.#reads.push(language.ranges) - 1;
        this.#segment.push(segment);
        this.#follow.push([]);
        return { first: [state], last: [state], holdsEmpty: false };
      }
      case "sequence":
        return language.parts.reduce<Part>((whole, part) => this.join(whole, this.part(part, segment)), NOTHING);
      case "choice": {
        const parts = language.parts.map((part) => this.part(part, segment));
        return {
          first: parts.flatMap((part) => part.first),
          last: parts.flatMap((part) => part.last),
          holdsEmpty: parts.some((part) => part.holdsEmpty),
        };
      }
      case "repeat":
        return this.#repeat(language.part, language.min, language.max, segment);
    }
  }

  join(a: Part, b: Part): Part {
    for (const state of a.last) this.#connect(state, b.first);
    return {
      first: a.holdsEmpty ? [...a.first, ...b.first] : a.first,
      last: b.holdsEmpty ? [...a.last, ...b.last] : b.last,
      holdsEmpty: a.holdsEmpty && b.holdsEmpty,
    };
  }

  finish(whole: Part): PatternAutomaton {
    const last = this.#reads.map(() => false);
    for (const state of whole.last) last[state] = true;
    return { reads: this.#reads, segment: this.#segment, first: whole.first, follow: this.#follow, last };
  }

  /** x{2,4} is x x (x (x)?)?, built from its end, so that the moves stay linear in the bound. */
  #repeat(repeated: Language, min: number, max: number | undefined, segment: number): Part {
    let tail = NOTHING;
    if (max === undefined) {
      const loop = this.part(repeated, segment);
      for (const state of loop.last) this.#connect(state, loop.first);
      tail = min === 0 ? { ...loop, holdsEmpty: true } : loop;
    }
    const optional = max === undefined ? 0 : max - min;
    for (let i = 0; i < optional; i++) tail = { ...this.join(this.part(repeated, segment), tail), holdsEmpty: true };
    const required = max === undefined ? min - 1 : min;
    for (let i = 0; i < required; i++) tail = this.join(this.part(repeated, segment), tail);
    return tail;
  }

  #connect(state: number, next: readonly number[]): void {
    const follow = this.#follow[state]!;
    for (const candidate of next) if (!follow.includes(candidate)) follow.push(candidate);
  }
}

/** A pair of states that can be reached together, with the way there. */
interface Pair {
  readonly a: number;
  readonly b: number;
  /** The two readings gave some character to different segments. */
  readonly apart: boolean;
  readonly character: string;
  readonly before: Pair | undefined;
}

/**
 * A shortest key that both automata read, or undefined.
 *
 * @param apart only keys in which the two readings give some character to different segments
 */
export function commonKey(a: PatternAutomaton, b: PatternAutomaton, apart = false): string | undefined {
  const seen = new Set<number>();
  const queue: Pair[] = [];
  const visit = (before: Pair | undefined, nextA: readonly number[], nextB: readonly number[]): void => {
    for (const stateA of nextA) {
      for (const stateB of nextB) {
        const isApart = apart && (before?.apart === true || a.segment[stateA] !== b.segment[stateB]);
        const id = (stateA * b.reads.length + stateB) * 2 + (isApart ? 1 : 0);
        if (seen.has(id)) continue;
        const character = sharedCharacter(a.reads[stateA]!, b.reads[stateB]!);
        if (character === undefined) continue;
        seen.add(id);
        queue.push({ a: stateA, b: stateB, apart: isApart, character, before });
      }
    }
  };
  visit(undefined, a.first, b.first);
  for (let i = 0; i < queue.length; i++) {
    const pair = queue[i]!;
    if (a.last[pair.a] && b.last[pair.b] && pair.apart === apart) return spell(pair);
    visit(pair, a.follow[pair.a]!, b.follow[pair.b]!);
  }
  return undefined;
}

function spell(end: Pair): string {
  let key = "";
  for (let pair: Pair | undefined = end; pair; pair = pair.before) key = pair.character + key;
  return key;
}

/** A character of both sets; one that reads well where there is one. */
function sharedCharacter(a: Ranges, b: Ranges): string | undefined {
  let found: number | undefined;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const from = Math.max(a[i]![0], b[j]![0]);
    const to = Math.min(a[i]![1], b[j]![1]);
    if (from <= to) {
      if (from <= 0x61 && 0x61 <= to) return "a";
      found ??= from <= 0x30 && 0x30 <= to ? 0x30 : from;
    }
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return found === undefined ? undefined : String.fromCodePoint(found);
}
