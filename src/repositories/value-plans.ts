/**
 * What each operation of a `value` family sends.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { InvalidArgumentError, type UndecodableValueError } from "../runtime/errors.js";
import { type Argument, command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import type { Reader } from "../runtime/reads.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Script } from "../runtime/script.js";
import type { StandIn } from "../runtime/stand-in.js";
import { type Duration, formatDuration, type TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import { NewerVersionProblem } from "../schema/values/value-problem.js";
import { nothing as absent, whereAbsent } from "./absent-answers.js";
import {
  durationArgument,
  Plans,
  type RepositoryFamily,
  type ResolvedTtl,
  resolveTtl,
  type TtlBy,
} from "./repository.js";
import { valueCompareAndSet, valueKeep, valueSetVersioned, versionedTake } from "./scripts.js";
import { encodeValue, newerVersion, undecodable } from "./stored-value.js";
import { storedCodec, type Versioned, versionText } from "./versioned.js";

export interface ValueFamily<V> extends RepositoryFamily, Versioned {
  readonly kind: "value";
  readonly ttl: TtlPolicy;
  readonly overwrite: "restart" | "keep";
  readonly undecodable: "throw" | "miss";
  readonly value: Codec<V>;
}

/** Options of a write where the schema leaves the TTL to the caller. */
export interface WriteOptions {
  /** How long the value lives, `"90s"` or milliseconds, up to the schema's maximum. */
  readonly ttl: Duration | number;
}

/** What a write takes behind the value: nothing where the schema fixes the TTL. */
export interface WriteArguments {
  readonly fixed: [];
  readonly perCall: [options: WriteOptions];
}

const undecodableFix =
  'Another writer, or an older schema, stored it. Delete or rewrite the key, or declare undecodable: "miss" where it can be rebuilt.';

const written = (reply: unknown): boolean => reply !== null && reply !== 0;
const counted = (reply: unknown): boolean => reply === 1;
const nothing = (): void => undefined;
const replaced = (reply: unknown): boolean => (reply as unknown[])[0] === 1;

/** What each operation of a `value` family sends. `T` says whether its writes take a TTL. */
export class ValuePlans<V, T extends TtlBy = "fixed"> extends Plans<ValueFamily<V>> implements Reader<V | null> {
  readonly #ttl: ResolvedTtl;
  readonly #keep: boolean;
  readonly #binary: boolean;
  readonly #value: Codec<V>;
  /** What a write to a key that may be there runs where SET will not do, and the last of its arguments. */
  readonly #overwrite: { readonly script: Script; readonly mode: readonly string[] } | undefined;
  /** True where a read starts the TTL anew. */
  readonly slides: boolean;
  readonly standIn: StandIn<null> | undefined;

  constructor(runtime: Runtime, family: ValueFamily<V>) {
    super(family);
    this.slides = family.ttl.kind === "sliding";
    this.standIn = whereAbsent(family, absent);
    this.#ttl = resolveTtl(family, family.ttl, runtime.startUpTtl);
    this.#keep = family.overwrite === "keep" && this.#ttl.kind !== "none";
    this.#binary = family.value.binary;
    this.#value = storedCodec(family);
    if (family.version !== undefined) {
      this.#overwrite = { script: valueSetVersioned, mode: [this.#keep ? "KEEP" : ""] };
    } else if (this.#keep) this.#overwrite = { script: valueKeep, mode: [] };
  }

  /** GET; GETEX where the TTL is sliding */
  get(key: string): Plan<V | null> {
    if (this.slides) return this.#reads("get", key, this.#milliseconds("get", []));
    return this.#reads("get", key, 0);
  }

  /** SET … PX, or a script where overwrites keep the deadline, or the schema has a version */
  set(key: string, value: V, ...options: WriteArguments[T]): Plan<void> {
    const ms = this.#milliseconds("set", options);
    const stored = this.#encode("set", value);
    if (this.#overwrite !== undefined) {
      const args = [stored, String(ms), "", ...this.#overwrite.mode];
      return scriptCall(this.family, "set", this.#overwrite.script, [key], args, this.#overwritten.set);
    }
    return command(this.family, "set", key, this.#withTtl(["SET", key, stored], ms), nothing, commandThat.writes);
  }

  /** SET … NX PX; true where it was stored */
  setIfAbsent(key: string, value: V, ...options: WriteArguments[T]): Plan<boolean> {
    const ms = this.#milliseconds("setIfAbsent", options);
    const args = this.#withTtl(["SET", key, this.#encode("setIfAbsent", value), "NX"], ms);
    return command(this.family, "setIfAbsent", key, args, written, commandThat.writes);
  }

  /** SET … XX PX, or a script where overwrites keep the deadline, or the schema has a version; true where the key was there */
  replace(key: string, value: V, ...options: WriteArguments[T]): Plan<boolean> {
    const ms = this.#milliseconds("replace", options);
    const stored = this.#encode("replace", value);
    if (this.#overwrite !== undefined) {
      const args = [stored, String(ms), "XX", ...this.#overwrite.mode];
      return scriptCall(this.family, "replace", this.#overwrite.script, [key], args, this.#overwritten.replace);
    }
    const args = this.#withTtl(["SET", key, stored, "XX"], ms);
    return command(this.family, "replace", key, args, written, commandThat.writes);
  }

  /** GETDEL; a script where the schema has a version */
  take(key: string): Plan<V | null> {
    const { version } = this.family;
    if (version !== undefined) {
      return scriptCall(this.family, "take", versionedTake, [key], [versionText(version)], this.#reading.take);
    }
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
  touch(key: string, ...options: WriteArguments[T]): Plan<boolean> {
    const ms = this.#milliseconds("touch", options);
    if (ms === 0) return command(this.family, "touch", key, ["EXISTS", key], counted, commandThat.reads);
    return command(this.family, "touch", key, ["PEXPIRE", key, String(ms)], counted, commandThat.writes);
  }

  /** GETEX … PX */
  getAndTouch(key: string, ...options: WriteArguments[T]): Plan<V | null> {
    return this.#reads("getAndTouch", key, this.#milliseconds("getAndTouch", options));
  }

  /** A script that compares and sets; true where the stored text was exactly what the schema makes of `expected` */
  compareAndSet(key: string, expected: V, next: V, ...options: WriteArguments[T]): Plan<boolean> {
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
      return this.#value.decode(raw);
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
      const value = this.#value;
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

  readonly #overwritten = {
    set: (reply: unknown): void => {
      if (reply === -3) throw this.#newer("set");
    },
    replace: (reply: unknown): boolean => {
      if (reply === -3) throw this.#newer("replace");
      return written(reply);
    },
  };

  #newer(operation: string): UndecodableValueError {
    return newerVersion(this.family, operation, new NewerVersionProblem(this.family.version as number));
  }

  #found(reply: unknown, operation: string): V | null {
    return reply === null ? null : this.#decode(reply as string | Uint8Array, operation, operation === "take");
  }

  #encode(operation: string, value: V): Argument {
    return encodeValue(this.family, operation, this.#value, value);
  }

  /** The TTL of a write; 0 for none. */
  #milliseconds(operation: string, [options]: readonly Partial<WriteOptions>[]): number {
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
