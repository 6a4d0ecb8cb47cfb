/**
 * A rule of the schema: an id, what it is for, how bad a finding is, and a handler over the manifest. One table row a
 * rule; what makes a schema unreadable is found earlier, while the manifest is built.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import type { SchemaProblem } from "../schema/problem.js";

export type Severity = "error" | "warning";

export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** Why the rule is there, in one sentence. */
  readonly purpose: string;
  check(manifest: Manifest): readonly Omit<SchemaProblem, "id">[];
}

export interface Finding extends SchemaProblem {
  readonly severity: Severity;
}
