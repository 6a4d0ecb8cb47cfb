/**
 * No key may belong to two families, companions and the old keys of moves included, nor be a retired one. All patterns' automata are walked at once to find who may meet;
 * those that do are walked side by side, and a key that both would own is the message.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import { ownKeys } from "../schema/own-keys.js";
import { type OwnedPattern, ownedPatterns } from "../schema/owned-pattern.js";
import { commonKey, meetingPairs, type Pattern, parsePattern, patternAutomaton } from "../schema/patterns/index.js";
import type { Rule } from "./rule.js";

interface Owned {
  /** undefined where it is Keywright's own, or nobody's any more. */
  readonly family: string | undefined;
  readonly what: string;
  readonly pattern: Pattern;
  /** What of the declaration says it. */
  readonly field: string;
  /** Why nobody may own it again. */
  readonly retired?: string;
}

function whatOf({ family, companion, legacy }: OwnedPattern): string {
  const what = companion === undefined ? family.name : `${family.name}'s companion ${companion.name}`;
  return legacy === undefined ? what : `the old keys of ${what}`;
}

function ownedBy(manifest: Manifest): Owned[] {
  const own = ownKeys.map(({ pattern, what }) => ({ family: undefined, what, pattern, field: "pattern" }));
  const retired = Object.entries(manifest.retired ?? {}).map(([text, because]) => ({
    family: undefined,
    what: "nobody",
    pattern: parsePattern(text).pattern,
    field: "pattern",
    retired: because,
  }));
  const families = ownedPatterns(manifest).map((owned) => ({
    family: owned.family.name,
    what: whatOf(owned),
    pattern: owned.pattern,
    field: owned.legacy === undefined ? "pattern" : "moved.from",
  }));
  // Ours first: of two that meet, the later one is to be changed.
  return [...own, ...retired, ...families];
}

export const keyBelongsToTwo: Rule = {
  id: "key-belongs-to-two",
  severity: "error",
  topic: "proof",
  proof: true,
  example: { bad: 'value("user:<rest:rest>", …)', good: 'value("user:all:<rest:rest>", …)' },
  purpose: "A key that two families own is written with the wrong type, TTL or value by one of them.",
  check(manifest) {
    const owned = ownedBy(manifest);
    const automata = owned.map(({ pattern }) => patternAutomaton(pattern.segments));
    return meetingPairs(automata).flatMap(([i, j]) => {
      const [a, b] = [owned[i]!, owned[j]!];
      const key = commonKey(automata[i]!, automata[j]!);
      if (key === undefined || b.family === undefined) return [];
      if (a.retired !== undefined) {
        return [
          {
            family: b.family,
            field: b.field,
            message: `the key ${JSON.stringify(key)} of ${b.what} (${b.pattern.text}) is one of ${a.pattern.text}, which is retired: ${a.retired}`,
            fix: "Choose another pattern: an instance that was not updated may still read and write the retired keys.",
          },
        ];
      }
      return [
        {
          family: b.family,
          field: b.field,
          message: `the key ${JSON.stringify(key)} would belong to ${a.what} (${a.pattern.text}) and to ${b.what} (${b.pattern.text})`,
          fix: "Give one of them another prefix, or a codec that excludes the other's keys.",
        },
      ];
    });
  },
};
