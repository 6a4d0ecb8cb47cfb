/**
 * A suite compares contestants at one operation. Each is one file of `suites/`, its default export; a new file joins by
 * being there.
 *
 * @module
 */
import type { Contestant } from "./contestant.js";

export interface Suite {
  /** What is measured, in one line over the table. */
  readonly title: string;
  /** The contestant that the others' ratios refer to, unless they name another one. */
  readonly baseline: string;
  readonly contestants: readonly Contestant[];
  readonly goals: readonly Goal[];
}

/** What a run should show. */
export interface Goal {
  readonly contestant: string;
  readonly against: string;
  readonly inFlight: number;
  /** Least ratio of the two throughputs. */
  readonly atLeast: number;
}

/** A suite without contestants: it measures by itself what is no single operation, and starts its own Redis where it needs one. */
export interface GrowthSuite {
  /** Packages whose versions the report names. */
  readonly packages: readonly string[];
  run(order: GrowthOrder): Promise<{ readonly figures: object; report(machine: string): string }>;
}

export interface GrowthOrder {
  readonly quick: boolean;
  readonly rounds: number | undefined;
  /** The project's folder. */
  readonly project: string;
  /** The folder with `src` and `bench` as plain JavaScript. */
  readonly built: string;
  readonly progress: (line: string) => void;
}
