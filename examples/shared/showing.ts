/**
 * A demo from its first line to its exit code: it generates the example's repositories, runs its scenario, and says how
 * it ended.
 */
import { generating } from "./generating.js";
import { colors, line, milliseconds } from "./printing.js";

export interface Demo {
  /** What it is about, behind the name of the project. */
  readonly about: string;
  /** How what it prints came about, where Redis's MONITOR has no part in it. */
  readonly proof?: string;
  /** The example's directory, with a final slash. */
  readonly example: URL;
  /** Imports what was just generated, and runs. */
  scenario(): Promise<void>;
  /** Where to read on. */
  readonly readOn: readonly string[];
}

const monitored = "Redis's MONITOR shows the commands";

export async function showing({ about, proof = monitored, example, scenario, readOn }: Demo): Promise<void> {
  const began = performance.now();
  // Until everything has gone well.
  process.exitCode = 1;
  try {
    line(`${colors.bold("Keywright")}: ${about}`);
    line(colors.dim(`Every number is measured, every ✓ checked; ${proof}.`));
    await generating(example);
    await scenario();
    line();
    line(colors.dim(`Everything is closed, after ${milliseconds(performance.now() - began)}.`));
    for (const text of readOn) line(text);
    process.exitCode = 0;
  } catch (error) {
    process.stderr.write(`\n${colors.red("The demo failed:")} ${describe(error)}\n`);
  }
}

/** Where it happened says nothing about a claim that does not hold, or a Redis that cannot be had. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inWords = error.name === "Unexpected" || error.message.startsWith("keywright/testing");
  return inWords ? error.message : (error.stack ?? error.message);
}
