/**
 * Random operations of a kind, for the model and chaos tests. A kind joins by a file beside this one and a line in the
 * registry; a test fails where one is missing.
 *
 * @module
 */
import type { Draw } from "../draw.js";

/** What a family's operations are made of. `key` draws from few keys, so that operations meet. */
export interface Samples<K = unknown, V = unknown> {
  key(draw: Draw): K;
  /** A value, an item or a member, as the kind has it. */
  value(draw: Draw): V;
  /** An owner of sessions. */
  owner?(draw: Draw): unknown;
  /** Keys without number, for the models: absent where the family has one key only. */
  readonly own?: OwnSamples<K, V>;
}

/** Keys and values by number: a value tells whose it is. */
export interface OwnSamples<K, V> {
  /** Key `n`. `other` is another one of the same tag scope. */
  key(n: number, other: boolean): K;
  /** Value `i` of key `n`, and of no other where the values are not too few for that. */
  value(n: number, i: number): V;
}

/** One operation of the repository, by chance. Its error is the caller's to judge. */
export type Operate<R> = (repository: R, samples: Samples<never, never>, draw: Draw) => Promise<unknown>;

/** An operation whose samples are of these types. */
export function operations<R, K, V>(
  all: readonly ((repository: R, key: K, samples: Samples<K, V>, draw: Draw) => Promise<unknown>)[],
): Operate<R> {
  return (repository, samples, draw) => {
    const typed = samples as unknown as Samples<K, V>;
    return draw.one(all)(repository, typed.key(draw), typed, draw);
  };
}
