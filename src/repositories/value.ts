/**
 * `value`: one typed value a key, a STRING.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { InvalidArgumentError } from "../runtime/errors.js";
import { type Argument, command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import type { Reader } from "../runtime/reads.js";
import type { Runtime } from "../runtime/runtime.js";
import { formatDuration, type TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import {
  durationArgument,
  type KeyFunction,
  Plans,
  Repository,
  type RepositoryFamily,
  type ResolvedTtl,
  resolveTtl,
} from "./repository.js";
import { valueCompareAndSet, valueKeep } from "./scripts.js";
import { encodeValue, undecodable } from "./stored-value.js";

export interface ValueFamily<V> extends RepositoryFamily {
  readonly kind: "value";
  readonly ttl: TtlPolicy;
  readonly overwrite: "restart" | "keep";
  readonly undecodable: "throw" | "miss";
  readonly value: Codec<V>;
}

/** Options of a write. */
export interface WriteOptions {
  /** How long the value lives, `"90s"` or milliseconds: required where the schema lets the caller choose, else refused. */
  readonly ttl?: string | number;
}

const undecodableFix =
  'Another writer, or an older schema, stored it. Delete or rewrite the key, or declare undecodable: "miss" where it can be rebuilt.';

const written = (reply: unknown): boolean => reply !== null && reply !== 0;
const counted = (reply: unknown): boolean => reply === 1;
const nothing = (): void => undefined;

/** What each operation of a `value` family sends. */
export class ValuePlans<V> extends Plans<ValueFamily<V>> implements Reader<V | null> {
  readonly #ttl: ResolvedTtl;
  readonly #keep: boolean;
  readonly #binary: boolean;
  /** True where a read starts the TTL anew. */
  readonly slides: boolean;

  constructor(runtime: Runtime, family: ValueFamily<V>) {
    super(family);
    this.slides = family.ttl.kind === "sliding";
    this.#ttl = resolveTtl(family, family.ttl, runtime.startUpTtl);
    this.#keep = family.overwrite === "keep" && this.#ttl.kind !== "none";
    this.#binary = family.value.binary;
  }

  /** GET; GETEX where the TTL is sliding */
  get(key: string): Plan<V | null> {
    if (this.slides) return this.#reads("get", key, this.#milliseconds("get", undefined));
    return this.#reads("get", key, 0);
  }

