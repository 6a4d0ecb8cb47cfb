/**
 * Runs plans: refuses a client that is not ready before anything is queued, ends every call by its family's deadline,
 * sends a script whole where the server does not know it, retries while a slot is on the move, and publishes what
 * happened.
 *
 * @module
 */
import type { ClientPort } from "./client.js";
import { type DeadlineLane, type Deadlines, Due } from "./deadlines.js";
import { DeadlineError, type KeywrightError, UnavailableError } from "./errors.js";
import { events, type KeywrightEvent } from "./events.js";
import { failureOf, serverReply } from "./failure.js";
import type { Family } from "./family.js";
import { type Argument, type Plan, proveOneSlot, withSource } from "./plan.js";

/** Publishes one event; call it only where `events.hasSubscribers`. */
export function publish(
  type: KeywrightEvent["type"],
  family: Family,
  operation: string,
  more?: Pick<KeywrightEvent, "ms" | "code">,
): void {
  events.publish({ type, family: family.name, operation, pattern: family.pattern, ...more } satisfies KeywrightEvent);
}

/** One plan in flight. */
class Call<T> extends Due {
  readonly #plan: Plan<T>;
  readonly #port: ClientPort;
  readonly #lane: DeadlineLane;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  #retries = 0;
  #sentWhole = false;

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
  }

  send(args: readonly Argument[]): void {
    this.#port.send(this.#plan.keys[0] as string, args, this.#plan.binary).then(this.#answered, this.#failed);
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
    if (!this.waiting) {
      if (events.hasSubscribers) publish("late-reply", family, operation);
      return;
    }
    const reply = serverReply(error);
    if (reply === "NOSCRIPT" && script !== undefined && !this.#sentWhole) {
      this.#sentWhole = true;
      if (events.hasSubscribers) publish("script-loaded", family, operation);
      this.send(withSource(this.#plan.args, script));
      return;
    }
    if (reply === "TRYAGAIN" && this.#retries < 8) {
      // Both nodes answer so until the slot has moved; nothing was done. The deadline bounds the wait.
      this.#retries += 1;
      if (events.hasSubscribers) publish("retry", family, operation);
      setTimeout(this.#again, 2 ** this.#retries).unref();
      return;
    }
    this.#lane.remove(this);
    this.#end(failureOf(error, family, operation, this.#plan.writes));
  };

  readonly #again = (): void => {
    if (this.waiting) this.send(this.#plan.args);
  };

  expire(): void {
    const { family, operation, writes } = this.#plan;
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

/** MULTI/EXEC in flight. */
class TransactionCall extends Due {
  readonly #family: Family;
  readonly #lane: DeadlineLane;
  readonly #resolve: (replies: unknown[]) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    family: Family,
    lane: DeadlineLane,
    resolve: (replies: unknown[]) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#family = family;
    this.#lane = lane;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  readonly answered = (replies: unknown[]): void => {
    if (!this.waiting) {
      if (events.hasSubscribers) publish("late-reply", this.#family, "transaction");
      return;
    }
    this.#lane.remove(this);
    if (events.hasSubscribers) publish("ok", this.#family, "transaction");
    this.#resolve(replies);
  };

  readonly failed = (error: unknown): void => {
    if (!this.waiting) return;
    this.#lane.remove(this);
    this.#end(failureOf(error, this.#family, "transaction", true));
  };

  expire(): void {
    this.#end(new DeadlineError({ family: this.#family.name, operation: "transaction" }, this.#lane.ms, true));
  }

  #end(error: KeywrightError): void {
    if (events.hasSubscribers) publish("error", this.#family, "transaction", { code: error.code });
    this.#reject(error);
  }
}

/** The way from a plan to its result on one store. */
export class Executor {
  readonly port: ClientPort;
  readonly #deadlines: Deadlines;

  constructor(port: ClientPort, deadlines: Deadlines) {
    this.port = port;
    this.#deadlines = deadlines;
  }

  /** Runs one plan; rejects with a KeywrightError, by the family's deadline at the latest. */
  run<T>(plan: Plan<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (plan.keys.length > 1) proveOneSlot([plan]);
      if (!this.port.ready(plan.keys[0] as string)) {
        reject(this.#unavailable(plan.family, plan.operation));
        return;
      }
      const lane = this.#deadlines.lane(plan.family.deadline);
      const call = new Call(plan, this.port, lane, resolve, reject);
      lane.add(call);
      call.send(plan.args);
    });
  }

  /** Runs plans as one MULTI/EXEC and gives their raw replies in order, an Error where one failed. */
  transaction(plans: readonly Plan<unknown>[]): Promise<unknown[]> {
    return new Promise<unknown[]>((resolve, reject) => {
      const first = plans[0];
      if (first === undefined) {
        resolve([]);
        return;
      }
      proveOneSlot(plans);
      const key = first.keys[0] as string;
      if (!this.port.ready(key)) {
        reject(this.#unavailable(first.family, "transaction"));
        return;
      }
      // The longest of the deadlines: each operation was promised at least its own.
      const lane = this.#deadlines.lane(Math.max(...plans.map((plan) => plan.family.deadline)));
      const call = new TransactionCall(first.family, lane, resolve, reject);
      lane.add(call);
      // Inside MULTI a NOSCRIPT would fail its EVALSHA while its siblings commit, so scripts go whole.
      const commands = plans.map((plan) =>
        plan.script === undefined ? plan.args : withSource(plan.args, plan.script),
      );
      this.port.transaction(key, commands).then(call.answered, call.failed);
    });
  }

  #unavailable(family: Family, operation: string): UnavailableError {
    const error = new UnavailableError({ family: family.name, operation }, "the client is not connected");
    if (events.hasSubscribers) publish("error", family, operation, { code: error.code });
    return error;
  }
}
