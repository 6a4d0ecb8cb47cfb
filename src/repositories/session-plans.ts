/**
 * What each operation of a `session` family sends.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import {
  AlreadyExistsError,
  type ErrorContext,
  InvalidArgumentError,
  InvalidValueError,
  MisuseError,
  RefusedError,
  UndecodableValueError,
} from "../runtime/errors.js";
import { events } from "../runtime/events.js";
import { publish } from "../runtime/executor.js";
import { command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import { type EnvelopeWire, type ReadHead, splitEnvelope, writeEnvelope } from "../schema/values/envelope.js";
import { type Upgrades, upgradeValue } from "../schema/values/upgrade.js";
import { ValueProblem } from "../schema/values/value-problem.js";
import { Plans, type RepositoryFamily, resolveTtl } from "./repository.js";
import {
  sessionCreate,
  sessionEnd,
  sessionIndex,
  sessionLoad,
  sessionLoadAndTouch,
  sessionPrune,
  sessionSave,
  sessionTouch,
} from "./scripts.js";
import { type Owner, ownerOfValue, type SessionOwners } from "./session-owner.js";

/** `O` is the type of the owners. */
export interface SessionFamily<V, O = never> extends RepositoryFamily {
  readonly kind: "session";
  readonly ttl: TtlPolicy;
  readonly owners: SessionOwners<V, O> | undefined;
  readonly value: Codec<V>;
  /** The version of the value's shape; 1 where it is left out. */
  readonly version?: number;
  readonly upgrades?: Upgrades;
}

/** The schema's `upgrade`. Called by generated code. */
export function upgradesOf(family: { readonly options: object } | undefined): Upgrades {
  const declared = (family?.options as { upgrade?: Upgrades } | undefined)?.upgrade;
  if (declared !== undefined) return declared;
  throw new TypeError(
    "The schema no longer declares the upgrade that the generated code was made for. Run `keywright generate`.",
  );
}

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
  readonly value: V;
}

/** An envelope's text as it may be stored again under another key. */
export interface Snapshot<V> extends StoredSession<V> {
  readonly text: string;
  /** Milliseconds since 1970; undefined where the TTL was lost. */
  readonly expiresAt: number | undefined;
}

const removed = (reply: unknown): boolean => reply === 1;
const number = (reply: unknown): number => reply as number;
const numbers = (reply: unknown): number[] => reply as number[];

/** What a save came to: done, none there, or it belongs to another owner by what is stored. */
export type Saved = true | false | "another owner";

/** What each operation of a `session` family sends. */
export class SessionPlans<V, O = never> extends Plans<SessionFamily<V, O>> {
  /** Steps of operations on several slots, which no transaction can hold. */
  readonly steps: SessionSteps<V, O>;
  readonly #prefix: string;

  constructor(runtime: Runtime, family: SessionFamily<V, O>) {
    super(family);
    this.#prefix = runtime.prefixOf(family);
    this.steps = new SessionSteps(runtime, family);
  }

  /** A script: SET … PXAT where there is none. Only for families without owners. */
  create(key: string, value: V, options?: CreateOptions): Plan<void> {
    const { encode, create } = this.steps;
    if (this.family.owners !== undefined) {
      throw new MisuseError(
        { family: this.family.name, operation: "create" },
        "an owned session is entered into its owner's index first, which lies in another slot",
        "Call create outside of the transaction. Nothing was sent.",
      );
    }
    return create(key, encode("create", value, undefined), options, undefined);
  }

  /** A script that reads: GET; null where there is none, or it is past its hard end */
  load(key: string): Plan<V | null> {
    return scriptCall(this.family, "load", sessionLoad, [key], [""], this.steps.loaded);
  }

  /** A script: GET, PEXPIREAT */
  loadAndTouch(key: string): Plan<V | null> {
    const { sliding, loadedAndTouched } = this.steps;
    return scriptCall(this.family, "loadAndTouch", sessionLoadAndTouch, [key], [sliding], loadedAndTouched);
  }

