/**
 * `presence` of members in a place (a room, a document): one ZSET a place, its members by when they were last seen.
 *
 * The ZSET's members are the members' own text, also where they have several devices: what is known of the devices
 * lies in a companion HASH, so that any program can read who is there, and no question costs more for the devices.
 *
 * @module
 */

import { InvalidArgumentError, UndecodableValueError } from "../runtime/errors.js";
import { events } from "../runtime/events.js";
import { publish } from "../runtime/executor.js";
import { type Plan, scriptCall } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import { no, nobody, zero } from "./absent-answers.js";
import type { ReadOnly } from "./access.js";
import { presenceTtl } from "./presence-ttl.js";
import { companionOf, type KeyFunction, Plans, Repository, type RepositoryFamily, wholeNumber } from "./repository.js";
import type { InTransaction } from "./scope.js";
import {
  presenceAmong,
  presenceCount,
  presenceDeviceHeartbeat,
  presenceDeviceLeave,
  presenceHeartbeat,
  presenceLeave,
  presenceMembers,
} from "./scripts.js";
import { decodeOrSkip, encodeText } from "./stored-value.js";

export { type SubjectPresenceFamily, SubjectPresencePlans, SubjectPresenceRepository } from "./presence-subject.js";

export interface PresenceFamily<M extends string = string> extends RepositoryFamily {
  readonly kind: "presence";
  readonly ttl: TtlPolicy;
  /** How often members report, in milliseconds. */
  readonly heartbeat: number;
  /** For how long a member is present after a heartbeat, in milliseconds. */
  readonly grace: number;
  /** True where one member may be present from several devices. */
  readonly devices: boolean;
  readonly member: Codec<M>;
}

export interface MembersOptions {
  /** At most so many, those that were seen last; everyone where it is left out. */
  readonly limit?: number;
}

const yes = (reply: unknown): boolean => reply === 1;
const firstIsYes = (reply: unknown): boolean => (reply as number[])[0] === 1;
const count = (reply: unknown): number => reply as number;

const longestDevice = 256;

/** What each operation of a `presence` family with members sends. */
export class PresencePlans<M extends string = string> extends Plans<PresenceFamily<M>> {
  readonly #grace: string;
  readonly #ttl: string;

  constructor(runtime: Runtime, family: PresenceFamily<M>) {
    super(family);
    this.#grace = String(family.grace);
    this.#ttl = String(presenceTtl(runtime, family));
  }

