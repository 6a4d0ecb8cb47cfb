/**
 * No key may belong to two families, companions included: the patterns' automata are walked side by side, and a key
 * that both would own is the message.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import {
  commonKey,
  type Pattern,
  type PatternAutomaton,
  parsePattern,
  patternAutomaton,
} from "../schema/patterns/index.js";
import type { Rule } from "./rule.js";

interface Owned {
  readonly family: string;
  readonly what: string;
  readonly pattern: Pattern;
  automaton: PatternAutomaton | undefined;
}

function ownedBy(manifest: Manifest): Owned[] {
  return manifest.families.flatMap((family) => [
    { family: family.name, what: family.name, pattern: parsePattern(family.pattern).pattern, automaton: undefined },
    ...family.companions.map((companion) => ({
      family: family.name,
      what: `${family.name}'s companion ${companion.name}`,
      pattern: parsePattern(companion.pattern).pattern,
      automaton: undefined,
    })),
  ]);
}

/** The text before the first parameter: two patterns whose prefixes differ early own no common key. */
function prefix(pattern: Pattern): string {
  const first = pattern.segments[0];
  return first !== undefined && "literal" in first ? first.literal : "";
}

function mayMeet(a: Owned, b: Owned): boolean {
  const [x, y] = [prefix(a.pattern), prefix(b.pattern)];
  return x.startsWith(y) || y.startsWith(x);
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
    const automatonOf = (one: Owned): PatternAutomaton => (one.automaton ??= patternAutomaton(one.pattern.segments));
    return owned.flatMap((a, i) =>
      owned.slice(i + 1).flatMap((b) => {
        if (!mayMeet(a, b)) return [];
        const key = commonKey(automatonOf(a), automatonOf(b), false);
        if (key === undefined) return [];
        return [
          {
            family: b.family,
            field: "pattern",
            message: `the key ${JSON.stringify(key)} would belong to ${a.what} (${a.pattern.text}) and to ${b.what} (${b.pattern.text})`,
            fix: "Give one of them another prefix, or a codec that excludes the other's keys.",
          },
        ];
      }),
    );
  },
};
