/**
 * How fast a task may go, so that the traffic beside it does not feel it.
 *
 * @module
 */

/** Lets so many places a second pass, spread evenly; a pause is not made up for by a burst. */
export class Pace {
  readonly #interval: number;
  #next = performance.now();

  /** @param rate places a second */
  constructor(rate: number) {
    this.#interval = 1000 / rate;
  }

  /** Ends when the next one may begin. */
  async turn(): Promise<void> {
    const now = performance.now();
    // What a timer is late by, and no more, is caught up with.
    this.#next = Math.max(this.#next + this.#interval, now - 50);
    const wait = this.#next - now;
    if (wait >= 1) await new Promise((done) => setTimeout(done, wait));
  }
}

/** Runs the work of a batch, so many at once. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let at = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (at < items.length && !failed) {
      const item = items[at++] as T;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
