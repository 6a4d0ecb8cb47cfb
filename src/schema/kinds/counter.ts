/**
 * `counter`: an integer that is incremented together with its TTL, a STRING.
 *
 * @module
 */
import { declaration, type FamilyDeclaration, type FamilyOptions, type WithTag, type WithTtl } from "../family.js";
import type { CheckPattern } from "../patterns/index.js";
import type { WithStaleReads } from "../stale-reads.js";
import type { NoTag, TagScope } from "../tag.js";
import { throwsOnly, type WithWhenDown } from "../when-down.js";
import type { Kind } from "./kind.js";

/** A `fixed` TTL runs from the first increment; a `sliding` one from the last. */
export interface CounterOptions extends FamilyOptions, WithTtl, WithWhenDown<"throw">, WithStaleReads {}

/** Declares a family of counters: increment, get, getMany, peek and reset. */
export function counter<const P extends string, G extends TagScope | NoTag>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, CounterOptions>,
): FamilyDeclaration<"counter", P, never> {
  return declaration("counter", pattern as P, options, {}, counter);
}

const ttlForms = 'Write a duration such as "30d", { sliding: "1h" }, or { config, default, max }.';

export const counterKind: Kind = {
  name: "counter",
  options: ["ttl"],
  mayBeStale: true,
  ttlForms,
  tier: "R2",
  whenDown: () => throwsOnly("0 cannot be told from a counter that stands at 0, and who throttles by it lets all pass"),
  read(family, context) {
    const ttl = context.ttl((family.options as CounterOptions).ttl);
    if (ttl?.kind === "upTo") {
      context.problem(
        "unsupported-ttl",
        "ttl",
        "a counter's TTL cannot be chosen by the caller of each increment",
        ttlForms,
      );
    }
    if (ttl?.kind === "sliding" && ttl.max !== undefined) {
      context.problem(
        "unsupported-ttl",
        "ttl",
        "a bare counter has no place to keep the maximum of a sliding TTL",
        "Leave max out, or write a fixed duration, which runs from the first increment.",
      );
    }
    if (ttl?.kind === "fixed" && ttl.jitter !== undefined) {
      context.problem(
        "unsupported-ttl",
        "ttl",
        "jitter is for keys that can be rebuilt",
        "Leave jitter out: counters that begin at different times end at different times.",
      );
    }
    return {
      redisType: "STRING",
      ttl,
      ttlSet: ttl?.kind === "sliding" ? "set by every increment" : "set by the first increment, kept by the next",
      summary: "",
      settings: {},
      values: [],
      companions: [],
    };
  },
};
