/**
 * V8's CPU profile of the measured slices alone, without the start of the process and the warm-up.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { join } from "node:path";

export class Profile {
  readonly #session = new Session();
  readonly #folder: string;
  #parts = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#session.connect();
  }

  async start(): Promise<void> {
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.setSamplingInterval", { interval: 200 });
    await this.#session.post("Profiler.start");
  }

  /** Writes what was taken since `start`, for the performance tools of a browser or an editor. */
  async stop(name: string): Promise<void> {
    const { profile } = await this.#session.post("Profiler.stop");
    await mkdir(this.#folder, { recursive: true });
    this.#parts += 1;
    const file = `${name.replace(/[^\w]+/g, "-")}-${process.pid}-${this.#parts}.cpuprofile`;
    await writeFile(join(this.#folder, file), JSON.stringify(profile));
  }
}
