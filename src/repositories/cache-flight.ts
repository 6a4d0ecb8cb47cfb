/**
 * The loads of a `cache` that are under way in this process: one for each key, which concurrent misses share.
 *
 * An invalidation revokes the load of its key: nobody joins it from then on, and it stores nothing. What it had sent
 * already is waited for, since over a pool, or a new connection, a later DEL could overtake it.
 *
 * @module
 */

/** One load. */
export class Flight<T> {
  /** True where the key was invalidated or written since the load began: what it brings is not stored. */
  revoked = false;
  result: Promise<T> | undefined;
}

/** What goes on at one key. */
interface Traffic<T> {
  /** The load that a reader may join. */
  flight: Flight<T> | undefined;
  /** Writes whose answer has not come. */
  readonly writes: Set<Promise<unknown>>;
  /** The last set among them. */
  set: Promise<void> | undefined;
  /** That set, while it waits for the writes before it and is not sent yet. */
  waiting: WaitingSet | undefined;
}

interface WaitingSet {
  send: () => Promise<void>;
  answer: Promise<void> | undefined;
}

/** Holds a key only while something is under way there. */
export class Flights<T> {
  readonly #keys = new Map<string, Traffic<T>>();

  /** How many keys something is under way at. */
  get size(): number {
    return this.#keys.size;
  }

  /** The result of the load that a reader may join. */
  joinable(key: string): Promise<T> | undefined {
    return this.#keys.get(key)?.flight?.result;
  }

  /** Begins a load, which others may join until it ends or is revoked. */
  start(key: string, load: (flight: Flight<T>) => Promise<T>): Promise<T> {
    const traffic = this.#at(key);
    const flight = new Flight<T>();
    traffic.flight = flight;
    flight.result = load(flight).finally(() => {
      if (traffic.flight !== flight) return;
      traffic.flight = undefined;
      this.#tidy(key, traffic);
    });
    return flight.result;
  }

  /** Takes note of a write until its answer has come. */
  async write<R>(key: string, answer: Promise<R>): Promise<R> {
    const traffic = this.#at(key);
    traffic.writes.add(answer);
    try {
      return await answer;
    } finally {
      traffic.writes.delete(answer);
      this.#tidy(key, traffic);
    }
  }

  /** True where a set of the key is on its way: a fill would be overwritten, or land when the set has gone again. */
  setting(key: string): boolean {
    return this.#keys.get(key)?.set !== undefined;
  }

  /**
   * Revokes the load of the key and sends a set; after the writes that are on their way, which could land later, and in
   * the place of a set that still waits for them: nobody has seen what it was to store, and its callers get this answer.
   */
  set(key: string, send: () => Promise<void>): Promise<void> {
    this.revoke(key);
    const traffic = this.#at(key);
    const { waiting } = traffic;
    if (waiting?.answer !== undefined) {
      waiting.send = send;
      return waiting.answer;
    }
    if (traffic.writes.size === 0) return this.#noteSet(key, traffic, send());
    const next: WaitingSet = { send, answer: undefined };
    const sendNext = () => {
      traffic.waiting = undefined;
      return next.send();
    };
    traffic.waiting = next;
    next.answer = this.#noteSet(key, traffic, Promise.allSettled(traffic.writes).then(sendNext));
    return next.answer;
  }

  async #noteSet(key: string, traffic: Traffic<T>, answer: Promise<void>): Promise<void> {
    traffic.set = answer;
    try {
      await this.write(key, answer);
    } finally {
      if (traffic.set === answer) traffic.set = undefined;
    }
  }

  /** Revokes the load of a key. The promise ends when the writes on their way have ended; undefined where there are none. */
  revoke(key: string): Promise<unknown> | undefined {
    const traffic = this.#keys.get(key);
    if (traffic === undefined) return undefined;
    if (traffic.flight !== undefined) traffic.flight.revoked = true;
    traffic.flight = undefined;
    this.#tidy(key, traffic);
    return traffic.writes.size === 0 ? undefined : Promise.allSettled(traffic.writes);
  }

  #at(key: string): Traffic<T> {
    let traffic = this.#keys.get(key);
    if (traffic === undefined) {
      traffic = { flight: undefined, writes: new Set(), set: undefined, waiting: undefined };
      this.#keys.set(key, traffic);
    }
    return traffic;
  }

  #tidy(key: string, traffic: Traffic<T>): void {
    if (traffic.flight === undefined && traffic.writes.size === 0 && this.#keys.get(key) === traffic) {
      this.#keys.delete(key);
    }
  }
}
