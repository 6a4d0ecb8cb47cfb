/**
 * `token` with a code: what was sent to somebody, and is typed in again. One STRING a subject holds the code, beside it
 * the failed attempts and the cooldown.
 *
 * @module
 */

import { InvalidArgumentError, InvalidValueError } from "../runtime/errors.js";
import { type Plan, scriptCall } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TtlPolicy } from "../schema/ttl.js";
import { type Codec, ValueProblem } from "../schema/values/codec.js";
import type { ReadOnly } from "./access.js";
import {
  companionOf,
  type KeyFunction,
  Plans,
  parameterError,
  Repository,
  type RepositoryFamily,
  type TtlBy,
} from "./repository.js";
import type { InTransaction } from "./scope.js";
import { tokenCodeIssue, tokenCodeRevoke, tokenCodeVerify } from "./scripts.js";
import { encodeText } from "./stored-value.js";
import { type ExpiryArguments, type IssueArguments, TokenExpiry } from "./token-expiry.js";

export interface CodeFamily<K, C extends string = string> extends RepositoryFamily {
  readonly kind: "token";
  readonly ttl: TtlPolicy;
  /** `ttl` in milliseconds. `key` gives the counter's key where the schema names its pattern, without the runtime's prefix. */
  readonly attempts: { readonly max: number; readonly ttl: number; readonly key?: KeyFunction<K> };
  /** `for` in milliseconds. */
  readonly cooldown: { readonly for: number; readonly key?: KeyFunction<K> } | undefined;
  readonly code: Codec<C>;
}

/** The keys of one code. */
export interface CodeKeys {
  readonly code: string;
  readonly attempts: string;
  /** undefined where the schema knows no cooldown. */
  readonly cooldown: string | undefined;
}

/** What an `issue` came to: send the code only where it was issued. */
export type Issued =
  | { readonly issued: true }
  | {
      readonly issued: false;
      /** What is left of the cooldown, in milliseconds. */
      readonly retryAfterMs: number;
    };

/** What a `verify` came to. */
export type Verification =
  | { readonly verified: true }
  | {
      readonly verified: false;
      /** `absent`: none was issued, it has expired, or it was used. `too-many-attempts`: this was the last; the code is gone. */
      readonly reason: "wrong" | "absent" | "too-many-attempts";
      readonly attemptsLeft: number;
    };

/** No code is empty, so this is none. */
const noCode = "";

/** What each operation of a `token` family with a code sends. `E` says whether an issue takes a TTL. */
export class CodePlans<C extends string = string, E extends TtlBy = "fixed"> extends Plans<CodeFamily<never, C>> {
  readonly #expiry: TokenExpiry;
  readonly #attempts: readonly [max: string, ttl: string, life: string];

  constructor(runtime: Runtime, family: CodeFamily<never, C>) {
    super(family);
    this.#expiry = new TokenExpiry(runtime, family);
    this.#attempts = [String(family.attempts.max), String(family.attempts.ttl), this.#expiry.longest];
  }

  /** A script: SET … PXAT, DEL of the attempts, SET … PX of the cooldown */
  issue({ code, attempts, cooldown }: CodeKeys, value: C, ...options: IssueArguments[E]): Plan<Issued> {
    const { family } = this;
    const stored = encodeText(family, "issue", family.code, value, "code");
    if (stored === noCode) {
      throw new InvalidValueError({ family: family.name, operation: "issue" }, [{ path: "code", message: "is empty" }]);
    }
    const keys = cooldown === undefined ? [code, attempts] : [code, attempts, cooldown];
    const expiry = this.#expiry.of(options);
    const args = [stored, ...expiry, String(family.cooldown?.for ?? 0)];
    return scriptCall(family, "issue", tokenCodeIssue, keys, args, (reply) => this.#issued(reply, expiry));
  }

  /** A script: GET, INCR, then DEL of code and attempts, or PTTL and PEXPIRE of the attempts */
  verify({ code, attempts }: CodeKeys, presented: string): Plan<Verification> {
    const args = [this.#presented(presented), ...this.#attempts];
    return scriptCall(this.family, "verify", tokenCodeVerify, [code, attempts], args, verified);
  }

  /** A script: DEL of code and attempts; true where there was a code */
  revoke({ code, attempts }: CodeKeys): Plan<boolean> {
    return scriptCall(this.family, "revoke", tokenCodeRevoke, [code, attempts], [], removed);
  }

  #issued(reply: unknown, expiry: ExpiryArguments): Issued {
    const refusal = this.#expiry.refusal(reply, expiry);
    if (refusal !== undefined) throw refusal;
    return reply === 0 ? { issued: true } : { issued: false, retryAfterMs: reply as number };
  }

  /** What the schema refuses is no code, however long it is: it counts as an attempt, and is not sent. */
  #presented(presented: string): string {
    if (typeof presented !== "string") {
      throw new InvalidArgumentError(
        { family: this.family.name, operation: "verify" },
        "presented",
        "is no text",
        "Pass what was typed in. Nothing was sent, and no attempt was counted.",
      );
    }
    try {
      return this.family.code.encode(presented as C) as string;
    } catch (problem) {
      if (problem instanceof ValueProblem) return noCode;
      throw problem;
    }
  }
}

