/**
 * What each operation of a `cache` family sends.
 *
 * @module
 */
import { MisuseError } from "../runtime/errors.js";
import { events, publish } from "../runtime/events.js";
import { type Argument, type CommandOptions, command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import type { Reader } from "../runtime/reads.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import { CacheEntries, NoValue } from "./cache-entry.js";
import { Plans, type RepositoryFamily, resolveTtl } from "./repository.js";
import { cacheReplace, cacheSetVersioned } from "./scripts.js";
import { jittered } from "./ttl-jitter.js";
import type { Versioned } from "./versioned.js";

/** Without a version it is 1, where the entries stand in the envelope. */
export interface CacheFamily<V> extends RepositoryFamily, Versioned {
  readonly kind: "cache";
  readonly ttl: TtlPolicy;
  /** For how long it is remembered that there is none, in milliseconds; left out where it is not. */
  readonly negative?: number;
  /** `deadline`: by when a loader must have its result, in milliseconds. */
  readonly loader: { readonly deadline: number };
  readonly value: Codec<V>;
}

const nothing = (): void => undefined;
const replaced = (reply: unknown): boolean => reply === 1;
/** SET … NX GET answers with what was there. */
const wasAbsent = (reply: unknown): boolean => reply === null;
const asBytes = (reply: unknown): Buffer | null => reply as Buffer | null;
const readsBytes: CommandOptions = { writes: false, binary: true };

/**
 * What a transaction may hold: reads. A set or an invalidation first revokes the loads under way, which is done at once
 * and not when the transaction is sent.
 */
export class CachePlans<V> extends Plans<CacheFamily<V>> {
  readonly steps: CacheSteps<V>;

  constructor(runtime: Runtime, family: CacheFamily<V>) {
    super(family);
    this.steps = new CacheSteps(runtime, family);
  }

  /** GET; null where there is no value */
  get(key: string): Plan<V | null> {
    return { ...this.steps.get(key, "get"), decode: this.#valueOrNull };
  }

  readonly #valueOrNull = (reply: unknown): V | null => {
    const found = this.steps.read(reply as string | null);
    return found instanceof NoValue ? null : found;
  };
}

/** The steps that operations are made of. */
export class CacheSteps<V> implements Reader<V | NoValue> {
  readonly family: CacheFamily<V>;
  readonly entries: CacheEntries<V>;
  /** A fill finds out whether the key has another type. */
  readonly nilIsAbsent = true;
  readonly #ms: number;
  readonly #jitter: number;

  constructor(runtime: Runtime, family: CacheFamily<V>) {
    this.family = family;
    this.entries = new CacheEntries(family);
    const ttl = resolveTtl(family, family.ttl, runtime.startUpTtl);
    if (ttl.kind !== "fixed") {
      throw new MisuseError(
        { family: family.name, operation: "ttl" },
        "a cache has no fixed TTL",
        'Write a duration in the schema, such as ttl: "10m", and generate again.',
      );
    }
    this.#ms = ttl.ms;
    this.#jitter = family.ttl.kind === "fixed" ? (family.ttl.jitter ?? 0) : 0;
  }

  /** What a batched GET found. */
  read(raw: string | null): V | NoValue {
    return this.entries.read(raw);
  }

  misses(found: V | NoValue): boolean {
    return found instanceof NoValue && found.why !== "negative";
  }

  /** GET outside of a batch */
  get(key: string, operation: string): Plan<V | NoValue> {
    const { binary } = this.family.value;
    return command(this.family, operation, key, ["GET", key], this.#found, { writes: false, binary });
  }

  /** SET … PX; where the schema has a version, a script that removes what a newer one stored instead */
  set(key: string, operation: string, encoded: Argument): Plan<void> {
    const entry = this.entries.valueEntry(encoded);
    if (this.family.version !== undefined) {
      return scriptCall(this.family, operation, cacheSetVersioned, [key], [entry, this.#ttl(key)], this.#set);
    }
    const args = ["SET", key, entry, "PX", this.#ttl(key)];
    return command(this.family, operation, key, args, nothing, commandThat.writes);
  }

  /**
   * Stores a loaded value, or without one that there is none: SET … NX GET PX where the key was absent, else a script
   * that replaces exactly what was seen. False where it was not stored.
   */
  fill(key: string, operation: string, encoded: Argument | undefined, seen: string | Buffer | undefined) {
    const { family, entries } = this;
    const entry = encoded === undefined ? entries.negativeEntry() : entries.valueEntry(encoded);
    const ttl = encoded === undefined ? String(family.negative) : this.#ttl(key);
    if (seen !== undefined) return scriptCall(family, operation, cacheReplace, [key], [seen, entry, ttl], replaced);
    // With GET, a key of another type is an error, and not only "there is something".
    const args = ["SET", key, entry, "NX", "GET", "PX", ttl];
    return command(family, operation, key, args, wasAbsent, commandThat.writes);
  }

  /** GET of bytes, for what is no UTF-8 text */
  bytes(key: string, operation: string): Plan<Buffer | null> {
    return command(this.family, operation, key, ["GET", key], asBytes, readsBytes);
  }

  /** DEL */
  remove(key: string, operation: string): Plan<void> {
    return command(this.family, operation, key, ["DEL", key], nothing, commandThat.writes);
  }

  readonly #found = (reply: unknown): V | NoValue => this.entries.read(reply as string | Buffer | null);

  readonly #set = (reply: unknown): void => {
    if (reply === 0 && events.hasSubscribers) publish("newer-version", this.family, "set");
  };

  #ttl(key: string): string {
    return String(this.#jitter === 0 ? this.#ms : jittered(this.#ms, this.#jitter, key));
  }
}
