/**
 * The port of createSentinel.
 *
 * @module
 */
import type { ClientPort, MakeNode, Primary } from "./client-port.js";
import { executeMulti, ping, placeOf, type RawClient, sendCommand } from "./node-redis.js";
import type { Argument } from "./plan.js";
import type { RedisNode } from "./redis-node.js";

export interface RawSentinel {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  // Every command of a Sentinel client goes through here; it has no public way to the connection of the primary.
  _execute(isReadonly: boolean, use: (primary: RawClient) => Promise<void>): Promise<void>;
}

interface Waiting {
  start(primary: RawClient): void;
  reject(error: unknown): void;
}

function isReadOnly(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("READONLY");
}

/**
 * The Sentinel client repeats a command whose connection broke on the next primary, although the first may have
 * applied it: an increment would count twice. Here a command is given to one connection only. What a replica refused
 * (READONLY, in a failover) was not applied, so that alone is repeated, when the next primary is found.
 *
 * And it lends its connection to one caller of a tick after the other, so that their commands would go one by one. Here
 * all calls in flight share one lease.
 */
export class SentinelPort implements ClientPort {
  readonly topology = "sentinel";
  readonly #sentinel: RawSentinel;
  /** Whichever server is the primary: a probe reaches the one that is so then. */
  readonly #node: RedisNode;
  /** The connection that was lent last. */
  #primary: RawClient | undefined;
  /** The same, while it is ours. */
  #leased: RawClient | undefined;
  #asking = false;
  #waiting: Waiting[] = [];
  #users = 0;
  /** Gives the lease back; with an error, the Sentinel client looks whether the primary has changed. */
  #giveBack: (error: unknown) => void = () => undefined;
  #error: unknown;

  constructor(sentinel: RawSentinel, makeNode: MakeNode) {
    this.#sentinel = sentinel;
    this.#node = makeNode(
      "primary",
      () => this.#ask(ping),
      () => this.#primary && placeOf(this.#primary),
    );
  }

  ready(): RedisNode | undefined {
    if (!this.#sentinel.isReady) return undefined;
    if (this.#primary === undefined || this.#primary.isReady) return this.#node;
    // Beside the calls, which are refused meanwhile, the Sentinel client is asked for a primary until it has one again.
    this.#askForLease();
    return undefined;
  }

  nodes(): readonly RedisNode[] {
    return [this.#node];
  }

  primaries(): readonly Primary[] {
    return [{ node: this.#node, ask: (use) => this.#ask(use) }];
  }

  #ask<T>(use: (primary: RawClient) => Promise<T>): Promise<T> | undefined {
    return this.ready() === undefined ? undefined : this.#with(use);
  }

  send(_key: string, args: readonly Argument[], binary: boolean): Promise<unknown> {
    return this.#with((primary) => sendCommand(primary, args, binary));
  }

  transaction(_key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]> {
    return this.#with((primary) => executeMulti(primary, commands));
  }

  #with<T>(use: (primary: RawClient) => Promise<T>): Promise<T> {
    if (this.#leased?.isReady === true) return this.#use(this.#leased, use);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ start: (primary) => this.#use(primary, use).then(resolve, reject), reject });
      this.#askForLease();
    });
  }

  async #use<T>(primary: RawClient, use: (primary: RawClient) => Promise<T>): Promise<T> {
    this.#users += 1;
    let again: Promise<T> | undefined;
    try {
      return await use(primary);
    } catch (error) {
      if (!isReadOnly(error) && primary.isReady) throw error;
      this.#error = error;
      // Whoever comes now waits for the next lease.
      this.#leased = undefined;
      if (!isReadOnly(error)) throw error;
      again = new Promise((resolve, reject) => {
        this.#waiting.push({ start: (next) => this.#use(next, use).then(resolve, reject), reject });
      });
    } finally {
      this.#users -= 1;
      if (this.#users === 0) {
        this.#leased = undefined;
        this.#giveBack(this.#error);
      }
    }
    return again;
  }

  #askForLease(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#sentinel
      ._execute(false, (primary) => this.#lent(primary))
      .catch((error: unknown) => {
        for (const { reject } of this.#waiting.splice(0)) reject(error);
      })
      .finally(() => {
        this.#asking = false;
        if (this.#waiting.length > 0) this.#askForLease();
      });
  }

  /** Ends when the lease is given back. The Sentinel client calls it anew, with the next primary, after an error. */
  #lent(primary: RawClient): Promise<void> {
    this.#primary = primary;
    this.#error = undefined;
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      this.#giveBack = (error) => (error === undefined ? resolve() : reject(error));
      this.#leased = primary;
      for (const { start } of waiting) start(primary);
    });
  }
}
