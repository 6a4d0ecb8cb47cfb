/**
 * What the schema allows a service.
 *
 * @module
 */
import type { ManifestFamily } from "../schema/manifest.js";

export type Access = "write" | "read";

/** What a service may do with a family; undefined: nothing. */
export function accessOf(service: string, family: ManifestFamily): Access | undefined {
  if (family.writers.some((writer) => typeof writer === "string" && writer === service)) return "write";
  return family.readers.includes(service) ? "read" : undefined;
}
