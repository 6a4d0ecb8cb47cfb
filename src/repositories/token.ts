/**
 * `token`: a secret that is used once, a STRING that holds what it stands for; and, where the schema says so, a pointer
 * at the one of a scope that is live.
 *
 * @module
 */

import { InvalidArgumentError, MisuseError, RefusedError } from "../runtime/errors.js";
import { events, publish } from "../runtime/events.js";
import { afterOtherSteps } from "../runtime/failure.js";
import type { Argument, Plan } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import { keySlot } from "../schema/patterns/slot.js";
import type { ReadOnly } from "./access.js";
import { type KeyFunction, parameterError, Repository, type TtlBy } from "./repository.js";
import type { InTransaction } from "./scope.js";
import type { IssueArguments } from "./token-expiry.js";
import { type Superseded, type TokenFamily, type TokenKeys, TokenPlans } from "./token-plans.js";

export { type CodeFamily, CodePlans, CodeRepository, type Issued, type Verification } from "./token-code.js";
export type { IssueArguments, IssueOptions, IssueWithTtlOptions } from "./token-expiry.js";
export { type TokenCurrent, type TokenFamily, type TokenKeys, TokenPlans } from "./token-plans.js";

/** How often an issue starts again because another one superseded the same token first. Each time one of them is through. */
const issues = 100;

/** The parameters that all tokens of a scope share; never where none of them is current. */
export type TokenScope<K, T extends keyof K> = [T] extends [never] ? never : Omit<K, T>;

/**
 * Repository of a `token` family with a value. `K` are the pattern's parameters, `V` what a token stands for, `T` the
 * parameter that is the token, where one of each scope is current; `E` is `perCall` where the schema leaves the TTL to the
 * caller of `issue`.
 */
export class TokenRepository<K, V, T extends keyof K = never, E extends TtlBy = "fixed"> extends Repository<
  K,
  TokenFamily<never, V>,
  TokenPlans<V, E>
> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["issue", "consume", "rotate", "revoke", "revokeCurrent"] as const;

  readonly #current: TokenFamily<K, V, T>["current"];
  readonly #prefix: string;
  /** True where a peek is a plain GET of text, which may leave in a batch. */
  readonly #batched: boolean;

  constructor(runtime: Runtime, family: TokenFamily<K, V, T>, key: KeyFunction<K>) {
    // What the plans need of the family does not depend on its parameters.
    const plain = family as unknown as TokenFamily<never, V>;
    super(runtime, plain, key, new TokenPlans(runtime, plain));
    this.#current = family.current;
    this.#prefix = runtime.prefixOf(family);
    this.#batched = family.current === undefined && !family.value.binary;
  }

  override keysFor(key: K, operation: string): TokenKeys {
    const current = this.#current;
    if (current === undefined) return { key: this.keyOf(key, operation), pointer: undefined, token: "" };
    try {
      const token = current.token(key);
      return { key: this.#prefix + current.keyOf(key, token), pointer: this.#prefix + current.key(key), token };
    } catch (problem) {
      throw parameterError(this.family, operation, problem, key);
    }
  }

  /**
   * Stores what a new token stands for. Where the schema knows a current one it becomes that, and the one before it is
   * removed in the same step.
   *
   * Redis: `SET … NX PX`; a script where `expiresAt` or `notBeyond` is given. One round trip. Where one is current
   * a script (`GET`, `SET … PXAT` of token and pointer, `DEL`), and a second time where it supersedes an older one.
   *
   * @throws AlreadyExistsError where the key is taken; draw a new token
   * @throws InvalidValueError before anything is sent, where the schema refuses the value
   * @throws InvalidArgumentError where `expiresAt` or `notBeyond` has passed, or is later than the schema's maximum
   */
  async issue(key: K, value: V, ...options: IssueArguments[E]): Promise<void> {
    const keys = this.keysFor(key, "issue");
    const { steps } = this.plans;
    const [stored, expiry] = [steps.encode(value), steps.expiry.of(options)];
    if (keys.pointer === undefined) return this.run(steps.issue(keys.key, stored, expiry));
    let seen: Argument = "";
    for (let i = 0; i < issues; i++) {
      const older: string | undefined = seen.length === 0 ? undefined : this.#named(key, String(seen), "issue");
      const found: Superseded = await this.run(steps.supersede(keys, stored, expiry, seen, older));
      if (found === true) return;
      seen = found;
    }
    throw new RefusedError(
      steps.context("issue"),
      "BUSY",
      `other tokens of the scope were issued during each of ${issues} attempts`,
      "Nothing was stored; try again.",
    );
  }

  /**
   * What the token stands for, and it is gone: of any number of callers one gets it. Null where there is none: it was
   * consumed, revoked or superseded, or has expired.
   *
   * Redis: `GETDEL`; where one is current a script (`GET`, `DEL` of token and pointer). One round trip. It works also
   * when Redis is out of memory.
   *
   * An error with `mayHaveBeenApplied` may mean that the token is gone and nobody has what it stood for.
   *
   * @throws UndecodableValueError where it stood for no such value; it is gone then too
   */
  async consume(key: K): Promise<V | null> {
    return this.run(this.plans.consume(this.keysFor(key, "consume")));
  }

  /**
   * What the token stands for, or null; it stays. What somebody may do once must be asked with `consume`.
   *
   * Redis: `GET`, batched with the other reads of the tick as `MGET`; where one is current a script that reads. One
   * round trip.
   */
  async peek(key: K): Promise<V | null> {
    const keys = this.keysFor(key, "peek");
    return this.#batched ? this.store.reads.get(this.plans, "peek", keys.key) : this.run(this.plans.peek(keys));
  }

  /**
   * Ends a token; false where it was not live.
   *
   * Redis: `DEL`; where one is current a script (`GET`, `DEL`). One round trip. It works also when Redis is out of
   * memory.
   */
  async revoke(key: K): Promise<boolean> {
    return this.run(this.plans.revoke(this.keysFor(key, "revoke")));
  }

  /**
   * Ends the live token of a scope, whichever it is; false where there is none.
   *
   * Redis: `GETDEL` of the pointer, from when on no token of the scope is live, then `DEL` of the token. Two round trips.
   *
   * After an error with `mayHaveBeenApplied` it may be live no longer, and what it stood for still be stored until its TTL
   * ends: call it again, and take false for an answer.
   */
  async revokeCurrent(scope: TokenScope<K, T>): Promise<boolean> {
    const { steps } = this.plans;
    if (this.#current === undefined) {
      throw new MisuseError(
        steps.context("revokeCurrent"),
        "the schema knows no current token",
        "Declare current in the schema, and generate again. Nothing was sent.",
      );
    }
    let pointer: string;
    try {
      pointer = this.#prefix + this.#current.key(scope);
    } catch (problem) {
      throw parameterError(this.family, "revokeCurrent", problem, scope);
    }
    const token = await this.run(steps.forget(pointer));
    const name = token === null ? undefined : this.#named(scope, token, "revokeCurrent");
    return name !== undefined && (await this.#further(steps.remove("revokeCurrent", name)));
  }

  /**
   * Gives what a token stands for to a new token, with the same deadline, and ends the first. False, and nothing changed,
   * where there is no such token, or it was consumed meanwhile. Of several callers one wins.
   *
   * Redis: a script (`GET`, `SET … PXAT`, `DEL`) where both lie in one slot, as with a tag; one round trip. Else in this
   * order, so that they are never both gone: read, create the new one, remove the old one if it is still what was
   * read, and the new one if not. Three round trips.
   *
   * After an error with `mayHaveBeenApplied` the old one, the new one or both may be there. Revoke the new one, so that it
   * counts once; where the old one is gone too, issue another.
   *
   * @throws AlreadyExistsError where `newKey` is taken; the old token stays
   */
  async rotate(key: K, newKey: K): Promise<boolean> {
    const [from, to] = [this.keysFor(key, "rotate"), this.keysFor(newKey, "rotate")];
    const { steps } = this.plans;
    if (from.key === to.key || from.pointer !== to.pointer) {
      throw new InvalidArgumentError(
        steps.context("rotate"),
        "newKey",
        from.key === to.key ? "is the old key" : "is of another scope, which has a current token of its own",
        "Draw a new random token for the same scope. Nothing was sent.",
      );
    }
    // A family that moves has each token at one place, and steps of one place: also where two share a slot.
    const together = this.family.moved === undefined && keySlot(from.key) === keySlot(to.key);
    if (together) return this.run(steps.rotate(from, to));
    const found = await this.run(steps.read(from.key));
    if (found === null) return false;
    if (!(await this.run(steps.copy(to.key, found)))) throw steps.taken("rotate");
    if (await this.#further(steps.retire(from.key, found.stored))) return true;
    // Consumed or rotated meanwhile. Nobody knows the new one yet.
    await this.#further(steps.remove("rotate", to.key));
    return false;
  }

  /** Runs a step after others that were applied, which its failure has to tell. */
  async #further<R>(step: Plan<R>): Promise<R> {
    try {
      return await this.run(step);
    } catch (error) {
      throw afterOtherSteps(error);
    }
  }

  /** The key of a token that a pointer holds; undefined where that is none. */
  #named(scope: Omit<K, T>, token: string, operation: string): string | undefined {
    const current = this.#current as NonNullable<TokenFamily<K, V, T>["current"]>;
    if (current.form.test(token)) return this.#prefix + current.keyOf(scope, token);
    if (events.hasSubscribers) publish("undecodable", this.family, operation);
    return undefined;
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface TokenReader<Why extends string, K, V, T extends keyof K = never, E extends TtlBy = "fixed">
  extends ReadOnly<TokenRepository<K, V, T, E>, typeof TokenRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface TokenTransactionReader<Why extends string, R, V>
  extends ReadOnly<InTransaction<TokenPlans<V>, R>, typeof TokenRepository, Why> {}
