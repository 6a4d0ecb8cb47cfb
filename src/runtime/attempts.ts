/**
 * A call in flight: sent, sent again where that is safe, and ended by its answer or its deadline. What it sends, and
 * what it makes of the answer, is a subclass's.
 *
 * @module
 */
import type { ClientPort } from "./client-port.js";
import { type DeadlineLane, Due } from "./deadlines.js";
import { DeadlineError, type KeywrightError } from "./errors.js";
import { events, publish } from "./events.js";
import { notConnected, publishFailure } from "./failure.js";
import type { Family } from "./family.js";
import type { RedisNode } from "./redis-node.js";
import { mayRetry, pauseBeforeRetry, pauseWhileMoving } from "./retry.js";
import { type CallTrace, endTrace } from "./trace.js";

export abstract class Attempts extends Due {
  protected readonly family: Family;
  protected readonly operation: string;
  protected readonly key: string;
  protected readonly writes: boolean;
  protected readonly port: ClientPort;
  protected readonly lane: DeadlineLane;
  readonly #trace: CallTrace | undefined;
  readonly #mostRetries: number;
  protected readonly reject: (error: unknown) => void;
  /** Where the attempt went that has no answer yet, or the last one. */
  #node: RedisNode | undefined;
  #answersBefore = 0;
  #retries = 0;
  #repetitions = 0;
  /** The failure after which the call pauses; nothing is on its way then. */
  #failure: KeywrightError | undefined;

  constructor(
    family: Family,
    operation: string,
    key: string,
    writes: boolean,
    retries: number,
    port: ClientPort,
    lane: DeadlineLane,
    reject: (error: unknown) => void,
    trace: CallTrace | undefined,
  ) {
    super();
    this.family = family;
    this.operation = operation;
    this.key = key;
    this.writes = writes;
    this.#mostRetries = retries;
    this.port = port;
    this.lane = lane;
    this.reject = reject;
    this.#trace = trace;
  }

  /** Sends the command. Its answer is told by `arrived` first, its failure by `failed`. */
  protected abstract dispatch(): void;

  /** Sees to it that what the client has not written yet does no harm when it is. */
  protected abstract takeBack(): void;

  /** The first attempt; `node` is undefined where no connection is ready. */
  begin(node: RedisNode | undefined): void {
    if (node === undefined) this.#retryOrEnd(notConnected(this.family, this.operation));
    else this.#attempt(node);
  }

  #attempt(node: RedisNode): void {
    this.#failure = undefined;
    this.#node = node;
    this.#answersBefore = node.answers;
    node.inFlight += 1;
    this.dispatch();
  }

  /** An answer has come; false where it is too late for its caller. */
  protected arrived(): boolean {
    const node = this.#node as RedisNode;
    node.inFlight -= 1;
    if (this.waiting) {
      node.answered();
      return true;
    }
    node.answeredLate();
    if (events.hasSubscribers) publish("late-reply", this.family, this.operation);
    return false;
  }

  /** The attempt was refused or lost; false where it is too late for its caller. */
  protected failed(reply: string | undefined): boolean {
    (this.#node as RedisNode).inFlight -= 1;
    if (!this.waiting && reply !== undefined && events.hasSubscribers) {
      publish("late-reply", this.family, this.operation);
    }
    return this.waiting;
  }

  /** Sends it once more at once, since its answer asks for another form of it. */
  protected resend(): void {
    const node = this.#node as RedisNode;
    node.answered();
    this.#attempt(node);
  }

  /** Ends the call with the failure, or makes another attempt after a pause. */
  protected retryOrEnd(failure: KeywrightError, reply: string | undefined, cause: unknown): void {
    (this.#node as RedisNode).rejected(cause);
    if (reply === "TRYAGAIN") {
      // The keys of the slot are on two nodes until it has moved, and nothing was done. The deadline bounds the wait.
      this.#repetitions += 1;
      this.#pause(pauseWhileMoving(this.#repetitions), failure);
    } else this.#retryOrEnd(failure);
  }

  #retryOrEnd(failure: KeywrightError): void {
    if (this.#retries < this.#mostRetries && mayRetry(failure)) {
      const pause = pauseBeforeRetry(this.#retries + 1);
      if (performance.now() + pause < this.due) {
        this.#retries += 1;
        this.#pause(pause, failure);
        return;
      }
    }
    this.end(failure);
  }

  #pause(ms: number, failure: KeywrightError): void {
    this.#failure = failure;
    if (this.#trace !== undefined) this.#trace.retries += 1;
    if (events.hasSubscribers) publish("retry", this.family, this.operation, { code: failure.code });
    setTimeout(() => this.#again(failure), ms);
  }

  #again(failure: KeywrightError): void {
    if (!this.waiting) return;
    const node = this.port.ready(this.key);
    if (node === undefined) this.#retryOrEnd(notConnected(this.family, this.operation));
    else if (node.refuses) this.end(failure);
    else this.#attempt(node);
  }

  expire(): void {
    if (this.#failure !== undefined) {
      this.end(this.#failure);
      return;
    }
    (this.#node as RedisNode).silent(this.#answersBefore, this.lane.ms);
    this.takeBack();
    this.end(new DeadlineError({ family: this.family.name, operation: this.operation }, this.lane.ms, this.writes));
  }

  /** Milliseconds since the call began. */
  protected elapsed(): number {
    return performance.now() - (this.due - this.lane.ms);
  }

  protected get traced(): boolean {
    return this.#trace !== undefined;
  }

  /** Tells who traces the call how it ended. */
  protected endTrace(outcome: CallTrace["outcome"], error?: KeywrightError): void {
    if (this.#trace !== undefined) endTrace(this.#trace, outcome, this.#node, error);
  }

  protected end(error: KeywrightError): void {
    this.lane.remove(this);
    this.endTrace("error", error);
    this.tell(error);
  }

  /** Tells the caller of the failure that ended the call. */
  protected tell(error: KeywrightError): void {
    if (events.hasSubscribers) {
      publishFailure(error, this.family, this.operation, this.elapsed());
    }
    this.reject(error);
  }
}
