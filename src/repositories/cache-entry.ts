/**
 * What a key of a `cache` holds: a value, or the note that there is none. Both stand in the envelope, unless the wire
 * is a bare one.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { InvalidArgumentError, InvalidValueError } from "../runtime/errors.js";
import { events, publish } from "../runtime/events.js";
import type { Family } from "../runtime/family.js";
import type { Argument } from "../runtime/plan.js";
import type { Codec } from "../schema/values/codec.js";
import { type EnvelopeKind, type EnvelopeWire, splitEnvelope, writeEnvelope } from "../schema/values/envelope.js";
import { upgradeValue } from "../schema/values/upgrade.js";
import { ValueProblem } from "../schema/values/value-problem.js";
import { decodeOrSkip, encodeValue } from "./stored-value.js";
import type { Versioned } from "./versioned.js";

/** What a read of a cache found instead of a value. */
export class NoValue {
  /**
   * - `absent`: the key is
   * - `negative`: it is remembered that there is none
   * - `unreadable`: it holds `seen`, which is no value, and which a load may replace
   * - `reserved`: it holds what a newer schema or a newer Keywright wrote, which is never replaced
   * - `redis-failed`: nobody knows
   */
  readonly why: "absent" | "negative" | "unreadable" | "reserved" | "redis-failed";
  readonly seen: string | Buffer | undefined;

  constructor(why: NoValue["why"], seen?: string | Buffer) {
    this.why = why;
    this.seen = seen;
  }
}

export const absent = new NoValue("absent");
export const negative = new NoValue("negative");
export const redisFailure = new NoValue("redis-failed");
const reserved = new NoValue("reserved");

/** What the entries need of a family. */
interface EntriesFamily<V> extends Family, Versioned {
  readonly negative?: number;
  readonly value: Codec<V>;
}

/** Writes and reads the entries of one family. */
export class CacheEntries<V> {
  readonly #family: EntriesFamily<V>;
  readonly #codec: Codec<V>;
  /** undefined where the bare value is stored. */
  readonly #wire: EnvelopeWire | undefined;
  /** The version of the stored shape. */
  readonly #version: number;

  constructor(family: EntriesFamily<V>) {
    const { wire } = family.value;
    this.#family = family;
    this.#codec = family.value;
    this.#version = family.version ?? 1;
    this.#wire = wire === "json" || wire === "superjson" ? wire : undefined;
  }

  /** The value of a stored text, or why there is none; what does not decode is an event. */
  read(stored: string | Buffer | null): V | NoValue {
    if (stored === null) return absent;
    if (this.#wire === undefined) return this.#decoded(stored, stored);
    const split = splitEnvelope(stored as string, this.#wire);
    if (split === undefined) return this.#unreadable(stored);
    const { head, body } = split;
    if (head.version > this.#version) return this.#reserved("newer-version");
    if (head.kind === "value") {
      return head.version === this.#version ? this.#decoded(body, stored) : this.#upgraded(head.version, body, stored);
    }
    if (head.kind !== "negative") return this.#reserved("undecodable");
    // The schema may have given up negative entries since.
    return this.#family.negative === undefined ? new NoValue("unreadable", stored) : negative;
  }

  /** @throws InvalidValueError */
  encode(operation: string, value: V): Argument {
    return encodeValue(this.#family, operation, this.#codec, value);
  }

  /** What is stored for an encoded value; in an envelope with an id of its own. */
  valueEntry(encoded: Argument): Argument {
    return this.#wire === undefined ? encoded : this.#envelope("value", encoded as string, this.#wire);
  }

  /** What is stored for "there is none". */
  negativeEntry(): string {
    return this.#envelope("negative", undefined, "json");
  }

  /**
   * What a loader gave, as every reader will have it.
   *
   * @throws InvalidValueError
   */
  loaded(operation: string, value: V | undefined): Loaded<V> {
    const context = { family: this.#family.name, operation };
    if (value === undefined) {
      const fix = "Return the value, or null where there is none. Nothing was stored.";
      throw new InvalidArgumentError(context, "loader", "returned undefined", fix);
    }
    const encoded = this.encode(operation, value);
    try {
      return new Loaded(this.#codec, encoded);
    } catch (problem) {
      // A schema that writes what it does not read: stored, it would be a miss for ever.
      if (problem instanceof ValueProblem) throw new InvalidValueError(context, problem.issues);
      throw problem;
    }
  }

  #decoded(text: string | Buffer, stored: string | Buffer): V | NoValue {
    const value = decodeOrSkip(this.#family, "get", this.#codec, text);
    return value === undefined ? new NoValue("unreadable", stored) : value;
  }

  #unreadable(stored: string | Buffer): NoValue {
    if (events.hasSubscribers) publish("undecodable", this.#family, "get");
    return new NoValue("unreadable", stored);
  }

  /** A value of an older version; one that nothing upgrades is loaded anew. */
  #upgraded(from: number, body: string, stored: string | Buffer): V | NoValue {
    try {
      return upgradeValue(this.#codec, this.#family.upgrades ?? {}, from, this.#version, body);
    } catch (problem) {
      if (!(problem instanceof ValueProblem)) throw problem;
      return this.#unreadable(stored);
    }
  }

  #reserved(why: "newer-version" | "undecodable"): NoValue {
    if (events.hasSubscribers) publish(why, this.#family, "get");
    return reserved;
  }

  #envelope(kind: EnvelopeKind, encoded: string | undefined, wire: EnvelopeWire): string {
    const head = { kind, id: randomBytes(8).toString("hex"), version: this.#version, hardEnd: null };
    return writeEnvelope(head, encoded, wire);
  }
}

/**
 * A loaded value. It is handed out as it was stored and read back, so that a fresh one has what a cached one has (no
 * undeclared fields, all defaults), and everyone who shares the load has a copy of their own.
 */
export class Loaded<V> {
  readonly encoded: Argument;
  /** Decoded once already, for the first who takes it. */
  readonly value: V;
  readonly #codec: Codec<V>;
  #taken = false;

  constructor(codec: Codec<V>, encoded: Argument) {
    this.#codec = codec;
    this.encoded = encoded;
    this.value = this.#decode();
  }

  take(): V {
    if (this.#taken) return this.#decode();
    this.#taken = true;
    return this.value;
  }

  #decode(): V {
    const { encoded } = this;
    return this.#codec.decode(typeof encoded === "string" ? encoded : Buffer.from(encoded));
  }
}
