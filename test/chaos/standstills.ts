/** When this process stood still, so that a busy machine is not taken for a late call. */
export class Standstills {
  readonly #every = 10;
  readonly #lost: { readonly at: number; readonly ms: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      const ms = now - this.#last - this.#every;
      if (ms > 1) this.#lost.push({ at: now, ms });
      this.#last = now;
    }, this.#every);
  }

  /** Milliseconds that the event loop was late in between, as far as it shows by now. */
  between(from: number, to: number): number {
    let sum = Math.max(0, performance.now() - this.#last - this.#every);
    for (let i = this.#lost.length - 1; i >= 0; i--) {
      const { at, ms } = this.#lost[i] as { at: number; ms: number };
      if (at < from) break;
      if (at - ms <= to) sum += ms;
    }
    return sum;
  }

  /** The longest since `from`. */
  longest(from: number): number {
    return this.#lost.reduce((most, { at, ms }) => (at >= from ? Math.max(most, ms) : most), 0);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
