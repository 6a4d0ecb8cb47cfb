/**
 * A `session` family as generated code declares it.
 *
 * @module
 */
import type { TtlPolicy } from "../schema/ttl.js";
import type { Codec } from "../schema/values/codec.js";
import type { Upgrades } from "../schema/values/upgrade.js";
import type { KeyFunction, RepositoryFamily } from "./repository.js";

/** `O` is the type of the owners. */
export interface SessionFamily<V, O = never> extends RepositoryFamily {
  readonly kind: "session";
  readonly ttl: TtlPolicy;
  readonly owners: SessionOwners<V, O> | undefined;
  readonly value: Codec<V>;
  /** The version of the value's shape; 1 where it is left out. */
  readonly version?: number;
  readonly upgrades?: Upgrades;
}

/** The schema's `upgrade`. Called by generated code. */
export function upgradesOf(family: { readonly options: object } | undefined): Upgrades {
  const declared = (family?.options as { upgrade?: Upgrades } | undefined)?.upgrade;
  if (declared !== undefined) return declared;
  throw new TypeError(
    "The schema no longer declares the upgrade that the generated code was made for. Run `keywright generate`.",
  );
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
