/**
 * The way of a `cache` from a miss to a stored value: one load a key in this process, whose result is stored unless the
 * key was written or invalidated meanwhile.
 *
 * @module
 */
import type { Bulkhead } from "../runtime/bulkhead.js";
import { InvalidArgumentError, KeywrightError } from "../runtime/errors.js";
import { events } from "../runtime/events.js";
import { publish, type Runner } from "../runtime/executor.js";
import { redisFailed } from "../runtime/failure.js";
import type { Plan } from "../runtime/plan.js";
import { goesOn } from "../runtime/stand-in.js";
import type { Loaded, NoValue } from "./cache-entry.js";
import { type Flight, Flights } from "./cache-flight.js";
import { type Loader, loadWithin, type ManyLoader } from "./cache-loader.js";
import type { CacheSteps } from "./cache-plans.js";
import type { CacheCounters } from "./cache-stats.js";

/** Options of a fetch. Of those who share a load, the options of the one who began it hold. */
export interface FetchOptions<V> {
  /** Whether a loaded value is stored; all are where it is left out. It is not asked about null. */
  readonly shouldCache?: (value: V) => boolean;
}

/** Why a load is to run, and what it may replace. */
export interface Cause<V> {
  readonly key: string;
  readonly operation: string;
  /** What the caller's own read found. */
  readonly found: NoValue;
  readonly options: FetchOptions<V> | undefined;
  /** False in a service that only reads: nothing is stored. */
  readonly stores: boolean;
}

export class CacheLoads<V> {
  readonly flights: Flights<Loaded<V> | null>;
  readonly #steps: CacheSteps<V>;
  readonly #executor: Runner;
  readonly #count: CacheCounters;
  readonly #bulkhead: Bulkhead;

  constructor(
    steps: CacheSteps<V>,
    executor: Runner,
    count: CacheCounters,
    bulkhead: Bulkhead,
    flights = new Flights<Loaded<V> | null>(),
  ) {
    this.flights = flights;
    this.#steps = steps;
    this.#executor = executor;
    this.#count = count;
    this.#bulkhead = bulkhead;
  }

  /** Joins the load of the key that is under way, or begins one. */
  load(cause: Cause<V>, loader: Loader<V | null>): Promise<Loaded<V> | null> {
    return this.#joinOrStart(cause, () => this.#within(cause.operation, standsIn(cause), loader));
  }

