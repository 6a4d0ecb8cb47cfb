/**
 * What each operation of a `token` family with a value sends.
 *
 * @module
 */
import { AlreadyExistsError, type ErrorContext, MisuseError } from "../runtime/errors.js";
import { type Argument, command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import { getPlan, type Reader } from "../runtime/reads.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import { type KeyFunction, Plans, type RepositoryFamily, type TtlBy } from "./repository.js";
import {
  tokenConsume,
  tokenIssue,
  tokenPeek,
  tokenRead,
  tokenRetire,
  tokenRevoke,
  tokenRotate,
  versionedTake,
} from "./scripts.js";
import { encodeValue, undecodable } from "./stored-value.js";
import { type ExpiryArguments, type IssueArguments, TokenExpiry } from "./token-expiry.js";
import { storedCodec, type Versioned, versionText } from "./versioned.js";

/** How the live token of a scope is found; written by generated code. `T` is the parameter that is the token. */
export interface TokenCurrent<K, T extends keyof K> {
  /** The pointer's pattern. */
  readonly pattern: string;
  /** The pointer's key, without the runtime's prefix. */
  readonly key: KeyFunction<Omit<K, T>>;
  /** The token as the key and the pointer hold it. */
  readonly token: (key: K) => string;
  /** The key of a token that the pointer holds, without the runtime's prefix. */
  readonly keyOf: (scope: Omit<K, T>, token: string) => string;
  /** What a pointer can hold. */
  readonly form: RegExp;
}

/** `T` is the parameter that is the token, where one of them is current. */
export interface TokenFamily<K, V, T extends keyof K = never> extends RepositoryFamily, Versioned {
  readonly kind: "token";
  readonly ttl: TtlPolicy;
  readonly current: TokenCurrent<K, T> | undefined;
  readonly value: Codec<V>;
}

/** The keys of one token. */
export interface TokenKeys {
  readonly key: string;
  /** Where one of them is current. */
  readonly pointer: string | undefined;
  /** What the pointer holds while this one is current. */
  readonly token: string;
}

/** A token as it may be stored again under another key. */
export interface ReadToken {
  readonly stored: Argument;
  /** Milliseconds since 1970, -1 where the TTL was lost. */
  readonly expiresAt: number;
}

const undecodableFix =
  "Another writer, or an older schema, stored it. A token that was consumed is gone: issue another one.";

const yes = (reply: unknown): boolean => reply === 1;
const stored = (reply: unknown): boolean => reply !== null;

/** What each operation of a `token` family with a value sends. `E` says whether an issue takes a TTL. */
export class TokenPlans<V, E extends TtlBy = "fixed"> extends Plans<TokenFamily<never, V>> implements Reader<V | null> {
  /** Steps of operations that no transaction can hold. */
  readonly steps: TokenSteps<V>;
  readonly #codec: Codec<V>;

  constructor(runtime: Runtime, family: TokenFamily<never, V>) {
    super(family);
    this.#codec = storedCodec(family);
    this.steps = new TokenSteps(runtime, family, this.#codec);
  }

  /** SET … NX PX, a script where an end is given. Only for families without `current`. */
  issue(keys: TokenKeys, value: V, ...options: IssueArguments[E]): Plan<void> {
    if (keys.pointer !== undefined) {
      throw new MisuseError(
        { family: this.family.name, operation: "issue" },
        "which token it supersedes is found out first",
        "Call issue outside of the transaction. Nothing was sent.",
      );
    }
    return this.steps.issue(keys.key, this.steps.encode(value), this.steps.expiry.of(options));
  }

  /** GETDEL; a script where one is current, or the schema has a version: GET, DEL */
  consume({ key, pointer, token }: TokenKeys): Plan<V | null> {
    const { version } = this.family;
    const { binary } = this.family.value;
    if (version !== undefined) {
      const at = versionText(version);
      if (pointer === undefined) return scriptCall(this.family, "consume", versionedTake, [key], [at], this.#consumed);
      return scriptCall(this.family, "consume", tokenConsume, [key, pointer], [token, at], this.#consumed);
    }
    if (pointer === undefined) {
      return command(this.family, "consume", key, ["GETDEL", key], this.#consumed, { writes: true, binary });
    }
    return scriptCall(this.family, "consume", tokenConsume, [key, pointer], [token], this.#consumed, binary);
  }

  /** GET; a script that reads where one is current */
  peek({ key, pointer, token }: TokenKeys): Plan<V | null> {
    const { binary } = this.family.value;
    if (pointer !== undefined) {
      return scriptCall(this.family, "peek", tokenPeek, [key, pointer], [token], this.#peeked, binary);
    }
    if (!binary) return getPlan(this, "peek", key);
    return command(this.family, "peek", key, ["GET", key], this.#peeked, { writes: false, binary });
  }

  /** DEL; a script where one is current; true where it was live */
  revoke({ key, pointer, token }: TokenKeys): Plan<boolean> {
    if (pointer === undefined) return command(this.family, "revoke", key, ["DEL", key], yes, commandThat.writes);
    return scriptCall(this.family, "revoke", tokenRevoke, [key, pointer], [token], yes);
  }

  /** What a batched GET answers. */
  read(raw: string | null): V | null {
    return this.#peeked(raw);
  }

  readonly #consumed = (reply: unknown): V | null => this.#value(reply, "consume");
  readonly #peeked = (reply: unknown): V | null => this.#value(reply, "peek");

  #value(reply: unknown, operation: "consume" | "peek"): V | null {
    if (reply === null) return null;
    try {
      return this.#codec.decode(reply as string | Uint8Array);
    } catch (problem) {
      throw undecodable(this.family, operation, problem, operation === "consume", undecodableFix);
    }
  }
}

/** What an issue with a pointer came to: stored, or what the pointer holds instead of what was expected. */
export type Superseded = true | Argument;

export class TokenSteps<V> {
  readonly family: TokenFamily<never, V>;
  readonly expiry: TokenExpiry;

  readonly #codec: Codec<V>;

  constructor(runtime: Runtime, family: TokenFamily<never, V>, stored: Codec<V>) {
    this.family = family;
    this.#codec = stored;
    this.expiry = new TokenExpiry(runtime, family);
  }

  encode(value: V): Argument {
    return encodeValue(this.family, "issue", this.#codec, value);
  }

  issue(key: string, value: Argument, expiry: ExpiryArguments): Plan<void> {
    const [ttl, expiresAt, notBeyond] = expiry;
    if (expiresAt === "" && notBeyond === "") {
      const args = ["SET", key, value, "NX", "PX", ttl];
      return command(this.family, "issue", key, args, this.#issued, commandThat.writes);
    }
    const decode = (reply: unknown): void => this.#issuedUntil(expiry, reply);
    return scriptCall(this.family, "issue", tokenIssue, [key], [value, ...expiry], decode);
  }

  /** A script: GET of the pointer, SET of token and pointer, DEL of the older token. */
  supersede(
    { key, pointer, token }: TokenKeys,
    value: Argument,
    expiry: ExpiryArguments,
    seen: Argument,
    older: string | undefined,
  ): Plan<Superseded> {
    const keys = older === undefined ? [key, pointer as string] : [key, pointer as string, older];
    // Bytes, since a pointer that another program stored may be no text, and is compared with what is stored.
    const decode = (reply: unknown): Superseded => {
      if (typeof reply !== "number") return reply as Argument;
      this.#issuedUntil(expiry, reply);
      return true;
    };
    return scriptCall(this.family, "issue", tokenIssue, keys, [value, ...expiry, token, seen], decode, true);
  }

  /** GETDEL of the pointer: what it named. */
  forget(pointer: string): Plan<string | null> {
    const args = ["GETDEL", pointer];
    return command(this.family, "revokeCurrent", pointer, args, (reply) => reply as string | null, commandThat.writes);
  }

  remove(operation: string, key: string): Plan<boolean> {
    return command(this.family, operation, key, ["DEL", key], yes, commandThat.writes);
  }

  /** A script on keys of one slot: GET, SET … PXAT, DEL; false where there is no such token. */
  rotate(from: TokenKeys, to: TokenKeys): Plan<boolean> {
    const keys = from.pointer === undefined ? [from.key, to.key] : [from.key, to.key, from.pointer];
    const args = [this.expiry.longest, from.token, to.token];
    return scriptCall(this.family, "rotate", tokenRotate, keys, args, this.#rotated);
  }

  /** A script that reads: GET, PEXPIRETIME */
  read(key: string): Plan<ReadToken | null> {
    return scriptCall(this.family, "rotate", tokenRead, [key], [], readToken, true);
  }

  /** SET … NX PXAT; false where the key is taken */
  copy(key: string, { stored: value, expiresAt }: ReadToken): Plan<boolean> {
    const expiry = expiresAt < 0 ? ["PX", this.expiry.longest] : ["PXAT", String(expiresAt)];
    const args = ["SET", key, value, "NX", ...expiry];
    return command(this.family, "rotate", key, args, stored, commandThat.writes);
  }

  /** A script: GET, DEL; false where it no longer stands for the value */
  retire(key: string, value: Argument): Plan<boolean> {
    return scriptCall(this.family, "rotate", tokenRetire, [key], [value], yes);
  }

  context(operation: string): ErrorContext {
    return { family: this.family.name, operation };
  }

  taken(operation: string): AlreadyExistsError {
    return new AlreadyExistsError(this.context(operation), this.family.pattern);
  }

  /** SET answers OK or nil, the script a number. */
  readonly #issued = (reply: unknown): void => {
    if (reply === null || reply === 0) throw this.taken("issue");
  };

  #issuedUntil(expiry: ExpiryArguments, reply: unknown): void {
    const refusal = this.expiry.refusal(reply, expiry);
    if (refusal !== undefined) throw refusal;
    this.#issued(reply);
  }

  readonly #rotated = (reply: unknown): boolean => {
    if (reply === -1) throw this.taken("rotate");
    return reply === 1;
  };
}

function readToken(reply: unknown): ReadToken | null {
  if (reply === null) return null;
  const [value, expiresAt] = reply as [Buffer, number];
  return { stored: value, expiresAt };
}
