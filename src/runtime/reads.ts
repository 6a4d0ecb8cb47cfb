/**
 * Batching of reads: the GETs that one tick asks for on one slot leave as one MGET. Coordination families (R0) and
 * bytes are never batched.
 *
 * @module
 */
import { keySlot, slotCount } from "../schema/patterns/slot.js";
import { mostRetries } from "../schema/profile.js";
import { Batch, largestBatch, type Read, type Reader } from "./batch.js";
import type { ClientPort } from "./client-port.js";
import type { Deadlines } from "./deadlines.js";
import type { Executor } from "./executor.js";
import { command, commandThat, type Plan } from "./plan.js";
import type { GoesOn, StandIn } from "./stand-in.js";
import { starts, startTrace } from "./trace.js";

export type { Reader } from "./batch.js";

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

/** Where plain reads go: to the primary, or to a replica first. */
export interface ReadSide {
  /** A GET, which leaves together with the others of its tick and slot; `standIn` in the place of the reader's. */
  get<T>(reader: Reader<T>, operation: string, key: string, standIn?: StandIn<T> | GoesOn): Promise<T>;
  /** Any other command that only reads; `standIn` answers where Redis failed. */
  run<T>(plan: Plan<T>, standIn?: StandIn<T> | GoesOn): Promise<T>;
}

/** The reads of one store from its primary, or from its read client alone. */
export class Reads implements ReadSide {
  readonly #executor: Executor;
  readonly #port: ClientPort;
  readonly #deadlines: Deadlines;
  readonly #bySlot: boolean;
  /** The batches of this tick; on a Cluster by slot, and by deadline and retries where families differ. */
  readonly #open = new Map<number, Batch>();

  constructor(executor: Executor, deadlines: Deadlines) {
    this.#executor = executor;
    this.#port = executor.port;
    this.#deadlines = deadlines;
    this.#bySlot = executor.port.topology === "cluster";
  }

  run<T>(plan: Plan<T>, standIn?: StandIn<T> | GoesOn): Promise<T> {
    return this.#executor.run(plan, standIn);
  }

  /** Reads one key. */
  get<T>(
    reader: Reader<T>,
    operation: string,
    key: string,
    standIn: StandIn<T> | GoesOn | undefined = reader.standIn,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { deadline, retries, tier } = reader.family;
      const read: Read = {
        reader,
        operation,
        key,
        standIn,
        resolve: resolve as (value: never) => void,
        reject,
        open: true,
        expired: false,
        trace: starts.hasSubscribers ? startTrace(reader.family, operation, "GET", undefined, 1) : undefined,
      };
      if (tier === "R0") {
        const alone = new Batch(this.#port, this.#deadlines.lane(deadline));
        alone.reads.push(read);
        alone.send();
        return;
      }
      const profile = deadline * (mostRetries + 1) + retries;
      const place = this.#bySlot ? profile * slotCount + keySlot(key) : profile;
      let batch = this.#open.get(place);
      if (batch === undefined) {
        if (this.#open.size === 0) this.#schedule();
        batch = new Batch(this.#port, this.#deadlines.lane(deadline));
        this.#open.set(place, batch);
      }
      batch.reads.push(read);
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

  readonly #flush = (): void => this.flush();

  /** Sends what this tick has asked for up to now. */
  flush(): void {
    if (this.#open.size === 0) return;
    const batches = [...this.#open.values()];
    this.#open.clear();
    for (const batch of batches) batch.send();
  }
}
