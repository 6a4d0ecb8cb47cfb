/**
 * `cache`: values that can be loaded again, read through a loader, a STRING.
 *
 * @module
 */
import type { z } from "zod";
import { declaration, type FamilyDeclaration, type FamilyOptions, type WithTag } from "../family.js";
import type { CheckPattern } from "../patterns/index.js";
import type { WithStaleReads } from "../stale-reads.js";
import type { NoTag, TagScope } from "../tag.js";
import { type Duration, formatDuration, type Ttl, type TtlPolicy } from "../ttl.js";
import { type Wire, wireOf } from "../values/wire.js";
import { loadsWhenDown, type WithWhenDown } from "../when-down.js";
import type { Kind, KindContext } from "./kind.js";
import { readOwnVersion, type VersionOptions } from "./version.js";

/** `upgrade` may leave out versions: entries of these are loaded anew. */
export interface CacheOptions<S extends z.ZodType = z.ZodType>
  extends FamilyOptions,
    WithWhenDown<"load" | "absent" | "throw">,
    VersionOptions,
    WithStaleReads {
  /** How long an entry lives: `"10m"`, `{ fixed: "10m", jitter: "1m" }` or `{ config: "name", default, max }`. */
  readonly ttl: Extract<Ttl, Duration | { readonly fixed: Duration } | { readonly config: string }>;
  /** What is stored. Values are validated when they are written and when they are read. */
  readonly value: S;
  /**
   * How it is stored; where it is left out, the generator chooses by the schema and says so. `json` and `superjson` are
   * stored in the envelope; `plain`, `string`, `int`, `float`, `boolean01` and `bytes` bare, byte for byte, for keys that
   * other programs read or write too.
   */
  readonly wire?: Wire;
  /** Remembers for so long that there is none, where the loader returns null. Left out: null is not stored. Needs the envelope. */
  readonly negative?: Duration;
  /** `deadline`: by when the loader must have its result, `"30s"` where it is left out. */
  readonly loader?: { readonly deadline?: Duration };
}

/** Declares a family of cached values: fetch, fetchEntry, lookup, get, getMany, set, invalidate and invalidateMany. */
export function cache<const P extends string, S extends z.ZodType, G extends TagScope | NoTag>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, CacheOptions<S>>,
): FamilyDeclaration<"cache", P, "value"> {
  return declaration("cache", pattern as P, options, { value: options.value }, cache);
}

const standardDeadline = 30_000;
/** A load that takes longer is no load of a cache. */
const longestDeadline = 3_600_000;

const ttlForms = 'Write a duration such as "10m", { fixed: "10m", jitter: "1m" } or { config, default, max }.';

function checkTtl(ttl: TtlPolicy | undefined, context: KindContext): void {
  const why = {
    sliding: "an entry that is read often would never be loaded anew",
    upTo: "all fills of a key set the same TTL",
    persist: "an entry without a TTL is stale for ever, once an invalidation is lost",
  };
  if (ttl === undefined || !(ttl.kind in why)) return;
  context.problem("unsupported-ttl", "ttl", why[ttl.kind as keyof typeof why], ttlForms);
}

function loaderDeadline(loader: unknown, context: KindContext): number {
  if (loader === undefined) return standardDeadline;
  const fix = 'Write loader: { deadline: "30s" }, or leave it out.';
  if (typeof loader !== "object" || loader === null || Object.keys(loader).some((name) => name !== "deadline")) {
    context.problem("unknown-option", "loader", "the loader has one option, its deadline", fix);
    return standardDeadline;
  }
  const { deadline } = loader as { readonly deadline?: unknown };
  if (deadline === undefined) return standardDeadline;
  const ms = context.duration("loader.deadline", deadline) ?? standardDeadline;
  if (ms > longestDeadline) {
    context.problem("invalid-deadline", "loader.deadline", "a load of more than an hour is no load of a cache", fix);
  }
  return ms;
}

export const cacheKind: Kind = {
  name: "cache",
  options: ["ttl", "value", "wire", "version", "upgrade", "negative", "loader"],
  mayBeStale: true,
  ttlForms,
  tier: "R4",
  whenDown: () => loadsWhenDown,
  read(family, context) {
    const options = family.options as CacheOptions;
    const ttl = context.ttl(options.ttl);
    checkTtl(ttl, context);
    const wire = wireOf(options.wire, options.value);
    const version = readOwnVersion(options, wire, context, true);
    const envelope = wire === "json" || wire === "superjson";
    const negative = options.negative === undefined ? undefined : context.duration("negative", options.negative);
    if (negative !== undefined && wire !== undefined && !envelope) {
      context.problem(
        "unsupported-option",
        "negative",
        `${wire} stores the bare value, and has no place to say that there is none`,
        'Leave negative out; or, where no other program reads these keys, write wire: "json" or "superjson".',
      );
    }
    return {
      redisType: "STRING",
      ttl,
      ttlSet: "set by every fill and set, kept by reads",
      summary: negative === undefined ? "" : `absence remembered for ${formatDuration(negative)}`,
      settings: {
        envelope,
        ...(version === undefined ? {} : { version, upgrades: Object.keys(options.upgrade ?? {}).map(Number) }),
        negative: negative ?? null,
        loader: { deadline: loaderDeadline(options.loader, context) },
      },
      values: [{ field: "value", wire: options.wire, envelope, version: version ?? null }],
      companions: [],
    };
  },
};
