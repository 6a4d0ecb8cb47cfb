/**
 * Tiers, held against the kind, the store and the deadline.
 *
 * @module
 */
import { type Tier, tiers } from "../schema/documentation.js";
import { tierProfiles } from "../schema/profile.js";
import { formatDuration } from "../schema/ttl.js";
import { eachFamily, type Rule } from "./rule.js";

const topic = "tier";

/** The tiers that fit a kind; any fits a kind that is not here. */
const fitting: Readonly<Record<string, readonly Tier[]>> = {
  cache: ["R3", "R4"],
  leader: ["R0", "R1"],
  lock: ["R0", "R1"],
  queue: ["R0", "R1", "R2"],
  rateLimit: ["R0", "R1", "R2", "R3"],
  semaphore: ["R0", "R1"],
  session: ["R0", "R1", "R2"],
  token: ["R0", "R1", "R2"],
};

export const tierAgainstKind: Rule = {
  id: "tier-against-kind",
  severity: "error",
  topic,
  purpose:
    "A kind that nothing can rebuild is not of a tier that may be evicted, nor a cache of one that must not be lost.",
  example: {
    bad: 'tier: "R4", ttl: { sliding: "30m", max: "24h" }',
    good: 'tier: "R1", ttl: { sliding: "30m", max: "24h" }',
  },
  check: eachFamily(({ kind, tier }) => {
    const fits = fitting[kind] ?? tiers;
    if (fits.includes(tier)) return [];
    return [
      {
        field: "tier",
        message: `${tier} does not fit the kind ${kind}`,
        fix: `Write ${fits.join(" or ")}, or leave the tier out.`,
      },
    ];
  }),
};

export const tierSharesStore: Rule = {
  id: "tier-shares-store",
  severity: "warning",
  topic,
  purpose: "A server that evicts caches when memory is full evicts what must not be lost, too.",
  example: { bad: 'tier: "R0"', good: 'tier: "R0", store: "locks"' },
  check: eachFamily((family, { families }) => {
    if (family.tier !== "R0") return [];
    const cache = families.find(({ store, tier }) => store === family.store && tier === "R4");
    if (cache === undefined) return [];
    return [
      {
        field: "store",
        message: `R0 keys lie in the store "${family.store}" beside the R4 keys of ${cache.name}`,
        fix: "Give one of them a store of its own, without eviction for R0.",
      },
    ];
  }),
};

/** Less than this is a network that hiccups once. */
const shortest = 50;
const times = 4;

export const deadlineAgainstTier: Rule = {
  id: "deadline-against-tier",
  severity: "warning",
  topic,
  purpose:
    "A deadline bounds how long a caller waits: far above the tier's it bounds nothing, far below it breaks calls that are well.",
  example: { bad: 'deadline: "30s"', good: 'deadline: "1s"' },
  check: eachFamily(({ tier, deadline }) => {
    const longest = tierProfiles[tier].deadline * times;
    if (deadline >= shortest && deadline <= longest) return [];
    return [
      {
        field: "deadline",
        message: `${formatDuration(deadline)} is far from the ${formatDuration(tierProfiles[tier].deadline)} of ${tier}`,
        fix: `Keep it between ${formatDuration(shortest)} and ${formatDuration(longest)}, or choose another tier.`,
      },
    ];
  }),
};

export const rebuildableThrows: Rule = {
  id: "rebuildable-throws",
  severity: "warning",
  topic,
  purpose: "A cached value of an older shape is no error: the reader loads it again.",
  example: { bad: 'tier: "R4"', good: 'tier: "R4", undecodable: "miss"' },
  check: eachFamily(({ tier, settings }) => {
    if (tier !== "R4" || settings.undecodable !== "throw") return [];
    return [
      {
        field: "undecodable",
        message: "R4 says that the value can be rebuilt, but one that does not decode is an error",
        fix: "Write undecodable with the other word that the kind has: miss, or skip.",
      },
    ];
  }),
};

export const absentAgainstTier: Rule = {
  id: "absent-against-tier",
  severity: "warning",
  topic,
  purpose: "What users notice the loss of reads as lost in every outage: they are signed out, or let in.",
  example: { bad: 'tier: "R1", whenDown: "absent"', good: 'tier: "R1", whenDown: "throw"' },
  check: eachFamily(({ tier, whenDown }) => {
    if (tier !== "R1" || whenDown !== "absent") return [];
    return [
      {
        field: "whenDown",
        message: "R1 says that users notice when the key is gone, and while Redis is down it reads as gone",
        fix: 'Write whenDown: "throw", or another tier; or allow it, with the reason why absent does no harm here.',
      },
    ];
  }),
};
