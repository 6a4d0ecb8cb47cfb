/**
 * What each operation of a `cappedList` family sends.
 *
 * @module
 */
import { type ErrorContext, InvalidArgumentError, MisuseError } from "../runtime/errors.js";
import { type Argument, command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import { companionOf, Plans, type RepositoryFamily, resolveTtl, wholeNumber } from "./repository.js";
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
      throw new InvalidArgumentError(
        this.#context("push"),
        "items",
        "are missing",
        "Pass at least one; where there is none, do not push. Nothing was sent.",
      );
    }
    // All are validated, also those that the cap drops at once.
    const stored = items.map((item, place) => this.encodeItem("push", item, `items[${place}]`)).slice(-this.family.cap);
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

  /** What is stored for an item, which errors call `field`. */
  encodeItem(operation: string, item: V, field: string): Argument {
    return encodeValue(this.family, operation, this.family.item, item, field);
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
