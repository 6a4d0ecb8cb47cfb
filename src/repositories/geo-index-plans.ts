/**
 * What each operation of a `geoIndex` family sends.
 *
 * @module
 */
import { InvalidArgumentError, MisuseError } from "../runtime/errors.js";
import { command, commandThat, type Plan, scriptCall } from "../runtime/plan.js";
import type { Runtime } from "../runtime/runtime.js";
import { formatDuration, type TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import {
  type Coordinates,
  coordinateArguments,
  type LengthUnit,
  type Search,
  searchArguments,
  unitArgument,
} from "./geo-index-search.js";
import { companionOf, Plans, type RepositoryFamily, resolveTtl, wholeNumber } from "./repository.js";
import { geoIndexAdd, geoIndexCount, geoIndexLook, geoIndexNear, geoIndexRemove, geoIndexSweep } from "./scripts.js";
import { decodeOrSkip, encodeText } from "./stored-value.js";

export interface GeoIndexFamily<M extends string = string> extends RepositoryFamily {
  readonly kind: "geoIndex";
  readonly ttl: TtlPolicy;
  /** For how long a member is there after it was last added, in milliseconds; null: until it is removed. */
  readonly expires: number | null;
  readonly member: Codec<M>;
}

/** A member and where it is to be. */
export interface GeoEntry<M extends string = string> extends Coordinates {
  readonly member: M;
}

/** A member that a search found. Coordinates come back rounded by the geohash, by less than a metre. */
export interface Nearby<M extends string = string> extends Coordinates {
  readonly member: M;
  /** From the centre of the search, in its unit. */
  readonly distance: number;
}

/** Where a search begins: coordinates, or a member of the index. */
export type Centre<M extends string = string> = Coordinates | { readonly member: M };

export interface SweepOptions {
  /** At most so many, 1,000 where it is left out. */
  readonly limit?: number;
}

/** Entries of one GEOADD: bounded, so that no batch holds up the server, and within what Lua's unpack takes. */
export const largestBatch = 1000;

const yes = (reply: unknown): boolean => reply === 1;
const count = (reply: unknown): number => reply as number;
const length = (reply: unknown): number | null => (reply === null ? null : Number(reply));
const place = (reply: unknown): Coordinates | null => {
  const found = (reply as [unknown, unknown][] | null)?.[0] as [unknown, unknown] | null | undefined;
  return found == null ? null : { longitude: Number(found[0]), latitude: Number(found[1]) };
};

/** What each operation of a `geoIndex` family sends. */
export class GeoIndexPlans<M extends string = string> extends Plans<GeoIndexFamily<M>> {
  readonly #ttl: string;
  readonly #expires: boolean;

  constructor(runtime: Runtime, family: GeoIndexFamily<M>) {
    super(family);
    const ttl = resolveTtl(family, family.ttl, runtime.startUpTtl);
    if (ttl.kind === "perCall" || ttl.kind === "sliding") {
      throw new MisuseError(
        { family: family.name, operation: "ttl" },
        "a geographic index has no fixed TTL",
        'Write a duration in the schema, such as ttl: "24h", and generate again.',
      );
    }
    if (ttl.kind === "fixed" && family.expires !== null && ttl.ms < family.expires) {
      throw new MisuseError(
        { family: family.name, operation: "ttl" },
        "the TTL of the whole index is shorter than what a member is promised",
        `Give createRepositories at least ${formatDuration(family.expires)} for it, or shorten expires in the schema.`,
      );
    }
    this.#ttl = ttl.kind === "none" ? "0" : String(ttl.ms);
    this.#expires = family.expires !== null;
  }

  /** GEOADD, in a script with what expires; true where the member was not in the index */
  add(key: string, member: M, at: Coordinates): Plan<boolean> {
    return this.#added("add", key, this.#entry("add", member, at), yes);
  }

  /** As `add`, up to 1,000 entries; how many were not in the index */
  addMany(key: string, entries: readonly GeoEntry<M>[]): Plan<number> {
    const [plan, second] = this.batches(key, entries);
    if (plan !== undefined && second === undefined) return plan;
    throw new InvalidArgumentError(
      { family: this.family.name, operation: "addMany" },
      "entries",
      plan === undefined ? "are empty" : `are more than ${largestBatch}`,
      `Pass 1 to ${largestBatch} in a transaction; outside of one, addMany takes any number. Nothing was sent.`,
    );
  }

  /** The entries by batches of one GEOADD each. */
  batches(key: string, entries: readonly GeoEntry<M>[]): Plan<number>[] {
    if (!Array.isArray(entries)) {
      const context = { family: this.family.name, operation: "addMany" };
      const fix = "Pass an array of { member, longitude, latitude }. Nothing was sent.";
      throw new InvalidArgumentError(context, "entries", "are no array", fix);
    }
    const plans: Plan<number>[] = [];
    for (let first = 0; first < entries.length; first += largestBatch) {
      const batch = entries.slice(first, first + largestBatch);
      const args = batch.flatMap((entry, i) => this.#entry("addMany", entry?.member, entry, `entries[${first + i}].`));
      plans.push(this.#added("addMany", key, args, count));
    }
    return plans;
  }

  /** GEOSEARCH … WITHDIST WITHCOORD, in a script from a member or where members expire */
  near(key: string, centre: Centre<M>, search: Search): Plan<Nearby<M>[]> {
    const { args, limit } = searchArguments(this.family, search);
    // Coordinates, where it is nothing of the two: their check says what is wrong.
    if (typeof centre === "object" && centre !== null && "member" in centre) {
      const from = this.#member("near", centre.member);
      const call = [String(limit), from, "FROMMEMBER", from, ...args];
      return scriptCall(this.family, "near", geoIndexNear, this.#keys(key), call, this.#found);
    }
    const place = ["FROMLONLAT", ...coordinateArguments(this.family, "near", centre), ...args];
    if (this.#expires) {
      return scriptCall(this.family, "near", geoIndexNear, this.#keys(key), [String(limit), "", ...place], this.#found);
    }
    const sent = ["GEOSEARCH", key, ...place];
    if (limit > 0) sent.push("COUNT", String(limit));
    return command(this.family, "near", key, sent, this.#found, commandThat.reads);
  }

  /** GEOPOS, in a script where members expire */
  position(key: string, member: M): Plan<Coordinates | null> {
    const who = this.#member("position", member);
    if (!this.#expires) {
      return command(this.family, "position", key, ["GEOPOS", key, who], place, commandThat.reads);
    }
    return scriptCall(this.family, "position", geoIndexLook, this.#keys(key), ["", who], place);
  }

  /** GEODIST, in a script where members expire; null where one is absent */
  distance(key: string, a: M, b: M, unit: LengthUnit): Plan<number | null> {
    const measure = unitArgument(this.family, "distance", unit);
    const both = [this.#member("distance", a), this.#member("distance", b)];
    if (!this.#expires) {
      const args = ["GEODIST", key, ...both, measure];
      return command(this.family, "distance", key, args, length, commandThat.reads);
    }
    return scriptCall(this.family, "distance", geoIndexLook, this.#keys(key), [measure, ...both], length);
  }

  /** ZREM, in a script where members expire; true where the member was there */
  remove(key: string, member: M): Plan<boolean> {
    const who = this.#member("remove", member);
    if (!this.#expires) return command(this.family, "remove", key, ["ZREM", key, who], yes, commandThat.writes);
    return scriptCall(this.family, "remove", geoIndexRemove, this.#keys(key), [who], yes);
  }

  /** ZCARD, in a script where members expire */
  count(key: string): Plan<number> {
    if (!this.#expires) return command(this.family, "count", key, ["ZCARD", key], count, commandThat.reads);
    return scriptCall(this.family, "count", geoIndexCount, this.#keys(key), [], count);
  }

  /** A script: ZRANGEBYSCORE of the ends, ZREM; how many were removed */
  sweep(key: string, options?: SweepOptions): Plan<number> {
    if (!this.#expires) {
      throw new MisuseError(
        { family: this.family.name, operation: "sweep" },
        "members of this family do not expire",
        "Declare expires in the schema, or remove members one by one. Nothing was sent.",
      );
    }
    const limit = wholeNumber(this.family, "sweep", "limit", options?.limit ?? 1000, 1, 100_000);
    return scriptCall(this.family, "sweep", geoIndexSweep, this.#keys(key), [String(limit)], count);
  }

  /** Somebody else's entry must not hide the whole answer: what is no member is passed over, with an event. */
  readonly #found = (reply: unknown): Nearby<M>[] => {
    const found: Nearby<M>[] = [];
    for (const [text, distance, [longitude, latitude]] of reply as [string, unknown, [unknown, unknown]][]) {
      const member = decodeOrSkip(this.family, "near", this.family.member, text);
      if (member === undefined) continue;
      found.push({
        member,
        distance: Number(distance),
        longitude: Number(longitude),
        latitude: Number(latitude),
      });
    }
    return found;
  };

  #added<T>(operation: string, key: string, args: readonly string[], decode: (reply: unknown) => T): Plan<T> {
    if (this.#ttl === "0" && !this.#expires) {
      return command(this.family, operation, key, ["GEOADD", key, ...args], decode, commandThat.writes);
    }
    const call = [this.#ttl, String(this.family.expires ?? 0), ...args];
    return scriptCall(this.family, operation, geoIndexAdd, this.#keys(key), call, decode);
  }

  #keys(key: string): string[] {
    return this.#expires ? [key, companionOf(this.family, key, "ends")] : [key];
  }

  /** `of` is what stands before the fields in errors, such as `entries[1].` */
  #entry(operation: string, member: M, at: Coordinates, of = ""): string[] {
    return [...coordinateArguments(this.family, operation, at, of), this.#member(operation, member, of)];
  }

  #member(operation: string, member: M, of = ""): string {
    // Whatever the schema allows: an empty member is a mistake that Redis would store.
    if ((member as unknown) === "") {
      const context = { family: this.family.name, operation };
      const fix = "Pass who or what is there, such as its id. Nothing was sent.";
      throw new InvalidArgumentError(context, `${of}member`, "is empty", fix);
    }
    return encodeText(this.family, operation, this.family.member, member, `${of}member`);
  }
}
