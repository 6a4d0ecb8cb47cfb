/**
 * The characters that no parameter may hold, and those that only some may hold, as ranges of code points.
 *
 * @module
 */

/** Inclusive ranges of code points, sorted, disjoint. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** Control characters (C0, DEL, C1), white space as ECMAScript defines it, and surrogates that stand alone. */
export const INVISIBLE: Ranges = [
  [0x00, 0x20],
  [0x7f, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
];

/** The hash tag's braces. */
export const BRACES = "{}";

/** What Redis's glob patterns give a meaning: a value that holds one would match other keys in ACLs and SCANs. */
export const WILDCARDS = "*?[]\\";

/** Whether a code point is in {@link INVISIBLE}. */
export function isInvisible(code: number): boolean {
  if (code < 0x7f) return code <= 0x20;
  for (const [from, to] of INVISIBLE) if (code <= to) return code >= from;
  return false;
}

/** Letters and digits of any script; everything else that a literal may hold separates. */
export function isAlphanumeric(character: string): boolean {
  return /^[\p{L}\p{N}]$/u.test(character);
}

/** The last code point of Unicode. */
const LAST = 0x10ffff;

/** The ranges of single characters. */
export function rangesOf(characters: string): Ranges {
  return union(Array.from(characters, (c) => [c.codePointAt(0)!, c.codePointAt(0)!] as const));
}

/** Sorts and merges ranges. */
export function union(...sets: readonly Ranges[]): Ranges {
  const merged: [number, number][] = [];
  for (const [from, to] of sets.flat().sort((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous && from <= previous[1] + 1) previous[1] = Math.max(previous[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** Every code point outside the ranges, which are sorted and disjoint. */
export function complement(ranges: Ranges): Ranges {
  const rest: [number, number][] = [];
  let from = 0;
  for (const [first, last] of ranges) {
    if (first > from) rest.push([from, first - 1]);
    from = last + 1;
  }
  if (from <= LAST) rest.push([from, LAST]);
  return rest;
}

/** What two sorted sets share. */
export function intersection(a: Ranges, b: Ranges): Ranges {
  return complement(union(complement(a), complement(b)));
}

/** Whether a set holds a code point. */
export function includes(ranges: Ranges, code: number): boolean {
  return ranges.some(([from, to]) => from <= code && code <= to);
}