  /** SET … PX, or a script where overwrites keep the deadline */
  set(key: string, value: V, options?: WriteOptions): Plan<void> {
    const ms = this.#milliseconds("set", options);
    const stored = this.#encode("set", value);
    if (this.#keep) return scriptCall(this.family, "set", valueKeep, [key], [stored, String(ms), ""], nothing);
    return command(this.family, "set", key, this.#withTtl(["SET", key, stored], ms), nothing, commandThat.writes);
  }

  /** SET … NX PX; true where it was stored */
  setIfAbsent(key: string, value: V, options?: WriteOptions): Plan<boolean> {
    const ms = this.#milliseconds("setIfAbsent", options);
    const args = this.#withTtl(["SET", key, this.#encode("setIfAbsent", value), "NX"], ms);
    return command(this.family, "setIfAbsent", key, args, written, commandThat.writes);
  }

  /** SET … XX PX, or a script where overwrites keep the deadline; true where the key was there */
  replace(key: string, value: V, options?: WriteOptions): Plan<boolean> {
    const ms = this.#milliseconds("replace", options);
    const stored = this.#encode("replace", value);
    if (this.#keep) return scriptCall(this.family, "replace", valueKeep, [key], [stored, String(ms), "XX"], written);
    const args = this.#withTtl(["SET", key, stored, "XX"], ms);
    return command(this.family, "replace", key, args, written, commandThat.writes);
  }

  /** GETDEL */
  take(key: string): Plan<V | null> {
    return command(this.family, "take", key, ["GETDEL", key], this.#reading.take, {
      writes: true,
      binary: this.#binary,
    });
  }

  /** DEL; true where the key was there */
  delete(key: string): Plan<boolean> {
    return command(this.family, "delete", key, ["DEL", key], counted, commandThat.writes);
  }

  /** PEXPIRE; false where the key is absent */
  touch(key: string, options?: WriteOptions): Plan<boolean> {
    const ms = this.#milliseconds("touch", options);
    if (ms === 0) return command(this.family, "touch", key, ["EXISTS", key], counted, commandThat.reads);
    return command(this.family, "touch", key, ["PEXPIRE", key, String(ms)], counted, commandThat.writes);
  }

  /** GETEX … PX */
  getAndTouch(key: string, options?: WriteOptions): Plan<V | null> {
    return this.#reads("getAndTouch", key, this.#milliseconds("getAndTouch", options));
  }

  /** A script that compares and sets; true where the stored text was exactly what the schema makes of `expected` */
  compareAndSet(key: string, expected: V, next: V, options?: WriteOptions): Plan<boolean> {
    const ms = this.#milliseconds("compareAndSet", options);
    const from = this.#encode("compareAndSet", expected);
    const args: Argument[] = [from, this.#encode("compareAndSet", next), String(ms), this.#keep ? "KEEP" : ""];
    return scriptCall(this.family, "compareAndSet", valueCompareAndSet, [key], args, replaced, this.#binary);
  }

  /** What a batched GET answers; `raw` is null where the key is absent. */
  read(raw: string | null): V | null {
    return raw === null ? null : this.#decode(raw, "get", false);
  }

  /** The value of a stored text, by the codec alone. */
  #decode(raw: string | Uint8Array, operation: string, taken: boolean): V | null {
    try {
      return this.family.value.decode(raw);
    } catch (problem) {
      const error = undecodable(this.family, operation, problem, taken, undecodableFix);
      if (this.family.undecodable === "miss") return null;
      throw error;
    }
  }

  /** True where a stored text is the value, however its writer formatted it. */
  same(stored: string | Buffer, expected: V): boolean {
    // Bytes have no other formatting: the script has compared them already.
    if (this.#binary) return false;
    try {
      const { value } = this.family;
      return isDeepStrictEqual(value.decode(stored), value.decode(value.encode(expected)));
    } catch {
      return false;
    }
  }

  /** GETEX where the TTL starts anew, else GET. */
  #reads(operation: "get" | "getAndTouch", key: string, ms: number): Plan<V | null> {
    const args = ms === 0 ? ["GET", key] : ["GETEX", key, "PX", String(ms)];
    return command(this.family, operation, key, args, this.#reading[operation], {
      writes: ms !== 0,
      binary: this.#binary,
    });
  }

  // One decoder an operation, made once, so that a call allocates no closure.
  readonly #reading = {
    get: (reply: unknown) => this.#found(reply, "get"),
    getAndTouch: (reply: unknown) => this.#found(reply, "getAndTouch"),
    take: (reply: unknown) => this.#found(reply, "take"),
  };

  #found(reply: unknown, operation: string): V | null {
    return reply === null ? null : this.#decode(reply as string | Uint8Array, operation, operation === "take");
  }

  #encode(operation: string, value: V): Argument {
    return encodeValue(this.family, operation, this.family.value, value);
  }

  /** The TTL of a write; 0 for none. */
  #milliseconds(operation: string, options: WriteOptions | undefined): number {
    const ttl = this.#ttl;
    const given = options?.ttl;
    if (ttl.kind === "perCall") {
      if (given !== undefined) return durationArgument(this.family, operation, "ttl", given, ttl.max);
      throw new InvalidArgumentError(
        { family: this.family.name, operation },
        "ttl",
        "is missing, and the schema leaves it to the caller",
        `Pass { ttl: "…" } of at most ${formatDuration(ttl.max)}. Nothing was sent.`,
      );
    }
    if (given !== undefined) {
      throw new InvalidArgumentError(
        { family: this.family.name, operation },
        "ttl",
        "is given, but the schema fixes it",
        "Leave it out, or declare ttl: { upTo } in the schema. Nothing was sent.",
      );
    }
    return ttl.kind === "none" ? 0 : ttl.ms;
  }

  #withTtl(args: Argument[], ms: number): Argument[] {
    if (ms !== 0) args.push("PX", String(ms));
    return args;
  }
}

