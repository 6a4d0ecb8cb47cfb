/** What goes on the whole time: people who come, act and go, each call of theirs taken by any instance. */
import type { Fleet } from "../deploys.js";

/** What all of one kind of people share. */
export interface Traffic {
  readonly fleet: Fleet;
  /** False once everybody is to end what is under way. */
  going(): boolean;
}

/** Runs people until it is told to end. The first claim that does not hold ends all of them. */
export class Load implements Traffic {
  readonly fleet: Fleet;
  readonly #people: Promise<void>[] = [];
  #going = true;
  #failure: { readonly error: unknown } | undefined;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  going(): boolean {
    return this.#going;
  }

  /** @param visit one person's coming and going, again and again */
  run(people: number, visit: () => Promise<void>): void {
    for (let i = 0; i < people; i++) this.#people.push(this.#one(visit));
  }

  /** Lets it go on for some time. */
  async goOn(ms: number): Promise<void> {
    await pause(ms);
    this.#rethrow();
  }

  async end(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#people);
    this.#rethrow();
  }

  async #one(visit: () => Promise<void>): Promise<void> {
    try {
      while (this.#going) await visit();
    } catch (error) {
      this.#failure ??= { error };
      this.#going = false;
    }
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Between two actions of somebody: 20 milliseconds, more or less. */
export function breath(): Promise<void> {
  return pause(Math.random() * 40);
}
