/**
 * One plan in flight: sent, sent again where that is safe, and ended by its answer or its deadline.
 *
 * @module
 */
import type { ClientPort } from "./client-port.js";
import { type DeadlineLane, Due } from "./deadlines.js";
import { DeadlineError, type KeywrightError } from "./errors.js";
import { events, publish } from "./events.js";
import { failureOf, serverReply } from "./failure.js";
import { type Argument, type Plan, withSource } from "./plan.js";

/** The pause before the n-th repetition of a call on a slot that is on the move, in milliseconds. */
export function pauseBefore(repetition: number): number {
  return Math.min(2 ** repetition, 50);
}

export class Call<T> extends Due {
  readonly #plan: Plan<T>;
  readonly #port: ClientPort;
  readonly #lane: DeadlineLane;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  /** What is on its way: our own copy, so that it can be taken back without harm to the plan. */
  #sent: Argument[];
  #sentWhole = false;
  #repetitions = 0;
  /** The refusal after which the call pauses; nothing is on its way then. */
  #refusal: unknown;

  constructor(
    plan: Plan<T>,
    port: ClientPort,
    lane: DeadlineLane,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#plan = plan;
    this.#port = port;
    this.#lane = lane;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#sent = plan.args.slice();
  }

  send(): void {
    this.#refusal = undefined;
    this.#port.send(this.#plan.keys[0] as string, this.#sent, this.#plan.binary).then(this.#answered, this.#failed);
  }

  readonly #answered = (reply: unknown): void => {
    const { family, operation } = this.#plan;
    if (!this.waiting) {
      if (events.hasSubscribers) publish("late-reply", family, operation);
      return;
    }
    this.#lane.remove(this);
    try {
      const result = this.#plan.decode(reply);
      if (events.hasSubscribers) publish("ok", family, operation, { ms: this.#elapsed() });
      this.#resolve(result);
    } catch (error) {
      this.#end(failureOf(error, family, operation, this.#plan.writes));
    }
  };

  readonly #failed = (error: unknown): void => {
    const { family, operation, script } = this.#plan;
    const reply = serverReply(error);
    if (!this.waiting) {
      if (reply !== undefined && events.hasSubscribers) publish("late-reply", family, operation);
      return;
    }
    if (reply === "NOSCRIPT" && script !== undefined && !this.#sentWhole) {
      this.#sentWhole = true;
      if (events.hasSubscribers) publish("script-loaded", family, operation);
      this.#sent = withSource(this.#plan.args, script);
      this.send();
      return;
    }
    if (reply === "TRYAGAIN") {
      // The keys of the slot are on two nodes until it has moved, and nothing was done. The deadline bounds the wait.
      this.#refusal = error;
      this.#repetitions += 1;
      if (events.hasSubscribers) publish("retry", family, operation);
      setTimeout(() => {
        if (this.waiting) this.send();
      }, pauseBefore(this.#repetitions)).unref();
      return;
    }
    this.#lane.remove(this);
    this.#end(failureOf(error, family, operation, this.#plan.writes));
  };

  expire(): void {
    const { family, operation, writes } = this.#plan;
    if (this.#refusal !== undefined) {
      this.#end(failureOf(this.#refusal, family, operation, writes));
      return;
    }
    // What the client has not written yet it now refuses to write, so that nothing runs after its caller was told.
    this.#sent[0] = undefined as never;
    this.#end(new DeadlineError({ family: family.name, operation }, this.#lane.ms, writes));
  }

  #elapsed(): number {
    return performance.now() - (this.due - this.#lane.ms);
  }

  #end(error: KeywrightError): void {
    const { family, operation } = this.#plan;
    if (events.hasSubscribers) publish("error", family, operation, { ms: this.#elapsed(), code: error.code });
    this.#reject(error);
  }
}
