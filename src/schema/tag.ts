/**
 * Tag scopes: the approved hash tags of a keyspace. Families of one scope share a Cluster slot when their scope
 * parameters are equal, so only they can meet in one transaction.
 *
 * @module
 */
import type { PatternTagText } from "./patterns/index.js";
import { callSite, type SchemaLocation } from "./problem.js";

/** One approved hash tag, as `tagScopes` returns it. */
export interface TagScope<T extends string = string> {
  readonly kind: "scope";
  /** The literal hash tag with its parameters, e.g. `{<roomId>}`. */
  readonly tag: T;
  /** Why these keys belong to one slot. */
  readonly because: string;
  /** True where the tag has no parameter, so that all keys lie in one slot. */
  readonly constant: boolean;
  /** Where `tagScopes` was called, when the engine can tell. */
  readonly at?: SchemaLocation | undefined;
}

/** The record that a family has no tag, with the reason. */
export interface NoTag {
  readonly kind: "none";
  readonly because: string;
}

export interface TagScopeOptions {
  readonly tag: string;
  readonly because: string;
  /** Must be true for a tag without parameters: one slot, and so one server, holds all of its keys. */
  readonly constant?: boolean;
}

type Scopes<S extends Readonly<Record<string, TagScopeOptions>>> = {
  readonly [N in keyof S]: TagScope<S[N]["tag"]>;
};

/**
 * Declares the tag scopes of a keyspace, each with its reason.
 *
 * ```ts
 * const scopes = tagScopes({
 *   room: { tag: "{<roomId>}", because: "messages and presence of a room change together" },
 * });
 * ```
 */
export function tagScopes<const S extends Readonly<Record<string, TagScopeOptions>>>(scopes: S): Scopes<S> {
  const at = callSite(tagScopes);
  const declared: Record<string, TagScope> = {};
  for (const [name, { tag, because, constant }] of Object.entries(scopes)) {
    declared[name] = { kind: "scope", tag, because, constant: constant === true, at };
  }
  return declared as Scopes<S>;
}

/** Says that a family has no hash tag, and why: each of its keys may lie in any slot. */
export function none(because: string): NoTag {
  return { kind: "none", because };
}

/** An error that the editor shows as a sentence. */
export interface SchemaError<Sentence extends string> {
  readonly "keywright: schema error": Sentence;
}

/** Holds a family's tag against its pattern: `unknown` where they agree, else a sentence. */
export type CheckTag<P extends string, G> =
  G extends TagScope<infer T>
    ? [PatternTagText<P>] extends [T]
      ? unknown
      : PatternTagText<P> extends string
        ? SchemaError<`the scope's tag is ${T}, but the pattern holds ${PatternTagText<P>}: use one of the two in both`>
        : SchemaError<`the scope's tag is ${T}, but the pattern holds no tag: write ${T} into the pattern, or tag: none("why")`>
    : PatternTagText<P> extends string
      ? SchemaError<`the pattern holds the tag ${PatternTagText<P>}: name its scope from tagScopes instead of none("why")`>
      : unknown;
