/**
 * One MULTI/EXEC in flight.
 *
 * @module
 */
import { pauseBefore } from "./call.js";
import type { ClientPort } from "./client-port.js";
import { type DeadlineLane, Due } from "./deadlines.js";
import { DeadlineError, type KeywrightError } from "./errors.js";
import { events, publish } from "./events.js";
import { serverReply, transactionFailure } from "./failure.js";
import type { Family } from "./family.js";
import { type Argument, type Plan, withSource } from "./plan.js";

export class TransactionCall extends Due {
  readonly #family: Family;
  readonly #key: string;
  readonly #commands: Argument[][];
  readonly #port: ClientPort;
  readonly #lane: DeadlineLane;
  readonly #resolve: (replies: unknown[]) => void;
  readonly #reject: (error: unknown) => void;
  #repetitions = 0;
  /** The refusal after which the call pauses; nothing is on its way then. */
  #refusal: unknown;

  constructor(
    plans: readonly Plan<unknown>[],
    port: ClientPort,
    lane: DeadlineLane,
    resolve: (replies: unknown[]) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    const first = plans[0] as Plan<unknown>;
    this.#family = first.family;
    this.#key = first.keys[0] as string;
    // Inside MULTI a NOSCRIPT would fail its EVALSHA while its siblings commit, so scripts go whole.
    this.#commands = plans.map(({ args, script }) => (script === undefined ? args.slice() : withSource(args, script)));
    this.#port = port;
    this.#lane = lane;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  send(): void {
    this.#refusal = undefined;
    this.#port.transaction(this.#key, this.#commands).then(this.#answered, this.#failed);
  }

  readonly #answered = (replies: unknown[]): void => {
    if (!this.waiting) {
      if (events.hasSubscribers) publish("late-reply", this.#family, "transaction");
      return;
    }
    this.#lane.remove(this);
    if (events.hasSubscribers) {
      if (replies.some((reply) => reply instanceof Error)) this.#publishError("transaction");
      else publish("ok", this.#family, "transaction", { ms: this.#elapsed() });
    }
    this.#resolve(replies);
  };

  readonly #failed = (error: unknown): void => {
    const reply = serverReply(error);
    if (!this.waiting) {
      if (reply !== undefined && events.hasSubscribers) publish("late-reply", this.#family, "transaction");
      return;
    }
    if (reply === "TRYAGAIN") {
      this.#refusal = error;
      this.#repetitions += 1;
      if (events.hasSubscribers) publish("retry", this.#family, "transaction");
      setTimeout(() => {
        if (this.waiting) this.send();
      }, pauseBefore(this.#repetitions)).unref();
      return;
    }
    this.#lane.remove(this);
    this.#end(transactionFailure(error, this.#family));
  };

  expire(): void {
    if (this.#refusal !== undefined) {
      this.#end(transactionFailure(this.#refusal, this.#family));
      return;
    }
    // A command that Redis refuses when it is queued drops the whole transaction. So what the client has not written
    // yet must not be withheld, which would let the rest run alone: it is spoiled. GET without a key is refused.
    const last = this.#commands.at(-1) as Argument[];
    last.length = 0;
    last.push("GET");
    this.#end(new DeadlineError({ family: this.#family.name, operation: "transaction" }, this.#lane.ms, true));
  }

  #elapsed(): number {
    return performance.now() - (this.due - this.#lane.ms);
  }

  #publishError(code: KeywrightError["code"]): void {
    publish("error", this.#family, "transaction", { ms: this.#elapsed(), code });
  }

  #end(error: KeywrightError): void {
    if (events.hasSubscribers) this.#publishError(error.code);
    this.#reject(error);
  }
}
