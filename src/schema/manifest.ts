/**
 * The manifest: the keyspace as plain, deterministic JSON. It is committed, and every tool but the generator reads it.
 *
 * @module
 */
import type { Companion, RedisType } from "./companion.js";
import type { ForeignWriter, Tier } from "./documentation.js";
import type { Json } from "./kinds/kind.js";
import type { Phase, StrategyName } from "./moves/strategies.js";
import type { MovedPattern } from "./moves/twins.js";
import type { SchemaLocation } from "./problem.js";
import type { TtlPolicy } from "./ttl.js";
import type { Wire } from "./values/wire.js";
import type { WhenDown } from "./when-down.js";

/** Raised when the manifest's own form changes. */
export const manifestFormat = 1;

export interface ManifestScope {
  readonly name: string;
  readonly tag: string;
  readonly because: string;
  readonly constant: boolean;
  readonly parameters: readonly ManifestParameter[];
}

export interface ManifestParameter {
  readonly name: string;
  readonly codec: string;
}

/** A value that the family stores: a family may have several, such as a member beside an item. */
export interface ManifestValue {
  readonly field: string;
  readonly wire: Wire;
  /** Why this wire, where the generator chose it. */
  readonly because: string | null;
  readonly jsonSchema: Json;
  /** What is stored for a sample value, so that other languages can check themselves; null where none can be made up. */
  readonly golden: string | null;
}

/** What may stand before every key of an environment or a tenant. */
export interface ManifestPrefix {
  readonly name: string;
  /** Such as `preview:<sha:hex>:`. */
  readonly pattern: string;
}

/** What the keyspace sets of the lint; lengths in milliseconds. */
export interface ManifestRules {
  readonly naming: boolean;
  readonly functions: Readonly<Record<string, readonly string[]>>;
  readonly prefixes: Readonly<Record<string, readonly string[]>>;
  /** null: all declared scopes are approved. */
  readonly scopes: readonly string[] | null;
  readonly maxTtl: {
    readonly kinds: Readonly<Record<string, number>>;
    readonly prefixes: Readonly<Record<string, number>>;
  };
  readonly ttlRequired: boolean;
  readonly boundedTexts: boolean;
  readonly personalData: readonly string[];
  /** Rules that are allowed in the whole keyspace, with the reason. */
  readonly allow: Readonly<Record<string, string>>;
}

/** A family on its way from other keys to those of its pattern. */
export interface ManifestMove {
  /** The pattern of the old keys. */
  readonly from: string;
  readonly strategy: StrategyName;
  readonly phase: Phase;
  /** The day on which the move must be over, `2027-01-31`. */
  readonly until: string;
  /** The family's keys on both sides, then its companions'. */
  readonly keys: readonly MovedPattern[];
  /** For how long a mark of the move stays in Redis, in milliseconds. */
  readonly markTtl: number;
}

export interface ManifestFamily {
  readonly name: string;
  readonly kind: string;
  readonly pattern: string;
  readonly parameters: readonly ManifestParameter[];
  readonly redisType: RedisType;
  readonly tag: { readonly scope: string } | { readonly none: string };
  readonly ttl: TtlPolicy;
  readonly ttlSet: string;
  /** What the settings say, in words; "" where they say nothing. */
  readonly summary: string;
  readonly purpose: string;
  readonly notes: string | null;
  readonly domain: string;
  readonly owner: string;
  readonly writers: readonly (string | ForeignWriter)[];
  readonly readers: readonly string[];
  readonly tier: Tier;
  readonly store: string;
  /** Why its keys take no prefix, so that all environments share them; left out where they take one. */
  readonly shared?: string;
  /** Why plain reads may go to a replica; left out where they go to the primary. */
  readonly staleReads?: string;
  /** Milliseconds. */
  readonly deadline: number;
  /** How often an attempt that failed is made again, where it was certainly not applied. */
  readonly retries: number;
  /** What its operations answer where Redis failed. */
  readonly whenDown: WhenDown;
  readonly values: readonly ManifestValue[];
  readonly settings: { readonly [key: string]: Json };
  readonly companions: readonly Companion[];
  /** Left out where the family does not move. */
  readonly moved?: ManifestMove;
  /** Rules that are allowed here, with the reason. */
  readonly allow: Readonly<Record<string, string>>;
}

/** An argument of a script, or what it returns. */
export interface ManifestScriptValue {
  readonly name: string;
  readonly wire: Wire;
  /** True where the script may return nil. */
  readonly nullable: boolean;
  readonly jsonSchema: Json;
}

/** What a script calls, by its text. */
export interface ManifestScriptCall {
  /** In upper case; null where the script computes it. */
  readonly command: string | null;
  /** Keys by the script's own names of them. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** What stands in the place of a key and is none of KEYS; left out where nothing does. */
  readonly undeclared?: readonly string[];
}

/** A team's own script. */
export interface ManifestScript {
  readonly name: string;
  /** The `.lua` file, relative to the file that declares it. */
  readonly file: string;
  /** Of the text that is sent: the file's, and what guards the TTLs of its keys. */
  readonly sha1: string;
  readonly flags: readonly string[];
  readonly purpose: string;
  /** The scope of its keys; null for a script with one key that has none. */
  readonly scope: string | null;
  readonly store: string;
  /** Milliseconds. */
  readonly deadline: number;
  /** How often an attempt that failed is made again, where it was certainly not applied. */
  readonly retries: number;
  /** KEYS in their order. */
  readonly keys: readonly { readonly name: string; readonly family: string; readonly access: "read" | "write" }[];
  readonly parameters: readonly ManifestParameter[];
  /** ARGV in their order. */
  readonly args: readonly ManifestScriptValue[];
  readonly returns: ManifestScriptValue | null;
  /** In their order in the text, each once. */
  readonly calls: readonly ManifestScriptCall[];
  /** Rules that are allowed here, with the reason. */
  readonly allow: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly keywright: typeof manifestFormat;
  readonly name: string;
  /** The manifest is a part of the keyspace: what these services read or write. Left out where it is the whole. */
  readonly subset?: { readonly services: readonly string[] };
  readonly stores: readonly string[];
  readonly services: readonly string[];
  /** The prefixes that the runtime takes; left out where the schema declares none, and it takes any. */
  readonly prefixes?: readonly ManifestPrefix[];
  readonly scopes: readonly ManifestScope[];
  /** Patterns that nobody may use again, each with the reason; left out where there are none. */
  readonly retired?: Readonly<Record<string, string>>;
  readonly rules: ManifestRules;
  readonly families: readonly ManifestFamily[];
  /** Left out where the keyspace declares none. */
  readonly scripts?: readonly ManifestScript[];
}

/** Where each family was declared; beside the manifest, since places differ from machine to machine. */
export type Locations = ReadonlyMap<string, SchemaLocation>;
