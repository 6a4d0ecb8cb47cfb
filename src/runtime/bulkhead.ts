/**
 * How many loads may stand in for a dead Redis at once: what a cache kept from a database for hours must not reach it
 * in one second. Who finds no place waits in line, first come, first served.
 *
 * @module
 */

/** A place of a load: in line, then taken, then given back. */
export class Place {
  /** True until the load has begun. */
  inLine = true;
  readonly #begin: () => void;
  #ended = false;
  readonly #bulkhead: Bulkhead;

  constructor(bulkhead: Bulkhead, begin: () => void) {
    this.#bulkhead = bulkhead;
    this.#begin = begin;
  }

  /** Called by the bulkhead when it is its turn. */
  take(): void {
    this.inLine = false;
    this.#begin();
  }

  /** Leaves the line, or gives the place back. A second time it does nothing. */
  leave(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#bulkhead.left(this);
  }
}

export class Bulkhead {
  /** How many loads may run at once. */
  readonly most: number;
  #running = 0;
  readonly #line = new Set<Place>();

  constructor(most: number) {
    this.most = most;
  }

  /** Loads that run, and loads that wait. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#line.size };
  }

  /** Calls `begin` where a place is free: at once, or when it is its turn. The place must be left when the load has ended. */
  enter(begin: () => void): Place {
    const place = new Place(this, begin);
    if (this.#running < this.most) {
      this.#running += 1;
      place.take();
    } else this.#line.add(place);
    return place;
  }

  /** For {@link Place.leave}: hands the place on to the first in line. */
  left(place: Place): void {
    if (this.#line.delete(place)) return;
    const [next] = this.#line;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#line.delete(next);
    next.take();
  }
}
