/**
 * One plan in flight.
 *
 * @module
 */
import { Attempts } from "./attempts.js";
import type { ClientPort } from "./client-port.js";
import type { DeadlineLane } from "./deadlines.js";
import type { KeywrightError } from "./errors.js";
import { events, publish } from "./events.js";
import { failureOf, serverReply, unreadable } from "./failure.js";
import { type Argument, type Plan, withSource } from "./plan.js";
import { endFailed, type GoesOn, type StandIn } from "./stand-in.js";
import type { CallTrace } from "./trace.js";

export class Call<T> extends Attempts {
  readonly #plan: Plan<T>;
  readonly #standIn: StandIn<T> | GoesOn | undefined;
  readonly #resolve: (value: T) => void;
  /** What is on its way: our own copy, so that it can be taken back without harm to the plan. */
  #sent: Argument[];
  #sentWhole = false;

  constructor(
    plan: Plan<T>,
    standIn: StandIn<T> | GoesOn | undefined,
    port: ClientPort,
    lane: DeadlineLane,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
    trace: CallTrace | undefined,
  ) {
    const { family, operation, writes } = plan;
    super(family, operation, plan.keys[0] as string, writes, family.retries, port, lane, reject, trace);
    this.#plan = plan;
    this.#standIn = standIn;
    this.#resolve = resolve;
    this.#sent = plan.args.slice();
  }

  protected dispatch(): void {
    this.port.send(this.key, this.#sent, this.#plan.binary).then(this.#answered, this.#failed);
  }

  readonly #answered = (reply: unknown): void => {
    if (!this.arrived()) return;
    const { family, operation, writes } = this;
    this.lane.remove(this);
    try {
      const result = this.#plan.decode(reply);
      if (events.hasSubscribers) publish("ok", family, operation, { ms: this.elapsed() });
      this.endTrace("ok");
      this.#resolve(result);
    } catch (error) {
      this.end(unreadable(error, family, operation, writes));
    }
  };

  readonly #failed = (error: unknown): void => {
    const reply = serverReply(error);
    if (!this.failed(reply)) return;
    const { family, operation, writes } = this;
    const { script } = this.#plan;
    if (reply === "NOSCRIPT" && script !== undefined && !this.#sentWhole) {
      this.#sentWhole = true;
      if (events.hasSubscribers) publish("script-loaded", family, operation);
      this.#sent = withSource(this.#plan.args, script);
      this.resend();
      return;
    }
    this.retryOrEnd(failureOf(error, family, operation, writes), reply, error);
  };

  protected override tell(error: KeywrightError): void {
    endFailed(error, this.family, this.operation, this.elapsed(), this.#standIn, this.#resolve, this.reject);
  }

  protected takeBack(): void {
    // What the client has not written yet it now refuses to write, so that nothing runs after its caller was told.
    this.#sent[0] = undefined as never;
  }
}