const removed = (reply: unknown): boolean => reply === 1;

function verified(reply: unknown): Verification {
  const [outcome, left = 0] = reply as [outcome: number, left?: number];
  if (outcome === 1) return { verified: true };
  const reason = outcome === 0 ? "absent" : outcome === -1 ? "wrong" : "too-many-attempts";
  return { verified: false, reason, attemptsLeft: left };
}

/**
 * Repository of a `token` family with a code. `K` are the pattern's parameters: whom it was sent to, and what for; `E` is
 * `perCall` where the schema leaves the TTL to the caller of `issue`.
 */
export class CodeRepository<K, C extends string = string, E extends TtlBy = "fixed"> extends Repository<
  K,
  CodeFamily<never, C>,
  CodePlans<C, E>
> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["issue", "verify", "revoke"] as const;

  readonly #attempts: KeyFunction<K> | undefined;
  readonly #cooldown: KeyFunction<K> | undefined;
  readonly #prefix: string;

  constructor(runtime: Runtime, family: CodeFamily<K, C>, key: KeyFunction<K>) {
    // What the plans need of the family does not depend on its parameters.
    const plain = family as unknown as CodeFamily<never, C>;
    super(runtime, plain, key, new CodePlans(runtime, plain));
    this.#attempts = family.attempts.key;
    this.#cooldown = family.cooldown?.key;
    this.#prefix = runtime.prefixOf(family);
  }

  override keysFor(key: K, operation: string): CodeKeys {
    const code = this.keyOf(key, operation);
    const { family } = this;
    try {
      return {
        code,
        attempts: this.#beside(code, key, this.#attempts, "attempts"),
        cooldown: family.cooldown === undefined ? undefined : this.#beside(code, key, this.#cooldown, "cooldown"),
      };
    } catch (problem) {
      throw parameterError(family, operation, problem, key);
    }
  }

  #beside(code: string, key: K, own: KeyFunction<K> | undefined, name: string): string {
    return own === undefined ? companionOf(this.family, code, name) : this.#prefix + own(key);
  }

  /**
   * Stores a code in the place of the one before it, whose failed attempts are forgotten. During the cooldown nothing is
   * changed: send the code only where the answer says that it was issued.
   *
   * Redis: a script (`PTTL` and `SET … PX` of the cooldown, `SET … PXAT` of the code, `DEL` of the attempts). One round
   * trip.
   *
   * An error with `mayHaveBeenApplied` may mean that it was issued: the cooldown may have begun.
   *
   * @throws InvalidValueError before anything is sent, where the schema refuses the code
   * @throws InvalidArgumentError where `expiresAt` or `notBeyond` has passed, or is later than the schema's maximum
   */
  async issue(key: K, code: C, ...options: IssueArguments[E]): Promise<Issued> {
    return this.run(this.plans.issue(this.keysFor(key, "issue"), code, ...options));
  }

  /**
   * Holds what somebody typed in against the code. Success removes code and attempts, so a code counts once; so does the
   * attempt that reaches the maximum. What the schema refuses counts as a wrong attempt too.
   *
   * Redis: a script (`GET`, `INCR`, then `DEL` of both, or `PTTL` and `PEXPIRE` of the attempts). One round trip. It works
   * also when Redis is out of memory.
   *
   * An error with `mayHaveBeenApplied` may mean that the attempt was counted, or the code used: have another one issued.
   */
  async verify(key: K, presented: string): Promise<Verification> {
    return this.run(this.plans.verify(this.keysFor(key, "verify"), presented));
  }

  /**
   * Removes code and attempts, the cooldown stays; false where there was no code.
   *
   * Redis: a script (`DEL` of both). One round trip. It works also when Redis is out of memory.
   */
  async revoke(key: K): Promise<boolean> {
    return this.run(this.plans.revoke(this.keysFor(key, "revoke")));
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface CodeReader<Why extends string, K, C extends string = string, E extends TtlBy = "fixed">
  extends ReadOnly<CodeRepository<K, C, E>, typeof CodeRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface CodeTransactionReader<Why extends string, R, C extends string>
  extends ReadOnly<InTransaction<CodePlans<C>, R>, typeof CodeRepository, Why> {}
