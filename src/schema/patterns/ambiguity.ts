/**
 * Injectivity: whether different parameters always give different keys.
 *
 * @module
 */
import { commonKey, patternAutomaton } from "./automaton.js";
import { includes } from "./characters.js";
import { alphabet, parseLanguage } from "./language.js";
import type { Segment } from "./pattern.js";

/**
 * A key that can be read as two different sets of parameters, or undefined where no such key exists.
 *
 * The codecs are injective by themselves, so all that remains is where one parameter ends. Mostly it ends before a
 * character that it cannot hold; otherwise the pattern's automaton is walked in pairs, which decides the question.
 */
export function ambiguousKey(segments: readonly Segment[]): string | undefined {
  if (segments.every((segment, i) => endsClearly(segment, segments[i + 1], i >= segments.length - 2))) return undefined;
  const automaton = patternAutomaton(segments);
  return commonKey(automaton, automaton, true);
}

/** Whether no key of the pattern begins another, so that what follows it can be told from it. A sufficient condition. */
export function isPrefixFree(segments: readonly Segment[]): boolean {
  return segments.length > 0 && segments.every((segment, i) => endsClearly(segment, segments[i + 1], false));
}

/** `isLast`: nothing but literal text of a known length follows. */
function endsClearly(segment: Segment, next: Segment | undefined, isLast: boolean): boolean {
  if ("literal" in segment || isLast) return true;
  if (!next || !("literal" in next)) return false;
  return !includes(alphabet(parseLanguage(segment.parameter.codec.language)), next.literal.codePointAt(0)!);
}
