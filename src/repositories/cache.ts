/**
 * `cache`: values that can be loaded again, read through a loader, a STRING.
 *
 * @module
 */

import type { Bulkhead } from "../runtime/bulkhead.js";
import { InvalidArgumentError, KeywrightError } from "../runtime/errors.js";
import { isOutage, redisFailed } from "../runtime/failure.js";
import type { Runtime } from "../runtime/runtime.js";
import { type GoesOn, goesOn, goesOnInOutage } from "../runtime/stand-in.js";
import type { ReadOnly } from "./access.js";
import { type Loaded, NoValue, redisFailure } from "./cache-entry.js";
import { CacheLoads, type Cause, type FetchOptions } from "./cache-load.js";
import type { Loader, ManyLoader } from "./cache-loader.js";
import { type CacheFamily, CachePlans } from "./cache-plans.js";
import { CacheCounters, type CacheStats } from "./cache-stats.js";
import { type KeyFunction, Repository } from "./repository.js";
import type { InTransaction } from "./scope.js";

export type { FetchOptions } from "./cache-load.js";
export type { Loader, ManyLoader } from "./cache-loader.js";
export { type CacheFamily, CachePlans } from "./cache-plans.js";
export type { CacheStats } from "./cache-stats.js";

/** A fetched value and where it came from. Who shared the load of another has a `fresh` one too. */
export interface Fetched<T> {
  readonly value: T;
  readonly source: "cache" | "fresh";
}

/** What is to be said of a key, without loading. */
export type Lookup<V> =
  | { readonly status: "hit"; readonly value: V }
  /** It is remembered that there is none. */
  | { readonly status: "negative" }
  /** Nothing is stored, or nothing that is a value of the schema. */
  | { readonly status: "miss" }
  /** Redis failed, or the key has another Redis type. */
  | { readonly status: "error"; readonly error: KeywrightError };

export interface Invalidation {
  /** True where Redis has removed the key; false where that failed or is not known: what is stored may be stale. */
  readonly applied: boolean;
}

/**
 * Repository of a `cache` family. `K` are the pattern's parameters, `V` the values; `N` is null where the family
 * remembers that there is none.
 */
