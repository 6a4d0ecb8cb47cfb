/**
 * How long keys may live: generous maxima of every keyspace, and those that a keyspace sets by kind and by prefix.
 *
 * @module
 */
import type { ManifestFamily, ManifestRules } from "../schema/manifest.js";
import { formatDuration, longestTtl, parseDuration } from "../schema/ttl.js";
import { beginningOf } from "./patterns.js";
import { eachFamily, type Rule } from "./rule.js";

/** Above these a unit is probably mistaken. Kinds that are not here may live for a year. */
const generous: Readonly<Record<string, number>> = {
  leader: parseDuration("1h"),
  lock: parseDuration("1h"),
  presence: parseDuration("7d"),
  rateLimit: parseDuration("31d"),
  semaphore: parseDuration("24h"),
  session: parseDuration("400d"),
};
const aYear = parseDuration("366d");

interface Maximum {
  readonly ms: number;
  readonly of: string;
}

function maximumOf(family: ManifestFamily, { maxTtl }: ManifestRules): Maximum {
  const beginning = beginningOf(family);
  const kind = `the kind ${family.kind}`;
  const maxima: Maximum[] = [];
  if (Object.hasOwn(maxTtl.kinds, family.kind)) maxima.push({ ms: maxTtl.kinds[family.kind] as number, of: kind });
  const [prefix] = Object.keys(maxTtl.prefixes)
    .filter((each) => beginning.startsWith(each))
    .sort((a, b) => b.length - a.length);
  if (prefix !== undefined) maxima.push({ ms: maxTtl.prefixes[prefix] as number, of: prefix });
  if (maxima.length === 0) return { ms: generous[family.kind] ?? aYear, of: kind };
  return maxima.reduce((least, each) => (each.ms < least.ms ? each : least));
}

export const ttlMaximum: Rule = {
  id: "ttl-maximum",
  severity: "error",
  topic: "TTL",
  purpose:
    "A key that lives too long holds memory, and what it says is out of date; a family that needs more says why.",
  example: { bad: 'ttl: "400d"', good: 'ttl: "30d"' },
  check: eachFamily((family, { rules }) => {
    const maximum = maximumOf(family, rules);
    // A companion whose end the caller chooses, such as a block, has the bound of its kind.
    const companions = family.companions.filter(({ ttl }) => ttl.kind !== "upTo");
    const keys = [
      { what: "a key", ttl: family.ttl },
      ...companions.map(({ name, ttl }) => ({ what: `its companion ${name}`, ttl })),
    ];
    const above = keys.find(({ ttl }) => (longestTtl(ttl) ?? 0) > maximum.ms);
    if (above === undefined) return [];
    const life = formatDuration(longestTtl(above.ttl) as number);
    return [
      {
        field: "ttl",
        message: `${above.what} may live for ${life}, and ${maximum.of} for at most ${formatDuration(maximum.ms)}`,
        fix: "Shorten it, or say in allow why this family needs more.",
      },
    ];
  }),
};
