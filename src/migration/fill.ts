/**
 * Fill: brings over what nobody writes, place by place, by the steps of the family's strategy. They are safe beside the
 * traffic of their phases, and to repeat, so that a run that was ended at any step is simply run again.
 *
 * @module
 */
import { KeywrightError } from "../runtime/errors.js";
import type { Runner } from "../runtime/executor.js";
import type { FillOutcome, Fills, Unit } from "../runtime/moves/move.js";
import type { Steps } from "../runtime/moves/steps.js";
import { moveFills } from "../runtime/moves/strategies.js";
import { command, commandThat, type Plan } from "../runtime/plan.js";
import { patiently } from "./attempts.js";
import type { Journal } from "./journal.js";
import { inParallel, Pace } from "./pace.js";
import { marksPass, type Pass, passesOf } from "./passes.js";
import { MigrationRefusal } from "./refusal.js";
import { type Progress, type ScanOptions, scanAll } from "./scan.js";
import type { Target } from "./target.js";

export interface FillOptions extends ScanOptions {
  /** False: places are counted, and nothing is written. */
  readonly execute: boolean;
  /** Places a second. */
  readonly rate: number;
  /** How many places are under way at once: 32 where it is left out. */
  readonly concurrency?: number;
}

/** What a fill came to; counts of places, those of the runs that it went on from among them. */
export interface Filled {
  /** False where it was ended before its end. */
  readonly ended: boolean;
  readonly places: number;
  readonly outcomes: Readonly<Record<FillOutcome, number>>;
  /** Places whose steps failed for good, such as a key of another type. */
  readonly failed: number;
  /** Why the first of them failed. */
  readonly failure?: string;
}

type Held = NonNullable<Fills["held"]>;

const outcomes: readonly FillOutcome[] = ["copied", "same", "absent", "newer"];

/**
 * The fill of a family.
 *
 * @throws MigrationRefusal where its strategy needs none, or has none in this phase
 */
export function fillOf({ family, moved }: Target): Fills {
  const fills = moveFills[moved.strategy];
  if (fills === undefined) {
    throw new MigrationRefusal(
      `${family.name} moves by ${moved.strategy}, which fills nothing: its keys go over by themselves, or end`,
      "See keywright migrate status for what the next phase waits for.",
    );
  }
  if (!fills.phases.includes(moved.phase)) {
    throw new MigrationRefusal(
      `${family.name} is in the phase ${moved.phase}, in which a fill would lose writes or has no place`,
      `A fill runs in ${fills.phases.join(" or ")}: keywright migrate advance ${family.name}.`,
    );
  }
  return fills;
}

async function run<T>(steps: Steps<T>, runner: Runner): Promise<T> {
  let next = steps.next();
  while (next.done !== true) {
    let answer: unknown;
    try {
      answer = await runner.run(next.value);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(answer);
  }
  return next.value;
}

function exists(family: Plan<unknown>["family"], key: string): Plan<boolean> {
  return command(family, "fill", key, ["EXISTS", key], (reply) => reply === 1, commandThat.reads);
}

/**
 * What is scanned, in its order. Where a state may lie in a mark alone, the marks come last; and the new keys first, since the
 * old ones go as they are filled, so that each would be met a second time.
 */
function passesOfFill({ held }: Fills, { moved: { keys }, prefix }: Target): Pass[] {
  if (held === undefined) return [...passesOf(keys, "old", prefix), ...passesOf(keys, "new", prefix)];
  const sides = [...passesOf(keys, "new", prefix), ...passesOf(keys, "old", prefix)];
  return [...sides, marksPass(keys, "old", prefix)];
}

/** The keys of a place that are scanned before a key: a place is found by the first of them that is there. */
function earlierKeys({ held }: Fills, { old, new: fresh }: Unit, key: string): string[] {
  const all = held === undefined ? [...old, ...fresh] : [...fresh, ...old];
  return all.slice(0, all.indexOf(key));
}

/**
 * Goes over the old and the new keys of the family, so that what is gone on the old side is seen too, and over the marks
 * that may hold a state.
 *
 * @throws MigrationStopped where Redis fails; the journal holds what is done
 */
export async function fill(target: Target, journal: Journal, options: FillOptions): Promise<Filled> {
  const { store, twins, move } = target;
  const fills = fillOf(target);
  const { execute, rate, concurrency = 32 } = options;
  const passes = passesOfFill(fills, target);
  const pace = new Pace(rate);
  let failure: string | undefined;
  /** True for a place that is met here first. */
  const isFirst = async (unit: Unit, key: string, isMark: boolean): Promise<boolean> => {
    if (isMark) return patiently(() => store.executor.run((fills.held as Held)(move, unit)));
    // Whatever came meanwhile was written by an operation that writes both.
    const there = await Promise.all(
      earlierKeys(fills, unit, key).map((each) => patiently(() => store.executor.run(exists(move.family, each)))),
    );
    return !there.includes(true);
  };
  const one = async (key: string, pass: Pass): Promise<FillOutcome | "failed" | "seen" | "place"> => {
    const place = pass.placeOf(key);
    const unit = twins.unitOf(place);
    if (unit === undefined || !(await isFirst(unit, key, place !== key))) return "seen";
    await pace.turn();
    if (!execute) return "place";
    try {
      return await patiently(() => run(fills.fill(move, unit), store.executor));
    } catch (error) {
      if (!(error instanceof KeywrightError)) throw error;
      failure ??= error.message;
      return "failed";
    }
  };
  let ended = false;
  try {
    ended = await scanAll(
      store.executor.port,
      passes,
      journal,
      async (keys, pass) => {
        // A batch that fails is scanned again, so it counts when it is whole.
        const counts = new Map<string, number>();
        await inParallel([...new Set(keys)], concurrency, async (key) => {
          const outcome = await one(key, pass);
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        });
        for (const [name, count] of counts) {
          if (name === "seen") continue;
          journal.count("places", count);
          if (name !== "place") journal.count(name, count);
        }
      },
      options,
    );
  } catch (error) {
    journal.save();
    throw error;
  }
  if (ended) journal.save(true);
  const { counts } = journal;
  return {
    ended,
    places: counts.places ?? 0,
    outcomes: Object.fromEntries(outcomes.map((name) => [name, counts[name] ?? 0])) as Record<FillOutcome, number>,
    failed: counts.failed ?? 0,
    ...(failure === undefined ? {} : { failure }),
  };
}

export type { Progress };
