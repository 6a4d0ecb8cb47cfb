/**
 * A key pattern, read: what `parsePattern` makes of `chat:messages:{<roomId>}`.
 *
 * @module
 */
import type { Parameter } from "./parameter.js";

/** A stretch of a pattern: text that stands in every key, or a parameter. */
export type Segment = { readonly literal: string } | { readonly parameter: Parameter };

/** The hash tag of a pattern. */
export interface PatternTag {
  /** As the pattern writes it, braces included, e.g. `{<roomId>}` or `{email:<email:sha256(email)>}`. */
  readonly template: string;
  /** The names of the parameters in it, in order. */
  readonly parameters: readonly string[];
  /** It holds no parameter, so all keys of the family share one slot. */
  readonly constant: boolean;
}

/** A key pattern. Substituting the parameters gives the key, byte for byte. */
export interface Pattern {
  /** As the schema writes it. */
  readonly text: string;
  readonly segments: readonly Segment[];
  /** In order of appearance. */
  readonly parameters: readonly Parameter[];
  readonly tag: PatternTag | undefined;
}
