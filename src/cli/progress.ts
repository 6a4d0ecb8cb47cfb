/**
 * How far a long task is: a bar on a terminal, a line every ten seconds elsewhere. On stderr.
 *
 * @module
 */
import { Presets, SingleBar } from "cli-progress";
import type { Progress } from "../migration/scan.js";
import { formatElapsed } from "../schema/duration.js";
import { say } from "./output.js";

const lineEvery = 10_000;

export class ProgressShown {
  readonly #what: string;
  readonly #began = performance.now();
  readonly #bar: SingleBar | undefined;
  #from: Progress | undefined;
  #line = performance.now();

  constructor(what: string, terminal = process.stderr.isTTY === true) {
    this.#what = what;
    if (!terminal) return;
    const format = `${what} {bar} {percentage} % · {places} places · {rate}/s · {left} left`;
    this.#bar = new SingleBar(
      { format, stream: process.stderr, hideCursor: true, clearOnComplete: true },
      Presets.rect,
    );
    this.#bar.start(1000, 0, { places: "0", rate: "–", left: "–" });
  }

  /** `places` counts those of earlier runs too; the rate is this run's. */
  readonly show = (progress: Progress): void => {
    this.#from ??= progress;
    const now = performance.now();
    const words = this.#words(progress, now);
    this.#bar?.update(Math.round(progress.fraction * 1000), words);
    if (this.#bar !== undefined || now - this.#line < lineEvery) return;
    this.#line = now;
    const percent = Math.floor(progress.fraction * 100);
    say(`${this.#what}: ${percent} %, ${words.places} places, ${words.rate}/s, ${words.left} left`);
  };

  end(): void {
    this.#bar?.stop();
  }

  #words({ fraction, places }: Progress, now: number): { places: string; rate: string; left: string } {
    const from = this.#from as Progress;
    const ms = Math.max(1, now - this.#began);
    const done = fraction - from.fraction;
    const left = done > 0 ? formatElapsed(Math.max(0, (1 - fraction) / (done / ms))) : "–";
    const rate = Math.round(((places - from.places) * 1000) / ms);
    return { places: places.toLocaleString("en-US"), rate: rate.toLocaleString("en-US"), left };
  }
}
