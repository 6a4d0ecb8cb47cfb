/**
 * What a schema of one size costs: `keywright generate` as a command and step by step, and the compiler.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { median } from "../statistics.js";
import type { Phases } from "./phases.js";
import { type Program, programs, run, writeProject } from "./projects.js";

/** What `tsc --extendedDiagnostics` says of a program. */
export interface Checked {
  readonly instantiations: number;
  readonly types: number;
  readonly checkSeconds: number;
}

export interface Size {
  readonly families: number;
  /** `keywright generate` in a process of its own, start included, in seconds. */
  readonly generateSeconds: number;
  /** CPU time of its steps, in milliseconds. */
  readonly phases: Phases;
  /** CPU time of the proof where all keys begin with one parameter, in milliseconds. */
  readonly proofOnTenant: number;
  readonly checked: Readonly<Record<Program, Checked>>;
}

/** Where things are. */
export interface Places {
  readonly project: string;
  /** The build of our sources as plain JavaScript. */
  readonly built: string;
  readonly declarations: string;
  readonly scratch: string;
}

function numberAfter(text: string, label: string): number {
  const found = new RegExp(`^${label}:\\s+([\\d.]+)`, "m").exec(text)?.[1];
  if (found === undefined) throw new Error(`tsc tells no "${label}"`);
  return Number(found);
}

async function check(folder: string, program: Program, { project }: Places): Promise<Checked> {
  const tsc = join(project, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", join(folder, `tsconfig.${program}.json`), "--extendedDiagnostics"];
  // What does not compile rejects: figures of a program with errors would mean nothing.
  const { stdout } = await run(process.execPath, args);
  return {
    instantiations: numberAfter(stdout, "Instantiations"),
    types: numberAfter(stdout, "Types"),
    checkSeconds: numberAfter(stdout, "Check time"),
  };
}

async function phasesOf(folder: string, { built }: Places): Promise<Phases> {
  const { stdout } = await run(process.execPath, [
    join(built, "bench/growth/phases.js"),
    join(folder, "redis.schema.ts"),
  ]);
  return JSON.parse(stdout) as Phases;
}

/** The seconds of `keywright generate`. */
async function generate(folder: string, { built }: Places): Promise<number> {
  const began = performance.now();
  const args = [join(built, "src/cli/main.js"), "generate", "--config", join(folder, "keywright.config.ts")];
  await run(process.execPath, args, { cwd: dirname(folder) });
  return (performance.now() - began) / 1000;
}

function medians(all: readonly Phases[]): Phases {
  const of = (field: keyof Phases): number => median(all.map((phases) => phases[field]));
  return { load: of("load"), build: of("build"), proof: of("proof"), emit: of("emit"), families: of("families") };
}

/** Measures one size; times are medians of `rounds`. The compiler's counts are the same every time. */
export async function measure(
  families: number,
  rounds: number,
  places: Places,
  progress: (line: string) => void,
): Promise<Size> {
  const folder = join(places.scratch, String(families));
  const tenant = join(places.scratch, `${families}-tenant`);
  await writeProject(places.project, folder, places.declarations, families, "domain");
  await writeProject(places.project, tenant, places.declarations, families, "tenant");
  const seconds: number[] = [];
  const phases: Phases[] = [];
  const onTenant: Phases[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`${families} families, round ${round + 1} of ${rounds}`);
    seconds.push(await generate(folder, places));
    phases.push(await phasesOf(folder, places));
    onTenant.push(await phasesOf(tenant, places));
  }
  const checked: Partial<Record<Program, Checked>> = {};
  for (const program of programs) {
    progress(`${families} families, tsc of ${program}.ts`);
    checked[program] = await check(folder, program, places);
  }
  return {
    families,
    generateSeconds: median(seconds),
    phases: medians(phases),
    proofOnTenant: medians(onTenant).proof,
    checked: checked as Record<Program, Checked>,
  };
}
