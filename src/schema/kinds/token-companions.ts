/**
 * The companions of a `token`: the pointer at the one that is live, the failed attempts, the cooldown. The schema may
 * name their patterns, so that live keys stay as they are; they lie in the slot of the family's key all the same.
 *
 * @module
 */
import { companionPattern } from "../companion.js";
import { nearestWord } from "../nearest-word.js";
import { type Pattern, parsePattern } from "../patterns/index.js";
import type { KindContext } from "./kind.js";
import type { Attempts, Cooldown } from "./token.js";

/** The pointer, and the parameter of the family that it holds. */
export type Pointer = { readonly pattern: string; readonly token: string };

/** More are no limit to somebody who guesses. */
const mostAttempts = 1000;

const textsOf = (pattern: Pattern): string[] => pattern.parameters.map(({ text }) => text).sort();

/** Reads the pattern of a companion; undefined, with the problem, where it cannot lie in the slot of the family's key. */
function besides(text: unknown, field: string, context: KindContext): Pattern | undefined {
  if (typeof text !== "string") {
    context.problem("invalid-companion", field, "the pattern is no text", "Write it like the family's own.");
    return undefined;
  }
  const { pattern, problems } = parsePattern(text);
  for (const { id, message, fix } of problems) context.problem(id, field, message, fix);
  if (problems.length > 0) return undefined;
  const tag = context.pattern.tag?.template;
  if (tag === undefined) {
    context.problem(
      "companion-tag",
      field,
      "the family has no tag, so a key of another pattern lies in another slot",
      "Give the family a tag scope, and both patterns its tag.",
    );
    return undefined;
  }
  if (pattern.tag?.template !== tag) {
    context.problem(
      "companion-tag",
      field,
      `${text} holds ${pattern.tag === undefined ? "no tag" : `the tag ${pattern.tag.template}`}, and the family's is ${tag}`,
      `Write ${tag} into the pattern: both change in one step, so they lie in one slot.`,
    );
    return undefined;
  }
  return pattern;
}

/** A companion with the family's parameters. */
function withAll(text: string | undefined, field: string, name: string, context: KindContext): string {
  const { pattern } = context;
  if (text === undefined) return companionPattern(pattern.text, pattern.tag !== undefined, name);
  const own = besides(text, field, context);
  if (own !== undefined && String(textsOf(own)) !== String(textsOf(pattern))) {
    context.problem(
      "companion-parameters",
      field,
      `${text} has other parameters than the family`,
      `Write ${pattern.parameters.map((each) => each.text).join(", ") || "none"}, in any order.`,
    );
  }
  return text;
}

function reportUnknown(given: object, known: readonly string[], field: string, context: KindContext): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = nearestWord(name, known);
    context.problem(
      "unknown-option",
      `${field}.${name}`,
      `${field} has no option "${name}"`,
      near === undefined ? `The options are ${known.join(", ")}.` : `Did you mean ${near}?`,
    );
  }
}

/** The pointer of `current`. */
export function pointerOf(text: string | undefined, context: KindContext): Pointer | undefined {
  if (text === undefined) return undefined;
  const pattern = besides(text, "current", context);
  if (pattern === undefined) return undefined;
  const held = textsOf(pattern);
  const left = context.pattern.parameters.filter((parameter) => !held.includes(parameter.text));
  const strange = held.filter((each) => !textsOf(context.pattern).includes(each));
  if (left.length !== 1 || strange.length > 0) {
    context.problem(
      "companion-parameters",
      "current",
      `${text} has ${held.join(", ") || "no parameter"}; it must have all parameters of the family but one, the token`,
      "Leave exactly the token's parameter out.",
    );
    return undefined;
  }
  return { pattern: text, token: left[0]!.name };
}

/** What is declared, and the pattern of the counter. */
export interface ReadAttempts {
  readonly max: number;
  readonly ttl: number;
  readonly pattern: string | undefined;
  readonly companion: string;
}

/** `life` is how long a code can live, in milliseconds. */
export function attemptsOf(given: Attempts | undefined, life: number, context: KindContext): ReadAttempts {
  if (typeof given !== "object" || given === null) {
    context.problem(
      "missing-attempts",
      "attempts",
      "nothing bounds how often somebody may guess",
      "Write attempts: { max: 5 }.",
    );
    return { max: 1, ttl: 1, pattern: undefined, companion: withAll(undefined, "", "attempts", context) };
  }
  reportUnknown(given, ["max", "ttl", "pattern"], "attempts", context);
  if (!Number.isInteger(given.max) || given.max < 1 || given.max > mostAttempts) {
    context.problem(
      "invalid-attempts",
      "attempts.max",
      `"max" is ${given.max === undefined ? "missing" : `not a whole number from 1 to ${mostAttempts}`}`,
      "Write how many attempts a code has, such as 5.",
    );
  }
  const ttl = given.ttl === undefined ? life : (context.duration("attempts.ttl", given.ttl) ?? life);
  if (ttl < life) {
    context.problem(
      "invalid-attempts",
      "attempts.ttl",
      "failures would be forgotten while the code is still good, and guessing begins anew",
      "Write at least the code's own ttl, or leave it out.",
    );
  }
  const companion = withAll(given.pattern, "attempts.pattern", "attempts", context);
  return { max: given.max, ttl, pattern: given.pattern, companion };
}

export interface ReadCooldown {
  readonly for: number;
  readonly pattern: string | undefined;
  readonly companion: string;
}

export function cooldownOf(given: Cooldown, context: KindContext): ReadCooldown {
  if (typeof given !== "object" || given === null) {
    context.problem("duration", "cooldown", "the cooldown is no object", 'Write cooldown: { for: "60s" }.');
    return { for: 1, pattern: undefined, companion: withAll(undefined, "", "cooldown", context) };
  }
  reportUnknown(given, ["for", "pattern"], "cooldown", context);
  const companion = withAll(given.pattern, "cooldown.pattern", "cooldown", context);
  return { for: context.duration("cooldown.for", given.for) ?? 1, pattern: given.pattern, companion };
}
