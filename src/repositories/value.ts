/**
 * `value`: one typed value a key, a STRING.
 *
 * @module
 */

import type { Runtime } from "../runtime/runtime.js";
import { nothing } from "./absent-answers.js";
import type { ReadOnly } from "./access.js";
import { type KeyFunction, Repository, type TtlBy } from "./repository.js";
import type { InTransaction } from "./scope.js";
import { type ValueFamily, ValuePlans, type WriteArguments } from "./value-plans.js";

export { type ValueFamily, ValuePlans, type WriteArguments, type WriteOptions } from "./value-plans.js";

/** Where a compare-and-set call holds what it expects: behind EVALSHA, the SHA-1, the number of keys and the key. */
const expectedAt = 4;

/** True, or what a compare-and-set found in the key instead: null where it is absent. */
function compared(reply: unknown): true | string | Buffer | null {
  const [done, stored] = reply as [number, (string | Buffer)?];
  return done === 1 ? true : (stored ?? null);
}

/**
 * Repository of a `value` family. `K` are the pattern's parameters, `V` the value; `T` is `perCall` where the schema leaves
 * the TTL to the caller, so that every write takes `{ ttl }`.
 */
export class ValueRepository<K, V, T extends TtlBy = "fixed"> extends Repository<K, ValueFamily<V>, ValuePlans<V, T>> {
  /** Operations that only the family's writers have. */
  static readonly writes = [
    "set",
    "setIfAbsent",
    "replace",
    "compareAndSet",
    "take",
    "delete",
    "touch",
    "getAndTouch",
  ] as const;

  /** True where a read is a plain GET of text, which may leave in a batch. */
  readonly #batched: boolean;

  constructor(runtime: Runtime, family: ValueFamily<V>, key: KeyFunction<K>) {
    super(runtime, family, key, new ValuePlans(runtime, family));
    this.#batched = !family.value.binary && !this.plans.slides;
  }

  /**
   * The value, or null where there is none.
   *
   * Redis: `GET`; the reads of one tick and slot leave together as one `MGET`. One round trip, and one more where a
   * batch found nothing at a key, to tell an absent key from one of another type. `GETEX` where the TTL is sliding. Where
   * Redis fails, null if the schema declares `absent`.
   *
   * @throws UndecodableValueError where what is stored is no such value, unless the schema declares it a miss
   */
  get(key: K): Promise<V | null> {
    try {
      return this.#read(this.keyOf(key, "get"), "get");
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #read(name: string, operation: string): Promise<V | null> {
    return this.#batched ? this.reads.get(this.plans, operation, name) : this.ask(this.plans.get(name), nothing);
  }

  /**
   * The values of several keys, in their order, null where there is none.
   *
   * Redis: as `get`: `MGET` of up to 64 keys, by slot on a Cluster, all sent at once. Not atomic over several commands.
   *
   * @throws the first error among them; a parameter that its codec refuses before anything is sent
   */
  async getMany(keys: readonly K[]): Promise<(V | null)[]> {
    const names = this.namesOf(keys, "getMany");
    return Promise.all(names.map((name) => this.#read(name, "getMany")));
  }

  /**
   * Stores a value with its TTL.
   *
   * Redis: `SET key value PX ttl`; a script where the schema keeps the first write's deadline. One round trip.
   *
   * @throws InvalidValueError before anything is sent, where the schema refuses the value
   */
  async set(key: K, value: V, ...options: WriteArguments[T]): Promise<void> {
    return this.run(this.plans.set(this.keyOf(key, "set"), value, ...options));
  }

  /** Stores a value where there is none; false where there was one. Redis: `SET … NX PX`. One round trip. */
  async setIfAbsent(key: K, value: V, ...options: WriteArguments[T]): Promise<boolean> {
    return this.run(this.plans.setIfAbsent(this.keyOf(key, "setIfAbsent"), value, ...options));
  }

  /** Stores a value where there is one; false where there was none. Redis: `SET … XX PX`. One round trip. */
  async replace(key: K, value: V, ...options: WriteArguments[T]): Promise<boolean> {
    return this.run(this.plans.replace(this.keyOf(key, "replace"), value, ...options));
  }

  /**
   * Replaces `expected` by `next`; false, and nothing changed, where the key is absent or holds another value.
   *
   * Redis: one script, one round trip; a second where the stored text is the expected value in another program's
   * formatting. Order within objects, records, maps and sets does not matter. Inside a transaction there is no second
   * round trip, so only the text that Keywright itself writes is replaced.
   */
  async compareAndSet(key: K, expected: V, next: V, ...options: WriteArguments[T]): Promise<boolean> {
    const plan = this.plans.compareAndSet(this.keyOf(key, "compareAndSet"), expected, next, ...options);
    let args = plan.args;
    for (;;) {
      const found = await this.run({ ...plan, args, decode: compared });
      if (found === true) return true;
      if (found === null || !this.plans.same(found, expected)) return false;
      // It does not match itself: text that is no UTF-8 came back altered. It is no value of ours.
      if (found === args[expectedAt]) return false;
      args = args.with(expectedAt, found);
    }
  }

  /**
   * Reads and removes the value in one step: one caller gets it, at most. Redis: `GETDEL`. One round trip.
   *
   * An error with `mayHaveBeenApplied` may mean that the value is gone and nobody has it.
   */
  async take(key: K): Promise<V | null> {
    return this.run(this.plans.take(this.keyOf(key, "take")));
  }

  /** Removes the value; false where there was none. Redis: `DEL`. One round trip. */
  async delete(key: K): Promise<boolean> {
    return this.run(this.plans.delete(this.keyOf(key, "delete")));
  }

  /** Starts the TTL anew; false where the key is absent. Redis: `PEXPIRE`. One round trip. */
  async touch(key: K, ...options: WriteArguments[T]): Promise<boolean> {
    return this.run(this.plans.touch(this.keyOf(key, "touch"), ...options));
  }

  /** Reads the value and starts its TTL anew. Redis: `GETEX … PX`. One round trip. */
  async getAndTouch(key: K, ...options: WriteArguments[T]): Promise<V | null> {
    return this.run(this.plans.getAndTouch(this.keyOf(key, "getAndTouch"), ...options));
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface ValueReader<Why extends string, K, V, T extends TtlBy = "fixed">
  extends ReadOnly<ValueRepository<K, V, T>, typeof ValueRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface ValueTransactionReader<Why extends string, R, V>
  extends ReadOnly<InTransaction<ValuePlans<V>, R>, typeof ValueRepository, Why> {}
