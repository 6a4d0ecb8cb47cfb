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
      traffic = { flight: undefined, writes: new Set() };
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
