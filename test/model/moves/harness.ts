/**
 * Runs the schedules of a case, many at a time over one connection, and makes what fails small enough to read.
 *
 * @module
 */
import type { Connection } from "./connection.js";
import { type Control, type MoveCase, nameOf } from "./move-case.js";
import { type Counts, noCounts, type Outcome, runSchedule, type Settings } from "./schedule.js";

/** How many schedules are under way at a time; of a control few, since one that is found out ends it. */
const together = { most: 256, ofControl: 24 };
/** Violations that are kept of a case: the rest is counted. */
const mostKept = 5;

export interface Found {
  readonly seed: number;
  readonly violations: readonly string[];
  /** Of the smallest schedule that was found to fail. */
  readonly trace: string;
}

export interface ControlReport {
  readonly phases: readonly [string, string];
  readonly because: string;
  /** After how many schedules a violation was found; left out where none was. */
  readonly foundAfter?: number;
  /** The first of that schedule. */
  readonly violation?: string;
}

export interface CaseReport extends Counts {
  readonly name: string;
  readonly schedules: number;
  /** Schedules in which something was wrong. */
  readonly failed: number;
  readonly found: readonly Found[];
  readonly controls: readonly ControlReport[];
  readonly seconds: number;
}

type AnyCase = MoveCase<never, never>;

/** All schedules of the seeds, and the controls. */
export async function runCase(
  theCase: AnyCase,
  seeds: readonly number[],
  connection: Connection,
  prefix: string,
  { controls = true }: { readonly controls?: boolean } = {},
): Promise<CaseReport> {
  const began = performance.now();
  const settings: Settings = { connection, prefix };
  const counts = noCounts();
  const failures: Outcome[] = [];
  let failed = 0;
  await each(seeds, async (seed) => {
    const outcome = await runSchedule(theCase, seed, settings);
    for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += outcome.counts[name];
    if (outcome.violations.length === 0) return true;
    failed += 1;
    if (failures.length < mostKept) failures.push(outcome);
    return true;
  });
  const found: Found[] = [];
  for (const failure of failures) found.push(await shrunk(theCase, failure, settings));
  const reports: ControlReport[] = [];
  if (controls) {
    for (const control of theCase.controls) {
      reports.push(await runControl(theCase, control, seeds[0] ?? 0, { ...settings, control }));
    }
  }
  const seconds = (performance.now() - began) / 1000;
  return { name: nameOf(theCase), schedules: seeds.length, failed, found, controls: reports, seconds, ...counts };
}

/** Looks for a violation between strangers. */
async function runControl(
  theCase: AnyCase,
  control: Control,
  firstSeed: number,
  settings: Settings,
): Promise<ControlReport> {
  const { phases, because, schedules = 4000 } = control;
  const seeds = Array.from({ length: schedules }, (_, i) => firstSeed + i);
  let first: Outcome | undefined;
  await each(
    seeds,
    async (seed) => {
      const outcome = await runSchedule(theCase, seed, settings);
      if (outcome.violations.length > 0 && (first === undefined || seed < first.seed)) first = outcome;
      return first === undefined;
    },
    together.ofControl,
  );
  if (first === undefined) return { phases, because };
  return { phases, because, foundAfter: first.seed - firstSeed + 1, violation: first.violations[0] as string };
}

/** Runs it for every item, some at a time, until it says false. */
async function each<T>(items: readonly T[], run: (item: T) => Promise<boolean>, atOnce = together.most): Promise<void> {
  let [at, on] = [0, true];
  const worker = async () => {
    while (on && at < items.length) {
      const item = items[at++] as T;
      if (!(await run(item))) on = false;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

/** Leaves out operations, crashes and expiries for as long as something is still wrong. */
async function shrunk(theCase: AnyCase, outcome: Outcome, settings: Settings): Promise<Found> {
  const without = new Set<string>();
  let smallest = outcome;
  for (let round = 0; round < 3; round++) {
    const before = without.size;
    for (const part of smallest.parts.toReversed()) {
      if (without.has(part)) continue;
      const tried = await runSchedule(theCase, outcome.seed, { ...settings, without: new Set([...without, part]) });
      if (tried.violations.length === 0 || tried.counts.steps > smallest.counts.steps) continue;
      without.add(part);
      smallest = tried;
    }
    if (without.size === before) break;
  }
  return { seed: outcome.seed, violations: smallest.violations, trace: smallest.trace ?? "" };
}
