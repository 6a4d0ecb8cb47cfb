/**
 * One Redis server as a store sees it: whether it takes calls, and what it has not answered yet.
 *
 * @module
 */
import { formatElapsed } from "../schema/duration.js";
import { Breaker, type BreakerSettings, type Probe } from "./breaker.js";
import { type ErrorCode, type ErrorContext, type KeywrightError, OverloadedError, UnavailableError } from "./errors.js";
import { cannotServe, neverSent, serverReply } from "./failure.js";

/** What bounds the failures of a node. */
export interface NodeSettings {
  /** undefined: no breaker ever opens. */
  readonly breaker: BreakerSettings | undefined;
  /** At most so many replies may be outstanding. */
  readonly maxInFlight: number;
}

/** Where a server is. */
export interface Place {
  /** `127.0.0.1:6379`, or the path of a socket. */
  readonly address: string;
  /** The number of the database. */
  readonly database: number;
}

/** A silence of fewer milliseconds says nothing: a deadline of 5 ms must not shut a node for everybody. */
const shortestSilence = 100;

export class RedisNode {
  /** Of low cardinality: the address in a Cluster, else what the client is. */
  readonly label: string;
  /** As it is shown: the label, after `read ` where the store reads from it only. */
  readonly name: string;
  readonly breaker: Breaker;
  /** Replies that are outstanding at the client, also of calls that have ended by their deadline. */
  inFlight = 0;
  /** Answers that came in time; only whether it has changed matters. */
  answers = 0;
  readonly #store: string;
  readonly #maxInFlight: number;
  /** When the first call was sent that has ended without an answer, since the last answer. */
  #silentSince: number | undefined;
  readonly #place: () => Place | undefined;

  constructor(
    store: string,
    label: string,
    settings: NodeSettings,
    probe: Probe,
    place: () => Place | undefined = () => undefined,
    side?: "read",
  ) {
    this.#store = store;
    this.label = label;
    this.name = side === undefined ? label : `${side} ${label}`;
    this.#place = place;
    this.breaker = new Breaker(store, this.name, settings.breaker, () => probe()?.then(this.#probed));
    this.#maxInFlight = settings.maxInFlight;
  }

  /** Where it is; undefined where no connection has been seen yet. */
  get place(): Place | undefined {
    return this.#place();
  }

  /** True where a call must not be sent; `refusal` says why. */
  get refuses(): boolean {
    return this.breaker.state !== "closed" || this.inFlight >= this.#maxInFlight;
  }

  /** The error of a call that is refused. */
  refusal(context: ErrorContext): KeywrightError {
    const { breaker, name, inFlight } = this;
    if (breaker.state === "closed") {
      return new OverloadedError(
        context,
        `${inFlight} replies of the node ${name} of the store ${this.#store} are outstanding, which is the most`,
        "Nothing was sent. Await answers before you ask for more, or give createRepositories a larger maxInFlight.",
        inFlight,
      );
    }
    return new UnavailableError(
      context,
      `the breaker of the node ${name} of the store ${this.#store} is open, since ${formatElapsed(performance.now() - breaker.openedAt)}, after ${breaker.failures === 1 ? "one failure" : `${breaker.failures} failures in a row`}; the last was ${failureWords[breaker.lastFailure ?? "deadline"]}`,
      undefined,
      "Nothing was sent. It is probed with PING, and calls go on when that is answered.",
    );
  }

  /** An answer of a node that serves, whatever it says, came in time. */
  answered(): void {
    this.answers += 1;
    this.#silentSince = undefined;
    this.breaker.failures = 0;
  }

  /** The client rejected what was sent, or Redis refused it. One connection that ends is one failure, whatever it held. */
  rejected(error: unknown): void {
    this.#silentSince = undefined;
    const reply = serverReply(error);
    if (reply !== undefined && cannotServe.has(reply)) this.breaker.failed("refused");
    else if (reply !== undefined) this.answered();
    else if (!neverSent(error)) this.breaker.failed("connection-lost", error);
  }

  /**
   * A call ended without an answer. Where others were answered meanwhile the node is well, and the call alone is slow.
   * Where it was silent for a shorter time than counts, the caller was in a hurry.
   *
   * @param answersBefore `answers` as it was when the call was sent
   * @param ms the call's deadline
   */
  silent(answersBefore: number, ms: number): void {
    if (this.answers !== answersBefore) return;
    const now = performance.now();
    this.#silentSince ??= now - ms;
    if (now - Math.min(this.#silentSince, now - ms) >= shortestSilence) this.breaker.failed("deadline");
  }

  /** An answer came too late for its caller: it acquits nobody, but the silence has ended. */
  answeredLate(): void {
    this.#silentSince = undefined;
  }

  // Calls from before it that end now say nothing about the node as it is.
  readonly #probed = (): void => {
    this.answers += 1;
    this.#silentSince = undefined;
  };
}

/** In the place of every node of a store that is closed. */
export class ClosedNode extends RedisNode {
  override get refuses(): boolean {
    return true;
  }

  override refusal(context: ErrorContext): KeywrightError {
    return new UnavailableError(
      context,
      "the repositories are closed",
      undefined,
      "Nothing was sent. Call close() when nothing calls them any more; createRepositories makes new ones.",
      true,
    );
  }
}

const failureWords: Partial<Record<ErrorCode, string>> = {
  deadline: "no answer by a deadline",
  "connection-lost": "a lost connection",
  refused: "a refusal to serve",
};
