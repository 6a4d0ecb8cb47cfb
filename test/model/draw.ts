import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** What a schedule leaves to chance. The same seed draws the same: a schedule that fails is repeated by its seed. */
export class Draw {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  one<T>(from: readonly T[]): T {
    return from[this.int(0, from.length - 1)] as T;
  }

  /** True once in `n` draws. */
  oneIn(n: number): boolean {
    return this.int(1, n) === 1;
  }

  /** So many lower-case hexadecimal digits. */
  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.int(0, 15).toString(16)).join("");
  }
}
