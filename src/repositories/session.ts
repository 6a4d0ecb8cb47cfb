/**
 * `session`: a typed value behind a token, with a sliding TTL and a hard end, a STRING; and the sessions of an owner.
 *
 * The owner's index lies in another slot than the session. A session is entered there before it exists, and an entry
 * is taken out only when no session can follow it: what is left by a crash is an entry without a session, never a session
 * without its entry.
 *
 * @module
 */

import { InvalidArgumentError, RefusedError } from "../runtime/errors.js";
import { afterOtherSteps } from "../runtime/failure.js";
import { command, commandThat, type Plan } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import type { ReadOnly } from "./access.js";
import { type KeyFunction, Repository } from "./repository.js";
import type { InTransaction } from "./scope.js";
import type { SessionFamily } from "./session-family.js";
import { type ListedSession, OwnedSessions } from "./session-owned.js";
import { type Owner, ownerOfValue } from "./session-owner.js";
import { SessionPlans } from "./session-plans.js";
import type { CreateOptions, Snapshot } from "./session-steps.js";

export type { SessionFamily, SessionOwners } from "./session-family.js";
export type { ListedSession } from "./session-owned.js";
export { SessionPlans } from "./session-plans.js";
export type { CreateOptions } from "./session-steps.js";

/** How often a rotation is tried where the session is saved meanwhile. */
const rotations = 10;

const owned = (reply: unknown): boolean => reply !== null;
/** Repository of a `session` family. `K` are the pattern's parameters, `V` the value, `O` the owners. */
export class SessionRepository<K, V, O = never> extends Repository<K, SessionFamily<V, O>, SessionPlans<V, O>> {
  /** Operations that only the family's writers have. */
  static readonly writes = [
    "create",
    "loadAndTouch",
    "save",
    "touch",
    "rotate",
    "destroy",
    "list",
    "destroyListed",
    "destroyAll",
  ] as const;

  readonly #prefix: string;
  readonly #owned: OwnedSessions<V, O>;

  constructor(runtime: Runtime, family: SessionFamily<V, O>, key: KeyFunction<K>) {
    super(runtime, family, key, new SessionPlans(runtime, family));
    this.#prefix = runtime.prefixOf(family);
    this.#owned = new OwnedSessions(this.plans.steps, this.store.executor, this.#prefix);
  }

