/**
 * The steps that the operations of a `session` family are made of: several of them concern keys of several slots.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import {
  AlreadyExistsError,
  type ErrorContext,
  MisuseError,
  RefusedError,
  type UndecodableValueError,
} from "../runtime/errors.js";
import { type Plan, scriptCall } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import { type EnvelopeWire, type ReadHead, splitEnvelope, writeEnvelope } from "../schema/values/envelope.js";
import { upgradeValue } from "../schema/values/upgrade.js";
import { NewerVersionProblem, ValueProblem } from "../schema/values/value-problem.js";
import { resolveTtl } from "./repository.js";
import { sessionCreate, sessionEnd, sessionIndex, sessionLoad, sessionPrune, sessionSave } from "./scripts.js";
import type { SessionFamily } from "./session-family.js";
import type { Owner } from "./session-owner.js";
import { encodeText, newerVersion, undecodable } from "./stored-value.js";
import { hasPassed, timeArgument } from "./time-argument.js";

/** Options of a new session. */
export interface CreateOptions {
  /** Ends it earlier than the schema's maximum, whatever touches it: a date, or milliseconds since 1970. */
  readonly endsAt?: Date | number;
}

/** For how long after its entry into the index a session may be created, in milliseconds. */
export const entryGrace = 30_000;
/** For how long an entry without a session stays in the index, in milliseconds: longer, so that none is lost. */
export const pruneGrace = 60_000;

/** A session as it is stored. */
export interface StoredSession<V> {
  readonly head: ReadHead;
  /** The value as it is encoded; it may hold more than the schema of this instance knows. */
  readonly body: string;
  readonly value: V;
}

/** A session as it may be stored again under another key. */
export interface Snapshot<V> extends StoredSession<V> {
  /** Milliseconds since 1970; undefined where the TTL was lost. */
  readonly expiresAt: number | undefined;
}

const notASession = new ValueProblem("decode", [{ path: "", message: "is no session of this schema" }]);

const number = (reply: unknown): number => reply as number;
const numbers = (reply: unknown): number[] => reply as number[];

/** What a save came to: done, none there, or it belongs to another owner by what is stored. */
export type Saved = true | false | "another owner";

/** The steps that operations are made of. */
export class SessionSteps<V, O> {
  readonly family: SessionFamily<V, O>;
  /** In milliseconds, as scripts take them. */
  readonly sliding: string;
  readonly max: string;
  readonly #wire: EnvelopeWire;
  readonly #version: number;

  constructor(runtime: Runtime, family: SessionFamily<V, O>) {
    this.family = family;
    const ttl = resolveTtl(family, family.ttl, runtime.startUpTtl);
    if (ttl.kind === "perCall" || ttl.kind === "none" || (ttl.kind === "sliding" && ttl.max === undefined)) {
      throw new MisuseError(
        { family: family.name, operation: "ttl" },
        "a session needs a maximum",
        'Write ttl: { sliding: "30m", max: "24h" } and generate again.',
      );
    }
    this.sliding = String(ttl.ms);
    this.max = String(ttl.max ?? ttl.ms);
    this.#wire = family.value.wire as EnvelopeWire;
    this.#version = family.version ?? 1;
  }

  /** A value as it is encoded, without its envelope. */
  readonly encode = (operation: string, value: V): string =>
    encodeText(this.family, operation, this.family.value, value);

