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
import { unavailable } from "./executor.js";
import { failureOf, serverReply } from "./failure.js";
import type { Family } from "./family.js";

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
}

/** One read of a batch. */
export interface Read {
  readonly reader: Reader<unknown>;
  readonly operation: string;
  readonly key: string;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  /** False when its caller has been answered. */
  open: boolean;
  /** True where the answer was the deadline's error. */
  expired: boolean;
}

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

  constructor(port: ClientPort, lane: DeadlineLane) {
    super();
    this.#port = port;
    this.#lane = lane;
  }

  send(): void {
    const { reads } = this;
    const first = reads[0] as Read;
    if (!this.#port.ready(first.key)) {
      for (const { reader, operation, reject } of reads) reject(unavailable(reader.family, operation));
      return;
    }
    this.#left = reads.length;
    this.#lane.add(this);
    if (reads.length === 1) {
      this.#ask(["GET", first.key]).then(
        (raw) => this.#settle(first, raw as string | null),
        (error: unknown) => this.#refuse(first, error),
      );
      return;
    }
    const args = ["MGET"];
    for (const read of reads) args.push(read.key);
    this.#ask(args).then(
      (reply) => this.#many(reply as (string | null)[]),
      (error: unknown) => this.#manyFailed(error),
    );
  }

  #ask(args: string[]): Promise<unknown> {
    this.#sent.push(args);
    return this.#port.send(args[1] as string, args, false);
  }

  #many(raws: readonly (string | null)[]): void {
    let absent: string[] | undefined;
    for (let i = 0; i < raws.length; i++) {
      const raw = raws[i] as string | null;
      const read = this.reads[i] as Read;
      if (raw !== null || !read.open || read.reader.nilIsAbsent === true) this.#settle(read, raw);
      else if (absent === undefined) absent = ["EXISTS", read.key];
      else absent.push(read.key);
    }
    if (absent !== undefined) {
      this.#ask(absent).then(
        (count) => this.#existing(count),
        (error: unknown) => this.#manyFailed(error),
      );
    }
  }

  #existing(count: unknown): void {
    if (count !== 0 && this.waiting) this.#oneByOne();
    else for (const read of this.#unanswered()) this.#settle(read, null);
  }

  #manyFailed(error: unknown): void {
    const reply = serverReply(error);
    if (reply === undefined || ofTheServer.has(reply) || !this.waiting) {
      for (const read of this.#unanswered()) this.#refuse(read, error);
      return;
    }
    if (events.hasSubscribers) publish("batch-split", (this.reads[0] as Read).reader.family, "get");
    this.#oneByOne();
  }

  /** The deadline stays that of the batch. */
  #oneByOne(): void {
    this.#sent = [];
    for (const read of this.#unanswered()) {
      this.#ask(["GET", read.key]).then(
        (raw) => this.#settle(read, raw as string | null),
        (error: unknown) => this.#refuse(read, error),
      );
    }
  }

  expire(): void {
    // What the client has not written yet it now refuses to write.
    for (const args of this.#sent) args[0] = undefined as never;
    for (const read of this.#unanswered()) {
      read.expired = true;
      const context = { family: read.reader.family.name, operation: read.operation };
      this.#fail(read, new DeadlineError(context, this.#lane.ms, false));
    }
  }

  /** Those whose caller waits, and those whose caller was answered by the deadline: their replies are late. */
  #unanswered(): Read[] {
    return this.reads.filter(({ open, expired }) => open || expired);
  }

  #settle(read: Read, raw: string | null): void {
    const { family } = read.reader;
    if (!read.open) {
      if (read.expired && events.hasSubscribers) publish("late-reply", family, read.operation);
      return;
    }
    try {
      const value = read.reader.read(raw);
      if (events.hasSubscribers) {
        const missed = raw === null || read.reader.misses?.(value) === true;
        publish(missed ? "miss" : "hit", family, read.operation, { ms: this.#elapsed() });
      }
      this.#close(read);
      read.resolve(value as never);
    } catch (error) {
      this.#fail(read, failureOf(error, family, read.operation, false));
    }
  }

  #refuse(read: Read, error: unknown): void {
    const { family } = read.reader;
    if (read.open) this.#fail(read, failureOf(error, family, read.operation, false));
    else if (serverReply(error) !== undefined && events.hasSubscribers) publish("late-reply", family, read.operation);
  }

  #fail(read: Read, error: KeywrightError): void {
    if (events.hasSubscribers) {
      publish("error", read.reader.family, read.operation, { ms: this.#elapsed(), code: error.code });
    }
    this.#close(read);
    read.reject(error);
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
