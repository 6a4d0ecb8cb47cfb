/**
 * The breaker of one node. Failures in a row open it; while it is open nothing is written to the node, so that callers
 * do not wait for what hangs, and a silent connection falls idle, by which the client's `socketTimeout` can tell. A
 * PING is the probe: its answer closes the breaker.
 *
 * @module
 */
import type { ErrorCode } from "./errors.js";
import { events, publishBreaker } from "./events.js";
import { cannotServe, serverReply } from "./failure.js";

/** When a breaker opens, and for how long; times in milliseconds. */
export interface BreakerSettings {
  /** So many failures in a row open it. */
  readonly failures: number;
  /** From its opening to its first probe. */
  readonly coolDown: number;
  /** What the cool-down grows to where it opens again and again; where it stayed closed for as long, it begins anew. */
  readonly maxCoolDown: number;
}

/** `closed`: calls pass. `open`: they are refused. `half-open`: they are refused, and a PING is under way. */
export type BreakerState = "closed" | "open" | "half-open";

/** Sends one PING; undefined where no connection could take it. */
export type Probe = () => Promise<unknown> | undefined;

export class Breaker {
  state: BreakerState = "closed";
  /** When it opened, on the clock of `performance.now()`. */
  openedAt = 0;
  /** Failures since the last answer. */
  failures = 0;
  /** What the last failure was. */
  lastFailure: ErrorCode | undefined;

  readonly #store: string;
  readonly #node: string;
  readonly #settings: BreakerSettings | undefined;
  readonly #probe: Probe;
  #coolDown = 0;
  #closedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** What broke the calls of one connection: the same error, however many they were. */
  #lastCause: unknown;

  /** @param settings undefined for a breaker that never opens */
  constructor(store: string, node: string, settings: BreakerSettings | undefined, probe: Probe) {
    this.#store = store;
    this.#node = node;
    this.#settings = settings;
    this.#probe = probe;
  }

  /** @param cause what several calls may have failed of together, which counts once */
  failed(code: ErrorCode, cause?: unknown): void {
    if (this.#settings === undefined || this.state !== "closed" || this.#stopped) return;
    if (cause !== undefined && cause === this.#lastCause) return;
    this.#lastCause = cause;
    this.lastFailure = code;
    this.failures += 1;
    if (this.failures >= this.#settings.failures) this.#openAnew(this.#settings);
  }

  /** Ends it for good: it never opens again, and probes no more. A PING that is under way ends without effect. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.failures = 0;
    // Who counts open breakers must not count one that is no more.
    if (this.state !== "closed") this.#become("closed");
  }

  #openAnew({ coolDown, maxCoolDown }: BreakerSettings): void {
    const now = performance.now();
    // A node that refuses answers at once: to look often costs little, and tells sooner that it serves again.
    const again = now - this.#closedAt < maxCoolDown && this.lastFailure !== "refused";
    this.#coolDown = again ? Math.min(this.#coolDown * 2, maxCoolDown) : coolDown;
    this.openedAt = now;
    this.#open();
  }

  #open(): void {
    this.#become("open");
    this.#timer = setTimeout(() => this.#halfOpen(), this.#coolDown).unref();
  }

  #halfOpen(): void {
    const answer = this.#probe();
    // It may have found that its node is gone.
    if (this.#stopped) return;
    if (answer === undefined) {
      // The client has no connection yet.
      this.#timer = setTimeout(() => this.#halfOpen(), this.#coolDown).unref();
      return;
    }
    this.#become("half-open");
    answer.then(
      () => this.#close(),
      (error: unknown) => {
        const reply = serverReply(error);
        // Who may not send PING has an answer all the same.
        if (reply !== undefined && !cannotServe.has(reply)) this.#close();
        else if (this.state === "half-open") this.#open();
      },
    );
  }

  #close(): void {
    if (this.state !== "half-open") return;
    this.failures = 0;
    this.#lastCause = undefined;
    this.#closedAt = performance.now();
    this.#become("closed");
  }

  #become(state: BreakerState): void {
    this.state = state;
    if (!events.hasSubscribers) return;
    const type = state === "open" ? "breaker-opened" : `breaker-${state}`;
    publishBreaker(type as "breaker-opened", this.#store, this.#node, this.lastFailure);
  }
}