  /** The envelope of an encoded value of a version, with an id of its own and its hard end still open. */
  readonly wrap = (encoded: string, owner: Owner | undefined, version = this.#version): string => {
    const head = { kind: "value", id: randomBytes(8).toString("hex"), version, hardEnd: null } as const;
    return writeEnvelope(owner === undefined ? head : { ...head, extras: { o: owner.digest } }, encoded, this.#wire);
  };

  /** @throws UndecodableValueError */
  readonly decode = (text: string, operation: string): StoredSession<V> => {
    const split = splitEnvelope(text, this.#wire);
    if (split === undefined || split.head.kind !== "value" || split.head.hardEnd === null) {
      throw this.undecodable(operation);
    }
    const { head, body } = split;
    if (head.version > this.#version) throw this.newer(operation);
    const { value, upgrades = {} } = this.family;
    try {
      if (head.version === this.#version) return { head, body, value: value.decode(body) };
      return { head, body, value: upgradeValue(value, upgrades, head.version, this.#version, body) };
    } catch (problem) {
      throw undecodable(this.family, operation, problem);
    }
  };

  /** `indexedAt`: when it was entered into its owner's index. */
  readonly create = (
    key: string,
    text: string,
    options: CreateOptions | undefined,
    indexedAt: number | undefined,
  ): Plan<void> => {
    const endsAt = options?.endsAt === undefined ? "" : timeArgument(this.context("create"), "endsAt", options.endsAt);
    const plan = this.store("create", key, text, indexedAt, endsAt, "");
    return { ...plan, decode: (reply) => this.#created(reply, endsAt) };
  };

  /** Stores a session under a key that is free; false where it has ended already. */
  store(
    operation: string,
    key: string,
    text: string,
    indexedAt: number | undefined,
    endsAt: string,
    expiresAt: string,
  ): Plan<boolean> {
    const entered = indexedAt === undefined ? "" : String(indexedAt);
    const args = [text, this.sliding, this.max, entered, String(entryGrace), endsAt, expiresAt];
    return scriptCall(this.family, operation, sessionCreate, [key], args, (reply) => this.#stored(reply, operation));
  }

  readonly save = (key: string, text: string, indexedAt: number | undefined): Plan<Saved> => {
    const args = [text, this.sliding, indexedAt === undefined ? "" : String(indexedAt), String(entryGrace)];
    return scriptCall(this.family, "save", sessionSave, [key], args, this.saved);
  };

  /** A script on the owner's index: ZADD, PEXPIREAT; gives the server's time. */
  index(operation: string, owner: Owner, key: string): Plan<number> {
    return scriptCall(this.family, operation, sessionIndex, [owner.index], [key, this.max], number);
  }

  /** What is stored, and until when. */
  snapshot(operation: string, key: string): Plan<Snapshot<V> | null> {
    return scriptCall(this.family, operation, sessionLoad, [key], ["EXPIRY"], (reply) => {
      if (reply === null) return null;
      const [text, expiresAt] = reply as [string, number];
      return { ...this.decode(text, operation), expiresAt: expiresAt < 0 ? undefined : expiresAt };
    });
  }

  /** Removes sessions of one slot that are still this owner's, and of this id, where given. */
  end(operation: string, keys: readonly string[], digest: string, id: string): Plan<number[]> {
    return scriptCall(this.family, operation, sessionEnd, keys, [digest, id], numbers);
  }

  /** Takes entries out of an owner's index; `entries` are keys and scores in turn. */
  prune(operation: string, index: string, entries: readonly string[]): Plan<number> {
    const args = [this.max, String(pruneGrace), ...entries];
    return scriptCall(this.family, operation, sessionPrune, [index], args, number);
  }

  readonly loaded = (reply: unknown): V | null => this.#value(reply, "load");
  readonly loadedAndTouched = (reply: unknown): V | null => this.#value(reply, "loadAndTouch");

  readonly touched = (reply: unknown): boolean => {
    if (reply === -1) throw this.undecodable("touch");
    return reply === 1;
  };

  readonly saved = (reply: unknown): Saved => {
    if (reply === -1) throw this.undecodable("save");
    if (reply === -2) throw this.#late("save");
    if (reply === -3) throw this.newer("save");
    return reply === 2 ? "another owner" : reply === 1;
  };

  context(operation: string): ErrorContext {
    return { family: this.family.name, operation };
  }

  undecodable(operation: string): UndecodableValueError {
    return undecodable(this.family, operation, notASession);
  }

  /** What a newer version of the schema stored is neither half-read nor overwritten. */
  newer(operation: string): UndecodableValueError {
    return newerVersion(this.family, operation, new NewerVersionProblem(this.#version));
  }

  #value(reply: unknown, operation: string): V | null {
    return reply === null ? null : this.decode(reply as string, operation).value;
  }

  #created(reply: unknown, endsAt: string): void {
    if (!this.#stored(reply, "create")) throw hasPassed(this.context("create"), "endsAt", endsAt);
  }

  #stored(reply: unknown, operation: string): boolean {
    if (reply === 0) throw new AlreadyExistsError(this.context(operation), this.family.pattern);
    if (reply === -2) throw this.#late(operation);
    return reply === 1;
  }

  #late(operation: string): RefusedError {
    return new RefusedError(
      this.context(operation),
      "LATE",
      "the session was entered into its owner's index so long ago that it may have been taken out again",
      "Nothing was stored; try again.",
    );
  }
}
