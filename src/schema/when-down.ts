/**
 * What a family answers where Redis failed.
 *
 * @module
 */
import type { Tier } from "./documentation.js";
import type { Report } from "./problems.js";

/**
 * - `throw`: the error
 * - `load`: what the caller's loader brings
 * - `allow`, `deny`: the verdict of a limit
 * - `absent`: reads answer as if the key were absent; writes throw, since nobody knows whether they were applied
 */
export type WhenDown = "throw" | "load" | "allow" | "deny" | "absent";

/** The option of a kind that takes the words `W`. */
export interface WithWhenDown<W extends WhenDown> {
  /**
   * What the caller gets where Redis failed (no connection, no answer in time, a refusal): `throw` the error, `load` what
   * the loader brings, `absent` what reads answer of an absent key, while writes throw. Never for a mistake of the caller or
   * a value that does not decode. Families of tier R0 throw.
   */
  readonly whenDown?: W;
}

/** What a kind takes. */
export interface WhenDownWords {
  readonly words: readonly WhenDown[];
  /** Where the family names none; undefined where it must name one. */
  readonly standard: WhenDown | undefined;
  /** Why not the others. */
  readonly refused: Readonly<Partial<Record<WhenDown, string>>>;
}

const noLimit = "that is for limits";
const noLoader = "it has no loader";
const notLimit = { allow: noLimit, deny: noLimit } as const;

/** Of a kind whose reads can answer as if the key were absent. */
export const throwsOrAbsent: WhenDownWords = {
  words: ["throw", "absent"],
  standard: "throw",
  refused: { ...notLimit, load: noLoader },
};

/** Of a kind whose callers have a loader. */
export const loadsWhenDown: WhenDownWords = {
  words: ["load", "absent", "throw"],
  standard: "load",
  refused: notLimit,
};

/** Of a kind whose absent key would mislead. */
export function throwsOnly(absent: string): WhenDownWords {
  return { words: ["throw"], standard: "throw", refused: { ...notLimit, load: noLoader, absent } };
}

/** `"load", "absent" or "throw"` */
function listed(words: readonly WhenDown[]): string {
  const quoted = words.map((word) => `"${word}"`);
  const last = quoted.pop() as string;
  return quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
}

/** What the family says, or the standard of its kind; coordination throws. */
export function readWhenDown(
  given: unknown,
  tier: Tier,
  kind: string,
  { words, standard, refused }: WhenDownWords,
  report: Report,
): WhenDown {
  const fix = `Write whenDown: ${listed(words)}${standard === undefined ? "" : ", or leave it out"}.`;
  const word = given as WhenDown;
  if (given === undefined) {
    if (standard !== undefined) return tier === "R0" ? "throw" : standard;
    report("missing-failure-policy", "whenDown", "nothing says what happens while Redis is down", fix);
    return "throw";
  }
  if (!words.includes(word)) {
    const reason = typeof given === "string" && Object.hasOwn(refused, given) ? refused[word] : undefined;
    const message =
      reason === undefined
        ? `"${String(given)}" is no answer to Redis being down`
        : `the kind ${kind} cannot answer "${word}" while Redis is down: ${reason}`;
    report("unsupported-failure-policy", "whenDown", message, fix);
    return "throw";
  }
  if (tier === "R0" && word !== "throw") {
    report(
      "unsupported-failure-policy",
      "whenDown",
      `R0 must not be lost, and "${word}" would make up an answer while Redis is down`,
      'Write whenDown: "throw", or choose another tier.',
    );
  }
  return word;
}

const described: Readonly<Record<WhenDown, string>> = {
  throw: "throws when down",
  load: "loads when down",
  allow: "allows when down",
  deny: "denies when down",
  absent: "reads as absent when down",
};

/** `reads as absent when down` */
export function describeWhenDown(word: WhenDown): string {
  return described[word];
}
