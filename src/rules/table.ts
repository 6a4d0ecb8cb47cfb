/**
 * The rules, one row each.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import { keyBelongsToTwo } from "./disjoint-patterns.js";
import { keyOfTwoPrefixes } from "./disjoint-prefixes.js";
import type { Finding, Rule } from "./rule.js";

export const rules: readonly Rule[] = [keyBelongsToTwo, keyOfTwoPrefixes];

/** All findings of all rules, in the order of the table and of the families. */
export function findingsOf(manifest: Manifest): Finding[] {
  return rules.flatMap((rule) =>
    rule.check(manifest).map((problem) => ({ ...problem, id: rule.id, severity: rule.severity })),
  );
}
