/**
 * The load: workers that call one operation after the other on keys of their own, and hold every answer against the
 * model of its kind.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { KeywrightError } from "keywright";
import { type Model, OpenOutcome, type Step, type Subject } from "../model/answers.js";
import type { Draw } from "../model/draw.js";
import { kindOf, modelOf } from "../model/operations/index.js";
import type { Samples } from "../model/operations/operations.js";
import { canonical, History, type Loss } from "./history.js";
import type { Standstills } from "./standstills.js";
import { type Counts, noCounts } from "./tally.js";

/** What a caller may get while servers fail. Any other error is a wrong answer. */
const outages: ReadonlySet<string> = new Set(["connection-lost", "unavailable", "deadline", "overloaded"]);
/** Refusals of a server that cannot serve now. */
const refusals: ReadonlySet<string> = new Set([
  "OOM",
  "READONLY",
  "LOADING",
  "MASTERDOWN",
  "CLUSTERDOWN",
  "TRYAGAIN",
  "NOREPLICAS",
]);
/** Errors that are an operation's answer. */
const answers: ReadonlySet<string> = new Set(["already-exists"]);

/** A call may be later than its deadline by this, beside the time that the process stood still. */
const grace = 50;
/** With more open outcomes than this, what a key may hold says little: another key is taken. */
const mostOpen = 2;
/** A key is used for so long, in milliseconds: none ends by its TTL or its heartbeat. */
const longestUse = 5000;
const mostSteps = 60;

export interface Repository {
  readonly family: { readonly name: string; readonly kind: string; readonly deadline: number };
}

export interface LoadOptions {
  readonly repositories: readonly (readonly [Repository, Samples])[];
  readonly workersPerFamily: number;
  readonly draw: Draw;
  readonly standstills: Standstills;
}

interface InUse {
  readonly n: number;
  readonly subject: Subject<unknown, unknown, unknown>;
  readonly history: History;
  readonly began: number;
  steps: number;
}