export class CacheRepository<K, V, N extends null = never> extends Repository<K, CacheFamily<V>, CachePlans<V>> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["set", "invalidate", "invalidateMany"] as const;
  /** What readers get in the place of an operation that may write: it loads, and stores nothing. */
  static readonly forReaders = { fetch: "load", fetchEntry: "loadEntry", fetchMany: "loadMany" } as const;

  #count = new CacheCounters();
  #loads: CacheLoads<V>;
  readonly #binary: boolean;
  readonly #loadsWhenDown: Bulkhead;

  constructor(runtime: Runtime, family: CacheFamily<V>, key: KeyFunction<K>) {
    super(runtime, family, key, new CachePlans(runtime, family));
    this.#loadsWhenDown = runtime.loadsWhenDown;
    this.#loads = new CacheLoads(this.plans.steps, this.store.executor, this.#count, this.#loadsWhenDown);
    this.#binary = family.value.binary;
  }

  /** Who fetches with another deadline joins the same loads, and invalidates the same. */
  protected override shareWith(original: this): void {
    this.#count = original.#count;
    const { flights } = original.#loads;
    this.#loads = new CacheLoads(this.plans.steps, this.store.executor, this.#count, this.#loadsWhenDown, flights);
  }

  /**
   * The cached value, or what the loader brings, which is stored with its TTL. Concurrent misses of one key in this
   * process share one load. A loaded null is not stored, unless the schema declares `negative`.
   *
   * Redis: `GET`; the reads of one tick and slot leave together as one `MGET`. One round trip. On a miss the load, then
   * `SET … NX GET PX` (a script, `GET` and `SET … PX`, where the key holds what does not decode); two round trips. What was
   * written or invalidated while the load ran is not overwritten. Where Redis fails, the loader's value is returned, with
   * the event `degraded`, unless the schema declares `throw`. In a service that only reads, what was loaded is not stored.
   *
   * @param loader reads what is committed, from the primary; its signal is aborted at the deadline
   * @throws LoaderDeadlineError where the loader has no result by its deadline (30 s, or `loader.deadline`)
   * @throws OverloadedError where Redis fails, and no place among `loadsWhenDown` was free by that deadline
   * @throws InvalidValueError where the schema refuses what the loader brought, InvalidArgumentError where it brought
   * undefined; whatever the loader throws. To all who share the load; nothing is stored, and the next call loads again
   * @throws WrongTypeError where the key holds another Redis type
   */
  fetch<L extends V | null>(
    key: K,
    loader: Loader<L>,
    options?: FetchOptions<V>,
  ): Promise<V | N | (null extends L ? null : never)> {
    return this.#fetch(key, loader, options, true);
  }

  protected load<L extends V | null>(key: K, loader: Loader<L>, options?: FetchOptions<V>): Promise<V | N> {
    return this.#fetch(key, loader, options, false);
  }

  /** `fetch`, and whether the value came from the cache. A remembered null comes from the `cache`. */
  fetchEntry<L extends V | null>(
    key: K,
    loader: Loader<L>,
    options?: FetchOptions<V>,
  ): Promise<Fetched<V | N | (null extends L ? null : never)>> {
    return this.#fetchEntry(key, loader, options, true);
  }

  protected loadEntry<L extends V | null>(
    key: K,
    loader: Loader<L>,
    options?: FetchOptions<V>,
  ): Promise<Fetched<V | N>> {
    return this.#fetchEntry(key, loader, options, false);
  }

  /**
   * The values of several keys, in their order; one load brings all that are not cached and that nobody loads already.
   *
   * Redis: `MGET` of up to 64 keys, by slot on a Cluster, all sent at once; after the load a `SET … NX GET PX` for each,
   * all sent at once. One round trip, two with misses. Not atomic. Everything else as `fetch`.
   *
   * @param loader is given the keys that are to be loaded, and brings one value, or null, for each, in their order
   * @throws as `fetch`, for the first key that fails; the others are stored
   */
  fetchMany<L extends V | null>(
    keys: readonly K[],
    loader: ManyLoader<K, L>,
    options?: FetchOptions<V>,
  ): Promise<(V | N | (null extends L ? null : never))[]> {
    return this.#fetchMany(keys, loader, options, true);
  }

  protected loadMany<L extends V | null>(
    keys: readonly K[],
    loader: ManyLoader<K, L>,
    options?: FetchOptions<V>,
  ): Promise<(V | N)[]> {
    return this.#fetchMany(keys, loader, options, false);
  }

  async #fetch<L extends V | null>(
    key: K,
    loader: Loader<L>,
    options: FetchOptions<V> | undefined,
    stores: boolean,
  ): Promise<V | N> {
    const operation = "fetch";
    const name = this.keyOf(key, operation);
    const found = await this.#look(name, operation, loader, options);
    if (!(found instanceof NoValue)) return found;
    if (found.why === "negative") return null as N;
    return taken(await this.#loads.load({ key: name, operation, found, options, stores }, loader)) as V | N;
  }

  async #fetchEntry<L extends V | null>(
    key: K,
    loader: Loader<L>,
    options: FetchOptions<V> | undefined,
    stores: boolean,
  ): Promise<Fetched<V | N>> {
    const operation = "fetchEntry";
    const name = this.keyOf(key, operation);
    const found = await this.#look(name, operation, loader, options);
    if (!(found instanceof NoValue)) return { value: found, source: "cache" };
    if (found.why === "negative") return { value: null as N, source: "cache" };
    const loaded = await this.#loads.load({ key: name, operation, found, options, stores }, loader);
    return { value: taken(loaded) as V | N, source: "fresh" };
  }

  async #fetchMany<L extends V | null>(
    keys: readonly K[],
    loader: ManyLoader<K, L>,
    options: FetchOptions<V> | undefined,
    stores: boolean,
  ): Promise<(V | N)[]> {
    const operation = "fetchMany";
    // A copy: what the caller does to its list later must not bring one key's value under another's name.
    const asked = keys.slice();
    const names = this.namesOf(asked, operation);
    const seen = await Promise.all(names.map((name) => this.#look(name, operation, loader, options)));
    const results: (V | null)[] = [];
    const missing: number[] = [];
    const causes: Cause<V>[] = [];
    for (const [i, found] of seen.entries()) {
      results.push(valueOrNull(found));
      if (!(found instanceof NoValue) || found.why === "negative") continue;
      missing.push(i);
      causes.push({ key: names[i] as string, operation, found, options, stores });
    }
    const keyAt = (place: number): K => asked[missing[place] as number] as K;
    const loaded = await this.#loads.loadMany(causes, (places, signal) => loader(places.map(keyAt), signal));
    for (const [place, each] of loaded.entries()) results[missing[place] as number] = taken(each);
    return results as (V | N)[];
  }

  /**
   * The cached value, or null where there is none. What does not decode is none, with the event `undecodable`.
   *
   * Redis: `GET`; the reads of one tick and slot leave together as one `MGET`. One round trip. In such a batch a key of
   * another Redis type passes for an absent one. Where Redis fails, null if the schema declares `absent`.
   */
  get(key: K): Promise<V | null> {
    try {
      return this.#value(this.keyOf(key, "get"), "get");
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The cached values of several keys, in their order, null where there is none: absent, remembered as none, or not a
   * value of the schema.
   *
   * Redis: `MGET` of up to 64 keys, by slot on a Cluster, all sent at once. Not atomic over several commands.
   *
   * @throws the first error among them; a parameter that its codec refuses before anything is sent
   */
  async getMany(keys: readonly K[]): Promise<(V | null)[]> {
    return Promise.all(this.namesOf(keys, "getMany").map((name) => this.#value(name, "getMany")));
  }

  /** What is cached: a hit, a remembered null, a miss, or that Redis failed, which is no error here. Redis: as `get`. */
  async lookup(key: K): Promise<Lookup<V>> {
    const name = this.keyOf(key, "lookup");
    try {
      const found = this.#seen(await this.#read(name, "lookup"));
      if (!(found instanceof NoValue)) return { status: "hit", value: found };
      return { status: found.why === "negative" ? "negative" : "miss" };
    } catch (error) {
      if (!(error instanceof KeywrightError)) throw error;
      this.#count.errors += 1;
      return { status: "error", error };
    }
  }

  /**
   * Stores a value with its TTL, whatever is there. A load that is under way here stores nothing, and nobody joins it.
   *
   * Redis: `SET … PX`. One round trip. Writes of the key that this process has sent already are waited for first, and of sets
   * that wait only the last is sent, so that the one that was called last stays.
   *
   * @throws InvalidValueError before anything is sent, where the schema refuses the value
   */
  async set(key: K, value: V): Promise<void> {
    const name = this.keyOf(key, "set");
    const { steps } = this.plans;
    const plan = steps.set(name, "set", steps.entries.encode("set", value));
    await this.#loads.set(name, plan);
  }

  /**
   * Removes what is cached. Call it when the change is committed. A load that is under way in this process stores nothing,
   * and no later reader joins it. A load under way in another process is not fenced: it may store what it read before.
   *
   * Redis: `DEL`. One round trip; a fill that is on its way is waited for first.
   *
   * @returns whether it was applied: Redis failing is no error here, but the event `degraded`
   */
  async invalidate(key: K): Promise<Invalidation> {
    return { applied: await this.#remove(this.keyOf(key, "invalidate"), "invalidate") };
  }

  /**
   * Removes what is cached at several keys; `applied` where all were removed.
   *
   * Redis: a `DEL` for each, all sent at once. One round trip. Not atomic.
   *
   * @throws InvalidParameterError before anything is sent
   */
  async invalidateMany(keys: readonly K[]): Promise<Invalidation> {
    const names = this.namesOf(keys, "invalidateMany");
    const removed = await Promise.all(names.map((name) => this.#remove(name, "invalidateMany")));
    return { applied: removed.every((applied) => applied) };
  }

  /** What this repository has counted since it was made. Sends nothing. */
  stats(): CacheStats {
    return { ...this.#count };
  }

  #read(name: string, operation: string, standIn?: GoesOn): Promise<V | NoValue> {
    const { reads } = this;
    const { steps } = this.plans;
    return this.#binary ? reads.run(steps.get(name, operation), standIn) : reads.get(steps, operation, name, standIn);
  }

  async #value(name: string, operation: string): Promise<V | null> {
    const absent = this.family.whenDown === "absent";
    try {
      return valueOrNull(this.#seen(await this.#read(name, operation, absent ? goesOnInOutage : undefined)));
    } catch (error) {
      this.#count.errors += 1;
      if (!absent || !isOutage(error)) throw error;
      return null;
    }
  }

  /** Counts what a read found. */
  #seen(found: V | NoValue): V | NoValue {
    if (!(found instanceof NoValue)) this.#count.hits += 1;
    else if (found.why === "negative") this.#count.negatives += 1;
    else this.#count.misses += 1;
    return found;
  }

  /** The read of a fetch, in which a failure of Redis is no error. */
  async #look(
    name: string,
    operation: string,
    loader: unknown,
    options: FetchOptions<V> | undefined,
  ): Promise<V | NoValue> {
    if (typeof loader !== "function") {
      const fix = "Pass the function that loads what is missing, such as () => db.load(id); to look only, use get.";
      throw this.#noFunction(operation, "loader", loader, fix);
    }
    if (options?.shouldCache !== undefined && typeof options.shouldCache !== "function") {
      const fix = "Pass a function of the loaded value, or leave it out.";
      throw this.#noFunction(operation, "shouldCache", options.shouldCache, fix);
    }
    const loads = this.family.whenDown !== "throw";
    try {
      return this.#seen(await this.#read(name, operation, loads ? goesOnInOutage : undefined));
    } catch (error) {
      this.#count.errors += 1;
      if (!loads || !isOutage(error)) throw error;
      return redisFailure;
    }
  }

  /** True where the key was removed. */
  async #remove(name: string, operation: string): Promise<boolean> {
    const onTheirWay = this.#loads.revoke(name);
    if (onTheirWay !== undefined) await onTheirWay;
    try {
      await this.run(this.plans.steps.remove(name, operation), goesOn);
      return true;
    } catch (error) {
      if (!redisFailed(error)) throw error;
      return false;
    }
  }

  #noFunction(operation: string, field: string, given: unknown, fix: string): InvalidArgumentError {
    const context = { family: this.family.name, operation };
    const what = given === undefined ? "is missing" : "is no function";
    return new InvalidArgumentError(context, field, what, `${fix} Nothing was sent.`);
  }
}

function valueOrNull<V>(found: V | NoValue): V | null {
  return found instanceof NoValue ? null : found;
}

function taken<V>(loaded: Loaded<V> | null): V | null {
  return loaded === null ? null : loaded.take();
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface CacheReader<Why extends string, K, V, N extends null = never>
  extends ReadOnly<CacheRepository<K, V, N>, typeof CacheRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface CacheTransactionReader<Why extends string, R, V>
  extends ReadOnly<InTransaction<CachePlans<V>, R>, typeof CacheRepository, Why> {}
