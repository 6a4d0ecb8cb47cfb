/**
 * `npm run bench -- <suite>`: Keywright beside what a team would use instead, on this machine.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { startRedis } from "../src/testing/index.js";
import { build, project } from "./build.js";
import { contestantPackages, machineLine, machineOf } from "./machine.js";
import { report } from "./report.js";
import { type Budget, run } from "./run.js";
import type { GrowthSuite, Suite } from "./suite.js";
import { loadSuite, suiteNames } from "./suites.js";

interface Flags {
  readonly quick?: true;
  readonly rounds?: number;
  readonly inFlight?: number[];
  readonly only?: string[];
  readonly json?: string;
  readonly against?: string;
  readonly profile?: string;
}

/** For a look at the ratios in continuous integration: less than a minute. */
const quick: Budget = { rounds: 2, inFlight: [64], warmUp: 400, slices: 5, slice: 100 };
const full: Budget = { rounds: 5, inFlight: [1, 64, 1000], warmUp: 700, slices: 6, slice: 150 };

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Write a positive whole number.");
  return value;
}

// A name may hold a comma ("node-redis, defaults"): the names are separated by one that no space follows.
const names = (text: string): string[] => text.split(/,(?! )/);

/** Shows what runs on a terminal, and nothing elsewhere. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

async function write(name: string, flags: Flags, outcome: object): Promise<void> {
  const file = resolve(flags.json ?? `.results/bench-${name}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ name, at: new Date().toISOString(), ...outcome }, null, 2)}\n`);
}

async function bench(name: string, flags: Flags): Promise<void> {
  const suite = await loadSuite(name);
  if ("contestants" in suite) await compare(name, suite, flags);
  else await grow(name, suite, flags);
}

async function grow(name: string, suite: GrowthSuite, flags: Flags): Promise<void> {
  const none = (["inFlight", "only", "against", "profile"] as const).find((flag) => flags[flag] !== undefined);
  if (none !== undefined)
    throw new Error(`${name} compares no contestants: it takes --quick, --rounds and --json only`);
  const built = await build();
  try {
    const machine = await machineOf(suite.packages);
    const order = { quick: flags.quick === true, rounds: flags.rounds, project, built: built.folder, progress };
    const { figures, report } = await suite.run(order);
    progress("");
    console.log(report(machineLine(machine)));
    await write(name, flags, { machine, ...figures });
  } finally {
    await built.remove();
  }
}

async function compare(name: string, suite: Suite, flags: Flags): Promise<void> {
  const unknown = flags.only?.find((each) => !suite.contestants.some((contestant) => contestant.name === each));
  if (unknown !== undefined) {
    const known = suite.contestants.map((contestant) => `"${contestant.name}"`).join(", ");
    throw new Error(`${name} has no contestant "${unknown}"; it has ${known}`);
  }
  const base = flags.quick ? quick : full;
  const budget: Budget = {
    ...base,
    rounds: flags.rounds ?? base.rounds,
    inFlight: flags.inFlight ?? base.inFlight,
  };
  const built = await build(flags.against);
  const redis = await startRedis();
  try {
    const machine = await machineOf(contestantPackages, redis.url);
    const profiles = flags.profile && resolve(flags.profile);
    const outcome = await run(name, suite, built, redis.url, budget, { only: flags.only, profiles, progress });
    progress("");
    console.log(report(suite, outcome, machineLine(machine)));
    await write(name, flags, { machine, budget, ...outcome });
  } finally {
    await redis.stop();
    await built.remove();
  }
}

const suites = await suiteNames();
await new Command("bench")
  .description("Measures Keywright beside what a team would use instead. Ratios count, absolute figures do not.")
  .argument("<suite>", suites.join(", "), (name) => {
    if (!suites.includes(name)) throw new InvalidArgumentError(`It is one of ${suites.join(", ")}.`);
    return name;
  })
  .option("--quick", "a small fixed budget: 64 in flight, two short rounds")
  .option("--rounds <n>", "rounds over all contestants", positive)
  .option("--in-flight <list>", "operations in flight, such as 1,64,1000", (text) => text.split(",").map(positive))
  .option("--only <names>", "these contestants only, separated by commas", names)
  .option("--json <file>", "where the figures go (default: .results/bench-<suite>.json)")
  .option("--against <ref>", "run Keywright a second time, from the sources of a git ref or of another checkout")
  .addOption(new Option("--profile <folder>", "write V8 CPU profiles there; the figures then mean nothing"))
  .action(bench)
  .parseAsync();