export class Load {
  readonly counts = new Map<string, Counts>();
  readonly findings: string[] = [];
  /** What the fault that is going on may lose. */
  #loss: Loss = "nothing";
  readonly #inUse = new Set<History>();
  readonly #options: LoadOptions;
  /** Whose a value is, by its text. */
  readonly #owners = new Map<string, number>();
  readonly #successes = new Map<string, number>();
  readonly #waiting = new Map<string, number>();
  readonly #workers: Promise<void>[] = [];
  readonly #names: string[] = [];
  #keys = 0;
  #stopped = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    const { repositories, workersPerFamily } = this.#options;
    for (const [repository, samples] of repositories) {
      for (let i = 0; i < workersPerFamily; i++) {
        const name = `${kindOf(repository)} ${repository.family.name} ${i}`;
        this.#names.push(name);
        this.#workers.push(this.#work(name, repository, samples));
      }
    }
  }

  /** Ends the load; calls that never answer are late. */
  async stop(within: number): Promise<void> {
    this.#stopped = true;
    await Promise.race([Promise.all(this.#workers), sleep(within, undefined, { ref: false })]);
    for (const [name, since] of this.#waiting) {
      const ms = Math.round(performance.now() - since);
      this.#countsOf(name.split(" ")[0] as string).late += 1;
      this.findings.push(`${name}: a call has had no answer for ${ms} ms`);
    }
  }

  /** Milliseconds from then until every worker had an answer again, by kind; undefined where one had none. */
  recovery(from: number): Map<string, number | undefined> {
    const recovered = new Map<string, number | undefined>();
    for (const name of this.#names) {
      const kind = name.split(" ")[0] as string;
      const at = this.#successes.get(name);
      const ms = at === undefined ? undefined : at - from;
      const others = recovered.get(kind);
      if (!recovered.has(kind)) recovered.set(kind, ms);
      else recovered.set(kind, ms === undefined || others === undefined ? undefined : Math.max(ms, others));
    }
    return recovered;
  }

  /** From now on acknowledged writes may be lost, or no more than have been. */
  loses(loss: Loss): void {
    for (const history of this.#inUse) history.mayHaveLost(this.#loss);
    this.#loss = loss;
  }

  /** From now on the first answer of each worker is looked for. */
  forgetSuccesses(): void {
    this.#successes.clear();
  }

  #countsOf(kind: string): Counts {
    let counts = this.counts.get(kind);
    if (counts === undefined) {
      counts = noCounts();
      this.counts.set(kind, counts);
    }
    return counts;
  }

  async #work(name: string, repository: Repository, samples: Samples): Promise<void> {
    const { draw } = this.#options;
    const model = modelOf(repository) as Model<unknown, unknown, unknown, unknown>;
    const counts = this.#countsOf(kindOf(repository));
    let use: InUse | undefined;
    while (!this.#stopped) {
      if (
        use === undefined ||
        use.history.pending > mostOpen ||
        use.steps >= mostSteps ||
        performance.now() - use.began > longestUse
      ) {
        if (use !== undefined) this.#inUse.delete(use.history);
        use = this.#take(repository, samples, model);
        this.#inUse.add(use.history);
      }
      const step = model.step(use.subject, draw);
      const began = performance.now();
      this.#waiting.set(name, began);
      const outcome = await outcomeOf(step);
      const ended = performance.now();
      this.#waiting.delete(name);
      counts.calls += 1;
      this.#timed(name, step, began, ended, repository, counts);
      // What was refused at once says nothing new of the key.
      if ("answer" in outcome) use.steps += 1;
      if (!this.#judge(name, step, outcome, use, counts)) {
        this.#inUse.delete(use.history);
        use = undefined;
      }
      await sleep(draw.int(4, 24));
    }
  }

  #take(repository: Repository, samples: Samples, model: Model): InUse {
    const n = ++this.#keys;
    const own = samples.own as NonNullable<Samples["own"]>;
    let next = 3;
    const value = (i: number) => {
      const made = own.value(n, i);
      // Of booleans there are too few to tell whose one is.
      if (typeof made !== "boolean" && made !== undefined) this.#owners.set(canonical(made), n);
      return made;
    };
    const subject = {
      repository: repository as unknown,
      key: own.key(n, false),
      other: own.key(n, true),
      value,
      fresh: () => value(next++),
    };
    return { n, subject, history: new History(model.initial), began: performance.now(), steps: 0 };
  }

  #timed(name: string, step: Step<unknown>, began: number, ended: number, of: Repository, counts: Counts): void {
    const allowed = of.family.deadline * (step.deadlines ?? 1);
    if (ended - began <= allowed + grace) return;
    const stoodStill = this.#options.standstills.between(began, ended);
    // What is lost to a standstill is given back to the call, so it counts twice.
    if (ended - began <= allowed + grace + 2 * stoodStill) return;
    counts.late += 1;
    this.#find(`${name}: ${step.name} took ${Math.round(ended - began)} ms, at most ${allowed} allowed`);
  }

  /** False where the key's state is known no longer. */
  #judge(name: string, step: Step<unknown>, outcome: Outcome, { n, history }: InUse, counts: Counts): boolean {
    if ("error" in outcome) {
      const { error } = outcome;
      if (error instanceof OpenOutcome || isOutage(error)) {
        counts.failed += 1;
        if (step.reads) return true;
        if (error instanceof OpenOutcome || error.mayHaveBeenApplied) history.open(step);
        return true;
      }
      counts.wrong += 1;
      this.#find(`${name}: ${step.name} of key ${n} failed with ${describe(error)}`);
      return false;
    }
    const { answer } = outcome;
    history.mayHaveLost(this.#loss);
    const expected = history.toString();
    const verdict = history.answered(step, answer);
    if (verdict === "lost") counts.lost += 1;
    if (verdict !== "wrong") {
      if (!this.#successes.has(name)) this.#successes.set(name, performance.now());
      return true;
    }
    const owner = this.#ownerOf(answer, n);
    if (owner === undefined) counts.wrong += 1;
    else counts.misdelivered += 1;
    const whose = owner === undefined ? "" : `, which is key ${owner}'s`;
    this.#find(`${name}: ${step.name} of key ${n} answered ${canonical(answer)}${whose}, where there is ${expected}`);
    return false;
  }

  /** Another key whose value is in the answer. */
  #ownerOf(answer: unknown, n: number): number | undefined {
    const owner = this.#owners.get(canonical(answer));
    if (owner !== undefined && owner !== n) return owner;
    if (answer === null || typeof answer !== "object") return undefined;
    for (const part of Object.values(answer)) {
      const found = this.#ownerOf(part, n);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #find(text: string): void {
    if (this.findings.length < 50) this.findings.push(text);
  }
}

type Outcome = { readonly answer: unknown } | { readonly error: unknown };

async function outcomeOf(step: Step<unknown>): Promise<Outcome> {
  try {
    return { answer: await step.call() };
  } catch (error) {
    if (error instanceof KeywrightError && answers.has(error.code)) return { answer: error.code };
    return { error };
  }
}

function isOutage(error: unknown): error is KeywrightError {
  if (!(error instanceof KeywrightError)) return false;
  if (error.code === "refused") return refusals.has((error as KeywrightError & { reply: string }).reply);
  return outages.has(error.code);
}

function describe(error: unknown): string {
  if (error instanceof KeywrightError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
