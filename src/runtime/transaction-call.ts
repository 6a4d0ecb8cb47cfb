/**
 * One MULTI/EXEC in flight.
 *
 * @module
 */
import { Attempts } from "./attempts.js";
import type { ClientPort } from "./client-port.js";
import type { DeadlineLane } from "./deadlines.js";
import { events, publish } from "./events.js";
import { serverReply, transactionFailure } from "./failure.js";
import { type Argument, type Plan, withSource } from "./plan.js";
import type { CallTrace } from "./trace.js";

export class TransactionCall extends Attempts {
  readonly #commands: Argument[][];
  readonly #resolve: (replies: unknown[]) => void;

  constructor(
    plans: readonly Plan<unknown>[],
    retries: number,
    port: ClientPort,
    lane: DeadlineLane,
    resolve: (replies: unknown[]) => void,
    reject: (error: unknown) => void,
    trace: CallTrace | undefined,
  ) {
    const { family, keys } = plans[0] as Plan<unknown>;
    const writes = plans.some((plan) => plan.writes);
    super(family, "transaction", keys[0] as string, writes, retries, port, lane, reject, trace);
    // Inside MULTI a NOSCRIPT would fail its EVALSHA while its siblings commit, so scripts go whole.
    this.#commands = plans.map(({ args, script }) => (script === undefined ? args.slice() : withSource(args, script)));
    this.#resolve = resolve;
  }

  protected dispatch(): void {
    this.port.transaction(this.key, this.#commands).then(this.#answered, this.#failed);
  }

  readonly #answered = (replies: unknown[]): void => {
    if (!this.arrived()) return;
    this.lane.remove(this);
    const failed = (events.hasSubscribers || this.traced) && replies.some((reply) => reply instanceof Error);
    if (events.hasSubscribers) {
      const ms = this.elapsed();
      if (failed) publish("error", this.family, this.operation, { ms, code: "transaction" });
      else publish("ok", this.family, this.operation, { ms });
    }
    this.endTrace(failed ? "error" : "ok");
    this.#resolve(replies);
  };

  readonly #failed = (error: unknown): void => {
    const reply = serverReply(error);
    if (this.failed(reply)) this.retryOrEnd(transactionFailure(error, this.family, this.writes), reply, error);
  };

  protected takeBack(): void {
    // A command that Redis refuses when it is queued drops the whole transaction. So what the client has not written
    // yet must not be withheld, which would let the rest run alone: it is spoiled. GET without a key is refused.
    const last = this.#commands.at(-1) as Argument[];
    last.length = 0;
    last.push("GET");
  }
}
