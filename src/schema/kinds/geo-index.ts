/**
 * `geoIndex`: members by where they are, a ZSET of geohashes.
 *
 * @module
 */
import type { z } from "zod";
import { companionPattern } from "../companion.js";
import { declaration, type FamilyDeclaration, type FamilyOptions, type WithTag, type WithTtl } from "../family.js";
import type { CheckPattern } from "../patterns/index.js";
import type { NoTag, TagScope } from "../tag.js";
import { type Duration, formatDuration } from "../ttl.js";
import { throwsOrAbsent, type WithWhenDown } from "../when-down.js";
import type { Kind } from "./kind.js";
import { itemsHaveNoVersion } from "./version.js";

export interface GeoIndexOptions<S extends z.core.$ZodType<string> = z.core.$ZodType<string>>
  extends FamilyOptions,
    WithTtl,
    WithWhenDown<"throw" | "absent"> {
  /** Who or what is somewhere, a string schema. */
  readonly member: S;
  /** For how long a member is there after it was last added; left out, until it is removed. */
  readonly expires?: Duration;
}

/** Declares a family of geographic indexes: add, addMany, near, position, distance, remove, count and sweep. */
export function geoIndex<const P extends string, G extends TagScope | NoTag, S extends z.core.$ZodType<string>>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, GeoIndexOptions<S>>,
): FamilyDeclaration<"geoIndex", P> {
  return declaration("geoIndex", pattern as P, options, { member: options.member }, geoIndex);
}

const ttlForms =
  'Write a duration such as "24h", { config, default, max }, or { persist: "why" } with expires for each member.';

export const geoIndexKind: Kind = {
  name: "geoIndex",
  options: ["ttl", "member", "expires"],
  refused: itemsHaveNoVersion,
  ttlForms,
  tier: "R3",
  whenDown: () => throwsOrAbsent,
  read(family, context) {
    const options = family.options as GeoIndexOptions;
    const ttl = context.ttl(options.ttl);
    const expires = options.expires === undefined ? undefined : context.duration("expires", options.expires);
    if (ttl?.kind === "sliding" || ttl?.kind === "upTo" || (ttl?.kind === "fixed" && ttl.jitter !== undefined)) {
      context.problem("unsupported-ttl", "ttl", "every add sets the same TTL, and searches do not", ttlForms);
    }
    const shortest = ttl?.kind === "fixed" ? ttl.ms : ttl?.kind === "config" ? ttl.default : undefined;
    if (shortest !== undefined && expires !== undefined && expires > shortest) {
      context.problem(
        "ttl-below-expires",
        "ttl",
        "the TTL of the whole index is shorter than what a member is promised",
        "Lengthen the ttl, or shorten expires.",
      );
    }
    return {
      redisType: "ZSET",
      ttl,
      ttlSet: "set by every add",
      summary: expires === undefined ? "" : `a member ends after ${formatDuration(expires)}`,
      settings: { expires: expires ?? null },
      values: [{ field: "member", wire: "string" }],
      companions:
        expires !== undefined && ttl !== undefined
          ? [
              {
                name: "ends",
                pattern: companionPattern(family.pattern, context.pattern.tag !== undefined, "ends"),
                redisType: "ZSET",
                ttl,
                purpose: "When each member ends, in milliseconds since 1970.",
              },
            ]
          : [],
    };
  },
};
