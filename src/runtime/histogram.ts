/**
 * A histogram of durations with fixed bounds, as Prometheus and OpenTelemetry take them: those of several processes can
 * be added, which percentiles cannot.
 *
 * @module
 */

/** Seconds: from a round trip on one machine to the longest deadline that is usual. */
export const standardBounds: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

export interface HistogramSnapshot {
  readonly count: number;
  /** Seconds. */
  readonly sum: number;
  /** For each upper bound in seconds how many were no longer; those above the last one are in `count` only. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
}

export class Histogram {
  readonly #bounds: readonly number[];
  /** One for each bound, and one for what is above the last. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  record(seconds: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && seconds > (bounds[at] as number)) at += 1;
    (this.#counts[at] as number) += 1;
    this.#sum += seconds;
  }

  snapshot(): HistogramSnapshot {
    let count = 0;
    const buckets = this.#bounds.map((le, at) => {
      count += this.#counts[at] as number;
      return { le, count };
    });
    return { count: count + (this.#counts[this.#bounds.length] as number), sum: this.#sum, buckets };
  }
}
