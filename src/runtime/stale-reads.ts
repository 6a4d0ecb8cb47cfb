/**
 * Plain reads that may be stale: they go to the read client, and to the write client where that fails.
 *
 * @module
 */
import type { Reader } from "./batch.js";
import type { ClientPort } from "./client-port.js";
import type { UnavailableError } from "./errors.js";
import { events } from "./events.js";
import type { Executor } from "./executor.js";
import { notConnected, publishFailure, redisFailed } from "./failure.js";
import type { Family } from "./family.js";
import type { Plan } from "./plan.js";
import type { ReadSide, Reads } from "./reads.js";
import type { GoesOn, StandIn } from "./stand-in.js";

/** One of its two reads: each has half of the deadline, so that the call ends by the whole. */
function half(family: Family, fallsBack: boolean): Family {
  const deadline = Math.max(1, Math.floor(family.deadline / 2));
  return { ...family, deadline, retries: fallsBack ? 0 : family.retries, fallsBack };
}

class HalfReader<T> implements Reader<T> {
  readonly family: Family;
  readonly nilIsAbsent: boolean;
  /** What stands in is given where the second has failed too. */
  readonly standIn: StandIn<T> | undefined;
  readonly #whole: Reader<T>;

  constructor(whole: Reader<T>, fallsBack: boolean) {
    this.family = half(whole.family, fallsBack);
    this.nilIsAbsent = whole.nilIsAbsent === true;
    this.standIn = fallsBack ? undefined : whole.standIn;
    this.#whole = whole;
  }

  read(raw: string | null): T {
    return this.#whole.read(raw);
  }

  misses(value: T): boolean {
    return this.#whole.misses?.(value) === true;
  }
}

interface Halves<T> {
  readonly first: T;
  readonly second: T;
}

/** The two halves of each family, or of each reader, made once. */
class AllHalves<K extends object> {
  readonly #made = new WeakMap<K, Halves<K>>();
  readonly #make: (whole: K, fallsBack: boolean) => K;

  constructor(make: (whole: K, fallsBack: boolean) => K) {
    this.#make = make;
  }

  of(whole: K): Halves<K> {
    let halves = this.#made.get(whole);
    if (halves === undefined) {
      halves = { first: this.#make(whole, true), second: this.#make(whole, false) };
      this.#made.set(whole, halves);
    }
    return halves;
  }
}

/** The reads of one store that may be stale. */
export class StaleReads implements ReadSide {
  readonly #port: ClientPort;
  readonly #replica: Reads;
  readonly #replicaExecutor: Executor;
  readonly #primary: Reads;
  readonly #families = new AllHalves<Family>(half);
  readonly #readers = new AllHalves<Reader<unknown>>((whole, fallsBack) => new HalfReader(whole, fallsBack));

  constructor(replicaExecutor: Executor, replica: Reads, primary: Reads) {
    this.#port = replicaExecutor.port;
    this.#replicaExecutor = replicaExecutor;
    this.#replica = replica;
    this.#primary = primary;
  }

  /** Sends to the read client what this tick has asked for up to now. */
  flush(): void {
    this.#replica.flush();
  }

  get<T>(reader: Reader<T>, operation: string, key: string, standIn?: StandIn<T> | GoesOn): Promise<T> {
    // Known beforehand to fail: the write client has the whole deadline then.
    if (!this.#takes(key, reader.family, operation)) return this.#primary.get(reader, operation, key, standIn);
    const { first, second } = this.#readers.of(reader) as Halves<Reader<T>>;
    return this.#replica.get(first, operation, key).catch((error: unknown) => {
      if (!redisFailed(error)) throw error;
      return this.#primary.get(second, operation, key, standIn);
    });
  }

  run<T>(plan: Plan<T>, standIn?: StandIn<T> | GoesOn): Promise<T> {
    const { family, operation } = plan;
    if (!this.#takes(plan.keys[0] as string, family, operation)) return this.#primary.run(plan, standIn);
    const { first, second } = this.#families.of(family);
    return this.#replicaExecutor.run({ ...plan, family: first }).catch((error: unknown) => {
      if (!redisFailed(error)) throw error;
      return this.#primary.run({ ...plan, family: second }, standIn);
    });
  }

  #takes(key: string, family: Family, operation: string): boolean {
    const node = this.#port.ready(key);
    if (node?.refuses === false) return true;
    if (events.hasSubscribers) {
      const why: UnavailableError = notConnected(family, operation);
      publishFailure(why, this.#families.of(family).first, operation);
    }
    return false;
  }
}