  /**
   * Stores a new session. Its hard end is fixed now: the schema's maximum from now by the server's clock, or the earlier
   * `endsAt`.
   *
   * Redis: a script (`SET … PXAT`); before it, where the session has an owner, a script on the owner's index (`ZADD`,
   * `PEXPIREAT`). One round trip, with an owner two.
   *
   * @throws AlreadyExistsError where the key is taken; draw a new token
   * @throws InvalidValueError before anything is sent, where the schema refuses the value
   * @throws InvalidArgumentError where `endsAt` has passed
   */
  async create(key: K, value: V, options?: CreateOptions): Promise<void> {
    const name = this.keyOf(key, "create");
    const { steps } = this.plans;
    // The schema first: ownedBy may rely on what it has refused.
    const encoded = steps.encode("create", value);
    const owner = ownerOfValue(this.family, this.#prefix, "create", value);
    const text = steps.wrap(encoded, owner);
    // Made once before the index is written, for what is refused before anything is sent.
    const alone = steps.create(name, text, options, undefined);
    if (owner === undefined) return this.run(alone);
    const indexedAt = await this.run(steps.index("create", owner, name));
    return this.run(steps.create(name, text, options, indexedAt));
  }

  /**
   * The session's value; null where there is none, or it is past its hard end. Does not prolong it.
   *
   * Redis: a script that reads (`GET`, and the server's time). One round trip.
   *
   * @throws UndecodableValueError where what is stored is no such session
   */
  async load(key: K): Promise<V | null> {
    return this.run(this.plans.load(this.keyOf(key, "load")));
  }

  /**
   * The session's value, and its sliding TTL starts anew, never beyond its hard end.
   *
   * Redis: a script (`GET`, `PEXPIREAT`). One round trip.
   *
   * @throws UndecodableValueError where what is stored is no such session
   */
  async loadAndTouch(key: K): Promise<V | null> {
    return this.run(this.plans.loadAndTouch(this.keyOf(key, "loadAndTouch")));
  }

  /**
   * Replaces the value of a session that is there; false where there is none: a session that was destroyed stays so. The
   * hard end stays, the sliding TTL starts anew. Of two that save at once the later wins.
   *
   * Redis: a script (`GETRANGE`, `SET … PXAT`). One round trip; where the session changes its owner three, for the
   * new owner's index comes first.
   */
  async save(key: K, value: V): Promise<boolean> {
    const name = this.keyOf(key, "save");
    const { steps } = this.plans;
    const encoded = steps.encode("save", value);
    const owner = ownerOfValue(this.family, this.#prefix, "save", value);
    const text = steps.wrap(encoded, owner);
    const saved = await this.run(steps.save(name, text, undefined));
    if (saved !== "another owner") return saved;
    const indexedAt = await this.run(steps.index("save", owner as Owner, name));
    return (await this.run(steps.save(name, text, indexedAt))) === true;
  }

  /**
   * Starts the sliding TTL anew, never beyond the hard end; false where there is none.
   *
   * Redis: a script (`GETRANGE`, `PEXPIREAT`). One round trip.
   */
  async touch(key: K): Promise<boolean> {
    return this.run(this.plans.touch(this.keyOf(key, "touch")));
  }

  /**
   * Gives the session a new token: value, hard end and remaining time go over to `newKey`, and `key` is gone. False, and
   * nothing changed, where there is no session, or it was destroyed meanwhile. Of several callers one wins.
   *
   * The keys lie in different slots, so it is done in this order: read, enter the new key into the owner's index,
   * create the new one, remove the old one if it is still what was read. Where it was saved meanwhile, the new one is
   * removed and it starts again. At no time are both gone. After an error with `mayHaveBeenApplied` the old, the
   * new or both may be there: load both.
   *
   * Redis: scripts (`GET`; `SET … PXAT`; `DEL`). Three round trips, with an owner four.
   *
   * @throws AlreadyExistsError where `newKey` is taken; the old session stays
   */
  async rotate(key: K, newKey: K): Promise<boolean> {
    const [from, to] = [this.keyOf(key, "rotate"), this.keyOf(newKey, "rotate")];
    const { steps } = this.plans;
    if (from === to) {
      throw new InvalidArgumentError(steps.context("rotate"), "newKey", "is the old key", "Draw a new random key.");
    }
    for (let i = 0; i < rotations; i++) {
      const found = await this.run(steps.snapshot("rotate", from));
      if (found === null) return false;
      // Its time was up before the copy was there: it has ended, or it was touched in its last moment.
      if (!(await this.#copy(found, to))) continue;
      const [ended] = await this.#further(steps.end("rotate", [from], "", found.head.id));
      if (ended === 1) return true;
      // Destroyed or rotated meanwhile, or saved. Nobody knows the new key yet.
      await this.#further(command(this.family, "rotate", to, ["DEL", to], owned, commandThat.writes));
      if (ended === 0) return false;
    }
    throw new RefusedError(
      steps.context("rotate"),
      "BUSY",
      `the session was saved, or about to end, during each of ${rotations} attempts`,
      "It was not rotated; try again.",
    );
  }

  /** Runs a step after others that were applied, which its failure has to tell. */
  async #further<R>(step: Plan<R>): Promise<R> {
    try {
      return await this.run(step);
    } catch (error) {
      throw afterOtherSteps(error);
    }
  }

  /** False where the session has ended since it was read. */
  async #copy(found: Snapshot<V>, to: string): Promise<boolean> {
    const { steps } = this.plans;
    const owner = ownerOfValue(this.family, this.#prefix, "rotate", found.value);
    const indexedAt = owner && (await this.run(steps.index("rotate", owner, to)));
    const text = steps.wrap(found.body, owner, found.head.version);
    const expiresAt = found.expiresAt === undefined ? "" : String(found.expiresAt);
    return this.run(steps.store("rotate", to, text, indexedAt, String(found.head.hardEnd), expiresAt));
  }

  /**
   * Ends a session; false where there was none. Its entry in the owner's index goes with the next `list` or `destroyAll`,
   * or at the session's maximum.
   *
   * Redis: `DEL`. One round trip. It works also when Redis is out of memory.
   */
  async destroy(key: K): Promise<boolean> {
    return this.run(this.plans.destroy(this.keyOf(key, "destroy")));
  }

  /**
   * The sessions of an owner, the one that ends last first. One that does not decode is passed over, with the event
   * `undecodable`. Entries of sessions that have ended are taken out of the index.
   *
   * Redis: `ZSCAN` by pages of 200, and a script that reads for each session, those of a page at once. Two round trips
   * a page, and one where entries are taken out. It is no snapshot: what begins or ends meanwhile may be missing.
   */
  list(owner: O): Promise<ListedSession<V>[]> {
    return this.#owned.list(owner);
  }

  /**
   * Ends one of an owner's sessions by the name that `list` gave; false where it is not this owner's, or has ended.
   *
   * Redis: `ZSCORE` on the owner's index, then a script (`GETRANGE`, `DEL`). Two round trips.
   */
  destroyListed(owner: O, name: string): Promise<boolean> {
    return this.#owned.destroyListed(owner, name);
  }

  /**
   * Ends all sessions of an owner: signs out everywhere. One that is rotated meanwhile is followed to its new token. A
   * session whose `create` is under way may be created after it; it is listed then. After an error some may be ended
   * and some not: repeat it until it returns.
   *
   * Redis: `ZSCAN` by pages of 200, and for each page a script for each slot (`GETRANGE`, `DEL`), all at once, then one
   * that takes the entries out. Three round trips a page; once more where an entry had no session.
   *
   * @returns how many were ended
   * @throws RefusedError with `reply: "BUSY"` where sessions went on vanishing through ten passes
   */
  destroyAll(owner: O): Promise<number> {
    return this.#owned.destroyAll(owner);
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface SessionReader<Why extends string, K, V, O = never>
  extends ReadOnly<SessionRepository<K, V, O>, typeof SessionRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface SessionTransactionReader<Why extends string, R, V, O = never>
  extends ReadOnly<InTransaction<SessionPlans<V, O>, R>, typeof SessionRepository, Why> {}
