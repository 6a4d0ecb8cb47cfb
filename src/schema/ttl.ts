/**
 * How long keys live. Every family says it; a family without a TTL says why.
 *
 * @module
 */
import { type Duration, DurationProblem, formatDuration, parseDuration } from "./duration.js";
import type { SchemaProblem } from "./problem.js";

export * from "./duration.js";

/** How a schema states a family's TTL. */
export type Ttl =
  /** Every write sets it. */
  | Duration
  /** Every write sets it, shortened by up to `jitter`, so that keys written together do not expire together. */
  | { readonly fixed: Duration; readonly jitter?: Duration }
  /** Every access sets it anew, though never beyond `max` after the creation. */
  | { readonly sliding: Duration; readonly max?: Duration }
  /** The caller chooses with each write, up to this. */
  | { readonly upTo: Duration }
  /** Set by this name when the repositories are created, up to `max`; `default` where it is not. */
  | { readonly config: string; readonly default: Duration; readonly max: Duration }
  /** No TTL, and why. */
  | { readonly persist: string };

/** A TTL in one form for all readers; lengths in milliseconds. */
export type TtlPolicy =
  | { readonly kind: "fixed"; readonly ms: number; readonly jitter?: number }
  | { readonly kind: "sliding"; readonly ms: number; readonly max?: number }
  | { readonly kind: "upTo"; readonly ms: number }
  | { readonly kind: "config"; readonly name: string; readonly default: number; readonly max: number }
  | { readonly kind: "persist"; readonly because: string };

const FORMS =
  'Write "24h", { fixed: "24h", jitter: "1h" }, { sliding: "30m", max: "24h" }, { upTo: "1h" }, { config: "name", default: "1h", max: "24h" } or { persist: "why" }.';

/** The fields of each form, by the one that tells it from the others. */
const FIELDS = {
  fixed: ["fixed", "jitter"],
  sliding: ["sliding", "max"],
  upTo: ["upTo"],
  config: ["config", "default", "max"],
  persist: ["persist"],
} as const;

/**
 * Reads a family's TTL, whatever it is, and tells all that is wrong with it; never throws.
 *
 * @param field where it stands in the declaration, e.g. `ttl`
 * @param forms which forms the kind takes, as a sentence; all where it is left out
 * @returns the policy where there are no problems
 */
export function readTtl(
  input: unknown,
  field: string,
  forms = FORMS,
): { readonly ttl?: TtlPolicy; readonly problems: readonly SchemaProblem[] } {
  const reader = new TtlReader(field, forms);
  const ttl = reader.read(input);
  return ttl && reader.problems.length === 0 ? { ttl, problems: [] } : { problems: reader.problems };
}

/** A TTL for comments and inventories: `24 h`, `30 min sliding, at most 24 h`, `none: a ledger`. */
export function describeTtl(policy: TtlPolicy): string {
  switch (policy.kind) {
    case "fixed":
      if (policy.jitter === undefined) return formatDuration(policy.ms);
      return `${formatDuration(policy.ms)}, up to ${formatDuration(policy.jitter)} less`;
    case "sliding":
      if (policy.max === undefined) return `${formatDuration(policy.ms)} sliding`;
      return `${formatDuration(policy.ms)} sliding, at most ${formatDuration(policy.max)}`;
    case "upTo":
      return `up to ${formatDuration(policy.ms)}, chosen by the caller`;
    case "config":
      return `${formatDuration(policy.default)}, set by ${policy.name}, at most ${formatDuration(policy.max)}`;
    case "persist":
      return `none: ${policy.because}`;
  }
}

/** The longest that a key of a policy can live, in milliseconds; undefined where it has no TTL. */
export function longestTtl(ttl: TtlPolicy): number | undefined {
  switch (ttl.kind) {
    case "fixed":
    case "upTo":
      return ttl.ms;
    case "sliding":
      return ttl.max ?? ttl.ms;
    case "config":
      return ttl.max;
    case "persist":
      return undefined;
  }
}

class TtlReader {
  readonly problems: SchemaProblem[] = [];
  readonly #field: string;
  readonly #forms: string;

  constructor(field: string, forms: string) {
    this.#field = field;
    this.#forms = forms;
  }

