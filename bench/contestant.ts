/**
 * A contestant is one way to do the measured operation.
 *
 * @module
 */

export interface Contestant {
  readonly name: string;
  /** One line for the reader of the table: what it does, and what it leaves out. */
  readonly does: string;
  /** The contestant that its ratio refers to, where it does something else than the suite's baseline. */
  readonly baseline?: string;
  /** True where it measures Keywright: with `--against` it runs a second time, on the other sources. */
  readonly ours?: true;
  /** Connects and seeds the keys that it reads. Called once, in a process of its own. */
  open(place: Place): Promise<Trial>;
}

/** Where a contestant works. */
export interface Place {
  readonly url: string;
  /** What its keys begin with: no two contestants share a key, and all prefixes are of one length. */
  readonly prefix: string;
}

/** A contestant, ready to be measured. */
export interface Trial {
  /** Performs the operation on record `i`. */
  operate(i: number): Promise<unknown>;
  /** Throws where `answer` is not what the operation on record `i` has to give. Called for a sample of the answers. */
  check(i: number, answer: unknown): void | Promise<void>;
  close(): void | Promise<void>;
}
