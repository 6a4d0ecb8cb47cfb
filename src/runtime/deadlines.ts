/**
 * Deadlines of calls in flight. Calls with the same deadline end in the order in which they began, so each distinct
 * deadline is one linked list with one timer for its head: adding and removing a call costs two pointer writes, and no
 * call has a timer of its own.
 *
 * @module
 */

/** A timer may be as late as this, in milliseconds, in a loop that is merely busy. */
const standstill = 20;

/** Something that ends by a deadline. The lane sets and uses the linked-list fields. */
export abstract class Due {
  /** When it ends, on the clock of `performance.now()`. */
  due = 0;
  next: Due | undefined = undefined;
  previous: Due | undefined = undefined;
  waiting = false;
  /** Called once when the deadline passes while the entry still waits. */
  abstract expire(): void;
}

/** All calls of one deadline. */
export class DeadlineLane {
  readonly ms: number;
  #head: Due | undefined;
  #tail: Due | undefined;
  #armed = false;
  #wakeAt = 0;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** True where no call waits. */
  get idle(): boolean {
    return this.#head === undefined;
  }

  add(entry: Due): void {
    entry.due = performance.now() + this.ms;
    entry.waiting = true;
    entry.previous = this.#tail;
    entry.next = undefined;
    if (this.#tail === undefined) this.#head = entry;
    else this.#tail.next = entry;
    this.#tail = entry;
    if (!this.#armed) this.#arm(this.ms);
  }

  remove(entry: Due): void {
    if (!entry.waiting) return;
    entry.waiting = false;
    if (entry.previous === undefined) this.#head = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.#tail = entry.previous;
    else entry.next.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
  }

  #arm(ms: number): void {
    this.#armed = true;
    this.#wakeAt = performance.now() + ms;
    // The client's socket keeps the process alive while a call waits; a deadline alone must not.
    setTimeout(this.#wake, ms).unref();
  }

  // A busy event loop must not be reported as a slow Redis. It runs timers before it reads sockets, so we look only
  // after the next poll phase, when answers that have arrived are read. And a timer that comes late tells that the loop
  // stood still: what was asked before then may only be leaving now, so it gets the time that was lost once more, at
  // most the deadline itself.
  readonly #wake = (): void => {
    const lost = performance.now() - this.#wakeAt;
    if (lost < standstill) setImmediate(this.#sweep);
    else setTimeout(this.#read, Math.min(lost, this.ms)).unref();
  };

  readonly #read = (): void => {
    setImmediate(this.#sweep);
  };

  readonly #sweep = (): void => {
    this.#armed = false;
    const now = performance.now();
    let head = this.#head;
    while (head !== undefined && head.due <= now) {
      this.remove(head);
      head.expire();
      head = this.#head;
    }
    if (head !== undefined && !this.#armed) this.#arm(Math.max(1, Math.ceil(head.due - now)));
  };
}

/** The lanes of a runtime, one per distinct deadline. */
export class Deadlines {
  readonly #lanes = new Map<number, DeadlineLane>();

  /** True where no call is under way. */
  get idle(): boolean {
    return [...this.#lanes.values()].every((lane) => lane.idle);
  }

  lane(ms: number): DeadlineLane {
    let lane = this.#lanes.get(ms);
    if (lane === undefined) {
      lane = new DeadlineLane(ms);
      this.#lanes.set(ms, lane);
    }
    return lane;
  }
}
