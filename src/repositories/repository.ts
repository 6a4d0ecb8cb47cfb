/**
 * What every generated repository extends: the family, its key function, and the way to its store.
 *
 * @module
 */

import { type ErrorContext, InvalidArgumentError, InvalidParameterError, MisuseError } from "../runtime/errors.js";
import type { Family } from "../runtime/family.js";
import type { Plan } from "../runtime/plan.js";
import type { ReadSide } from "../runtime/reads.js";
import type { Runtime, Way } from "../runtime/runtime.js";
import type { GoesOn, StandIn } from "../runtime/stand-in.js";
import { companionKey } from "../schema/companion.js";
import { ParameterProblem } from "../schema/patterns/parameter-problem.js";
import type { Profile } from "../schema/profile.js";
import { type Duration, formatDuration, parseDuration, type TtlPolicy } from "../schema/ttl.js";
import { whereAbsent } from "./absent-answers.js";
import { type CallProfile, readCallProfile, Variants } from "./call-profile.js";
import { type MovedFamily, movingStore } from "./moving.js";

/** A family as generated code declares it. */
export interface RepositoryFamily extends Family {
  /** True where the pattern holds a hash tag; companions then lie behind it. */
  readonly tagged: boolean;
  /** Of a family that moves from other keys to these. */
  readonly moved?: MovedFamily;
}

/** The key of a pattern without parameters, and of a family in a scope that fixes all of them: `{}`. */
export type NoKey = Record<never, never>;

/** Builds a key from its parameters: a template literal in generated code. */
export type KeyFunction<K> = (key: K) => string;

/** Who says how long a key lives: `fixed` by the schema, or `perCall` by the caller of each write. */
export type TtlBy = "fixed" | "perCall";

/** A TTL as it stands at run time, in milliseconds. `perCall` is the bound of one that the caller chooses. */
export type ResolvedTtl =
  | { readonly kind: "fixed" | "sliding"; readonly ms: number; readonly max: number | undefined }
  | { readonly kind: "perCall"; readonly max: number }
  | { readonly kind: "none" };

function setUp(family: Family): ErrorContext {
  return { family: family.name, operation: "ttl" };
}

