/**
 * The patterns that own keys: those of the families, and of their companions.
 *
 * A prefix for an environment or a tenant stands before the key. Of a companion that has the whole key as its hash tag it
 * stands inside the brace: the companion's name is made from the final key, so that both lie in one slot.
 *
 * @module
 */
import { type Companion, companionPattern } from "./companion.js";
import type { Manifest, ManifestFamily, ManifestMove } from "./manifest.js";
import { type Pattern, parsePattern } from "./patterns/index.js";

export interface OwnedPattern {
  readonly family: ManifestFamily;
  /** undefined: the pattern is the family's own. */
  readonly companion: Companion | undefined;
  readonly pattern: Pattern;
  /** Where a prefix stands: before the first character, or behind the brace that is it. */
  readonly prefixAt: 0 | 1;
  /** Of old keys: the move that they go away with. */
  readonly legacy?: ManifestMove;
}

/** All of a keyspace, families in their order, each before its companions, then what it has while it moves. */
export function ownedPatterns(manifest: Manifest): OwnedPattern[] {
  return manifest.families.flatMap((family) => [
    { family, companion: undefined, pattern: parsePattern(family.pattern).pattern, prefixAt: 0 as const },
    ...family.companions.map((companion): OwnedPattern => {
      const wrapsKey = companion.pattern === companionPattern(family.pattern, false, companion.name);
      return { family, companion, pattern: parsePattern(companion.pattern).pattern, prefixAt: wrapsKey ? 1 : 0 };
    }),
    ...(family.moved === undefined ? [] : patternsOfMove(family, family.moved)),
  ]);
}

/** The name of the companion that holds the stamps and seals of a move, on both sides. */
const mark = "moved";

/** The old keys of a moving family, and the marks of both sides. */
function patternsOfMove(family: ManifestFamily, move: ManifestMove): OwnedPattern[] {
  const old = move.keys.map(({ companion: name, from, prefixAt }): OwnedPattern => {
    const companion = family.companions.find((each) => each.name === name);
    const { pattern } = parsePattern(from);
    return {
      family,
      companion: companion && { ...companion, pattern: from },
      pattern,
      prefixAt: prefixAt.from,
      legacy: move,
    };
  });
  const markOf = (text: string): Pick<OwnedPattern, "family" | "companion" | "pattern" | "prefixAt"> => {
    const tagged = parsePattern(text).pattern.tag !== undefined;
    const { pattern } = parsePattern(companionPattern(text, tagged, mark));
    return {
      family,
      companion: {
        name: mark,
        pattern: pattern.text,
        redisType: "any",
        ttl: { kind: "fixed", ms: move.markTtl },
        purpose: "What the move remembers of the key: its stamp, its seal, or that it was removed.",
      },
      pattern,
      prefixAt: tagged ? 0 : 1,
    };
  };
  return [...old, markOf(family.pattern), { ...markOf(move.from), legacy: move }];
}

/** The text before the first parameter: keys of two patterns differ where these do. */
export function literalHead(pattern: Pattern): string {
  const first = pattern.segments[0];
  return first !== undefined && "literal" in first ? first.literal : "";
}
