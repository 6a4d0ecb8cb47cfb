/**
 * GETs that leave together as one MGET. Each keeps its own decoding and error; the deadline is one for all.
 *
 * MGET answers nil where GET answers WRONGTYPE, so the nils of a batch are asked about once more with EXISTS, whose
 * answer is 0 nearly always (not for caches, whose fill tells the type); and a batch that Redis refuses as a whole is split, since one key may have been the reason.
 *
 * @module
 */
import type { ClientPort } from "./client-port.js";
import { type DeadlineLane, Due } from "./deadlines.js";
import { DeadlineError, type KeywrightError } from "./errors.js";
import { events, publish } from "./events.js";
import { failureOf, serverReply, unreadable } from "./failure.js";
import type { Family } from "./family.js";
import { NotSentError } from "./node-redis.js";
import type { RedisNode } from "./redis-node.js";
import { mayRetry, pauseBeforeRetry } from "./retry.js";
import { endFailed, endRefused, type GoesOn, type StandIn } from "./stand-in.js";
import { type CallTrace, endTrace } from "./trace.js";

/** What decodes the reply of a GET: made once per repository. */
export interface Reader<T> {
  readonly family: Family;
  /** `raw` is null where the key is absent. */
  read(raw: string | null): T;
  /**
   * True where a batch need not ask with EXISTS whether what it did not find has another type, since the command that
   * follows a miss tells.
   */
  readonly nilIsAbsent?: boolean;
  /** True for a result of `read` that is no hit although the key is there, such as a value that does not decode. */
  misses?(value: T): boolean;
  /** What stands in for the answer where Redis failed; undefined where the caller gets the error. */
  readonly standIn?: StandIn<T> | undefined;
}

/** One read of a batch. */
export interface Read {
  readonly reader: Reader<unknown>;
  readonly operation: string;
  readonly key: string;
  readonly standIn: StandIn<unknown> | GoesOn | undefined;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  /** False when its caller has been answered. */
  open: boolean;
  /** True where the answer was the deadline's error. */
  expired: boolean;
  /** For who traces it; undefined where nobody did when it began. */
  readonly trace: CallTrace | undefined;
}

type Resolve = (value: unknown) => void;

/** More keys a command would keep the server from others for longer without costing less. */
export const largestBatch = 64;

