/**
 * The patterns that own keys: those of the families, and of their companions.
 *
 * A prefix for an environment or a tenant stands before the key. Of a companion that has the whole key as its hash tag it
 * stands inside the brace: the companion's name is made from the final key, so that both lie in one slot.
 *
 * @module
 */
import { type Companion, companionPattern } from "./companion.js";
import type { Manifest, ManifestFamily } from "./manifest.js";
import { type Pattern, parsePattern } from "./patterns/index.js";

export interface OwnedPattern {
  readonly family: ManifestFamily;
  /** undefined: the pattern is the family's own. */
  readonly companion: Companion | undefined;
  readonly pattern: Pattern;
  /** Where a prefix stands: before the first character, or behind the brace that is it. */
  readonly prefixAt: 0 | 1;
}

/** All of a keyspace, families in their order, each before its companions. */
export function ownedPatterns(manifest: Manifest): OwnedPattern[] {
  return manifest.families.flatMap((family) => [
    { family, companion: undefined, pattern: parsePattern(family.pattern).pattern, prefixAt: 0 as const },
    ...family.companions.map((companion): OwnedPattern => {
      const wrapsKey = companion.pattern === companionPattern(family.pattern, false, companion.name);
      return { family, companion, pattern: parsePattern(companion.pattern).pattern, prefixAt: wrapsKey ? 1 : 0 };
    }),
  ]);
}

/** The text before the first parameter: keys of two patterns differ where these do. */
export function literalHead(pattern: Pattern): string {
  const first = pattern.segments[0];
  return first !== undefined && "literal" in first ? first.literal : "";
}
