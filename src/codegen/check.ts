/**
 * Holds a schema against the rules and against what was committed, and the files on disk against the schema. Writes nothing.
 *
 * @module
 */
import type { Finding } from "../rules/rule.js";
import { brokenSince, manifestOf, manifestOnDisk, phasesUnknown } from "./committed.js";
import { type Drift, driftOf } from "./drift.js";
import { inspect, type Told } from "./generate.js";
import type { LoadedConfig } from "./load.js";
import { refuseFilesOfYours } from "./write.js";

export interface Checked {
  readonly findings: readonly Finding[];
  /**
   * What changed since the committed manifest, or that of `against`, and would lose live keys; and phases that the
   * ledger of the moves does not know.
   */
  readonly breaking: readonly Finding[];
  /** undefined where the schema cannot be read to its end. */
  readonly drift: readonly Drift[] | undefined;
  readonly families: number;
  /** True where a finding is an error, or there is any and `strict` was asked for. */
  readonly failed: boolean;
}

export interface CheckOptions extends Told {
  /** Warnings fail too. */
  readonly strict?: boolean;
  /** A git ref, or a manifest, to compare with beside the one on disk. */
  readonly against?: string;
}

/** @throws LoadError where the config or the schema cannot be used, or a file of the user's is in the way */
export async function check(
  config: LoadedConfig,
  { strict = false, against, withoutKeys = [], today }: CheckOptions = {},
): Promise<Checked> {
  const { findings, artifacts, families, manifest, located } = await inspect(config, today);
  if (artifacts !== undefined) refuseFilesOfYours(config.out, artifacts);
  const earlier = [manifestOnDisk(config), ...(against === undefined ? [] : [manifestOf(config, against)])];
  const broken = new Map(
    earlier.flatMap((before) =>
      brokenSince(before, manifest, withoutKeys).map((found) => [JSON.stringify(found), located(found)]),
    ),
  );
  return {
    findings,
    breaking: [...broken.values(), ...phasesUnknown(config, manifest).map(located)],
    drift: artifacts === undefined ? undefined : driftOf(config.out, artifacts),
    families,
    failed: findings.some(({ severity }) => strict || severity === "error"),
  };
}
