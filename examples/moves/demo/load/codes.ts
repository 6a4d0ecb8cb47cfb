/** People ask for a code, mistype it, ask again too soon, and type it in: at once, or some deploys later. */
import { randomInt } from "node:crypto";
import { breath, type Traffic } from "./load.js";

interface Issued {
  readonly key: { readonly email: string; readonly scene: "login" };
  readonly code: string;
  attemptsLeft: number;
}

export class Codes {
  readonly counts = {
    issued: 0,
    verified: 0,
    /** A right code that was not verified. */
    refused: 0,
    /** A code that was verified again. */
    twice: 0,
    mistyped: 0,
    /** A wrong code that was taken, or not counted. */
    uncounted: 0,
    tooSoon: 0,
    /** Another code within the cooldown. */
    flooded: 0,
  };
  readonly #traffic: Traffic;
  #next = 0;
  #waiting: Issued[] = [];

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  /** Codes that are typed in later. Each was mistyped once before. */
  async issueForLater(count: number): Promise<void> {
    const issued = await Promise.all(Array.from({ length: count }, () => this.#issue()));
    await Promise.all(issued.map((one) => this.#mistype(one)));
    this.#waiting.push(...issued);
  }

  /** @param count of those that wait, the oldest first */
  async typeIn(count: number): Promise<void> {
    const now = this.#waiting.splice(0, count);
    await Promise.all(now.map((one) => this.#mistype(one)));
    await Promise.all(now.map((one) => this.#verify(one)));
  }

  async typeInAll(): Promise<void> {
    await this.typeIn(this.#waiting.length);
  }

  async visit(): Promise<void> {
    const issued = await this.#issue();
    await breath();
    if (Math.random() < 0.5) await this.#mistype(issued);
    if (Math.random() < 0.5) await this.#askAgain(issued);
    if (Math.random() < 0.5) await this.#mistype(issued);
    await breath();
    await this.#verify(issued);
  }

  async #issue(): Promise<Issued> {
    const key = { email: `person-${this.#next++}@example.com`, scene: "login" } as const;
    const code = String(randomInt(1_000_000)).padStart(6, "0");
    const { issued } = await this.#traffic.fleet.call(({ emailCode }) => emailCode.issue(key, code));
    if (issued) this.counts.issued += 1;
    else this.counts.refused += 1;
    return { key, code, attemptsLeft: 5 };
  }

  async #mistype(issued: Issued): Promise<void> {
    const wrong = String((Number(issued.code) + 1) % 1_000_000).padStart(6, "0");
    const answer = await this.#traffic.fleet.call(({ emailCode }) => emailCode.verify(issued.key, wrong));
    issued.attemptsLeft -= 1;
    this.counts.mistyped += 1;
    if (answer.verified || answer.attemptsLeft !== issued.attemptsLeft) this.counts.uncounted += 1;
  }

  async #askAgain({ key }: Issued): Promise<void> {
    const answer = await this.#traffic.fleet.call(({ emailCode }) => emailCode.issue(key, "000000"));
    this.counts.tooSoon += 1;
    if (answer.issued) this.counts.flooded += 1;
  }

  async #verify({ key, code }: Issued): Promise<void> {
    const first = await this.#traffic.fleet.call(({ emailCode }) => emailCode.verify(key, code));
    if (first.verified) this.counts.verified += 1;
    else this.counts.refused += 1;
    const second = await this.#traffic.fleet.call(({ emailCode }) => emailCode.verify(key, code));
    if (second.verified) this.counts.twice += 1;
  }
}
