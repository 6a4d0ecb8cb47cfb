/**
 * A worker seen from outside: one question at a time, one answer each.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import type { Measured } from "./closed-loop.js";
import type { Answer, Order, Question } from "./worker.js";

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #who: string;

  private constructor(child: ChildProcess, who: string) {
    this.#child = child;
    this.#who = who;
  }

  /** Starts a worker; resolves when it has connected, seeded its keys and answered rightly. */
  static async start(worker: string, order: Order): Promise<WorkerProcess> {
    // Not our own flags: a loader that compiles TypeScript has no place there.
    const execArgv: string[] = [];
    const child = fork(worker, [JSON.stringify(order)], { execArgv, env: { ...process.env, NODE_ENV: "production" } });
    const started = new WorkerProcess(child, `${order.suite}: ${order.contestant}, ${order.inFlight} in flight`);
    await started.#answer();
    return started;
  }

  async measure(milliseconds: number, warmUp = false): Promise<Measured> {
    const answer = await this.#ask({ milliseconds, warmUp });
    if (answer.kind !== "measured") throw new Error(`${this.#who}: answered ${answer.kind} instead of a measurement`);
    return answer.measured;
  }

  /** Has it check its answers once more, and waits until it is gone. */
  async end(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    await this.#ask("end");
    await gone;
  }

  /** Ends it at once, where another one has failed. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #ask(question: Question): Promise<Answer> {
    const answer = this.#answer();
    this.#child.send(question);
    return answer;
  }

  #answer(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const message = (answer: unknown): void => {
        settle();
        const its = answer as Answer;
        if (its.kind === "failed") reject(new Error(`${this.#who}: ${its.why}`));
        else resolve(its);
      };
      const exit = (code: number | null, signal: NodeJS.Signals | null): void => {
        settle();
        reject(new Error(`${this.#who}: the process ended (${signal ?? `exit ${code}`}) without an answer`));
      };
      const settle = (): void => {
        this.#child.off("message", message);
        this.#child.off("exit", exit);
      };
      this.#child.on("message", message);
      this.#child.on("exit", exit);
    });
  }
}
