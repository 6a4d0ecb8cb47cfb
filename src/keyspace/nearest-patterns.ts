/**
 * What a key that belongs to no family resembles.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import { nearestWord } from "../schema/nearest-word.js";
import { type OwnedPattern, ownedPatterns } from "../schema/owned-pattern.js";
import type { Pattern } from "../schema/patterns/index.js";

/** A pattern that a key resembles, and why the key is none of it. */
export interface Near {
  readonly owned: OwnedPattern;
  /** The parameter that its codec refuses; undefined where the key's own text differs. */
  readonly refused: { readonly parameter: string; readonly codec: string } | undefined;
}

/** The patterns that an unknown key, without any prefix, resembles most; best first. */
export function nearestPatterns(manifest: Manifest, key: string, most = 3): Near[] {
  return ownedPatterns(manifest)
    .map((owned) => ({
      owned,
      refused: refusedParameter(owned.pattern, key),
      likeness: likeness(owned.pattern, key),
    }))
    .filter(({ refused, likeness: score }) => refused !== undefined || score > 0)
    .sort((a, b) => Number(b.refused !== undefined) - Number(a.refused !== undefined) || b.likeness - a.likeness)
    .slice(0, most)
    .map(({ owned, refused }) => ({ owned, refused }));
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
