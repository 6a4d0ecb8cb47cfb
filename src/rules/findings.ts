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
 * @param today the day that windows are held against, in UTC, as `2026-11-28`
 */
export function findingsOf(manifest: Manifest, whole = true, today = thisDay()): Finding[] {
  const found: Finding[] = [];
  for (const rule of rules) {
    if (rule.whole === true && !whole) continue;
    const before = { rules, found: [...found], today };
    for (const problem of rule.check(manifest, before)) {
      found.push({ ...problem, id: rule.id, severity: rule.severity });
    }
  }
  const proofs = new Set(rules.filter(({ proof }) => proof === true).map(({ id }) => id));
  return found.filter((finding) => proofs.has(finding.id) || !isAllowed(finding, manifest));
}

function thisDay(): string {
  return new Date().toISOString().slice(0, 10);
}
