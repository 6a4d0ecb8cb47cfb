/**
 * Tells which family a live key belongs to, by the manifest alone.
 *
 * @module
 */
import type { Companion } from "../schema/companion.js";
import type { Manifest, ManifestFamily } from "../schema/manifest.js";
import { nearestWord } from "../schema/nearest-word.js";
import { matchKey, type Pattern, parsePattern } from "../schema/patterns/index.js";

/** A pattern of the manifest, and whose it is. */
export interface Owned {
  readonly family: ManifestFamily;
  /** undefined: the family's own key. */
  readonly companion: Companion | undefined;
  readonly pattern: Pattern;
}

export interface Classified extends Owned {
  /** As they stand in the key: a digest stays a digest. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A pattern that a key resembles, and why the key is none of it. */
export interface Near extends Owned {
  /** The parameter that its codec refuses; undefined where the key's own text differs. */
  readonly refused: { readonly parameter: string; readonly codec: string } | undefined;
}

/** All patterns of a manifest, each read once. */
export class Classifier {
  readonly #owned: readonly Owned[];

  constructor(manifest: Manifest) {
    this.#owned = manifest.families.flatMap((family) => [
      { family, companion: undefined, pattern: parsePattern(family.pattern).pattern },
      ...family.companions.map((companion) => ({
        family,
        companion,
        pattern: parsePattern(companion.pattern).pattern,
      })),
    ]);
  }

  /** The one family or companion that a key belongs to: no key belongs to two. The key is without any prefix. */
  classify(key: string): Classified | undefined {
    for (const owned of this.#owned) {
      const parameters = matchKey(owned.pattern, key);
      if (parameters !== undefined) return { ...owned, parameters };
    }
    return undefined;
  }

  /** What an unknown key resembles most, best first. */
  nearest(key: string, most = 3): Near[] {
    return this.#owned
      .map((owned) => ({
        owned,
        refused: refusedParameter(owned.pattern, key),
        likeness: likeness(owned.pattern, key),
      }))
      .filter(({ refused, likeness: score }) => refused !== undefined || score > 0)
      .sort((a, b) => Number(b.refused !== undefined) - Number(a.refused !== undefined) || b.likeness - a.likeness)
      .slice(0, most)
      .map(({ owned, refused }) => ({ ...owned, refused }));
  }
}

/** Where the key's own text is the pattern's: the first parameter whose codec does not take what stands there. */
function refusedParameter(pattern: Pattern, key: string): Near["refused"] {
  const parts = pattern.segments.map((segment) =>
    "literal" in segment ? segment.literal.replace(/[$()*+./?[\\\]^{|}]/g, "\\$&") : "(.+)",
  );
  const found = new RegExp(`^${parts.join("")}$`, "su").exec(key);
  if (found === null) return undefined;
  const refusing = pattern.parameters.find(
    ({ codec }, i) => !new RegExp(`^(?:${codec.language})$`, "u").test(found[i + 1]!) || !codec.accepts(found[i + 1]!),
  );
  if (refusing === undefined) return undefined;
  const { name, argument } = refusing.codec;
  return { parameter: refusing.name, codec: argument === undefined ? name : `${name}(${argument})` };
}

/** How many words of the pattern the key has at the same place; a word that is nearly the same counts for half. */
function likeness(pattern: Pattern, key: string): number {
  const words = pattern.segments
    .map((segment) => ("literal" in segment ? segment.literal : "<>"))
    .join("")
    .split(":")
    .map((word) => word.replace(/[{}]/g, ""));
  const parts = key.split(":").map((part) => part.replace(/[{}]/g, ""));
  const scores = words.map((word, i): number => {
    const part = parts[i];
    if (part === undefined || part === "" || word === "" || word.includes("<>")) return 0;
    if (part === word) return 1;
    return nearestWord(part, [word]) === undefined ? 0 : 0.5;
  });
  const score = scores.reduce((sum, each) => sum + each, 0);
  return score === 0 ? 0 : score - Math.abs(words.length - parts.length) / 100;
}
