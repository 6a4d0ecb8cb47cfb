/**
 * No key may belong to two families, companions included. All patterns' automata are walked at once to find who may meet;
 * those that do are walked side by side, and a key that both would own is the message.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import { ownKeys } from "../schema/own-keys.js";
import { commonKey, meetingPairs, type Pattern, parsePattern, patternAutomaton } from "../schema/patterns/index.js";
import type { Rule } from "./rule.js";

interface Owned {
  /** undefined where it is Keywright's own. */
  readonly family: string | undefined;
  readonly what: string;
  readonly pattern: Pattern;
}

function ownedBy(manifest: Manifest): Owned[] {
  const own = ownKeys.map(({ pattern, what }) => ({ family: undefined, what, pattern }));
  const families = manifest.families.flatMap((family) => [
    { family: family.name, what: family.name, pattern: parsePattern(family.pattern).pattern },
    ...family.companions.map((companion) => ({
      family: family.name,
      what: `${family.name}'s companion ${companion.name}`,
      pattern: parsePattern(companion.pattern).pattern,
    })),
  ]);
  // Ours first: of two that meet, the later one is to be changed.
  return [...own, ...families];
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
      return [
        {
          family: b.family,
          field: "pattern",
          message: `the key ${JSON.stringify(key)} would belong to ${a.what} (${a.pattern.text}) and to ${b.what} (${b.pattern.text})`,
          fix: "Give one of them another prefix, or a codec that excludes the other's keys.",
        },
      ];
    });
  },
};