/** A duration in milliseconds, undefined where the text is none. */
function milliseconds(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

/** Reads the policy of the schema, with the value that start-up gives for `{ config }`. */
export function resolveTtl(
  family: Family,
  policy: TtlPolicy,
  startUp: Readonly<Record<string, string | undefined>>,
): ResolvedTtl {
  switch (policy.kind) {
    case "fixed":
      return { kind: "fixed", ms: policy.ms, max: undefined };
    case "sliding":
      return { kind: "sliding", ms: policy.ms, max: policy.max };
    case "upTo":
      return { kind: "perCall", max: policy.ms };
    case "persist":
      return { kind: "none" };
    case "config": {
      const given = Object.hasOwn(startUp, policy.name) ? startUp[policy.name] : undefined;
      if (given === undefined) return { kind: "fixed", ms: policy.default, max: undefined };
      const ms = milliseconds(given);
      if (ms === undefined || ms > policy.max) {
        throw new MisuseError(
          setUp(family),
          `the start-up TTL "${policy.name}" is ${ms === undefined ? "no duration" : "above the schema's maximum"}`,
          `Give createRepositories a duration of at most ${formatDuration(policy.max)}, such as ttl: { ${policy.name}: "10m" }.`,
        );
      }
      return { kind: "fixed", ms, max: undefined };
    }
  }
}

/** The error for a key parameter that its codec refused; `place` is where the key stands in a list. */
export function parameterError(
  family: Family,
  operation: string,
  problem: unknown,
  key: unknown,
  place?: number,
): unknown {
  if (typeof key !== "object" || key === null) {
    return new InvalidArgumentError(
      { family: family.name, operation },
      place === undefined ? "key" : `keys[${place}]`,
      key === undefined || key === null ? "is missing" : "is no object",
      `Pass the parameters of ${family.pattern} as an object. Nothing was sent.`,
    );
  }
  if (!(problem instanceof ParameterProblem)) return problem;
  return new InvalidParameterError(
    { family: family.name, operation },
    place === undefined ? problem.parameter : `keys[${place}].${problem.parameter}`,
    place === undefined ? problem.message : `${problem.message}, in keys[${place}]`,
    `${problem.fix} Nothing was sent.`,
  );
}

/** Base of the kinds' plans: what each operation sends. The public methods of a subclass each return one `Plan`. */
export abstract class Plans<F extends RepositoryFamily> {
  readonly family: F;

  constructor(family: F) {
    this.family = family;
  }
}

/** Base of all repositories. */
export abstract class Repository<K, F extends RepositoryFamily = RepositoryFamily, P extends Plans<F> = Plans<F>> {
  readonly family: F;
  /** What each operation sends, on a key that is already built; transactions are made of these. */
  readonly plans: P;
  protected readonly store: Way;
  /** Where its plain reads go. */
  protected readonly reads: ReadSide;
  readonly #runtime: Runtime;
  readonly #bareKey: KeyFunction<K>;
  readonly #key: KeyFunction<K>;
  /** The same repository with other profiles, this one among them. */
  #variants: Variants<Repository<K, F, P>> | undefined;

  constructor(runtime: Runtime, family: F, key: KeyFunction<K>, plans: P) {
    this.family = family;
    this.plans = plans;
    this.store = family.moved === undefined ? runtime.store(family) : movingStore(runtime, family, family.moved, plans);
    this.reads = this.store.readsOf(family);
    this.#runtime = runtime;
    this.#bareKey = key;
    const prefix = runtime.prefixOf(family);
    this.#key = prefix === "" ? key : (parameters) => prefix + key(parameters);
  }

  /**
   * The same repository with another deadline, or other retries: `repository.with({ deadline: "200ms", retries: 0 })`. What
   * is left out stays. One is made for each profile, so it may be called for every request; what the repository keeps in
   * this process, such as the loads of a cache, is shared. Sends nothing.
   *
   * @throws InvalidArgumentError for a deadline of more than 60 s, or a number of retries that is none from 0 to 7
   */
  with(profile: CallProfile): this {
    const { deadline = this.family.deadline, retries = this.family.retries } = readCallProfile(
      this.family.name,
      profile,
    );
    const whole = { deadline, retries };
    this.#variants ??= new Variants<Repository<K, F, P>>(this, this.family);
    return this.#variants.of(whole, () => this.#variant(whole)) as this;
  }

  #variant(profile: Profile): Repository<K, F, P> {
    const kind = this.constructor as new (runtime: Runtime, family: F, key: KeyFunction<K>) => Repository<K, F, P>;
    const variant = new kind(this.#runtime, { ...this.family, ...profile }, this.#bareKey);
    variant.#variants = this.#variants;
    variant.shareWith(this as never);
    return variant;
  }

  /** For a kind that keeps something in this process: takes it over from the repository that it is a variant of. */
  protected shareWith(_original: this): void {}

  /**
   * The key as Redis stores it, prefix included.
   *
   * @throws InvalidParameterError for a parameter that its codec refuses
   */
  keyOf(key: K, operation = "keyOf"): string {
    try {
      return this.#key(key);
    } catch (problem) {
      throw parameterError(this.family, operation, problem, key);
    }
  }

  /** The keys of a list, all of them before anything is sent; an error says which of them it is about. */
  protected namesOf(keys: readonly K[], operation: string): string[] {
    return keys.map((key, place) => {
      try {
        return this.#key(key);
      } catch (problem) {
        throw parameterError(this.family, operation, problem, key, place);
      }
    });
  }

  /** What the plans take of a key: here the key. A kind whose schema names the patterns of companions adds theirs. */
  keysFor(key: K, operation: string): unknown {
    return this.keyOf(key, operation);
  }

  protected run<T>(plan: Plan<T>, goesOn?: GoesOn): Promise<T> {
    return this.store.executor.run(plan, goesOn);
  }

  /** Runs a read; `absent` is what it answers where Redis failed and the family reads as absent then. */
  protected ask<T>(plan: Plan<T>, absent: StandIn<T>): Promise<T> {
    return this.reads.run(plan, whereAbsent(this.family, absent));
  }
}

/** The key of a companion, in the slot of the family's key. */
export function companionOf(family: RepositoryFamily, key: string, name: string): string {
  return companionKey(key, family.tagged, name);
}

/** An argument that must be a whole number within bounds. */
export function wholeNumber(
  family: Family,
  operation: string,
  field: string,
  value: number,
  min: number,
  max: number,
): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const what =
    value === undefined
      ? "is missing"
      : Number.isSafeInteger(value)
        ? value < min
          ? `is below ${min}`
          : `is above ${max}`
        : "is no whole number";
  throw new InvalidArgumentError(
    { family: family.name, operation },
    field,
    what,
    `Pass a whole number from ${min} to ${max}. Nothing was sent.`,
  );
}

/** An argument that must be a duration (`"90s"` or milliseconds) of at most `max`. */
export function durationArgument(
  family: Family,
  operation: string,
  field: string,
  value: Duration | number,
  max: number,
): number {
  const ms = typeof value === "number" ? value : milliseconds(value);
  if (ms !== undefined && Number.isSafeInteger(ms) && ms >= 1 && ms <= max) return ms;
  throw new InvalidArgumentError(
    { family: family.name, operation },
    field,
    ms !== undefined && ms > max
      ? `is longer than ${formatDuration(max)}, which is the most here`
      : `is not a duration from 1 ms to ${formatDuration(max)}`,
    ms !== undefined && ms > max
      ? `Pass at most ${formatDuration(max)}; where that is too short for everybody, raise it in the schema. Nothing was sent.`
      : 'Write it like "90s", or as whole milliseconds. Nothing was sent.',
  );
}
