/**
 * What the schema says about one live key.
 *
 * @module
 */
import { serviceOf } from "../schema/documentation.js";
import type { Manifest } from "../schema/manifest.js";
import { extractTag, keySlot } from "../schema/patterns/index.js";
import { describeTtl } from "../schema/ttl.js";
import { Classifier } from "./classify.js";

/** Words as the inventory has them; keys in the order in which they are read. */
export interface Explained {
  readonly key: string;
  readonly slot: number;
  /** The hash tag, without its braces. */
  readonly tag: string | null;
  readonly family: string;
  readonly companion: string | null;
  readonly kind: string;
  readonly pattern: string;
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
}

export interface Unknown {
  readonly key: string;
  readonly slot: number;
  readonly tag: string | null;
  readonly family: null;
  /** False: the key does not begin with the prefix that was given. */
  readonly prefixed: boolean;
  readonly nearest: readonly {
    readonly family: string;
    readonly companion: string | null;
    readonly pattern: string;
    /** Why the key is none of it though its own text is the pattern's; null where the text differs. */
    readonly why: string | null;
  }[];
}

/** The key as Redis holds it; `prefix` is what `createRepositories(client, { prefix })` puts before every key. */
export function explain(manifest: Manifest, key: string, prefix = ""): Explained | Unknown {
  const place = { key, slot: keySlot(key), tag: extractTag(key) ?? null };
  const prefixed = key.startsWith(prefix);
  const bare = prefixed ? key.slice(prefix.length) : key;
  const classifier = new Classifier(manifest);
  const found = prefixed ? classifier.classify(bare) : undefined;
  if (found === undefined) {
    return {
      ...place,
      family: null,
      prefixed,
      nearest: classifier.nearest(bare).map(({ family, companion, pattern, refused }) => ({
        family: family.name,
        companion: companion?.name ?? null,
        pattern: pattern.text,
        why: refused === undefined ? null : `what stands for ${refused.parameter} is no ${refused.codec}`,
      })),
    };
  }
  const { family, companion, pattern, parameters } = found;
  return {
    ...place,
    family: family.name,
    companion: companion?.name ?? null,
    kind: family.kind,
    pattern: pattern.text,
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
  };
}
