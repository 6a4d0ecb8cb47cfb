/**
 * No key may belong to two environments or tenants: the final keys, declared prefixes included, are walked as the
 * patterns are.
 *
 * Two keys of one prefix need no walk. No text of a prefix begins another, so they would differ behind it as they do
 * without it.
 *
 * @module
 */
import type { Manifest, ManifestFamily } from "../schema/manifest.js";
import { ownKeys } from "../schema/own-keys.js";
import { type OwnedPattern, ownedPatterns } from "../schema/owned-pattern.js";
import {
  commonKey,
  meetingPairs,
  type Pattern,
  parsePattern,
  patternAutomaton,
  type Segment,
} from "../schema/patterns/index.js";
import type { Rule } from "./rule.js";

/** The keys of a family, or of a companion, or one of Keywright's own, behind one of the prefixes. */
interface Final {
  readonly owned: Owned;
  readonly words: string;
  readonly segments: readonly Segment[];
}

interface Owned extends Pick<OwnedPattern, "companion" | "prefixAt"> {
  /** undefined where it is one of Keywright's own. */
  readonly family: ManifestFamily | undefined;
  /** What writes it, where it is. */
  readonly what?: string;
  readonly pattern: Pattern;
}

/** Literals that follow one another as one. */
function joined(segments: readonly Segment[]): Segment[] {
  const whole: Segment[] = [];
  for (const segment of segments) {
    const last = whole.at(-1);
    if (last !== undefined && "literal" in last && "literal" in segment) {
      whole[whole.length - 1] = { literal: last.literal + segment.literal };
    } else whole.push(segment);
  }
  return whole;
}

function finalOf(owned: Owned, prefix: readonly Segment[], words: string): Final {
  const [first, ...rest] = owned.pattern.segments;
  const brace = owned.prefixAt === 1 && first !== undefined && "literal" in first;
  const segments = brace
    ? [{ literal: first.literal.slice(0, 1) }, ...prefix, { literal: first.literal.slice(1) }, ...rest]
    : [...prefix, ...owned.pattern.segments];
  const whole = joined(segments.filter((segment) => !("literal" in segment) || segment.literal !== ""));
  return { owned, words, segments: whole };
}

function nameOf({ owned: { family, companion, what }, words }: Final): string {
  const name = family?.name ?? what;
  return `${companion === undefined ? name : `${name}'s companion ${companion.name}`}${words}`;
}

export const keyOfTwoPrefixes: Rule = {
  id: "key-of-two-prefixes",
  severity: "error",
  topic: "proof",
  proof: true,
  whole: true,
  example: { bad: 'prefixes: { tenant: "<tenant>:" }', good: 'prefixes: { tenant: "tenant:<tenant>:" }' },
  purpose: "A key that two environments own is read by one as the other wrote it.",
  check(manifest) {
    const finals = groupsOf(manifest).flatMap((group, at) => group.map((final) => ({ final, at })));
    const automata = finals.map(({ final }) => patternAutomaton(final.segments));
    const found = meetingPairs(automata).flatMap(([i, j]) => {
      const [a, b] = [finals[i]!, finals[j]!];
      const family = b.final.owned.family ?? a.final.owned.family;
      if (a.at === b.at || family === undefined) return [];
      const key = commonKey(automata[i]!, automata[j]!);
      if (key === undefined) return [];
      return [
        {
          own: a.final.owned.family === undefined || b.final.owned.family === undefined,
          family: family.name,
          field: "pattern",
          message: `the key ${JSON.stringify(key)} would belong to ${nameOf(a.final)} and to ${nameOf(b.final)}`,
          fix: "Let the prefix begin with a word that no pattern and no other prefix begins with, such as env:<name>:.",
        },
      ];
    });
    // A family that meets another, or itself, is told once: what mends that mends this.
    const told = new Set(found.flatMap(({ own, family }) => (own ? [] : [family])));
    return found.flatMap(({ own, ...finding }) => (own && told.has(finding.family) ? [] : [finding]));
  },
};

/** The final keys without a prefix, then those of each; none where no prefix is declared. */
function groupsOf(manifest: Manifest): Final[][] {
  const { prefixes = [] } = manifest;
  if (prefixes.length === 0) return [];
  const own = ownKeys.map(
    ({ pattern, what }): Owned => ({ family: undefined, what, companion: undefined, pattern, prefixAt: 0 }),
  );
  const all: readonly Owned[] = [...own, ...ownedPatterns(manifest)];
  const prefixed = all.filter(({ family }) => family?.shared === undefined);
  return [
    all.map((owned) => finalOf(owned, [], " without a prefix")),
    ...prefixes.map(({ name, pattern }) => {
      const { segments } = parsePattern(pattern).pattern;
      return prefixed.map((owned) => finalOf(owned, segments, ` with the prefix ${name}`));
    }),
  ];
}