/** Where a compare-and-set call holds what it expects: behind EVALSHA, the SHA-1, the number of keys and the key. */
const expectedAt = 4;

const replaced = (reply: unknown): boolean => (reply as unknown[])[0] === 1;

/** True, or what a compare-and-set found in the key instead: null where it is absent. */
function compared(reply: unknown): true | string | Buffer | null {
  const [done, stored] = reply as [number, (string | Buffer)?];
  return done === 1 ? true : (stored ?? null);
}

/** Repository of a `value` family. `K` are the pattern's parameters, `V` the value. */
export abstract class ValueRepository<K, V> extends Repository<K, ValueFamily<V>, ValuePlans<V>> {
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
   * batch found nothing at a key, to tell an absent key from one of another type. `GETEX` where the TTL is sliding.
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
    return this.#batched ? this.store.reads.get(this.plans, operation, name) : this.run(this.plans.get(name));
  }

  /**
   * The values of several keys, in their order, null where there is none.
   *
   * Redis: as `get`: `MGET` of up to 64 keys, by slot on a Cluster, all sent at once. Not atomic over several commands.
   *
   * @throws the first error among them; a parameter that its codec refuses before anything is sent
   */
  async getMany(keys: readonly K[]): Promise<(V | null)[]> {
    const names = keys.map((key) => this.keyOf(key, "getMany"));
    return Promise.all(names.map((name) => this.#read(name, "getMany")));
  }

  /**
   * Stores a value with its TTL.
   *
   * Redis: `SET key value PX ttl`; a script where the schema keeps the first write's deadline. One round trip.
   *
   * @throws InvalidValueError before anything is sent, where the schema refuses the value
   */
  async set(key: K, value: V, options?: WriteOptions): Promise<void> {
    return this.run(this.plans.set(this.keyOf(key, "set"), value, options));
  }

  /** Stores a value where there is none; false where there was one. Redis: `SET … NX PX`. One round trip. */
  async setIfAbsent(key: K, value: V, options?: WriteOptions): Promise<boolean> {
    return this.run(this.plans.setIfAbsent(this.keyOf(key, "setIfAbsent"), value, options));
  }

  /** Stores a value where there is one; false where there was none. Redis: `SET … XX PX`. One round trip. */
  async replace(key: K, value: V, options?: WriteOptions): Promise<boolean> {
    return this.run(this.plans.replace(this.keyOf(key, "replace"), value, options));
  }

  /**
   * Replaces `expected` by `next`; false, and nothing changed, where the key is absent or holds another value.
   *
   * Redis: one script, one round trip; a second where the stored text is the expected value in another program's
   * formatting. Order within objects, records, maps and sets does not matter. Inside a transaction there is no second
   * round trip, so only the text that Keywright itself writes is replaced.
   */
  async compareAndSet(key: K, expected: V, next: V, options?: WriteOptions): Promise<boolean> {
    const plan = this.plans.compareAndSet(this.keyOf(key, "compareAndSet"), expected, next, options);
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
  async touch(key: K, options?: WriteOptions): Promise<boolean> {
    return this.run(this.plans.touch(this.keyOf(key, "touch"), options));
  }

  /** Reads the value and starts its TTL anew. Redis: `GETEX … PX`. One round trip. */
  async getAndTouch(key: K, options?: WriteOptions): Promise<V | null> {
    return this.run(this.plans.getAndTouch(this.keyOf(key, "getAndTouch"), options));
  }
}
