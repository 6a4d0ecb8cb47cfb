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
import { command, commandThat } from "./plan.js";
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

/** The reads of one store. */
export class Reads {
  readonly #port: ClientPort;
  readonly #deadlines: Deadlines;
  readonly #bySlot: boolean;
  /** The batches of this tick; on a Cluster by slot, and by deadline and retries where families differ. */
  readonly #open = new Map<number, Batch>();

  constructor(executor: Executor, deadlines: Deadlines) {
    this.#port = executor.port;
    this.#deadlines = deadlines;
    this.#bySlot = executor.port.topology === "cluster";
  }

  /** Reads one key. */
  get<T>(reader: Reader<T>, operation: string, key: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { deadline, retries, tier } = reader.family;
      const read: Read = {
        reader,
        operation,
        key,
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

  readonly #flush = (): void => {
    if (this.#open.size === 0) return;
    const batches = [...this.#open.values()];
    this.#open.clear();
    for (const batch of batches) batch.send();
  };
}
