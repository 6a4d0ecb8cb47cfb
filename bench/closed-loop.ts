/**
 * The measurement: N loops, each awaiting its operation before it begins the next (a closed loop with N in flight).
 *
 * @module
 */
import type { Trial } from "./contestant.js";
import { RECORDS } from "./record.js";

/** What one process measured in one slice of time. */
export interface Measured {
  readonly operations: number;
  readonly seconds: number;
  /** User and system time of the whole process, its compiler and garbage collector included. */
  readonly cpuMicroseconds: number;
}

/** One answer in so many is checked while the clock runs: rare enough to cost nothing. */
const SAMPLED = 1024;

export async function closedLoop(trial: Trial, inFlight: number, milliseconds: number): Promise<Measured> {
  let operations = 0;
  let next = 0;
  let running = true;
  const loop = async (): Promise<void> => {
    while (running) {
      const i = next;
      next = next + 1 === RECORDS ? 0 : next + 1;
      const answer = await trial.operate(i);
      operations += 1;
      if (operations % SAMPLED === 0) await trial.check(i, answer);
    }
  };
  const cpu = process.cpuUsage();
  const began = performance.now();
  setTimeout(() => {
    running = false;
  }, milliseconds);
  await Promise.all(Array.from({ length: inFlight }, loop));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { operations, seconds, cpuMicroseconds: user + system };
}

/** Holds a sample of the answers against what they have to be. */
export async function verify(trial: Trial): Promise<void> {
  const sample = Array.from({ length: 100 }, (_, i) => (i * 37) % RECORDS);
  // At once, so that what batches is checked in a batch.
  const answers = await Promise.all(sample.map((i) => trial.operate(i)));
  for (const [place, i] of sample.entries()) await trial.check(i, answers[place]);
}
