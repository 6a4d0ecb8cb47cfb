/**
 * `cappedList`: the newest items of a history, a LIST that is trimmed with every push.
 *
 * @module
 */
import { InvalidArgumentError, KeywrightError, RefusedError } from "../runtime/errors.js";
import { events } from "../runtime/events.js";
import { publish } from "../runtime/executor.js";
import type { Argument, Plan } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import { beginFill, endFill } from "./capped-list-fill.js";
import { type CappedListFamily, CappedListPlans, type History, type RecentLimit } from "./capped-list-plans.js";
import { type KeyFunction, Repository } from "./repository.js";

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

/** Failures in which a load may stand in for Redis; all others are the caller's to mend. */
const standsIn = new Set(["unavailable", "deadline", "connection-lost", "refused"]);

/** Repository of a `cappedList` family. `K` are the pattern's parameters, `V` the items. */
export abstract class CappedListRepository<K, V, H extends History = History> extends Repository<
  K,
  CappedListFamily<V>,
  CappedListPlans<V>
> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["push", "clear"] as const;

  constructor(runtime: Runtime, family: CappedListFamily<V, H>, key: KeyFunction<K>) {
    super(runtime, family, key, new CappedListPlans(runtime, family));
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
   * fails, the load stands in, with the event `degraded`.
   *
   * @throws UndecodableValueError where a stored item is none, unless the schema declares that it is skipped
   * @throws InvalidValueError where the schema refuses a loaded item; whatever `orElse` throws
   */
  recent(
    key: K,
    options: RecentOptions<V, H> & { readonly orElse: () => Promise<readonly V[]> },
  ): Promise<readonly V[]>;
  recent(key: K, options?: RecentOptions<V, H>): Promise<readonly V[] | null>;
  async recent(key: K, options?: RecentLimit & { readonly orElse?: (() => Promise<readonly V[]>) | undefined }) {
    const name = this.keyOf(key, "recent");
    const orElse = options?.orElse;
    const plan = this.plans.recent(name, options);
    if (orElse === undefined) return this.run(plan);
    if (this.family.history !== "whole") {
      throw new InvalidArgumentError(
        { family: this.family.name, operation: "recent" },
        "orElse",
        "is given, but the schema says that the list alone is the truth",
        'Leave it out, or declare history: "whole". Nothing was sent.',
      );
    }
    return (await this.#unlessDown(plan)) ?? (await this.#filled(name, orElse, this.plans.limitOf(options)));
  }

  /** How many items the list holds, 0 where it is absent. Redis: `LLEN`. One round trip. */
  async length(key: K): Promise<number> {
    return this.run(this.plans.length(this.keyOf(key, "length")));
  }

  /**
   * Removes the list; false where there was none. A load that is under way does not fill it.
   *
   * Redis: `DEL` of the list and its fill token, in one script. One round trip. It works also when Redis is out of memory.
   */
  async clear(key: K): Promise<boolean> {
    return this.run(this.plans.clear(this.keyOf(key, "clear")));
  }

  async #filled(name: string, orElse: () => Promise<readonly V[]>, limit: number): Promise<readonly V[]> {
    const { family, plans } = this;
    const keys = plans.keysOf(name);
    const start = await this.#unlessDown(beginFill(family, keys, family.fill ?? 10_000, limit, family.item.binary));
    if (start?.items !== undefined) return plans.decodeItems(start.items);
    const newestFirst = family.order === "newest-first";
    let loaded: readonly V[] = [];
    let stored: Argument[] = [];
    try {
      const all = await orElse();
      const newest = newestFirst ? all.slice(0, family.cap) : all.slice(-family.cap);
      stored = newest.map((item) => plans.encodeItem("recent", item));
      loaded = newestFirst ? newest.slice(0, limit) : newest.slice(-limit);
    } finally {
      // After a failed load too, without items: the token must not keep the next load from filling.
      if (start?.token !== undefined) {
        if (newestFirst) stored.reverse();
        await this.#unlessDown(endFill(family, keys, start.token, plans.ttl, stored));
      }
    }
    return loaded;
  }

  /** The plan's result; undefined, with an event, where Redis failed and a load stands in. */
  async #unlessDown<T>(plan: Plan<T>): Promise<T | undefined> {
    try {
      return await this.run(plan);
    } catch (error) {
      if (!(error instanceof KeywrightError) || !standsIn.has(error.code)) throw error;
      if (events.hasSubscribers) publish("degraded", this.family, "recent", { code: error.code });
      return undefined;
    }
  }
}
