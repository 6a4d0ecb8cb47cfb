/**
 * A rule of the schema: an id, what it is for, how bad a finding is, and a handler over the manifest. One table row a
 * rule; what makes a schema unreadable is found earlier, while the manifest is built.
 *
 * @module
 */
import type { Manifest, ManifestFamily } from "../schema/manifest.js";
import type { SchemaProblem } from "../schema/problem.js";
import type { RuleSettings } from "../schema/rule-settings.js";

/** A warning fails nothing unless `--strict` says so. */
export type Severity = "error" | "warning";

/** What a rule finds; its id and severity are the row's. */
export type Found = Omit<SchemaProblem, "id">;

/** What a rule may look at beside the manifest. */
export interface Before {
  readonly rules: readonly Rule[];
  /** What the rules further up in the table found, before anything was allowed. */
  readonly found: readonly Finding[];
  /** The day, as `2026-11-28`. */
  readonly today: string;
}

export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** What the rule is about, e.g. `naming`; the table is ordered by it. */
  readonly topic: string;
  /** Why the rule is there, in one sentence. */
  readonly purpose: string;
  /** The line that is found, and the line that is not; `…` stands for what is left out. */
  readonly example: { readonly bad: string; readonly good: string };
  /** The setting of the keyspace's `rules` without which it is silent. */
  readonly setting?: keyof RuleSettings;
  /** It needs all families, and is silent while some of them cannot be read. */
  readonly whole?: true;
  /** A proof that the generated code relies on: it cannot be allowed. */
  readonly proof?: true;
  check(manifest: Manifest, before: Before): readonly Found[];
}

export interface Finding extends SchemaProblem {
  readonly severity: Severity;
}

/** A handler that looks at one family after the other. */
export function eachFamily(
  check: (family: ManifestFamily, manifest: Manifest) => readonly Omit<Found, "family">[],
): Rule["check"] {
  return (manifest) =>
    manifest.families.flatMap((family) => check(family, manifest).map((found) => ({ ...found, family: family.name })));
}
