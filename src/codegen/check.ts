/**
 * Holds a schema against the rules, and the files on disk against the schema. Writes nothing.
 *
 * @module
 */
import type { Finding } from "../rules/rule.js";
import { type Drift, driftOf } from "./drift.js";
import { inspect } from "./generate.js";
import type { LoadedConfig } from "./load.js";
import { refuseFilesOfYours } from "./write.js";

export interface Checked {
  readonly findings: readonly Finding[];
  /** undefined where the schema cannot be read to its end. */
  readonly drift: readonly Drift[] | undefined;
  readonly families: number;
  /** True where a finding is an error, or there is any and `strict` was asked for. */
  readonly failed: boolean;
}

/** @throws LoadError where the config or the schema cannot be used, or a file of the user's is in the way */
export async function check(config: LoadedConfig, strict: boolean): Promise<Checked> {
  const { findings, artifacts, families } = await inspect(config);
  if (artifacts !== undefined) refuseFilesOfYours(config.out, artifacts);
  return {
    findings,
    drift: artifacts === undefined ? undefined : driftOf(config.out, artifacts),
    families,
    failed: findings.some(({ severity }) => strict || severity === "error"),
  };
}
