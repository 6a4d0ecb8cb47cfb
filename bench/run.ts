/**
 * Runs a suite. In each round every contestant gets a fresh process; the processes stand side by side, idle, and are
 * measured in turn in short slices (A B C, A B C, …), so that what disturbs the machine for a while disturbs all of
 * them. A ratio is taken between two slices of one turn, and the median of the ratios counts.
 *
 * @module
 */
import type { Build } from "./build.js";
import type { Measured } from "./closed-loop.js";
import { WorkerProcess } from "./process.js";
import { median } from "./statistics.js";
import type { Goal, Suite } from "./suite.js";

export interface Budget {
  readonly rounds: number;
  readonly inFlight: readonly number[];
  /** Milliseconds before the first slice of each process. */
  readonly warmUp: number;
  /** Slices of a round, and their milliseconds. */
  readonly slices: number;
  readonly slice: number;
}

export interface Row {
  readonly contestant: string;
  readonly inFlight: number;
  /** Median operations a second, and the extremes of the slices. */
  readonly throughput: number;
  readonly least: number;
  readonly most: number;
  /** The contestant that the ratio refers to. */
  readonly baseline: string;
  /** Median ratio to the baseline; undefined where the baseline did not run. */
  readonly ratio: number | undefined;
  /** Median CPU time of the process for one operation, in microseconds. */
  readonly cpu: number;
  readonly slices: readonly Measured[];
}

export interface GoalOutcome extends Goal {
  /** Undefined where one of the two did not run. */
  readonly ratio: number | undefined;
  readonly met: boolean | undefined;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly goals: readonly GoalOutcome[];
}

export interface RunOptions {
  readonly only?: readonly string[] | undefined;
  /** Where V8's CPU profiles go. */
  readonly profiles?: string | undefined;
  /** Told what runs next. */
  readonly progress: (line: string) => void;
}

/** A line of the table: a contestant, and the build that runs it. */
interface Entry {
  readonly name: string;
  readonly contestant: string;
  readonly baseline: string;
  readonly worker: string;
}

function entriesOf(suite: Suite, only: readonly string[] | undefined, build: Build): Entry[] {
  const chosen = suite.contestants.filter(({ name }) => only === undefined || only.includes(name));
  return chosen.flatMap(({ name, ours, baseline = suite.baseline }) => {
    const entry = { name, contestant: name, baseline, worker: build.worker };
    if (ours !== true || build.workerAgainst === undefined) return [entry];
    return [entry, { ...entry, name: `${name}, against`, worker: build.workerAgainst }];
  });
}

const throughputOf = ({ operations, seconds }: Measured): number => operations / seconds;

/** Median over the turns of `a` to `b`. */
function ratioOf(a: readonly Measured[] | undefined, b: readonly Measured[] | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  return median(a.map((one, turn) => throughputOf(one) / throughputOf(b[turn] as Measured)));
}

/** By the clock, and by operations too: on a busy machine little is compiled within the time. */
async function warmUp(worker: WorkerProcess, milliseconds: number): Promise<void> {
  let operations = 0;
  for (let turn = 0; turn < 5 && operations < 10_000; turn++) {
    operations += (await worker.measure(milliseconds, true)).operations;
  }
}

/** All slices of one round at one level, by entry. */
async function round(
  suite: string,
  entries: readonly Entry[],
  url: string,
  inFlight: number,
  budget: Budget,
  profiles: string | undefined,
): Promise<Map<string, Measured[]>> {
  const workers = new Map<string, WorkerProcess>();
  try {
    for (const [i, { name, contestant, worker }] of entries.entries()) {
      const place = { url, prefix: `keywright-bench:${String(i).padStart(2, "0")}:` };
      workers.set(name, await WorkerProcess.start(worker, { suite, contestant, place, inFlight, profiles }));
    }
    for (const worker of workers.values()) await warmUp(worker, budget.warmUp);
    const measured = new Map<string, Measured[]>(entries.map(({ name }) => [name, []]));
    for (let slice = 0; slice < budget.slices; slice++) {
      for (const [name, worker] of workers) measured.get(name)?.push(await worker.measure(budget.slice));
    }
    for (const [name, worker] of workers) {
      await worker.end();
      workers.delete(name);
    }
    return measured;
  } finally {
    for (const worker of workers.values()) worker.kill();
  }
}

/** Measures the suite's contestants on the server at `url`. */
export async function run(
  name: string,
  suite: Suite,
  build: Build,
  url: string,
  budget: Budget,
  options: RunOptions,
): Promise<Outcome> {
  const entries = entriesOf(suite, options.only, build);
  const levels = new Map<number, Map<string, Measured[]>>();
  for (let i = 0; i < budget.rounds; i++) {
    for (const inFlight of budget.inFlight) {
      options.progress(`round ${i + 1} of ${budget.rounds}, ${inFlight} in flight, ${entries.length} contestants`);
      const measured = await round(name, entries, url, inFlight, budget, options.profiles);
      const before = levels.get(inFlight);
      if (before === undefined) levels.set(inFlight, measured);
      else for (const [entry, slices] of measured) before.get(entry)?.push(...slices);
    }
  }
  const baselines = new Map(entries.map((entry) => [entry.name, entry.baseline]));
  const rows = [...levels].flatMap(([inFlight, measured]) =>
    [...measured].map(([contestant, slices]): Row => {
      const throughputs = slices.map(throughputOf);
      const baseline = baselines.get(contestant) as string;
      return {
        contestant,
        inFlight,
        throughput: median(throughputs),
        least: Math.min(...throughputs),
        most: Math.max(...throughputs),
        baseline,
        ratio: ratioOf(slices, measured.get(baseline)),
        cpu: median(slices.map(({ cpuMicroseconds, operations }) => cpuMicroseconds / operations)),
        slices,
      };
    }),
  );
  const goals = suite.goals.map((goal): GoalOutcome => {
    const measured = levels.get(goal.inFlight);
    const ratio = ratioOf(measured?.get(goal.contestant), measured?.get(goal.against));
    return { ...goal, ratio, met: ratio === undefined ? undefined : ratio >= goal.atLeast };
  });
  return { rows, goals };
}
