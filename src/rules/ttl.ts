/**
 * Keys without a TTL, and TTLs that are set at start-up.
 *
 * @module
 */
import { describeTtl, formatDuration } from "../schema/ttl.js";
import { eachFamily, type Rule } from "./rule.js";

const topic = "TTL";

export const ttlRequired: Rule = {
  id: "ttl-required",
  severity: "error",
  topic,
  setting: "ttlRequired",
  purpose: "Redis is not where lasting data lives: keys that stay are few, known and agreed upon.",
  example: { bad: 'ttl: { persist: "counted for ever" }', good: 'ttl: "1h"' },
  check: eachFamily((family, { rules }) => {
    if (!rules.ttlRequired || family.ttl.kind !== "persist") return [];
    return [
      {
        field: "ttl",
        message: `the keys have no TTL (${describeTtl(family.ttl)})`,
        fix: "Give them one, or say in allow who agreed, and why.",
      },
    ];
  }),
};

export const persistCache: Rule = {
  id: "persist-cache",
  severity: "error",
  topic,
  purpose: "What can be rebuilt and never ends is stale for ever once an invalidation is lost.",
  example: { bad: 'tier: "R4", ttl: { persist: "deleted with the user" }', good: 'tier: "R4", ttl: "1h"' },
  check: eachFamily((family) => {
    if (family.tier !== "R4" || family.ttl.kind !== "persist") return [];
    return [
      {
        field: "ttl",
        message: "the tier R4 says that the keys can be rebuilt, but they have no TTL",
        fix: "Give them a TTL, or the tier that says how bad their loss is.",
      },
    ];
  }),
};

export const ttlSettingShared: Rule = {
  id: "ttl-setting-shared",
  severity: "error",
  topic,
  purpose:
    "A setting that two families read within different bounds is right for one of them and refused by the other.",
  example: {
    bad: 'ttl: { config: "cacheTtl", default: "5m", max: "24h" }',
    good: 'ttl: { config: "cacheTtl", default: "5m", max: "1h" }',
  },
  check(manifest) {
    const first = new Map<string, { readonly name: string; readonly default: number; readonly max: number }>();
    return manifest.families.flatMap(({ name, ttl }) => {
      if (ttl.kind !== "config") return [];
      const other = first.get(ttl.name);
      if (other === undefined) {
        first.set(ttl.name, { ...ttl, name });
        return [];
      }
      if (other.default === ttl.default && other.max === ttl.max) return [];
      const bounds = (of: { default: number; max: number }) =>
        `${formatDuration(of.default)}, at most ${formatDuration(of.max)}`;
      return [
        {
          family: name,
          field: "ttl",
          message: `the setting ${ttl.name} is ${bounds(ttl)} here, and ${bounds(other)} in ${other.name}`,
          fix: "Give both the same default and maximum, or names of their own.",
        },
      ];
    });
  },
};
