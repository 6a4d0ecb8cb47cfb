/**
 * From a live key back to its family: what `keywright explain` and the audit of a live keyspace ask.
 *
 * @module
 */
import type { Companion } from "./companion.js";
import type { Manifest, ManifestFamily, ManifestMove } from "./manifest.js";
import { literalHead, type OwnedPattern, ownedPatterns } from "./owned-pattern.js";
import { matchKey, type Pattern, parsePattern } from "./patterns/index.js";

/** Whose key it is. */
export interface KeyOwner {
  readonly family: ManifestFamily;
  /** The companion whose key it is; undefined where it is one of the family's own. */
  readonly companion: Companion | undefined;
  /** The parameters as the key holds them, encoded. What they were before is their codec's `decode`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What stands before the schema's pattern: `""` for none, and for families that are shared. */
  readonly prefix: string;
  /** Of an old key of a family that moves: its move. */
  readonly legacy: ManifestMove | undefined;
}

export interface FamilyOfKeyOptions {
  /**
   * The prefix that the runtime was given, such as `preview:3f2a:`; `""` for none. Where it is left out, the key may have
   * none, or one that the keyspace declares.
   */
  readonly prefix?: string;
}

interface Candidate {
  readonly owned: OwnedPattern;
  readonly head: string;
}

interface Compiled {
  readonly candidates: readonly Candidate[];
  readonly prefixes: readonly Pattern[];
}

const compiled = new WeakMap<Manifest, Compiled>();

function compile(manifest: Manifest): Compiled {
  let found = compiled.get(manifest);
  if (found === undefined) {
    found = {
      candidates: ownedPatterns(manifest).map((owned) => ({ owned, head: literalHead(owned.pattern) })),
      prefixes: (manifest.prefixes ?? []).map(({ pattern }) => parsePattern(pattern).pattern),
    };
    compiled.set(manifest, found);
  }
  return found;
}

/**
 * The family, or the companion of a family, that owns a key, while it moves also one of its old keys; undefined where the keyspace knows none. No key has two
 * owners, which is proved when the keyspace is built.
 *
 * @param key the key as Redis stores it, prefix included
 */
export function familyOfKey(manifest: Manifest, key: string, options: FamilyOfKeyOptions = {}): KeyOwner | undefined {
  const { candidates, prefixes } = compile(manifest);
  const before = [0, 1].map((at) =>
    options.prefix === undefined
      ? ["", ...prefixes.flatMap((pattern) => prefixIn(key, pattern, at) ?? [])]
      : [options.prefix],
  );
  for (const { owned, head } of candidates) {
    const { family, companion, pattern, prefixAt, legacy } = owned;
    for (const prefix of family.shared === undefined ? (before[prefixAt] as string[]) : NONE) {
      const text = withoutPrefix(key, prefix, prefixAt);
      if (text?.startsWith(head) !== true) continue;
      const parameters = matchKey(pattern, text);
      if (parameters !== undefined) return { family, companion, parameters, prefix, legacy };
    }
  }
  return undefined;
}

const NONE = [""];

/** The key as the schema's pattern has it. */
function withoutPrefix(key: string, prefix: string, at: 0 | 1): string | undefined {
  if (!key.startsWith(prefix, at)) return undefined;
  return key.slice(0, at) + key.slice(at + prefix.length);
}

/** What of a key is a prefix of the declared pattern: one text at most, since no prefix begins another. */
function prefixIn(key: string, pattern: Pattern, at: number): string | undefined {
  if (!key.startsWith(literalHead(pattern), at)) return undefined;
  const last = pattern.segments.at(-1);
  const end = last !== undefined && "literal" in last ? last.literal : "";
  for (let to = key.indexOf(end, at); to >= 0 && end !== ""; to = key.indexOf(end, to + 1)) {
    const text = key.slice(at, to + end.length);
    if (matchKey(pattern, text) !== undefined) return text;
  }
  return undefined;
}