  /**
   * The same for several keys: those whose load is under way are joined, and one load brings the others. `loader` is given
   * their places among the causes.
   */
  loadMany(causes: readonly Cause<V>[], loader: ManyLoader<number, V | null>): Promise<(Loaded<V> | null)[]> {
    const places: number[] = [];
    // One that stands in for Redis at some of the keys does so as a whole.
    let whenDown = false;
    let rows: Promise<readonly (V | null)[]> | undefined;
    const loads = causes.map((cause, place) =>
      this.#joinOrStart(cause, async () => {
        const row = places.push(place) - 1;
        whenDown ||= standsIn(cause);
        // It begins when all places are known and all keys guarded: nothing may be read before.
        rows ??= Promise.resolve().then(() => this.#rows(cause.operation, whenDown, places, loader));
        return (await rows)[row] as V | null;
      }),
    );
    return Promise.all(loads);
  }

  /** Runs a set. See {@link Flights.set}. */
  set(key: string, plan: Plan<void>): Promise<void> {
    return this.flights.set(key, () => this.#executor.run(plan));
  }

  /** From now on nobody joins the load of the key, and it stores nothing. See {@link Flights.revoke}. */
  revoke(key: string): Promise<unknown> | undefined {
    return this.flights.revoke(key);
  }

  #joinOrStart(cause: Cause<V>, load: () => Promise<V | null>): Promise<Loaded<V> | null> {
    const joined = this.flights.joinable(cause.key);
    if (joined === undefined) {
      return this.flights.start(cause.key, (flight) => this.#loadAndFill(flight, cause, load));
    }
    this.#count.joins += 1;
    return joined;
  }

  #within<L>(operation: string, whenDown: boolean, loader: Loader<L>): Promise<L> {
    const { family } = this.#steps;
    const bulkhead = whenDown ? this.#bulkhead : undefined;
    return loadWithin({ family: family.name, operation }, family.loader.deadline, loader, bulkhead);
  }

  async #rows(operation: string, whenDown: boolean, places: readonly number[], loader: ManyLoader<number, V | null>) {
    const rows = await this.#within(operation, whenDown, (signal) => loader(places, signal));
    if (Array.isArray(rows) && rows.length === places.length) return rows as readonly (V | null)[];
    throw new InvalidArgumentError(
      { family: this.#steps.family.name, operation },
      "loader",
      `returned ${Array.isArray(rows) ? `${rows.length} values` : "no list"} for ${places.length} keys`,
      "Return one value for each key, in their order, null where there is none. Nothing was stored.",
    );
  }

  /** A promise would count as true, whatever it brings. */
  #keeps({ operation, options }: Cause<V>, value: V): boolean {
    const { shouldCache } = options ?? {};
    if (shouldCache === undefined) return true;
    const answer: unknown = shouldCache(value);
    if (typeof answer === "boolean") return answer;
    if (answer instanceof Promise) answer.catch(() => undefined);
    throw new InvalidArgumentError(
      { family: this.#steps.family.name, operation },
      "shouldCache",
      `returned ${answer instanceof Promise ? "a promise" : "no boolean"}`,
      "Return true or false at once; what it has to wait for belongs into the loader. Nothing was stored.",
    );
  }

  async #loadAndFill(
    flight: Flight<unknown>,
    cause: Cause<V>,
    load: () => Promise<V | null>,
  ): Promise<Loaded<V> | null> {
    const { family, entries } = this.#steps;
    const { operation } = cause;
    const began = performance.now();
    this.#count.loads += 1;
    let loaded: Loaded<V> | null;
    let kept: boolean;
    try {
      const value = await load();
      loaded = value === null ? null : entries.loaded(operation, value);
      kept = loaded === null ? family.negative !== undefined : this.#keeps(cause, loaded.value);
    } catch (error) {
      this.#count.loadFailures += 1;
      if (events.hasSubscribers) {
        const code = error instanceof KeywrightError ? { code: error.code } : {};
        publish("load-failed", family, operation, { ms: performance.now() - began, ...code });
      }
      throw error;
    }
    // Where Redis has just failed, the caller is not kept waiting for it once more.
    if (!kept || !cause.stores || standsIn(cause)) return loaded;
    try {
      const stored = await this.#fill(flight, cause, loaded);
      if (stored) this.#count.fills += 1;
      else this.#count.droppedFills += 1;
      if (events.hasSubscribers) {
        publish(stored ? "fill" : "fill-dropped", family, operation, { ms: performance.now() - began });
      }
    } catch (error) {
      if (!redisFailed(error)) throw error;
    }
    return loaded;
  }

  /** Stores what was loaded; false where it must not be, or something else is there. */
  async #fill(flight: Flight<unknown>, cause: Cause<V>, loaded: Loaded<V> | null): Promise<boolean> {
    const { key, operation, found } = cause;
    if (found.why === "reserved") return false;
    let { seen } = found;
    if (typeof seen === "string" && seen.includes("\uFFFD")) {
      // Bytes that are no UTF-8 came back altered, and would never be equal to themselves.
      const bytes = await this.#executor.run(this.#steps.bytes(key, operation), goesOn);
      if (bytes === null || bytes.toString() !== seen) return false;
      seen = bytes;
    }
    // From this question to the write nothing else runs: no invalidation comes in between.
    if (flight.revoked || this.flights.setting(key)) return false;
    const plan = this.#steps.fill(key, operation, loaded?.encoded, seen);
    return this.flights.write(key, this.#executor.run(plan, goesOn));
  }
}

/** True where the load stands in for Redis, which failed. */
function standsIn({ found }: { readonly found: NoValue }): boolean {
  return found.why === "redis-failed";
}
