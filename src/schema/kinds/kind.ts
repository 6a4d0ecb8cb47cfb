/**
 * What the schema knows of a kind: how to read its options into the manifest's settings. One file a kind beside this
 * one, and one line in the registry.
 *
 * @module
 */
import type { Companion, RedisType } from "../companion.js";
import type { Tier } from "../documentation.js";
import type { FamilyDeclaration, FamilyOptions } from "../family.js";
import type { Pattern } from "../patterns/index.js";
import type { TtlPolicy } from "../ttl.js";
import type { Wire } from "../values/wire.js";
import type { WhenDownWords } from "../when-down.js";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A value of a family: which of the declaration's schemas, and the wire that was asked for. */
export interface ValueReading {
  /** The schema's name in the declaration, and the field that problems name. */
  readonly field: string;
  /** undefined: the generator chooses by looking into the schema. */
  readonly wire: Wire | undefined;
  /**
   * True where it is stored in the envelope, which holds json and superjson only; `same` where equal values give equal
   * texts.
   */
  readonly envelope?: boolean | "same";
  /** The declared version; null where there is none though the family may have one. Left out where the kind has no place. */
  readonly version?: number | null;
}

/** What a kind makes of a declaration. */
export interface KindReading {
  readonly redisType: RedisType;
  readonly ttl: TtlPolicy | undefined;
  /** When a key's TTL is set, in words. */
  readonly ttlSet: string;
  /** What a reader of the inventory wants to know of the settings, in words, e.g. `10 per 15 min, fixed-window`; "" for nothing. */
  readonly summary: string;
  /** The kind's own settings, normalised: durations in milliseconds. */
  readonly settings: { readonly [key: string]: Json };
  readonly values: readonly ValueReading[];
  readonly companions: readonly Companion[];
}

/** Where a kind reports what is wrong. */
export interface KindContext {
  readonly pattern: Pattern;
  problem(id: string, field: string, message: string, fix: string): void;
  /** Reads a duration option; reports and returns undefined where it is none. */
  duration(field: string, input: unknown): number | undefined;
  /** Reads a TTL option. */
  ttl(input: unknown): TtlPolicy | undefined;
}

export interface Kind {
  readonly name: string;
  /** The options that it takes beside those of every family. */
  readonly options: readonly string[];
  /** Options that other kinds take and this one cannot, with the reason. */
  readonly refused?: Readonly<Record<string, string>>;
  /** The forms of a TTL that it takes, as a sentence that says what to write; left out where it takes none or all. */
  readonly ttlForms?: string;
  /** True where its plain reads may go to a replica: then it takes `staleReads`. */
  readonly mayBeStale?: true;
  /** Tier of a family that names none. */
  readonly tier: Tier;
  /** What a family may answer where Redis failed, by its options. */
  whenDown(options: FamilyOptions): WhenDownWords;
  read(family: FamilyDeclaration, context: KindContext): KindReading;
}
