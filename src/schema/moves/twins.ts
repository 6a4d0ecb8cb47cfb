/**
 * The old key of a new one, and back. Both patterns have the same parameters, encoded alike, so a key is rewritten as
 * text: its parameters are never decoded.
 *
 * @module
 */
import { literalHead } from "../owned-pattern.js";
import { matchKey, type Pattern, parsePattern } from "../patterns/index.js";

/** A key that moves: the family's own, or a companion's. */
export interface MovedPattern {
  /** undefined: the family's own. */
  readonly companion?: string;
  readonly to: string;
  readonly from: string;
  /** Where a prefix stands in each: before the first character, or behind the brace that is it. */
  readonly prefixAt: { readonly to: 0 | 1; readonly from: 0 | 1 };
}

/** All keys of one place of a family: its own first, then its companions. They lie in one slot. */
export interface Unit {
  readonly old: readonly string[];
  readonly new: readonly string[];
}

interface Side {
  readonly pattern: Pattern;
  readonly head: string;
  readonly at: 0 | 1;
}

function namesIn({ segments }: Pattern): string {
  return segments
    .flatMap((segment) => ("literal" in segment ? [] : [segment.parameter.name]))
    .sort()
    .join(" ");
}

/** The key of a pattern whose parameters are known as text. */
function written({ pattern, at }: Side, parameters: Readonly<Record<string, string>>, prefix: string): string {
  let key = "";
  for (const segment of pattern.segments) {
    key += "literal" in segment ? segment.literal : (parameters[segment.parameter.name] as string);
  }
  return key.slice(0, at) + prefix + key.slice(at);
}

function parametersIn({ pattern, head, at }: Side, key: string, prefix: string): Record<string, string> | undefined {
  if (!key.startsWith(prefix, at)) return undefined;
  const bare = prefix === "" ? key : key.slice(0, at) + key.slice(at + prefix.length);
  return bare.startsWith(head) ? matchKey(pattern, bare) : undefined;
}

/** The keys of one moving family. */
export class Twins {
  readonly #pairs: readonly { readonly to: Side; readonly from: Side }[];
  readonly #prefix: string;

  /** @param prefix what the runtime puts before the family's keys */
  constructor(patterns: readonly MovedPattern[], prefix = "") {
    const side = (text: string, at: 0 | 1): Side => {
      const { pattern } = parsePattern(text);
      return { pattern, head: literalHead(pattern), at };
    };
    this.#pairs = patterns.map(({ to, from, prefixAt }) => ({
      to: side(to, prefixAt.to),
      from: side(from, prefixAt.from),
    }));
    this.#prefix = prefix;
    const [own] = this.#pairs;
    for (const pair of this.#pairs) {
      for (const { pattern } of [pair.to, pair.from]) {
        if (own === undefined || namesIn(pattern) === namesIn(own.to.pattern)) continue;
        throw new TypeError(
          `${pattern.text} and ${own.to.pattern.text} have other parameters: their keys are not of one place, so they cannot move together`,
        );
      }
    }
  }

  /** The old key in the place of a new one, a companion's in that of a companion's; undefined for a key of neither. */
  oldOf(key: string): string | undefined {
    for (const { to, from } of this.#pairs) {
      const parameters = parametersIn(to, key, this.#prefix);
      if (parameters !== undefined) return written(from, parameters, this.#prefix);
    }
    return undefined;
  }

  /** The new key in the place of an old one; undefined for a key that is no old one. */
  newOf(key: string): string | undefined {
    for (const { to, from } of this.#pairs) {
      const parameters = parametersIn(from, key, this.#prefix);
      if (parameters !== undefined) return written(to, parameters, this.#prefix);
    }
    return undefined;
  }

  /** Everything that moves together with a key: with a new or an old one, the family's own or a companion's. */
  unitOf(key: string): Unit | undefined {
    for (const pair of this.#pairs) {
      const parameters = parametersIn(pair.to, key, this.#prefix) ?? parametersIn(pair.from, key, this.#prefix);
      if (parameters === undefined) continue;
      return {
        old: this.#pairs.map(({ from }) => written(from, parameters, this.#prefix)),
        new: this.#pairs.map(({ to }) => written(to, parameters, this.#prefix)),
      };
    }
    return undefined;
  }
}
