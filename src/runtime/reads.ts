/**
 * Batching of reads: the GETs that one tick asks for on one slot leave as one MGET. Each read keeps its own deadline,
 * decoding and error. Coordination families (R0) and bytes are never batched.
 *
 * MGET answers nil where GET answers WRONGTYPE, so the nils of a batch are asked about once more with EXISTS, whose
 * answer is 0 nearly always; and a batch that Redis refuses as a whole is split, since one key may have been the reason.
 *
 * @module
 */
import { keySlot } from "../schema/patterns/slot.js";
import type { ClientPort } from "./client.js";
import { type DeadlineLane, type Deadlines, Due } from "./deadlines.js";
import { DeadlineError, UnavailableError } from "./errors.js";
import { events } from "./events.js";
import { type Executor, publish } from "./executor.js";
import { failureOf, serverReply } from "./failure.js";
import type { Family } from "./family.js";
import { command, commandThat } from "./plan.js";

/** What decodes the reply of a GET: made once per repository. */
export interface Reader<T> {
  readonly family: Family;
  /** `raw` is null where the key is absent. */
  read(raw: string | null): T;
}

interface Read {
  readonly reader: Reader<unknown>;
  readonly operation: string;
  readonly key: string;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** More keys a command would keep the server from others for longer without costing less. */
const largestBatch = 64;

class Batch extends Due {
  readonly reads: Read[] = [];
  readonly #executor: Executor;
  readonly #lane: DeadlineLane;

  constructor(executor: Executor, lane: DeadlineLane) {
    super();
    this.#executor = executor;
    this.#lane = lane;
  }

  get #port(): ClientPort {
    return this.#executor.port;
  }

  send(): void {
    const first = this.reads[0] as Read;
    if (!this.#port.ready(first.key)) {
      for (const read of this.reads) {
        const { family } = read.reader;
        const context = { family: family.name, operation: read.operation };
        this.#fail(read, new UnavailableError(context, "the client is not connected"));
      }
      return;
    }
    this.#lane.add(this);
    if (this.reads.length === 1) {
      this.#port.send(first.key, ["GET", first.key], false).then(this.#one, this.#oneFailed);
      return;
    }
    const args = ["MGET"];
    for (const read of this.reads) args.push(read.key);
    this.#port.send(first.key, args, false).then(this.#many, this.#manyFailed);
  }

  readonly #one = (raw: unknown): void => {
    if (this.#late()) return;
    this.#lane.remove(this);
    this.#settle(this.reads[0] as Read, raw as string | null);
  };

  readonly #oneFailed = (error: unknown): void => {
    if (this.#late()) return;
    this.#lane.remove(this);
    const read = this.reads[0] as Read;
    this.#fail(read, failureOf(error, read.reader.family, read.operation, false));
  };

  readonly #many = (reply: unknown): void => {
    if (this.#late()) return;
    const raws = reply as (string | null)[];
    const absent: Read[] = [];
    for (let i = 0; i < raws.length; i++) {
      const raw = raws[i] as string | null;
      const read = this.reads[i] as Read;
      if (raw === null) absent.push(read);
      else this.#settle(read, raw);
    }
    if (absent.length === 0) {
      this.#lane.remove(this);
      return;
    }
    // From here on only the absent ones wait.
    this.reads.length = 0;
    this.reads.push(...absent);
    const args = ["EXISTS"];
    for (const read of absent) args.push(read.key);
    this.#port.send((absent[0] as Read).key, args, false).then(this.#existing, this.#manyFailed);
  };

  readonly #existing = (count: unknown): void => {
    if (this.#late()) return;
    this.#lane.remove(this);
    if (count === 0) for (const read of this.reads) this.#settle(read, null);
    else this.#oneByOne();
  };

  readonly #manyFailed = (error: unknown): void => {
    if (this.#late()) return;
    this.#lane.remove(this);
    if (serverReply(error) !== undefined) {
      const { family } = (this.reads[0] as Read).reader;
      if (events.hasSubscribers) publish("batch-split", family, "get");
      this.#oneByOne();
      return;
    }
    for (const read of this.reads) this.#fail(read, failureOf(error, read.reader.family, read.operation, false));
  };

  #oneByOne(): void {
    for (const read of this.reads) {
      this.#executor
        .run(getPlan(read.reader, read.operation, read.key))
        .then(read.resolve as (value: unknown) => void, read.reject);
    }
  }

  expire(): void {
    for (const read of this.reads) {
      const context = { family: read.reader.family.name, operation: read.operation };
      this.#fail(read, new DeadlineError(context, this.#lane.ms, false));
    }
  }

  #late(): boolean {
    if (this.waiting) return false;
    if (events.hasSubscribers) {
      for (const read of this.reads) publish("late-reply", read.reader.family, read.operation);
    }
    return true;
  }

  #settle(read: Read, raw: string | null): void {
    const { family } = read.reader;
    try {
      const value = read.reader.read(raw);
      if (events.hasSubscribers) {
        const ms = performance.now() - (this.due - this.#lane.ms);
        publish(raw === null ? "miss" : "hit", family, read.operation, { ms });
      }
      read.resolve(value as never);
    } catch (error) {
      this.#fail(read, failureOf(error, family, read.operation, false));
    }
  }

  #fail(read: Read, error: ReturnType<typeof failureOf>): void {
    if (events.hasSubscribers) publish("error", read.reader.family, read.operation, { code: error.code });
    read.reject(error);
  }
}

/** A GET as a plan of its own. */
export function getPlan<T>(reader: Reader<T>, operation: string, key: string) {
  return command(
    reader.family,
    operation,
    key,
    ["GET", key],
    (reply) => reader.read(reply as string | null),
    commandThat.reads,
  );
}

/** The reads of one store. */
export class Reads {
  readonly #executor: Executor;
  readonly #deadlines: Deadlines;
  readonly #bySlot: boolean;
  /** The batches of this tick; on a Cluster by slot, and by deadline where families differ. */
  readonly #open = new Map<number, Batch>();

  constructor(executor: Executor, deadlines: Deadlines) {
    this.#executor = executor;
    this.#deadlines = deadlines;
    this.#bySlot = executor.port.topology === "cluster";
  }

  /** Reads one key. */
  get<T>(reader: Reader<T>, operation: string, key: string): Promise<T> {
    if (reader.family.tier === "R0") return this.#executor.run(getPlan(reader, operation, key));
    return new Promise<T>((resolve, reject) => {
      const { deadline } = reader.family;
      const place = this.#bySlot ? deadline * 16384 + keySlot(key) : deadline;
      let batch = this.#open.get(place);
      if (batch === undefined) {
        if (this.#open.size === 0) this.#schedule();
        batch = new Batch(this.#executor, this.#deadlines.lane(deadline));
        this.#open.set(place, batch);
      }
      batch.reads.push({ reader, operation, key, resolve: resolve as (value: never) => void, reject });
      if (batch.reads.length === largestBatch) {
        this.#open.delete(place);
        batch.send();
      }
    });
  }

  // A tick ends when its promise jobs have run: the job queued here runs first and leaves the flush to nextTick, which
  // runs when the queue of promise jobs is empty.
  #schedule(): void {
    Promise.resolve().then(() => process.nextTick(this.#flush));
  }

  readonly #flush = (): void => {
    if (this.#open.size === 0) return;
    const batches = [...this.#open.values()];
    this.#open.clear();
    for (const batch of batches) batch.send();
  };
}
