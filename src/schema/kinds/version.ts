/**
 * The options `version` and `upgrade`, which all kinds that store a value in the envelope read alike.
 *
 * @module
 */
import type { Upgrades } from "../values/upgrade.js";
import type { Wire } from "../values/wire.js";
import type { KindContext } from "./kind.js";

export interface VersionOptions {
  /**
   * The version of the value's shape, from 1. Raise it when the shape, or a check that only code can perform, changes: an
   * instance of an older schema then leaves what a newer one stored as it is.
   */
  readonly version?: number;
  /**
   * What becomes of a stored value of an older version, by that version: `{ 1: (old) => ({ … }) }`, or `upgradeFrom(schema,
   * (old) => …)`. Reads upgrade, and store nothing.
   */
  readonly upgrade?: Upgrades;
}

/** Reads both. `partial`: values of a version without an upgrade may be lost, as those of a cache. */
export function readVersion(options: VersionOptions, context: KindContext, partial = false): number {
  const { version = 1, upgrade = {} } = options;
  if (!Number.isSafeInteger(version) || version < 1 || version > 9999) {
    context.problem("invalid-version", "version", "the version is no whole number from 1 to 9999", "Count from 1.");
    return 1;
  }
  const known = Array.from({ length: version - 1 }, (_, i) => String(i + 1));
  for (const from of partial ? [] : known) {
    if (Object.hasOwn(upgrade, from)) continue;
    context.problem(
      "missing-upgrade",
      "upgrade",
      `nothing says what becomes of values of version ${from}`,
      `Write upgrade: { ${from}: (old) => ({ … }) }: values of that version are still stored.`,
    );
  }
  for (const [from, step] of Object.entries(upgrade)) {
    const valid = typeof step === "function" || (typeof step?.to === "function" && "_zod" in (step.from ?? {}));
    if (known.includes(from) && valid) continue;
    context.problem(
      "invalid-upgrade",
      `upgrade.${from}`,
      valid ? `version ${from} is not older than version ${version}` : "it is neither a function nor upgradeFrom(…)",
      `Write one upgrade for each version below ${version}.`,
    );
  }
  return version;
}

/**
 * The declared version of a family that stores its bare value where it declares none; undefined there, and where the wire
 * has no place for one, which is reported. `wire` is undefined where the value is no schema.
 */
export function readOwnVersion(
  options: VersionOptions,
  wire: Wire | undefined,
  context: KindContext,
  partial = false,
): number | undefined {
  if (options.version === undefined && options.upgrade === undefined) return undefined;
  if (wire !== undefined && wire !== "json" && wire !== "superjson") {
    context.problem(
      "unsupported-option",
      options.version === undefined ? "upgrade" : "version",
      `${wire} stores the bare value, which other languages read, and has no place for a version`,
      'Leave version out; or, where no other program reads these keys, write wire: "json" or "superjson".',
    );
    return undefined;
  }
  return readVersion(options, context, partial);
}

/** Why lists and sets of items refuse the option. */
export const itemsHaveNoVersion = {
  version: "items are told apart by their stored texts, and two versions of one item would be two items",
  upgrade: "items are told apart by their stored texts, so an upgraded item would be another one",
} as const;
