/**
 * A declared family, as the functions of the kinds return it: the pattern and options as they were written, and where.
 * It is data. What is wrong with it is found when the manifest is built, so that all mistakes are told at once.
 *
 * @module
 */
import type { z } from "zod";
import type { Documentation } from "./documentation.js";
import type { Moved } from "./moved.js";
import { callSite, type SchemaLocation } from "./problem.js";
import type { CheckTag, NoTag, TagScope } from "./tag.js";
import type { Ttl } from "./ttl.js";

/** Options that every kind takes; the kinds add theirs. */
export interface FamilyOptions extends Documentation {
  /** The family's tag scope, or `none("why")`. */
  readonly tag: TagScope | NoTag;
  /** Where its live keys are, while the family moves from another pattern to this one. */
  readonly moved?: Moved;
}

/** Options of a kind, with the tag held against the pattern in types. */
export type WithTag<P extends string, G, O> = O & { readonly tag: G & CheckTag<P, G> };

/** Options of kinds whose TTL the family chooses. */
export interface WithTtl {
  /** How long a key lives: `"24h"`, `{ fixed, jitter }`, `{ sliding, max }`, `{ upTo }`, `{ config, default, max }` or `{ persist: "why" }`. */
  readonly ttl: Ttl;
}

/** `F` are the names of its zod schemas. */
export interface FamilyDeclaration<K extends string = string, P extends string = string, F extends string = string> {
  readonly kind: K;
  readonly pattern: P;
  readonly options: FamilyOptions;
  /** The zod schemas that generated code compiles its codecs from. */
  readonly schemas: Readonly<Record<F, z.core.$ZodType>>;
  readonly at: SchemaLocation | undefined;
}

/** Makes a declaration; `declare` is the public function whose caller is the place of the declaration. */
export function declaration<K extends string, P extends string, F extends string>(
  kind: K,
  pattern: P,
  options: FamilyOptions,
  schemas: Readonly<Record<F, z.core.$ZodType>>,
  // biome-ignore lint/complexity/noBannedTypes: the public function of any kind.
  declare: Function,
): FamilyDeclaration<K, P, F> {
  return { kind, pattern, options, schemas, at: callSite(declare) };
}
