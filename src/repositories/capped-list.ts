/**
 * `cappedList`: the newest items of a history, a LIST that is trimmed with every push.
 *
 * @module
 */

import { type ErrorContext, InvalidArgumentError, MisuseError, RefusedError } from "../runtime/errors.js";
import { events } from "../runtime/events.js";
import { publish } from "../runtime/executor.js";
import { redisFailed } from "../runtime/failure.js";
import { type Argument, command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import { beginFill, endFill } from "./capped-list-fill.js";
import {
  companionOf,
  type KeyFunction,
  Plans,
  Repository,
  type RepositoryFamily,
  resolveTtl,
  wholeNumber,
} from "./repository.js";
import { cappedListClear, cappedListPush } from "./scripts.js";
import { encodeValue, undecodable } from "./stored-value.js";

/** Whether a database stands behind a list (`whole`), or the list alone is the truth (`recent`). */
export type History = "whole" | "recent";

export interface CappedListFamily<V, H extends History = History> extends RepositoryFamily {
  readonly kind: "cappedList";
  readonly ttl: TtlPolicy;
  /** At most so many items. */
  readonly cap: number;
  readonly history: H;
  readonly order: "newest-last" | "newest-first";
  readonly undecodable: "throw" | "skip";
  /** For how long a load may run and still fill the list, in milliseconds; a `whole` history has it. */
  readonly fill?: number;
  readonly item: Codec<V>;
}

export interface RecentLimit {
  /** At most so many, the newest; the whole list where it is left out. */
  readonly limit?: number;
}

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

const yes = (reply: unknown): boolean => reply === 1;
const count = (reply: unknown): number => reply as number;

/** What each operation of a `cappedList` family sends. */
export class CappedListPlans<V> extends Plans<CappedListFamily<V>> {
  /** TTL of every push in milliseconds, as text; `0` for none. */
  readonly ttl: string;
  readonly #whole: boolean;
  readonly #binary: boolean;

  constructor(runtime: Runtime, family: CappedListFamily<V>) {
    super(family);
    const ttl = resolveTtl(family, family.ttl, runtime.startUpTtl);
    if (ttl.kind === "perCall" || ttl.kind === "sliding") {
      throw new MisuseError(
        { family: family.name, operation: "ttl" },
        "a capped list has no fixed TTL",
        'Write a duration in the schema, such as ttl: "24h", and generate again.',
      );
    }
    this.ttl = ttl.kind === "none" ? "0" : String(ttl.ms);
    this.#whole = family.history === "whole";
    this.#binary = family.item.binary;
  }

  /** A script: RPUSH, LTRIM, PEXPIRE; false where a whole history is absent, and nothing was stored */
  push(key: string, ...items: V[]): Plan<boolean> {
    if (items.length === 0) {
      throw new InvalidArgumentError(this.#context("push"), "items", "are missing", "Nothing was sent.");
    }
    // All are validated, also those that the cap drops at once.
    const stored = items.map((item) => this.encodeItem("push", item)).slice(-this.family.cap);
    const args = [String(this.family.cap), this.ttl, ...stored];
    return scriptCall(this.family, "push", cappedListPush, this.keysOf(key), args, yes);
  }

  /** LRANGE; null where the list is absent */
  recent(key: string, options?: RecentLimit): Plan<V[] | null> {
    const args = ["LRANGE", key, String(-this.limitOf(options)), "-1"];
    return command(this.family, "recent", key, args, this.#found, { writes: false, binary: this.#binary });
  }

  /** LLEN; 0 where the list is absent */
  length(key: string): Plan<number> {
    return command(this.family, "length", key, ["LLEN", key], count, commandThat.reads);
  }

  /** DEL, in a script where a load may be under way; true where there was a list */
  clear(key: string): Plan<boolean> {
    if (!this.#whole) return command(this.family, "clear", key, ["DEL", key], yes, commandThat.writes);
    return scriptCall(this.family, "clear", cappedListClear, this.keysOf(key), [], yes);
  }

  /** The list, and the fill token of a whole history. */
  keysOf(key: string): string[] {
    return this.#whole ? [key, companionOf(this.family, key, "fill")] : [key];
  }

  /** How many items a read asks for. */
  limitOf(options: RecentLimit | undefined): number {
    const limit = options?.limit;
    if (limit === undefined) return this.family.cap;
    return Math.min(this.family.cap, wholeNumber(this.family, "recent", "limit", limit, 1, 1_000_000));
  }

  /** Stored items in the order of the schema. */
  decodeItems(stored: readonly (string | Buffer)[]): V[] {
    const items: V[] = [];
    for (const text of stored) {
      try {
        items.push(this.family.item.decode(text));
      } catch (problem) {
        const error = undecodable(this.family, "recent", problem);
        if (this.family.undecodable === "throw") throw error;
      }
    }
    return this.family.order === "newest-first" ? items.reverse() : items;
  }

  /** What is stored for an item. */
  encodeItem(operation: string, item: V): Argument {
    return encodeValue(this.family, operation, this.family.item, item);
  }

  // Made once, so that a call allocates no closure.
  readonly #found = (reply: unknown): V[] | null => {
    const stored = reply as (string | Buffer)[];
    // Redis has no empty lists: nothing means that the key is absent.
    return stored.length === 0 ? null : this.decodeItems(stored);
  };

  #context(operation: string): ErrorContext {
    return { family: this.family.name, operation };
  }
}

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
      if (!redisFailed(error)) throw error;
      if (events.hasSubscribers) publish("degraded", this.family, "recent", { code: error.code });
      return undefined;
    }
  }
}
