/**
 * `geoIndex`: members by where they are, a ZSET of geohashes.
 *
 * @module
 */

import type { Runtime } from "../runtime/runtime.js";
import { nobody, nothing } from "./absent-answers.js";
import type { ReadOnly } from "./access.js";
import {
  type Centre,
  type GeoEntry,
  type GeoIndexFamily,
  GeoIndexPlans,
  type Nearby,
  type SweepOptions,
} from "./geo-index-plans.js";
import type { Coordinates, LengthUnit, Search } from "./geo-index-search.js";
import { type KeyFunction, Repository } from "./repository.js";
import type { InTransaction } from "./scope.js";

export {
  type Centre,
  type GeoEntry,
  type GeoIndexFamily,
  GeoIndexPlans,
  type Nearby,
  type SweepOptions,
} from "./geo-index-plans.js";
export type { Coordinates, LengthUnit, Search } from "./geo-index-search.js";

/**
 * Repository of a `geoIndex` family. `K` are the pattern's parameters, `M` the members. Where Redis fails, `near` finds
 * nobody and `position` and `distance` are null if the schema declares `absent`; the others throw.
 */
export class GeoIndexRepository<K, M extends string = string> extends Repository<
  K,
  GeoIndexFamily<M>,
  GeoIndexPlans<M>
> {
  /** Operations that only the family's writers have. */
  static readonly writes = ["add", "addMany", "remove", "sweep"] as const;

  constructor(runtime: Runtime, family: GeoIndexFamily<M>, key: KeyFunction<K>) {
    super(runtime, family, key, new GeoIndexPlans(runtime, family));
  }

  /**
   * Puts a member somewhere, or moves it there.
   *
   * Redis: `GEOADD`; a script with `PEXPIRE`, and `ZADD` of the member's end, where the index or its members expire. One
   * round trip.
   *
   * @returns true where the member was not in the index; one that has ended is in it until it is swept
   * @throws InvalidArgumentError for coordinates that Redis cannot keep or an empty member, before anything is sent
   */
  async add(key: K, member: M, at: Coordinates): Promise<boolean> {
    return this.run(this.plans.add(this.keyOf(key, "add"), member, at));
  }

  /**
   * Puts many members somewhere.
   *
   * Redis: as `add`, one `GEOADD` for up to 1,000 entries. One round trip a batch, one after the other; none for an empty
   * list. Nothing is sent where an entry is refused. Where a batch fails, those before it are applied: repeat the whole.
   *
   * @returns how many were not in the index
   */
  async addMany(key: K, entries: readonly GeoEntry<M>[]): Promise<number> {
    let added = 0;
    for (const batch of this.plans.batches(this.keyOf(key, "addMany"), entries)) added += await this.run(batch);
    return added;
  }

  /**
   * The members within a radius or a box around a place or another member, with distance and coordinates, the nearest
   * first. Without members where the index is absent.
   *
   * Redis: `GEOSEARCH … WITHDIST WITHCOORD`; in a script that reads where members expire, or from a member. One round
   * trip. A search from a member finds the member itself, so an empty answer then says that it is absent or has ended.
   * Without a limit the answer is as long as the place is full.
   *
   * @throws InvalidArgumentError for a radius that is not above 0 or coordinates out of range, before anything is sent
   */
  async near(key: K, centre: Centre<M>, search: Search): Promise<Nearby<M>[]> {
    return this.ask(this.plans.near(this.keyOf(key, "near"), centre, search), nobody);
  }

  /** Where a member is, or null. Redis: `GEOPOS`; in a script that reads where members expire. One round trip. */
  async position(key: K, member: M): Promise<Coordinates | null> {
    return this.ask(this.plans.position(this.keyOf(key, "position"), member), nothing);
  }

  /**
   * How far two members are apart on a sphere, or null where one is absent.
   *
   * Redis: `GEODIST`; in a script that reads where members expire. One round trip.
   */
  async distance(key: K, a: M, b: M, unit: LengthUnit): Promise<number | null> {
    return this.ask(this.plans.distance(this.keyOf(key, "distance"), a, b, unit), nothing);
  }

  /** Removes a member; false where it was not there. Redis: `ZREM`; a script where members expire. One round trip. */
  async remove(key: K, member: M): Promise<boolean> {
    return this.run(this.plans.remove(this.keyOf(key, "remove"), member));
  }

  /** How many members are there. Redis: `ZCARD`; a script that reads where members expire. One round trip. */
  async count(key: K): Promise<number> {
    return this.run(this.plans.count(this.keyOf(key, "count")));
  }

  /**
   * Removes members that have ended; they are left out of every answer already, and this frees their memory.
   *
   * Redis: one script (`ZRANGEBYSCORE` of the ends, `ZREM`). One round trip. Time is the server's. Call it now and then,
   * until it answers less than the limit.
   *
   * @returns how many were removed
   * @throws MisuseError where the family's members do not expire
   */
  async sweep(key: K, options?: SweepOptions): Promise<number> {
    return this.run(this.plans.sweep(this.keyOf(key, "sweep"), options));
  }
}

/** What a service that only reads has of it; `Why` is shown in the place of what writes. An interface, which the compiler works out only where it is used. */
export interface GeoIndexReader<Why extends string, K, M extends string = string>
  extends ReadOnly<GeoIndexRepository<K, M>, typeof GeoIndexRepository, Why> {}

/** What a service that only reads has of it in a transaction; `R` are the parameters that the scope leaves open. */
export interface GeoIndexTransactionReader<Why extends string, R, M extends string>
  extends ReadOnly<InTransaction<GeoIndexPlans<M>, R>, typeof GeoIndexRepository, Why> {}
