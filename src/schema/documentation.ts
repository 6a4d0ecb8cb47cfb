/**
 * What a family says about itself. It is part of the schema, and appears in the inventory, the generated comments and
 * the access rules.
 *
 * @module
 */

/** R0 (coordination, must not be lost or evicted) to R4 (rebuildable cache). */
export type Tier = "R0" | "R1" | "R2" | "R3" | "R4";

export const tiers: readonly Tier[] = ["R0", "R1", "R2", "R3", "R4"];

/** What a tier says: how bad a loss is, and what brings the keys back. */
export const tierMeanings: Readonly<Record<Tier, { readonly loss: string; readonly recovery: string }>> = {
  R0: { loss: "never: what it guards breaks", recovery: "by hand; needs persistence and no eviction" },
  R1: { loss: "users notice: they are signed out, or limits start anew", recovery: "none; begins again empty" },
  R2: { loss: "counts and state are wrong for a while", recovery: "corrects itself with use" },
  R3: { loss: "hardly noticed", recovery: "comes back with the next writes" },
  R4: { loss: "costs a load", recovery: "rebuilt from its source on the next read" },
};

/** A service that writes the family's keys without the generated repositories, and the language it is written in. */
export interface ForeignWriter {
  readonly service: string;
  readonly foreign: string;
  /** True once it does what the phases of the family's move need: until then the move does not advance. */
  readonly moved?: true;
}

export type Writer = string | ForeignWriter;

/** Fields that every family has. */
export interface Documentation {
  /** What the keys are for, in one sentence. */
  readonly purpose: string;
  /** The service, or team, that answers for the family. */
  readonly owner: string;
  /** Services that may change the keys. A service not generated from this schema is `{ service, foreign: "go" }`. */
  readonly writers: readonly Writer[];
  /** Services that may read the keys; writers may read without being named here. */
  readonly readers: readonly string[];
  /** Groups families in the inventory and in the generated files; the owner where it is left out. */
  readonly domain?: string;
  /** How much a loss of the keys costs; sets the default of `deadline` and `retries`. Each kind has its default. */
  readonly tier?: Tier;
  /** The named Redis that the family lives in; `default` where it is left out. */
  readonly store?: string;
  /**
   * Why its keys take no prefix, so that all environments and tenants share them, such as `"one cache of exchange rates
   * for all"`. Needs the keyspace's `prefixes`, so that no prefixed key can be one of them.
   */
  readonly shared?: string;
  /** Every call ends by then, e.g. `"300ms"`; the tier's where it is left out. */
  readonly deadline?: string;
  /**
   * How often an attempt that failed is made again within the deadline, where it was certainly not applied, 0 to 7; the
   * tier's where it is left out.
   */
  readonly retries?: number;
  /** Anything else that a reader of the inventory should know. */
  readonly notes?: string;
  /** Findings of the lint that are right here, by the rule's id, each with the reason: `{ "ttl-maximum": "as the bank asks" }`. */
  readonly allow?: Readonly<Record<string, string>>;
}

/** The names of those fields, of the tag and of the move, which every family has. */
export const documentationFields = [
  "purpose",
  "owner",
  "writers",
  "readers",
  "domain",
  "tier",
  "store",
  "shared",
  "deadline",
  "retries",
  "notes",
  "allow",
  "tag",
  "moved",
] as const satisfies readonly (keyof Documentation | "tag" | "moved")[];

export function serviceOf(writer: Writer): string {
  return typeof writer === "string" ? writer : writer.service;
}
