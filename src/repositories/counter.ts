/**
 * `counter`: an integer that is incremented together with its TTL, a STRING.
 *
 * @module
 */

import { OutOfRangeError, UndecodableValueError } from "../runtime/errors.js";
import { events } from "../runtime/events.js";
import { publish } from "../runtime/executor.js";
import { command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import { getPlan, type Reader } from "../runtime/reads.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TtlPolicy } from "../schema/ttl.js";
import type { ReadOnly } from "./access.js";
import {
  type KeyFunction,
  Plans,
  Repository,
  type RepositoryFamily,
  type ResolvedTtl,
  resolveTtl,
  wholeNumber,
} from "./repository.js";
import type { InTransaction } from "./scope.js";
import { counterIncrement, counterPeek } from "./scripts.js";

export interface CounterFamily extends RepositoryFamily {
  readonly kind: "counter";
  readonly ttl: TtlPolicy;
}

/** A counter's value, and what is left of its TTL in milliseconds: null where it has none. */
export interface CounterReading {
  readonly value: number;
  readonly ttlMs: number | null;
}

const counted = (reply: unknown): boolean => reply === 1;

/**
 * node-redis adds up an integer reply as `number * 10 + digit - 48` with the digit's character code, which leaves the
 * exact numbers up to 48 before 2^53.
 */
const largestExactReply = Number.MAX_SAFE_INTEGER - 64;

/** What each operation of a `counter` family sends. */
export class CounterPlans extends Plans<CounterFamily> implements Reader<number> {
  readonly #ttl: ResolvedTtl;

  constructor(runtime: Runtime, family: CounterFamily) {
    super(family);
    this.#ttl = resolveTtl(family, family.ttl, runtime.startUpTtl);
  }

  /** A script: INCRBY and PEXPIRE; INCRBY alone where the schema gives no TTL */
  increment(key: string, by = 1): Plan<CounterReading> {
    const { MAX_SAFE_INTEGER } = Number;
    const amount = String(wholeNumber(this.family, "increment", "by", by, -MAX_SAFE_INTEGER, MAX_SAFE_INTEGER));
    const ttl = this.#ttl;
    if (ttl.kind === "fixed" || ttl.kind === "sliding") {
      const args = [amount, String(ttl.ms), ttl.kind === "sliding" ? "SLIDE" : ""];
      return scriptCall(this.family, "increment", counterIncrement, [key], args, this.#incremented);
    }
    const args = ["INCRBY", key, amount];
    return command(this.family, "increment", key, args, this.#persisted, commandThat.writes);
  }

  /** GET */
  get(key: string): Plan<number> {
    return getPlan(this, "get", key);
  }

  /** A script: GET and PTTL */
  peek(key: string): Plan<CounterReading> {
    return scriptCall(this.family, "peek", counterPeek, [key], [], this.#peeked);
  }

  /** DEL; true where there was one */
  reset(key: string): Plan<boolean> {
    return command(this.family, "reset", key, ["DEL", key], counted, commandThat.writes);
  }

  /** What a GET answers: an absent counter is 0. */
  read(raw: string | null): number {
    return this.#number(raw, "get");
  }

  readonly #incremented = (reply: unknown): CounterReading => {
    const [value, ttlMs] = reply as [string?, number?];
    if (value === undefined || ttlMs === undefined)
      throw this.#outOfRange("increment", "the stored number or the sum is", false);
    return { value: Number(value), ttlMs };
  };

  readonly #persisted = (reply: unknown): CounterReading => {
    const value = reply as number;
    if (Math.abs(value) > largestExactReply) throw this.#outOfRange("increment", "the sum, which was stored, is", true);
    return { value, ttlMs: null };
  };

  readonly #peeked = (reply: unknown): CounterReading => {
    const [raw, left] = reply as [string | null, number];
    return { value: this.#number(raw, "peek"), ttlMs: left < 0 ? null : left };
  };

  #number(raw: string | null, operation: string): number {
    if (raw === null) return 0;
    // As INCRBY writes and accepts integers: no plus, no leading zero, no minus zero.
    if (/^(?:0|-?[1-9]\d*)$/.test(raw)) {
      const value = Number(raw);
      if (Number.isSafeInteger(value)) return value;
      throw this.#outOfRange(operation, "the stored number is", false);
    }
    if (events.hasSubscribers) publish("undecodable", this.family, operation);
    const issues = [{ path: "", message: "is no whole number" }];
    throw new UndecodableValueError(
      { family: this.family.name, operation },
      issues,
      false,
      "Another program stored it. Reset the counter, or give it a pattern of its own.",
    );
  }

  #outOfRange(operation: string, what: string, mayHaveBeenApplied: boolean): OutOfRangeError {
    const context = { family: this.family.name, operation };
    return new OutOfRangeError(context, `${what} beyond ±(2^53 − 1), where numbers are no longer exact`, {
      mayHaveBeenApplied,
    });
  }
}

/** Repository of a `counter` family. `K` are the pattern's parameters. */
export class CounterRepository<K> extends Repository<K, CounterFamily, CounterPlans> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["increment", "reset"] as const;

  constructor(runtime: Runtime, family: CounterFamily, key: KeyFunction<K>) {
    super(runtime, family, key, new CounterPlans(runtime, family));
  }

  /**
   * Adds `by` (default 1, negative to count down) and gives the new value with what is left of its TTL. An absent
   * counter begins at 0.
   *
   * A fixed TTL is set by the first increment and kept by the next, a sliding one set by each; a counter that lost its
   * TTL gets it back.
   *
   * Redis: one script (`GET`, `INCRBY`, `PTTL`, `PEXPIRE`); `INCRBY` alone where the schema gives no TTL. One round trip.
   *
   * @throws OutOfRangeError where the stored number is, or the sum would be, beyond ±(2^53 − 1), UndecodableValueError where the key holds no integer:
   * nothing is changed. Without a TTL there is no script to look first: a sum from 2^53 − 64 to 2^63 has been stored then.
   */
  async increment(key: K, by = 1): Promise<CounterReading> {
    return this.run(this.plans.increment(this.keyOf(key, "increment"), by));
  }

  /**
   * The value, 0 where there is no counter.
   *
   * Redis: `GET`; the reads of one tick and slot leave together as one `MGET`. One round trip, and one more where a
   * batch found nothing at a key, to tell an absent key from one of another type.
   *
   * @throws UndecodableValueError, OutOfRangeError
   */
  async get(key: K): Promise<number> {
    return this.reads.get(this.plans, "get", this.keyOf(key, "get"));
  }

  /** The values of several counters, in their order. Redis: as `get`, all sent at once. Not atomic over several commands. */
  async getMany(keys: readonly K[]): Promise<number[]> {
    const names = this.namesOf(keys, "getMany");
    return Promise.all(names.map((name) => this.reads.get(this.plans, "getMany", name)));
  }

  /** The value and what is left of its TTL, without counting. Redis: one script that reads (`GET`, `PTTL`). One round trip. */
  async peek(key: K): Promise<CounterReading> {
    return this.run(this.plans.peek(this.keyOf(key, "peek")));
  }

  /** Removes the counter; false where there was none. Redis: `DEL`. One round trip. */
  async reset(key: K): Promise<boolean> {
    return this.run(this.plans.reset(this.keyOf(key, "reset")));
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface CounterReader<Why extends string, K>
  extends ReadOnly<CounterRepository<K>, typeof CounterRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface CounterTransactionReader<Why extends string, R>
  extends ReadOnly<InTransaction<CounterPlans, R>, typeof CounterRepository, Why> {}
