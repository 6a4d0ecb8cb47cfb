/**
 * `cappedList`: the newest items of a history, a LIST that is trimmed with every push.
 *
 * @module
 */
import type { z } from "zod";
import { companionPattern } from "../companion.js";
import { declaration, type FamilyDeclaration, type FamilyOptions, type WithTag, type WithTtl } from "../family.js";
import type { CheckPattern } from "../patterns/index.js";
import type { WithStaleReads } from "../stale-reads.js";
import type { NoTag, TagScope } from "../tag.js";
import type { Duration } from "../ttl.js";
import type { Wire } from "../values/wire.js";
import { loadsWhenDown, throwsOrAbsent, type WithWhenDown } from "../when-down.js";
import type { Kind } from "./kind.js";
import { itemsHaveNoVersion } from "./version.js";

export interface CappedListOptions<S extends z.core.$ZodType = z.core.$ZodType>
  extends FamilyOptions,
    WithTtl,
    WithWhenDown<"load" | "absent" | "throw">,
    WithStaleReads {
  /** What an item is. Items are validated when they are written and when they are read. */
  readonly item: S;
  /** How an item is stored; where it is left out, the generator chooses by the schema and says so. */
  readonly wire?: Wire;
  /** At most so many items; a push beyond it drops the oldest. */
  readonly cap: number;
  /**
   * `whole` (the default): a database stands behind the list, and a list that is there holds all of the history, up to
   * the cap. A push to an absent list is not stored, since it would pose as the whole; `recent` with `orElse` fills it.
   * Items need an identity (an id, a time): one that the list already holds is not stored twice.
   *
   * `recent`: the list alone is the truth. A push creates it.
   */
  readonly history?: "whole" | "recent";
  /** In which order `recent` answers and `orElse` loads: `newest-last` (the default) or `newest-first`. */
  readonly order?: "newest-last" | "newest-first";
  /** Whether a stored item that does not decode is an error (`throw`, the default) or is left out (`skip`). Both are an event. */
  readonly undecodable?: "throw" | "skip";
  /** For how long a load may run and still fill the list, `"10s"` where it is left out. Only of a `whole` history. */
  readonly fill?: Duration;
}

/** Above this a list is no list of recent items: reading it would hold up the server. */
const largestCap = 100_000;
const standardFill = 10_000;

/** Declares a family of capped lists: push, recent, length and clear. */
export function cappedList<const P extends string, S extends z.core.$ZodType, G extends TagScope | NoTag>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, CappedListOptions<S>>,
): FamilyDeclaration<"cappedList", P> {
  return declaration("cappedList", pattern as P, options, { item: options.item }, cappedList);
}

const ttlForms = 'Write a duration such as "24h", or { config, default, max }.';

export const cappedListKind: Kind = {
  name: "cappedList",
  options: ["ttl", "item", "wire", "cap", "history", "order", "undecodable", "fill"],
  mayBeStale: true,
  refused: itemsHaveNoVersion,
  ttlForms,
  tier: "R3",
  whenDown: (options) =>
    (options as CappedListOptions).history === "recent"
      ? {
          ...throwsOrAbsent,
          refused: { ...throwsOrAbsent.refused, load: "a list that is its own truth has no loader" },
        }
      : loadsWhenDown,
  read(family, context) {
    const options = family.options as CappedListOptions;
    const { cap, history = "whole", order = "newest-last", undecodable = "throw" } = options;
    if (!Number.isSafeInteger(cap) || cap < 1 || cap > largestCap) {
      context.problem(
        "invalid-cap",
        "cap",
        `the cap is ${cap === undefined ? "missing" : `no whole number from 1 to ${largestCap}`}`,
        "Write how many of the newest items the list holds, such as 100.",
      );
    }
    for (const [field, given, known] of [
      ["history", history, ["whole", "recent"]],
      ["order", order, ["newest-last", "newest-first"]],
      ["undecodable", undecodable, ["throw", "skip"]],
    ] as const) {
      if ((known as readonly string[]).includes(given)) continue;
      context.problem(
        "unknown-option",
        field,
        `"${given}" is not known here`,
        `Write ${known.map((each) => `"${each}"`).join(" or ")}.`,
      );
    }
    const whole = history === "whole";
    if (options.fill !== undefined && !whole) {
      context.problem(
        "unsupported-option",
        "fill",
        "a list that is its own truth is not filled",
        'Leave fill out, or write history: "whole".',
      );
    }
    const fill = options.fill === undefined ? standardFill : (context.duration("fill", options.fill) ?? standardFill);
    const ttl = context.ttl(options.ttl);
    if (ttl?.kind === "sliding" || ttl?.kind === "upTo") {
      context.problem(
        "unsupported-ttl",
        "ttl",
        ttl.kind === "sliding" ? "every push sets the TTL, and reads do not" : "every push sets the same TTL",
        ttlForms,
      );
    }
    if (ttl?.kind === "fixed" && ttl.jitter !== undefined) {
      context.problem(
        "unsupported-ttl",
        "ttl",
        "a list has no jitter: lists that are pushed to at different times end at different times",
        "Leave jitter out.",
      );
    }
    return {
      redisType: "LIST",
      ttl,
      ttlSet: whole ? "set by every push and by the fill" : "set by every push",
      summary: `at most ${cap}, ${history} history`,
      settings: { cap, history, order, undecodable, fill: whole ? fill : null },
      values: [{ field: "item", wire: options.wire }],
      companions: whole
        ? [
            {
              name: "fill",
              pattern: companionPattern(family.pattern, context.pattern.tag !== undefined, "fill"),
              redisType: "STRING",
              ttl: { kind: "fixed", ms: fill },
              purpose: "Token of the load that may fill the list; a push takes it away.",
              readers: false,
            },
          ]
        : [],
    };
  },
};
