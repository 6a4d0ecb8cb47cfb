/**
 * Families whose stored values hold the version of their schema.
 *
 * @module
 */
import type { Codec } from "../schema/values/codec.js";
import type { Upgrades } from "../schema/values/upgrade.js";
import { VersionedCodec } from "../schema/values/versioned-codec.js";

/** What generated code says of a family's version. */
export interface Versioned {
  /** The version of the value's shape; left out where the schema declares none. */
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

/** The codec of what a family stores: in the envelope where it has a version, else bare. */
export function storedCodec<V>({ value, version, upgrades }: Versioned & { readonly value: Codec<V> }): Codec<V> {
  return version === undefined ? value : new VersionedCodec(value, version, upgrades);
}

/** A version as it stands in the head, for scripts to compare. */
export function versionText(version: number): string {
  return String(version).padStart(4, "0");
}
