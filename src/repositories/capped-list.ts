/**
 * `cappedList`: the newest items of a history, a LIST that is trimmed with every push.
 *
 * @module
 */

import type { Bulkhead } from "../runtime/bulkhead.js";
import { InvalidArgumentError, type KeywrightError, RefusedError } from "../runtime/errors.js";
import type { Argument, Plan } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import { goesOn, goesOnInOutage } from "../runtime/stand-in.js";
import { nothing } from "./absent-answers.js";
import type { ReadOnly } from "./access.js";
import { beginFill, endFill } from "./capped-list-fill.js";
import { type CappedListFamily, CappedListPlans, type History, type RecentLimit } from "./capped-list-plans.js";
import { loadInPlace } from "./load-when-down.js";
import { type KeyFunction, Repository } from "./repository.js";
import type { InTransaction } from "./scope.js";

export { type CappedListFamily, CappedListPlans, type History, type RecentLimit } from "./capped-list-plans.js";

/** Options of a read; a list that is its own truth has nothing to load from. */
export type RecentOptions<V, H extends History = History> = RecentLimit &
  (H extends "whole"
    ? {
        /**
         * Loads the newest items, up to the cap, where the list is absent or Redis fails; in the order that the schema
         * declares. It must read committed rows, and pushes must follow the commit.
         */
        readonly orElse?: () => Promise<readonly V[]>;
      }
    : { readonly orElse?: never });

type Load<V> = () => Promise<readonly V[]>;
/** As many as were asked for, and all up to the cap as they are stored. */
interface LoadedItems<V> {
  readonly items: readonly V[];
  readonly stored: readonly Argument[];
}

type AnyRecentOptions<V> = RecentLimit & { readonly orElse?: Load<V> | undefined };

/** Repository of a `cappedList` family. `K` are the pattern's parameters, `V` the items. */
export class CappedListRepository<K, V, H extends History = History> extends Repository<
  K,
  CappedListFamily<V>,
  CappedListPlans<V>
> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["push", "clear"] as const;
  /** What readers get in the place of an operation that may write. */
  static readonly forReaders = { recent: "recentOrLoaded" } as const;

  readonly #loadsWhenDown: Bulkhead;
  /** For how long a load may run and still fill the list, or wait for its place, in milliseconds. */
  readonly #longestFill: number;

  constructor(runtime: Runtime, family: CappedListFamily<V, H>, key: KeyFunction<K>) {
    super(runtime, family, key, new CappedListPlans(runtime, family));
    this.#loadsWhenDown = runtime.loadsWhenDown;
    this.#longestFill = family.fill ?? 10_000;
  }

  /**
   * Appends items, the newest last, drops the oldest beyond the cap, and starts the TTL anew.
   *
   * Redis: one script (`RPUSH`, `LTRIM`, `PEXPIRE`). One round trip. Of a whole history: push after the database has
   * committed. An item that the list already holds is not stored twice, so a push may be repeated. Where Redis has no
   * memory for it, the list is cleared, since it would lack the item; after another failure clear it yourself.
   *
   * @returns true where they are in the list; false where a whole history is absent and nothing was stored: the next
   * `recent` with `orElse` loads them
   * @throws InvalidValueError before anything is sent, where the schema refuses an item
   */
  async push(key: K, ...items: V[]): Promise<boolean> {
    const name = this.keyOf(key, "push");
    try {
      return await this.run(this.plans.push(name, ...items));
    } catch (error) {
      if (this.family.history === "whole" && error instanceof RefusedError && error.reply === "OOM") {
        await this.run(this.plans.clear(name)).catch(() => undefined);
      }
      throw error;
    }
  }

  /**
   * The newest items in the order that the schema declares (`newest-last` by default), or null where the list is absent.
   *
   * Redis: `LRANGE`. One round trip. With `orElse` an absent list is loaded and filled: `LRANGE` and a script that sets
   * a token before the load, a script that fills after it; three round trips. The list is filled only if nothing was
   * pushed or cleared while the load ran, by one load at a time; what was loaded is returned in any case. Where Redis
   * fails, the load stands in, with the event `degraded`, unless the schema declares `throw`. In a service that only reads, what was loaded is not stored.
   *
   * @throws UndecodableValueError where a stored item is none, unless the schema declares that it is skipped
   * @throws InvalidValueError where the schema refuses a loaded item; whatever `orElse` throws
   * @throws OverloadedError where Redis fails, and no place among `loadsWhenDown` was free within `fill`
   */
  recent(
    key: K,
    options: RecentOptions<V, H> & { readonly orElse: () => Promise<readonly V[]> },
  ): Promise<readonly V[]>;
  recent(key: K, options?: RecentOptions<V, H>): Promise<readonly V[] | null>;
  recent(key: K, options?: AnyRecentOptions<V>): Promise<readonly V[] | null> {
    return this.#recent(key, options, true);
  }

  /** `recent` of a service that only reads: what is loaded is returned, and never stored. Redis: `LRANGE`. */
  protected recentOrLoaded(key: K, options?: AnyRecentOptions<V>): Promise<readonly V[] | null> {
    return this.#recent(key, options, false);
  }

  /** How many items the list holds, 0 where it is absent. Redis: `LLEN`. One round trip. */
  async length(key: K): Promise<number> {
    return this.reads.run(this.plans.length(this.keyOf(key, "length")));
  }

  /**
   * Removes the list; false where there was none. A load that is under way does not fill it.
   *
   * Redis: `DEL` of the list and its fill token, in one script. One round trip. It works also when Redis is out of memory.
   */
  async clear(key: K): Promise<boolean> {
    return this.run(this.plans.clear(this.keyOf(key, "clear")));
  }

  async #recent(key: K, options: AnyRecentOptions<V> | undefined, fills: boolean): Promise<readonly V[] | null> {
    const name = this.keyOf(key, "recent");
    const orElse = options?.orElse;
    const plan = this.plans.recent(name, options);
    if (orElse === undefined) return this.ask<readonly V[] | null>(plan, nothing);
    if (this.family.history !== "whole") {
      throw new InvalidArgumentError(
        { family: this.family.name, operation: "recent" },
        "orElse",
        "is given, but the schema says that the list alone is the truth",
        'Leave it out, or declare history: "whole". Nothing was sent.',
      );
    }
    const found = await this.#unlessDown(plan, "first");
    if (found != null) return found;
    const limit = this.plans.limitOf(options);
    if (found === undefined) return (await this.#loadWhenDown(orElse, limit)).items;
    return fills ? this.#filled(name, orElse, limit) : (await this.#load(orElse, limit)).items;
  }

  async #filled(name: string, orElse: Load<V>, limit: number): Promise<readonly V[]> {
    const { family, plans } = this;
    const keys = plans.keysOf(name);
    const start = await this.#unlessDown(beginFill(family, keys, this.#longestFill, limit, family.item.binary), "next");
    if (start === undefined) return (await this.#loadWhenDown(orElse, limit)).items;
    if (start.items !== undefined) return plans.decodeItems(start.items);
    let stored: readonly Argument[] = [];
    try {
      const loaded = await this.#load(orElse, limit);
      stored = loaded.stored;
      return loaded.items;
    } finally {
      // After a failed load too, without items: the token must not keep the next load from filling.
      if (start.token !== undefined)
        await this.#unlessDown(endFill(family, keys, start.token, plans.ttl, stored), "last");
    }
  }

  /** Loads in the place of Redis, which failed: nothing is stored, and a place is waited for. */
  #loadWhenDown(orElse: Load<V>, limit: number): Promise<LoadedItems<V>> {
    const context = { family: this.family.name, operation: "recent" };
    return loadInPlace(context, this.#longestFill, () => this.#load(orElse, limit), this.#loadsWhenDown);
  }

  /** What was loaded: as many as were asked for, and all up to the cap as they are stored, the newest last. */
  async #load(orElse: Load<V>, limit: number): Promise<LoadedItems<V>> {
    const { cap, name, order } = this.family;
    const all: unknown = await orElse();
    if (!Array.isArray(all)) {
      throw new InvalidArgumentError(
        { family: name, operation: "recent" },
        "orElse",
        "gave no array",
        "Give the newest items up to the cap, [] where there is none. Nothing was stored.",
      );
    }
    const newest = (most: number): V[] => (order === "newest-first" ? all.slice(0, most) : all.slice(-most));
    const oldest = order === "newest-first" ? 0 : Math.max(0, all.length - cap);
    const stored = newest(cap).map((item, i) => this.plans.encodeItem("recent", item, `orElse[${oldest + i}]`));
    return { items: newest(limit), stored: order === "newest-first" ? stored.reverse() : stored };
  }

  /**
   * The plan's result; undefined, with an event, where Redis failed and a load stands in, or has been made before the last
   * step.
   */
  async #unlessDown<T>(plan: Plan<T>, step: "first" | "next" | "last"): Promise<T | undefined> {
    const goes = step === "first" ? goesOnInOutage : goesOn;
    const goingOn = step === "last" || this.family.whenDown !== "throw" ? goes : undefined;
    try {
      return await this.run(plan, goingOn);
    } catch (error) {
      if (goingOn?.after(error as KeywrightError) !== true) throw error;
      return undefined;
    }
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface CappedListReader<Why extends string, K, V, H extends History = History>
  extends ReadOnly<CappedListRepository<K, V, H>, typeof CappedListRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface CappedListTransactionReader<Why extends string, R, V>
  extends ReadOnly<InTransaction<CappedListPlans<V>, R>, typeof CappedListRepository, Why> {}
