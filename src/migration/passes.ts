/**
 * What is scanned of a family that moves: the keys of each of its patterns, old and new. A glob finds more than a pattern
 * owns, so that every key is held against the pattern itself.
 *
 * @module
 */
import type { MovedPattern } from "../schema/moves/index.js";
import { markedKey, markPattern } from "../schema/moves/index.js";
import { literalHead } from "../schema/owned-pattern.js";
import { escapeGlob, matchKey, parsePattern, scanPattern } from "../schema/patterns/index.js";

export type Side = "old" | "new";

/** The keys of one pattern. */
export interface Pass {
  readonly pattern: string;
  readonly side: Side;
  /** For `SCAN … MATCH`, prefix included. */
  readonly glob: string;
  /** True for a key of the pattern, prefix included. */
  owns(key: string): boolean;
  /** The key of the place that a key is about: itself, or the one that a mark lies beside. */
  placeOf(key: string): string;
}

export function passOf(pattern: string, prefixAt: 0 | 1, side: Side, prefix: string): Pass {
  const parsed = parsePattern(pattern).pattern;
  const head = literalHead(parsed);
  const glob = scanPattern(parsed);
  return {
    pattern,
    side,
    glob: glob.slice(0, prefixAt) + escapeGlob(prefix) + glob.slice(prefixAt),
    owns(key) {
      if (!key.startsWith(prefix, prefixAt)) return false;
      const bare = key.slice(0, prefixAt) + key.slice(prefixAt + prefix.length);
      return bare.startsWith(head) && matchKey(parsed, bare) !== undefined;
    },
    placeOf: (key) => key,
  };
}

/** The patterns of one side: the family's own, then its companions'. */
export function passesOf(keys: readonly MovedPattern[], side: Side, prefix: string): Pass[] {
  return keys.map(({ from, to, prefixAt }) =>
    side === "old" ? passOf(from, prefixAt.from, side, prefix) : passOf(to, prefixAt.to, side, prefix),
  );
}

/** The marks of one side. */
export function marksPass(keys: readonly MovedPattern[], side: Side, prefix: string): Pass {
  const own = keys[0] as MovedPattern;
  const { pattern, prefixAt } = markPattern(side === "old" ? own.from : own.to);
  const placeOf = (key: string): string => markedKey(key, prefixAt === 0);
  return { ...passOf(pattern, prefixAt, side, prefix), placeOf };
}
