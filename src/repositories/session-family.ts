/**
 * A `session` family as generated code declares it.
 *
 * @module
 */
import type { TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import type { KeyFunction, RepositoryFamily } from "./repository.js";
import type { Versioned } from "./versioned.js";

/** `O` is the type of the owners. Without a version it is 1. */
export interface SessionFamily<V, O = never> extends RepositoryFamily, Versioned {
  readonly kind: "session";
  readonly ttl: TtlPolicy;
  readonly owners: SessionOwners<V, O> | undefined;
  readonly value: Codec<V>;
}

/** How a family's sessions are found by their owner; written by generated code. */
export interface SessionOwners<V, O> {
  /** The index's pattern. */
  readonly pattern: string;
  /** The index's key, without the runtime's prefix. */
  readonly key: KeyFunction<O>;
  /** The schema's `ownedBy`; null for a session of nobody. */
  readonly of: (value: V) => O | null;
}
