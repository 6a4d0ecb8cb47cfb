import type { ManifestFamily } from "../../schema/manifest.js";
import { literal } from "../literal.js";
import type { LiteralField } from "./kind-emitter.js";

/** The fields of a family with a version, and what they import; nothing for one without. */
export function versionCode({ name, settings }: ManifestFamily): { fields: LiteralField[]; imports: string[] } {
  const { version, upgrades } = settings;
  if (typeof version !== "number") return { fields: [], imports: [] };
  const declared: LiteralField = ["version", literal(version)];
  // Only the upgrades of a cache are listed: it may do without.
  const upgraded = Array.isArray(upgrades) ? upgrades.length > 0 : version > 1;
  if (!upgraded) return { fields: [declared], imports: [] };
  return { fields: [declared, ["upgrades", `upgradesOf(keyspace.families.${name})`]], imports: ["upgradesOf"] };
}
