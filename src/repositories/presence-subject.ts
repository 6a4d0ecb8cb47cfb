/**
 * `presence` of subjects: one STRING a subject, which is online while its key is there.
 *
 * @module
 */

import { command, commandThat, type Plan } from "../runtime/plan.js";
import { getPlan, type Reader } from "../runtime/reads.js";
import type { Runtime } from "../runtime/runtime.js";
import type { StandIn } from "../runtime/stand-in.js";
import type { TtlPolicy } from "../schema/ttl.js";
import { no, whereAbsent } from "./absent-answers.js";
import type { ReadOnly } from "./access.js";
import { presenceTtl } from "./presence-ttl.js";
import { type KeyFunction, Plans, Repository, type RepositoryFamily } from "./repository.js";
import type { InTransaction } from "./scope.js";

export interface SubjectPresenceFamily extends RepositoryFamily {
  readonly kind: "presence";
  readonly ttl: TtlPolicy;
  /** How often subjects report, in milliseconds. */
  readonly heartbeat: number;
  /** The schema holds the TTL to at least this, in milliseconds. */
  readonly grace: number;
}

const wasAbsent = (reply: unknown): boolean => reply === null;
const counted = (reply: unknown): boolean => reply === 1;

/** What each operation of a `presence` family without members sends. */
export class SubjectPresencePlans extends Plans<SubjectPresenceFamily> implements Reader<boolean> {
  readonly standIn: StandIn<boolean> | undefined;
  readonly #ttl: string;

  constructor(runtime: Runtime, family: SubjectPresenceFamily) {
    super(family);
    this.standIn = whereAbsent(family, no);
    this.#ttl = String(presenceTtl(runtime, family));
  }

  /** SET … 1 PX … GET; true where the subject was offline. GET makes Redis refuse to overwrite a key of another type. */
  heartbeat(key: string): Plan<boolean> {
    const args = ["SET", key, "1", "PX", this.#ttl, "GET"];
    return command(this.family, "heartbeat", key, args, wasAbsent, commandThat.writes);
  }

  /** DEL; true where the subject was online */
  leave(key: string): Plan<boolean> {
    return command(this.family, "leave", key, ["DEL", key], counted, commandThat.writes);
  }

  /** GET */
  isOnline(key: string): Plan<boolean> {
    return getPlan(this, "isOnline", key);
  }

  /** What a GET answers: whatever is stored, the key is there. */
  read(raw: string | null): boolean {
    return raw !== null;
  }
}

/**
 * Repository of a `presence` family without members. `K` are the pattern's parameters: the subject. Where Redis fails,
 * nobody is online if the schema declares `absent`; heartbeats and leaves throw.
 */
export class SubjectPresenceRepository<K> extends Repository<K, SubjectPresenceFamily, SubjectPresencePlans> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["heartbeat", "leave"] as const;

  constructor(runtime: Runtime, family: SubjectPresenceFamily, key: KeyFunction<K>) {
    super(runtime, family, key, new SubjectPresencePlans(runtime, family));
  }

  /**
   * Says that the subject is online, for the family's TTL from now.
   *
   * Redis: `SET key 1 PX ttl GET`. One round trip.
   *
   * @returns true where the subject was offline before: an arrival
   */
  async heartbeat(key: K): Promise<boolean> {
    return this.run(this.plans.heartbeat(this.keyOf(key, "heartbeat")));
  }

  /** Takes the subject offline; false where it was. Redis: `DEL`. One round trip. */
  async leave(key: K): Promise<boolean> {
    return this.run(this.plans.leave(this.keyOf(key, "leave")));
  }

  /** Whether the subject is online. Redis: `GET`, batched with the other reads of the tick as `MGET`. One round trip. */
  async isOnline(key: K): Promise<boolean> {
    return this.store.reads.get(this.plans, "isOnline", this.keyOf(key, "isOnline"));
  }

  /**
   * Those of the given subjects who are online, in the order given: the very objects that were passed, so that
   * `new Set(await presence.onlineAmong(friends))` tells of each friend whether it is there.
   *
   * Redis: `MGET` of up to 64 keys, by slot on a Cluster, all sent at once; one round trip, and one more (`EXISTS`)
   * where a batch found somebody offline, to tell an absent key from one of another type.
   */
  async onlineAmong(keys: readonly K[]): Promise<K[]> {
    const asked = keys.slice();
    const names = asked.map((key) => this.keyOf(key, "onlineAmong"));
    const online = await Promise.all(names.map((name) => this.store.reads.get(this.plans, "onlineAmong", name)));
    return asked.filter((_, i) => online[i]);
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface SubjectPresenceReader<Why extends string, K>
  extends ReadOnly<SubjectPresenceRepository<K>, typeof SubjectPresenceRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface SubjectPresenceTransactionReader<Why extends string, R>
  extends ReadOnly<InTransaction<SubjectPresencePlans, R>, typeof SubjectPresenceRepository, Why> {}
