/**
 * The part of a keyspace that some services use. It is taken when everything is proved, so that a subset never hides a
 * clash with a family outside of it.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import { accessOf } from "./access.js";
import { mayCall } from "./scripts-file.js";

/** The manifest of those services: the families that they read or write, with the scopes and stores of these. */
export function subsetOf(manifest: Manifest, services: readonly string[]): Manifest {
  const families = manifest.families.filter((family) =>
    services.some((service) => accessOf(service, family) !== undefined),
  );
  const scripts = (manifest.scripts ?? []).filter((script) =>
    services.some((service) => mayCall(service, script, manifest)),
  );
  const { keywright, name, stores, scopes, scripts: _all, ...rest } = manifest;
  return {
    keywright,
    name,
    subset: { services: [...services].sort() },
    ...rest,
    stores: stores.filter((store) => families.some((family) => family.store === store)),
    services: [...services].sort(),
    scopes: scopes.filter((scope) => families.some(({ tag }) => "scope" in tag && tag.scope === scope.name)),
    families,
    ...(scripts.length === 0 ? {} : { scripts }),
  };
}
