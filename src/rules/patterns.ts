/**
 * What the rules look at in a pattern.
 *
 * @module
 */
import type { ManifestFamily } from "../schema/manifest.js";
import { type Pattern, parsePattern } from "../schema/patterns/index.js";

const read = new WeakMap<ManifestFamily, Pattern>();

/** A family's pattern, read once however many rules ask. */
export function patternOf(family: ManifestFamily): Pattern {
  let pattern = read.get(family);
  if (pattern === undefined) {
    pattern = parsePattern(family.pattern).pattern;
    read.set(family, pattern);
  }
  return pattern;
}

/** The text that all keys of a family begin with, without the braces of a tag. */
export function beginningOf(family: ManifestFamily): string {
  const first = patternOf(family).segments[0];
  return first !== undefined && "literal" in first ? first.literal.replace(/[{}]/g, "") : "";
}

/** The words between colons that stand in every key; a word with a parameter in it is none. */
export function fixedWords(family: ManifestFamily): string[] {
  return outline(family)
    .split(":")
    .filter((word) => word !== "" && !word.includes("<"));
}

/** The pattern with `<>` for each parameter, without the braces of a tag. */
export function outline(family: ManifestFamily): string {
  return patternOf(family)
    .segments.map((segment) => ("literal" in segment ? segment.literal.replace(/[{}]/g, "") : "<>"))
    .join("");
}