  read(input: unknown): TtlPolicy | undefined {
    if (input === undefined || input === null) {
      this.#problem("missing-ttl", "no TTL is given", this.#forms);
      return undefined;
    }
    if (typeof input === "string") {
      const ms = this.#duration(input, "");
      return ms === undefined ? undefined : { kind: "fixed", ms };
    }
    const given = typeof input === "object" && !Array.isArray(input) ? { ...(input as Record<string, unknown>) } : {};
    const forms = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).filter((form) => given[form] !== undefined);
    const [form] = forms;
    if (form === undefined || forms.length > 1) {
      this.#problem(
        "ttl-form",
        form ? `the TTL mixes ${forms.join(" and ")}` : "the TTL has none of the known forms",
        this.#forms,
      );
      return undefined;
    }
    for (const name of Object.keys(given)) {
      if (given[name] === undefined || (FIELDS[form] as readonly string[]).includes(name)) continue;
      this.#problem("ttl-form", `a TTL with '${form}' has no '${name}'`, this.#forms, name);
    }
    return this[form](given);
  }

  fixed(given: Record<string, unknown>): TtlPolicy | undefined {
    const ms = this.#duration(given.fixed, "fixed");
    const jitter = given.jitter === undefined ? undefined : this.#duration(given.jitter, "jitter");
    if (ms === undefined) return undefined;
    if (jitter !== undefined && jitter >= ms) {
      this.#problem(
        "ttl-order",
        "the jitter is not shorter than the TTL that it shortens",
        "Lower it, to a tenth of the TTL for instance.",
        "jitter",
      );
    }
    return { kind: "fixed", ms, ...(jitter === undefined ? {} : { jitter }) };
  }

  sliding(given: Record<string, unknown>): TtlPolicy | undefined {
    const ms = this.#duration(given.sliding, "sliding");
    const max = given.max === undefined ? undefined : this.#duration(given.max, "max");
    if (ms === undefined) return undefined;
    if (max !== undefined && max < ms) {
      this.#problem("ttl-order", "the maximum is shorter than the sliding TTL", "Raise max, or lower sliding.", "max");
    }
    return { kind: "sliding", ms, ...(max === undefined ? {} : { max }) };
  }

  upTo(given: Record<string, unknown>): TtlPolicy | undefined {
    const ms = this.#duration(given.upTo, "upTo");
    return ms === undefined ? undefined : { kind: "upTo", ms };
  }

  config(given: Record<string, unknown>): TtlPolicy | undefined {
    const name = this.#words(
      given.config,
      "config",
      "the setting has no name",
      'Name it: { config: "sessionTtl", … }.',
    );
    const standard = this.#duration(given.default, "default");
    const max = this.#duration(given.max, "max");
    if (name === undefined || standard === undefined || max === undefined) return undefined;
    if (max < standard) {
      this.#problem("ttl-order", "the maximum is shorter than the default", "Raise max, or lower default.", "max");
    }
    return { kind: "config", name, default: standard, max };
  }

  persist(given: Record<string, unknown>): TtlPolicy | undefined {
    const because = this.#words(
      given.persist,
      "persist",
      "keys without a TTL need a reason",
      'Say why they may stay: { persist: "deleted with the account" }.',
    );
    return because === undefined ? undefined : { kind: "persist", because };
  }

  #duration(input: unknown, name: string): number | undefined {
    if (input === undefined) {
      this.#problem("ttl-form", `'${name}' is missing`, this.#forms, name);
      return undefined;
    }
    try {
      return parseDuration(input);
    } catch (error) {
      if (!(error instanceof DurationProblem)) throw error;
      this.#problem("ttl-duration", error.message, error.fix, name);
      return undefined;
    }
  }

  #words(input: unknown, name: string, message: string, fix: string): string | undefined {
    if (typeof input === "string" && input.trim() !== "") return input.trim();
    this.#problem("ttl-reason", message, fix, name);
    return undefined;
  }

  #problem(id: string, message: string, fix: string, name = ""): void {
    this.problems.push({ id, field: name === "" ? this.#field : `${this.#field}.${name}`, message, fix });
  }
}