  /** A script: ZADD, a sweep of stale members, PEXPIRE; true where the member was not present before */
  heartbeat(key: string, member: M, device?: string): Plan<boolean> {
    const who = this.#member("heartbeat", member);
    const which = this.#device("heartbeat", device);
    if (!this.family.devices) {
      return scriptCall(this.family, "heartbeat", presenceHeartbeat, [key], [who, this.#grace, this.#ttl], yes);
    }
    const args = [who, which ?? "", this.#grace, this.#ttl];
    return scriptCall(this.family, "heartbeat", presenceDeviceHeartbeat, this.#both(key), args, this.#beaten);
  }

  /** A script: ZREM; true where the member was present and no longer is */
  leave(key: string, member: M, device?: string): Plan<boolean> {
    const who = this.#member("leave", member);
    const which = this.#device("leave", device);
    if (!this.family.devices) {
      return scriptCall(this.family, "leave", presenceLeave, [key], [who, this.#grace], yes);
    }
    const args = which === undefined ? [who, this.#grace] : [who, this.#grace, which];
    return scriptCall(this.family, "leave", presenceDeviceLeave, this.#both(key), args, this.#left);
  }

  /** A script that reads: ZSCORE */
  isOnline(key: string, member: M): Plan<boolean> {
    const args = [this.#grace, this.#member("isOnline", member)];
    return scriptCall(this.family, "isOnline", presenceAmong, [key], args, firstIsYes);
  }

  /** A script that reads: ZSCORE of each; the members who are present, in the order given */
  onlineAmong(key: string, members: readonly M[]): Plan<M[]> {
    const args = [this.#grace];
    for (const member of members) args.push(this.#member("onlineAmong", member));
    // Kept from the caller's array, which may change before the answer.
    const asked = members.slice();
    return scriptCall(this.family, "onlineAmong", presenceAmong, [key], args, (reply) =>
      asked.filter((_, i) => (reply as number[])[i] === 1),
    );
  }

  /** A script that reads: ZREVRANGEBYSCORE */
  members(key: string, options?: MembersOptions): Plan<M[]> {
    const limit = options?.limit;
    const most = limit === undefined ? -1 : wholeNumber(this.family, "members", "limit", limit, 1, 1_000_000);
    return scriptCall(this.family, "members", presenceMembers, [key], [this.#grace, String(most)], this.#listed);
  }

  /** A script that reads: ZCOUNT */
  count(key: string): Plan<number> {
    return scriptCall(this.family, "count", presenceCount, [key], [this.#grace], count);
  }

  /** Somebody else's entry must not hide the whole room: what is no member is passed over, with an event. */
  readonly #listed = (reply: unknown): M[] => {
    const members: M[] = [];
    for (const text of reply as string[]) {
      const member = decodeOrSkip(this.family, "members", this.family.member, text);
      if (member !== undefined) members.push(member);
    }
    return members;
  };

  readonly #beaten = (reply: unknown): boolean => this.#ofDevices("heartbeat", reply);
  readonly #left = (reply: unknown): boolean => this.#ofDevices("leave", reply);

  #ofDevices(operation: string, reply: unknown): boolean {
    if (typeof reply === "number") return reply === 1;
    if (events.hasSubscribers) publish("undecodable", this.family, operation);
    throw new UndecodableValueError(
      { family: this.family.name, operation },
      [{ path: "devices", message: "is no JSON object of device to milliseconds" }],
      false,
      "Another program stored it. Call leave without a device, which removes it, or give one of the two another pattern.",
    );
  }

  #both(key: string): string[] {
    return [key, companionOf(this.family, key, "devices")];
  }

  #member(operation: string, member: M): string {
    return encodeText(this.family, operation, this.family.member, member, "member");
  }

  #device(operation: string, device: string | undefined): string | undefined {
    if (device === undefined) return undefined;
    const context = { family: this.family.name, operation };
    if (!this.family.devices) {
      throw new InvalidArgumentError(
        context,
        "device",
        "is given, but the schema knows no devices",
        "Leave it out, or declare devices: true. Nothing was sent.",
      );
    }
    if (typeof device === "string" && device !== "" && device.length <= longestDevice && !/\p{Cs}/u.test(device)) {
      return device;
    }
    throw new InvalidArgumentError(
      context,
      "device",
      `is no text of 1 to ${longestDevice} characters`,
      "Pass the id of the connection or the device. Nothing was sent.",
    );
  }
}

/**
 * Repository of a `presence` family with members. `K` are the pattern's parameters, `M` the members. Where Redis fails,
 * nobody is present if the schema declares `absent`; heartbeats and leaves throw.
 */
export class PresenceRepository<K, M extends string = string> extends Repository<
  K,
  PresenceFamily<M>,
  PresencePlans<M>
> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["heartbeat", "leave"] as const;

  constructor(runtime: Runtime, family: PresenceFamily<M>, key: KeyFunction<K>) {
    super(runtime, family, key, new PresencePlans(runtime, family));
  }

  /**
   * Says that a member is here now, on a device where the schema has devices. It stays present for two and a half
   * heartbeats, so one that is missed is no leave.
   *
   * Redis: one script (`ZADD`, `ZREM` of up to 100 who have gone without leaving, `PEXPIRE`). One round trip. Time is
   * the server's.
   *
   * @returns true where the member was not present before: an arrival
   * @throws InvalidValueError where the schema refuses the member, before anything is sent
   * @throws UndecodableValueError where another program stored what are no devices; nothing is changed
   */
  async heartbeat(key: K, member: M, device?: string): Promise<boolean> {
    return this.run(this.plans.heartbeat(this.keyOf(key, "heartbeat"), member, device));
  }

  /**
   * Takes a member out. With a device only that one: the member stays while another of its devices is here. Without,
   * all of its devices.
   *
   * Redis: one script (`ZREM`). One round trip. It works also when Redis is out of memory.
   *
   * @returns true where the member was present and no longer is
   */
  async leave(key: K, member: M, device?: string): Promise<boolean> {
    return this.run(this.plans.leave(this.keyOf(key, "leave"), member, device));
  }

  /** Whether a member is present, on any device. Redis: one script that reads (`ZSCORE`). One round trip. */
  async isOnline(key: K, member: M): Promise<boolean> {
    return this.ask(this.plans.isOnline(this.keyOf(key, "isOnline"), member), no);
  }

  /**
   * Those of the given members who are present, in the order given.
   *
   * Redis: one script that reads (`ZSCORE` of each). One round trip; none for an empty list.
   */
  async onlineAmong(key: K, members: readonly M[]): Promise<M[]> {
    const plan = this.plans.onlineAmong(this.keyOf(key, "onlineAmong"), members);
    return members.length === 0 ? [] : this.ask(plan, nobody);
  }

  /**
   * Who is present, the last seen first; each member once, whatever its devices.
   *
   * Redis: one script that reads (`ZREVRANGEBYSCORE`). One round trip. Without a limit the answer is as long as the
   * place is full. An entry that the member's schema refuses is passed over, with the event `undecodable`.
   */
  async members(key: K, options?: MembersOptions): Promise<M[]> {
    return this.ask(this.plans.members(this.keyOf(key, "members"), options), nobody);
  }

  /** How many members are present. Redis: one script that reads (`ZCOUNT`). One round trip. */
  async count(key: K): Promise<number> {
    return this.ask(this.plans.count(this.keyOf(key, "count")), zero);
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface PresenceReader<Why extends string, K, M extends string = string>
  extends ReadOnly<PresenceRepository<K, M>, typeof PresenceRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface PresenceTransactionReader<Why extends string, R, M extends string>
  extends ReadOnly<InTransaction<PresencePlans<M>, R>, typeof PresenceRepository, Why> {}
