/**
 * `rateLimit`: how often something may happen in a window, in four algorithms, with penalties, blocks and a ladder of
 * violations. One script a call, on the server's clock; a denial takes nothing.
 *
 * @module
 */

import {
  ConnectionLostError,
  DeadlineError,
  OverloadedError,
  RefusedError,
  UnavailableError,
} from "../runtime/errors.js";
import type { Plan } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import { GoesOn } from "../runtime/stand-in.js";
import type { Duration } from "../schema/ttl.js";
import type { ReadOnly } from "./access.js";
import {
  type ConsumeOptions,
  type LimitOptions,
  type RateLimitFamily,
  RateLimitPlans,
  type Taking,
} from "./rate-limit-plans.js";
import type { Verdict } from "./rate-limit-verdict.js";
import { type KeyFunction, Repository } from "./repository.js";
import type { InTransaction } from "./scope.js";

export {
  type ConsumeOptions,
  type LimitOptions,
  type RateLimitFamily,
  type RateLimitLadder,
  RateLimitPlans,
} from "./rate-limit-plans.js";

/**
 * Refusals that say "not now". The others (NOPERM, NOAUTH, a broken script) are faults that no traffic must hide: a
 * family that allows would be without its limit for as long as nobody looks.
 */
const notNow = new Set([
  "OOM",
  "LOADING",
  "BUSY",
  "READONLY",
  "MISCONF",
  "MASTERDOWN",
  "CLUSTERDOWN",
  "TRYAGAIN",
  "NOREPLICAS",
]);

function isDown(error: unknown): boolean {
  if (error instanceof RefusedError) return notNow.has(error.reply);
  if (error instanceof UnavailableError) return !error.closed;
  return error instanceof OverloadedError || error instanceof DeadlineError || error instanceof ConnectionLostError;
}

const whereDown = new GoesOn(isDown);

/** Repository of a `rateLimit` family. `K` are the pattern's parameters. */
export class RateLimitRepository<K> extends Repository<K, RateLimitFamily, RateLimitPlans> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["consume", "penalty", "reward", "block", "unblock", "reset"] as const;

  constructor(runtime: Runtime, family: RateLimitFamily, key: KeyFunction<K>) {
    super(runtime, family, key, new RateLimitPlans(family));
  }

  /**
   * Takes one unit, or `cost`, where they are there; a denial takes nothing, and counts as a violation where the family
   * has a ladder. While the subject is blocked nothing is counted.
   *
   * Redis: one script (`EVALSHA`): `GET` of the block, the algorithm's reads and writes, the ladder. One round trip.
   *
   * @returns the verdict; marked degraded where Redis cannot answer and the schema declares `allow` or `deny`
   * @throws InvalidArgumentError before anything is sent, for a cost that could never pass
   * @throws WrongTypeError, UndecodableValueError where the key holds something else
   */
  consume(key: K, options?: ConsumeOptions): Promise<Verdict> {
    // Not async: every request passes here, and that layer costs as much as reading the verdict.
    try {
      return this.#orDeclared(this.plans.consume(this.keyOf(key, "consume"), options), options?.limit);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What `consume` would answer now; takes and counts nothing. Redis: one read-only script. One round trip. */
  async peek(key: K, options?: ConsumeOptions): Promise<Verdict> {
    return this.#orDeclared(this.plans.peek(this.keyOf(key, "peek"), options), options?.limit);
  }

  /**
   * Takes points whether they are there or not, down to nothing left: the longest that a penalty can work is until
   * the window ends, or the burst has refilled. It is no violation.
   *
   * Redis: one script. One round trip.
   *
   * @returns the state after it; `allowed` says whether one more unit could pass
   */
  async penalty(key: K, points: number, options?: LimitOptions): Promise<Verdict> {
    return this.#orDeclared(this.plans.penalty(this.keyOf(key, "penalty"), points, options), options?.limit);
  }

  /**
   * Gives points back, never above the whole limit. Where nothing was taken nothing is stored.
   *
   * Redis: one script. One round trip.
   *
   * @returns the state after it; `allowed` says whether one more unit could pass
   */
  async reward(key: K, points: number, options?: LimitOptions): Promise<Verdict> {
    return this.#orDeclared(this.plans.reward(this.keyOf(key, "reward"), points, options), options?.limit);
  }

  /**
   * Denies everything for so long, in the place of a block that is there. Never degraded: it throws where Redis is down.
   *
   * Redis: `SET …:blocked blocked:<reason> PX duration`. One round trip.
   *
   * @param duration `"15m"` or milliseconds, at most 366 days
   * @param reason lower-case words joined by `-`, at most 100 characters; `manual` where it is left out
   */
  async block(key: K, duration: Duration | number, reason?: string): Promise<void> {
    return this.run(this.plans.block(this.keyOf(key, "block"), duration, reason));
  }

  /**
   * Ends a block; false where there was none. Violations stay, so the next denial may block again: see `reset`.
   *
   * Redis: `DEL …:blocked`. One round trip.
   */
  async unblock(key: K): Promise<boolean> {
    return this.run(this.plans.unblock(this.keyOf(key, "unblock")));
  }

  /** Forgets everything of this subject: units, violations, block. Redis: one `DEL`. One round trip. */
  async reset(key: K): Promise<boolean> {
    return this.run(this.plans.reset(this.keyOf(key, "reset")));
  }

  /** @internal For `consumeInOrder`. Static, so that a read-only view of a repository does not offer it. */
  static async take<K>(limit: RateLimitRepository<K>, key: string, options: ConsumeOptions): Promise<Taking> {
    const plan = RateLimitPlans.take(limit.plans, key, options);
    try {
      return await limit.run(plan, limit.#goesOn);
    } catch (error) {
      return { verdict: limit.#whenDown(error, options.limit), id: "" };
    }
  }

  /** @internal For `consumeInOrder`: gives back what `take` took. */
  static refund<K>(limit: RateLimitRepository<K>, key: string, options: ConsumeOptions, id: string): Promise<void> {
    return limit.run(RateLimitPlans.refund(limit.plans, key, options, id));
  }

  /** Runs a plan; where Redis cannot answer, the declared answer stands in for its own. */
  #orDeclared(plan: Plan<Verdict>, limit: number | undefined): Promise<Verdict> {
    const answer = this.run(plan, this.#goesOn);
    if (this.family.whenDown === "throw") return answer;
    return answer.catch((error: unknown) => this.#whenDown(error, limit));
  }

  get #goesOn(): GoesOn | undefined {
    return this.family.whenDown === "throw" ? undefined : whereDown;
  }

  #whenDown(error: unknown, limit: number | undefined): Verdict {
    const { family } = this;
    if (family.whenDown === "throw" || !isDown(error)) throw error;
    return RateLimitPlans.degraded(this.plans, family.whenDown === "allow", limit);
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface RateLimitReader<Why extends string, K>
  extends ReadOnly<RateLimitRepository<K>, typeof RateLimitRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface RateLimitTransactionReader<Why extends string, R>
  extends ReadOnly<InTransaction<RateLimitPlans, R>, typeof RateLimitRepository, Why> {}
