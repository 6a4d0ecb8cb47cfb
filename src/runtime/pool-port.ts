/**
 * The port of createClientPool.
 *
 * @module
 */
import type { ClientPort, MakeNode, Primary } from "./client-port.js";
import { executeMulti, NotSentError, ping, placeOf, type RawClient, sendCommand } from "./node-redis.js";
import type { Argument } from "./plan.js";
import type { Place, RedisNode } from "./redis-node.js";

export interface RawPool {
  readonly isOpen: boolean;
  readonly idleClients: number;
  readonly totalClients: number;
  execute<T>(use: (member: RawClient) => Promise<T>): Promise<T>;
}

/**
 * A pool has no `isReady`, and a member that has lost its connection queues what it is given. So each command looks at
 * the member that it got, and is refused where that one is not connected.
 */
export class PoolPort implements ClientPort {
  readonly topology = "pool";
  readonly #pool: RawPool;
  readonly #node: RedisNode;
  /** True when a member has been connected once: from then on the members tell. */
  #connected: boolean;
  #asking = false;
  /** Where the members go to: known when one has been lent. */
  #place: Place | undefined;

  constructor(pool: RawPool, makeNode: MakeNode) {
    this.#pool = pool;
    this.#node = makeNode(
      "pool",
      () => this.#ask(ping),
      () => this.#place,
    );
    this.#connected = pool.idleClients > 0;
  }

  ready(): RedisNode | undefined {
    const pool = this.#pool;
    if (!pool.isOpen) return undefined;
    if (this.#connected || pool.idleClients > 0 || pool.totalClients === 0) return this.#node;
    // Before its first connection stands a command would wait for it. (Or all members are at work, for others, already
    // at our first call: then the next one to be free tells us so.)
    this.#askForMember();
    return undefined;
  }

  nodes(): readonly RedisNode[] {
    return [this.#node];
  }

  primaries(): readonly Primary[] {
    return [{ node: this.#node, ask: (use) => this.#ask(use) }];
  }

  #ask<T>(use: (member: RawClient) => Promise<T>): Promise<T> | undefined {
    return this.ready() === undefined ? undefined : this.#with(use);
  }

  send(_key: string, args: readonly Argument[], binary: boolean): Promise<unknown> {
    return this.#with((member) => sendCommand(member, args, binary));
  }

  transaction(_key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]> {
    return this.#with((member) => executeMulti(member, commands));
  }

  #askForMember(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#pool
      .execute((member) => {
        this.#connected = member.isReady;
        return Promise.resolve();
      })
      .catch(() => undefined)
      .finally(() => {
        this.#asking = false;
      });
  }

  #with<T>(use: (member: RawClient) => Promise<T>): Promise<T> {
    let sent = false;
    return this.#pool
      .execute((member) => {
        if (!member.isReady) return Promise.reject(new NotSentError());
        this.#connected = true;
        this.#place ??= placeOf(member);
        sent = true;
        return use(member);
      })
      .catch((error: unknown) => {
        throw sent || error instanceof NotSentError ? error : new NotSentError(error);
      });
  }
}
