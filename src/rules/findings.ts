/**
 * Holds a manifest against the rules.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import { isAllowed } from "./allowed.js";
import type { Finding } from "./rule.js";
import { rules } from "./table.js";

/**
 * All findings that the schema does not allow, in the order of the table and of the families.
 *
 * @param whole false where families are missing from the manifest because they cannot be read: rules that need all of
 * them are then silent
 */
export function findingsOf(manifest: Manifest, whole = true): Finding[] {
  const found: Finding[] = [];
  for (const rule of rules) {
    if (rule.whole === true && !whole) continue;
    const before = { rules, found: [...found] };
    for (const problem of rule.check(manifest, before)) {
      found.push({ ...problem, id: rule.id, severity: rule.severity });
    }
  }
  const proofs = new Set(rules.filter(({ proof }) => proof === true).map(({ id }) => id));
  return found.filter((finding) => proofs.has(finding.id) || !isAllowed(finding, manifest));
}
