/**
 * A process of its own for one contestant at one level: nothing that another one compiled, allocated or left behind
 * is in it. It waits idle between its slices.
 *
 * @module
 */
import { closedLoop, type Measured, verify } from "./closed-loop.js";
import type { Place, Trial } from "./contestant.js";
import { Profile } from "./profile.js";
import { loadSuite } from "./suites.js";

/** What the worker is told, as JSON in its first argument. */
export interface Order {
  readonly suite: string;
  readonly contestant: string;
  readonly place: Place;
  readonly inFlight: number;
  /** A folder for CPU profiles; without it none is made. */
  readonly profiles?: string | undefined;
}

/** Asks for a slice of so many milliseconds, or for the end. */
export type Question = { readonly milliseconds: number; readonly warmUp: boolean } | "end";

/** What it sends back, one answer a question, and one unasked when it is ready. */
export type Answer =
  | { readonly kind: "ready" | "ended" }
  | { readonly kind: "measured"; readonly measured: Measured }
  | { readonly kind: "failed"; readonly why: string };

const order = JSON.parse(process.argv[2] as string) as Order;
const profile = order.profiles === undefined ? undefined : new Profile(order.profiles);

async function open(): Promise<Trial> {
  const suite = await loadSuite(order.suite);
  const contestant = "contestants" in suite && suite.contestants.find(({ name }) => name === order.contestant);
  if (!contestant) throw new Error(`${order.suite} has no contestant "${order.contestant}"`);
  const trial = await contestant.open(order.place);
  await verify(trial);
  return trial;
}

async function answered(trial: Trial, question: Question): Promise<Answer> {
  if (question !== "end") {
    const profiled = question.warmUp ? undefined : profile;
    await profiled?.start();
    const measured = await closedLoop(trial, order.inFlight, question.milliseconds);
    await profiled?.stop(`${order.suite} ${order.contestant} ${order.inFlight}`);
    return { kind: "measured", measured };
  }
  await verify(trial);
  await trial.close();
  return { kind: "ended" };
}

function send(answer: Answer): void {
  process.send?.(answer, () => {
    if (answer.kind === "ended" || answer.kind === "failed") process.disconnect();
  });
}

function fail(error: unknown): void {
  process.exitCode = 1;
  send({ kind: "failed", why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

try {
  const trial = await open();
  process.on("message", (question) => {
    answered(trial, question as Question).then(send, fail);
  });
  send({ kind: "ready" });
} catch (error) {
  fail(error);
}