  /** A script: SET … PXAT where it is there and keeps its owner */
  save(key: string, value: V): Plan<boolean> {
    const { encode, save } = this.steps;
    const plan = save(key, encode("save", value, ownerOfValue(this.family, this.#prefix, "save", value)), undefined);
    return { ...plan, decode: this.#saved };
  }

  /** A script: PEXPIREAT; false where there is none */
  touch(key: string): Plan<boolean> {
    const { sliding, touched } = this.steps;
    return scriptCall(this.family, "touch", sessionTouch, [key], [sliding], touched);
  }

  /** DEL; true where it was there */
  destroy(key: string): Plan<boolean> {
    return command(this.family, "destroy", key, ["DEL", key], removed, commandThat.writes);
  }

  readonly #saved = (reply: unknown): boolean => {
    const saved = this.steps.saved(reply);
    if (saved !== "another owner") return saved;
    throw new MisuseError(
      { family: this.family.name, operation: "save" },
      "the session would change its owner, whose index lies in another slot",
      "Call save outside of the transaction. The session was not changed.",
    );
  };
}

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

  /** The envelope of a value, with an id of its own and its hard end still open. */
  readonly encode = (operation: string, value: V, owner: Owner | undefined): string => {
    let encoded: string;
    try {
      encoded = this.family.value.encode(value) as string;
    } catch (problem) {
      if (!(problem instanceof ValueProblem)) throw problem;
      throw new InvalidValueError(this.context(operation), problem.issues);
    }
    const head = { kind: "value", id: randomBytes(8).toString("hex"), version: this.#version, hardEnd: null } as const;
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
      if (head.version === this.#version) return { head, value: value.decode(body) };
      return { head, value: upgradeValue(value, upgrades, head.version, this.#version, body) };
    } catch (problem) {
      if (!(problem instanceof ValueProblem)) throw problem;
      throw this.undecodable(operation, problem);
    }
  };

  /** `indexedAt`: when it was entered into its owner's index. */
  readonly create = (
    key: string,
    text: string,
    options: CreateOptions | undefined,
    indexedAt: number | undefined,
  ): Plan<void> => {
    const plan = this.store("create", key, text, indexedAt, this.#end(options?.endsAt), "");
    return { ...plan, decode: this.#created };
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
      return { ...this.decode(text, operation), text, expiresAt: expiresAt < 0 ? undefined : expiresAt };
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

  undecodable(operation: string, problem?: ValueProblem): UndecodableValueError {
    if (events.hasSubscribers) publish("undecodable", this.family, operation);
    return new UndecodableValueError(
      this.context(operation),
      problem?.issues ?? [{ path: "", message: "is no session of this schema" }],
    );
  }

  /** What a newer version of the schema stored is neither half-read nor overwritten. */
  newer(operation: string): UndecodableValueError {
    if (events.hasSubscribers) publish("newer-version", this.family, operation);
    return new UndecodableValueError(
      this.context(operation),
      [{ path: "", message: `is of a newer version than ${this.#version}` }],
      false,
      "A newer version of the schema stored it: deploy that version here. Nothing was changed.",
    );
  }

  #value(reply: unknown, operation: string): V | null {
    return reply === null ? null : this.decode(reply as string, operation).value;
  }

  readonly #created = (reply: unknown): void => {
    if (this.#stored(reply, "create")) return;
    throw new InvalidArgumentError(
      this.context("create"),
      "endsAt",
      "has passed by the server's clock",
      "Nothing was stored.",
    );
  };

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

  #end(endsAt: Date | number | undefined): string {
    if (endsAt === undefined) return "";
    const ms = Number(endsAt);
    if (Number.isSafeInteger(ms) && ms >= 0 && ms < 1e15) return String(ms);
    throw new InvalidArgumentError(
      this.context("create"),
      "endsAt",
      "is neither a date nor whole milliseconds since 1970",
      "Nothing was sent.",
    );
  }
}