/** Refusals of the server as it is, whatever the keys: to ask key by key would bring as many refusals. */
const ofTheServer: ReadonlySet<string> = new Set(["LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "NOAUTH"]);

export class Batch extends Due {
  readonly reads: Read[] = [];
  readonly #port: ClientPort;
  readonly #lane: DeadlineLane;
  #left = 0;
  /** What is on its way, to be taken back by the deadline. */
  #sent: string[][] = [];
  /** Where that went. */
  #node: RedisNode | undefined;
  #answersBefore = 0;
  #retries = 0;
  /** Reads whose attempt failed, and which are asked for again after a pause. */
  #again: Read[] = [];
  /** What they failed of; each is told it for its own family. */
  #failure: unknown;

  constructor(port: ClientPort, lane: DeadlineLane) {
    super();
    this.#port = port;
    this.#lane = lane;
  }

  send(): void {
    const { reads } = this;
    const node = this.#port.ready((reads[0] as Read).key);
    if (node?.refuses === true) {
      for (const { reader, operation, standIn, resolve, reject, trace } of reads) {
        endRefused(node, reader.family, operation, trace, standIn, resolve as Resolve, reject);
      }
      return;
    }
    this.#left = reads.length;
    this.#lane.add(this);
    if (node === undefined) this.#retryOrRefuse(reads, new NotSentError());
    else this.#attempt(node, reads);
  }

  #attempt(node: RedisNode, reads: readonly Read[]): void {
    this.#node = node;
    this.#answersBefore = node.answers;
    const first = reads[0] as Read;
    if (reads.length === 1) {
      this.#ask(node, ["GET", first.key]).then(
        (raw) => {
          this.#arrived(node);
          this.#settle(first, raw as string | null);
        },
        (error: unknown) => {
          this.#failed(node, error);
          this.#retryOrRefuse(reads, error);
        },
      );
      return;
    }
    const args = ["MGET"];
    for (const read of reads) args.push(read.key);
    this.#ask(node, args).then(
      (reply) => {
        this.#arrived(node);
        this.#many(node, reads, reply as (string | null)[]);
      },
      (error: unknown) => this.#manyFailed(node, reads, error),
    );
  }

  #ask(node: RedisNode, args: string[]): Promise<unknown> {
    this.#sent.push(args);
    node.inFlight += 1;
    return this.#port.send(args[1] as string, args, false);
  }

  #arrived(node: RedisNode): void {
    node.inFlight -= 1;
    if (this.waiting) node.answered();
    else node.answeredLate();
  }

  #failed(node: RedisNode, error: unknown): void {
    node.inFlight -= 1;
    if (this.waiting) node.rejected(error);
  }

  #many(node: RedisNode, reads: readonly Read[], raws: readonly (string | null)[]): void {
    let absent: Read[] | undefined;
    for (let i = 0; i < raws.length; i++) {
      const raw = raws[i] as string | null;
      const read = reads[i] as Read;
      if (raw !== null || !read.open || read.reader.nilIsAbsent === true) this.#settle(read, raw);
      else if (absent === undefined) absent = [read];
      else absent.push(read);
    }
    if (absent !== undefined) this.#askWhetherAbsent(node, absent);
  }

  #askWhetherAbsent(node: RedisNode, reads: readonly Read[]): void {
    const args = ["EXISTS"];
    for (const read of reads) args.push(read.key);
    this.#ask(node, args).then(
      (count) => {
        this.#arrived(node);
        if (count !== 0 && this.waiting) this.#oneByOne(node, reads);
        else for (const read of reads) this.#settle(read, null);
      },
      (error: unknown) => this.#manyFailed(node, reads, error),
    );
  }

  #manyFailed(node: RedisNode, reads: readonly Read[], error: unknown): void {
    this.#failed(node, error);
    const reply = serverReply(error);
    if (reply === undefined || ofTheServer.has(reply) || !this.waiting) {
      this.#retryOrRefuse(reads, error);
      return;
    }
    if (events.hasSubscribers) publish("batch-split", (this.reads[0] as Read).reader.family, "get");
    this.#oneByOne(node, reads);
  }

  /** The deadline stays that of the batch. */
  #oneByOne(node: RedisNode, reads: readonly Read[]): void {
    this.#sent = [];
    for (const read of reads) this.#attempt(node, [read]);
  }

  /** Asks for them again after a pause, where that may do better; answers them with the failure where it may not. */
  #retryOrRefuse(reads: readonly Read[], error: unknown): void {
    const first = reads[0] as Read;
    const { reader, operation } = first;
    if (this.waiting && this.#mayRetry(first, failureOf(error, reader.family, operation, false), error)) {
      this.#again.push(...reads);
      return;
    }
    for (const read of reads) this.#refuse(read, error);
  }

  /** Several reads that fail one by one of the same thing share a retry. */
  #mayRetry({ reader, operation }: Read, failure: KeywrightError, error: unknown): boolean {
    const { family } = reader;
    if (!mayRetry(failure)) return false;
    if (this.#again.length > 0) return true;
    if (this.#retries >= family.retries) return false;
    const pause = pauseBeforeRetry(this.#retries + 1);
    if (performance.now() + pause >= this.due) return false;
    this.#retries += 1;
    this.#failure = error;
    if (events.hasSubscribers) publish("retry", family, operation, { code: failure.code });
    setTimeout(() => this.#askAgain(), pause);
    return true;
  }

  #askAgain(): void {
    const reads = this.#again;
    this.#again = [];
    if (!this.waiting || reads.length === 0) return;
    const node = this.#port.ready((reads[0] as Read).key);
    if (node === undefined) this.#retryOrRefuse(reads, new NotSentError());
    else if (node.refuses) for (const read of reads) this.#refuse(read, this.#failure);
    else this.#attempt(node, reads);
  }

  expire(): void {
    for (const read of this.#again.splice(0)) this.#refuse(read, this.#failure);
    const unanswered = this.reads.filter(({ open }) => open);
    if (unanswered.length > 0) this.#node?.silent(this.#answersBefore, this.#lane.ms);
    // What the client has not written yet it now refuses to write.
    for (const args of this.#sent) args[0] = undefined as never;
    for (const read of unanswered) {
      read.expired = true;
      const context = { family: read.reader.family.name, operation: read.operation };
      this.#fail(read, new DeadlineError(context, this.#lane.ms, false));
    }
  }

  #settle(read: Read, raw: string | null): void {
    const { family } = read.reader;
    if (!read.open) {
      if (read.expired && events.hasSubscribers) publish("late-reply", family, read.operation);
      return;
    }
    try {
      const value = read.reader.read(raw);
      if (events.hasSubscribers || read.trace !== undefined) {
        const outcome = raw === null || read.reader.misses?.(value) === true ? "miss" : "hit";
        if (events.hasSubscribers) publish(outcome, family, read.operation, { ms: this.#elapsed() });
        if (read.trace !== undefined) this.#endTrace(read.trace, outcome);
      }
      this.#close(read);
      read.resolve(value as never);
    } catch (error) {
      this.#fail(read, unreadable(error, family, read.operation, false));
    }
  }

  #refuse(read: Read, error: unknown): void {
    const { family } = read.reader;
    if (read.open) this.#fail(read, failureOf(error, family, read.operation, false));
    else if (serverReply(error) !== undefined && events.hasSubscribers) publish("late-reply", family, read.operation);
  }

  #fail(read: Read, error: KeywrightError): void {
    const { reader, operation, standIn, resolve, reject } = read;
    if (read.trace !== undefined) this.#endTrace(read.trace, "error", error);
    this.#close(read);
    endFailed(error, reader.family, operation, this.#elapsed(), standIn, resolve as Resolve, reject);
  }

  #endTrace(trace: CallTrace, outcome: CallTrace["outcome"], error?: KeywrightError): void {
    trace.batch = this.reads.length;
    trace.retries = this.#retries;
    endTrace(trace, outcome, this.#node, error);
  }

  #close(read: Read): void {
    read.open = false;
    this.#left -= 1;
    if (this.#left === 0) this.#lane.remove(this);
  }

  #elapsed(): number {
    return performance.now() - (this.due - this.#lane.ms);
  }
}
