/**
 * What the schema says about one live key.
 *
 * @module
 */

import { familyOfKey } from "../schema/classify-key.js";
import { serviceOf } from "../schema/documentation.js";
import type { Manifest } from "../schema/manifest.js";
import { ownKey } from "../schema/own-keys.js";
import { extractTag, keySlot, matchKey, parsePattern } from "../schema/patterns/index.js";
import { describeTtl } from "../schema/ttl.js";
import { describeWhenDown } from "../schema/when-down.js";
import { nearestPatterns } from "./nearest-patterns.js";

/** Words as the inventory has them; keys in the order in which they are read. */
export interface Explained {
  readonly key: string;
  readonly slot: number;
  /** The hash tag, without its braces. */
  readonly tag: string | null;
  /** What stands before the schema's pattern; "" for none. */
  readonly prefix: string;
  /** The declared prefix that it is; null for none, and where the schema declares none. */
  readonly prefixName: string | null;
  /** Why all environments share the keys, where they do. */
  readonly shared: string | null;
  readonly family: string;
  readonly companion: string | null;
  readonly kind: string;
  /** Of an old key, the old pattern. */
  readonly pattern: string;
  /** Of an old key of a family that moves: where it goes, and how far that has come. */
  readonly legacy: {
    readonly to: string;
    readonly strategy: string;
    readonly phase: string;
    readonly until: string;
  } | null;
  readonly purpose: string;
  /** As they stand in the key. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly scope: string | null;
  readonly type: string;
  readonly ttl: string;
  readonly wires: readonly string[];
  readonly owner: string;
  readonly writers: readonly string[];
  readonly readers: readonly string[];
  readonly tier: string;
  readonly store: string;
  /** Milliseconds. */
  readonly deadline: number;
  readonly retries: number;
  /** Why plain reads may go to a replica; null where they go to the primary. */
  readonly staleReads: string | null;
  /** `throws when down`: what it answers where Redis failed. */
  readonly whenDown: string;
}

export interface Unknown {
  readonly key: string;
  readonly slot: number;
  readonly tag: string | null;
  readonly family: null;
  /** False: the key does not begin with the prefix that was given. */
  readonly prefixed: boolean;
  /** What writes it, where that is Keywright itself. */
  readonly writtenBy: string | null;
  /** What becomes of it then, in words. */
  readonly end?: string;
  /** The retired pattern that it is of, and why that is retired; null for none. */
  readonly retired: { readonly pattern: string; readonly because: string } | null;
  readonly nearest: readonly {
    readonly family: string;
    readonly companion: string | null;
    readonly pattern: string;
    /** Why the key is none of it though its own text is the pattern's; null where the text differs. */
    readonly why: string | null;
  }[];
}

/**
 * The key as Redis holds it; `prefix` is what `createRepositories(client, { prefix })` puts before every key. Where it is
 * left out, the key may have none, or one that the schema declares.
 */
export function explain(manifest: Manifest, key: string, prefix?: string): Explained | Unknown {
  const place = { key, slot: keySlot(key), tag: extractTag(key) ?? null };
  const found = familyOfKey(manifest, key, prefix === undefined ? {} : { prefix });
  if (found === undefined) {
    const prefixed = prefix === undefined || key.startsWith(prefix) || key.startsWith(prefix, 1);
    const bare =
      prefix !== undefined && key.startsWith(prefix) ? key.slice(prefix.length) : withoutDeclared(manifest, key);
    const own = ownKey(bare);
    return {
      ...place,
      family: null,
      prefixed,
      writtenBy: own?.what ?? null,
      ...(own === undefined ? {} : { end: own.end }),
      retired: retiredPattern(manifest, bare),
      nearest: nearestPatterns(manifest, bare).map(({ owned: { family, companion, pattern }, refused }) => ({
        family: family.name,
        companion: companion?.name ?? null,
        pattern: pattern.text,
        why: refused === undefined ? null : `what stands for ${refused.parameter} is no ${refused.codec}`,
      })),
    };
  }
  const { family, companion, parameters, legacy } = found;
  return {
    ...place,
    prefix: found.prefix,
    prefixName: found.prefix === "" ? null : declaredPrefix(manifest, found.prefix),
    shared: family.shared ?? null,
    family: family.name,
    companion: companion?.name ?? null,
    kind: family.kind,
    pattern: companion?.pattern ?? legacy?.from ?? family.pattern,
    legacy:
      legacy === undefined
        ? null
        : { to: family.pattern, strategy: legacy.strategy, phase: legacy.phase, until: legacy.until },
    purpose: companion?.purpose ?? family.purpose,
    parameters,
    scope: "scope" in family.tag ? family.tag.scope : null,
    type: companion?.redisType ?? family.redisType,
    ttl: companion === undefined ? `${describeTtl(family.ttl)}, ${family.ttlSet}` : describeTtl(companion.ttl),
    wires: companion === undefined ? family.values.map(({ wire }) => wire) : [],
    owner: family.owner,
    writers: family.writers.map((writer) =>
      typeof writer === "string" ? writer : `${serviceOf(writer)} (${writer.foreign})`,
    ),
    readers: family.readers,
    tier: family.tier,
    store: family.store,
    deadline: family.deadline,
    retries: family.retries,
    staleReads: family.staleReads ?? null,
    whenDown: describeWhenDown(family.whenDown),
  };
}

function retiredPattern({ retired = {} }: Manifest, key: string): Unknown["retired"] {
  const found = Object.entries(retired).find(([text]) => matchKey(parsePattern(text).pattern, key) !== undefined);
  return found === undefined ? null : { pattern: found[0], because: found[1] };
}

/** The name of the declared prefix that a text is. */
function declaredPrefix({ prefixes = [] }: Manifest, text: string): string | null {
  return prefixes.find(({ pattern }) => matchKey(parsePattern(pattern).pattern, text) !== undefined)?.name ?? null;
}

/** A key of no family without what may be a declared prefix, so that what is left is held against the patterns. */
function withoutDeclared(manifest: Manifest, key: string): string {
  for (let end = 1; end <= key.length; end++) {
    if (declaredPrefix(manifest, key.slice(0, end)) !== null) return key.slice(end);
  }
  return key;
}
