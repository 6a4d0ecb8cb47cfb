/**
 * The port of createSentinel.
 *
 * @module
 */
import type { ClientPort } from "./client.js";
import { executeMulti, type RawClient, sendCommand } from "./node-redis.js";
import type { Argument } from "./plan.js";

export interface RawSentinel {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  // Every command of a Sentinel client goes through here; it has no public way to the connection of the primary.
  _execute<T>(isReadonly: boolean, use: (primary: RawClient) => Promise<T>): Promise<T>;
}

const ignore = (): void => undefined;

/**
 * The Sentinel client repeats a command whose connection broke on the next primary, although the first may have
 * applied it: an increment would count twice. Here a command is given to one connection only. What a replica refused
 * (READONLY, in a failover) was not applied, so that alone is left to be repeated.
 */
export class SentinelPort implements ClientPort {
  readonly topology = "sentinel";
  readonly #sentinel: RawSentinel;
  /** The connection that was used last. */
  #primary: RawClient | undefined;
  #looking = false;

  constructor(sentinel: RawSentinel) {
    this.#sentinel = sentinel;
  }

  ready(): boolean {
    if (!this.#sentinel.isReady) return false;
    if (this.#primary === undefined || this.#primary.isReady) return true;
    this.#lookForPrimary();
    return false;
  }

  send(_key: string, args: readonly Argument[], binary: boolean): Promise<unknown> {
    return this.#once((primary) => sendCommand(primary, args, binary));
  }

  transaction(_key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]> {
    return this.#once((primary) => executeMulti(primary, commands));
  }

  #once<T>(use: (primary: RawClient) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let ended = false;
      const attempt = async (primary: RawClient): Promise<void> => {
        this.#primary = primary;
        if (ended) return;
        try {
          resolve(await use(primary));
        } catch (error) {
          if (!(error instanceof Error && error.message.startsWith("READONLY"))) {
            ended = true;
            reject(error);
          }
          // The Sentinel client learns from the rejection that the primary may have changed.
          throw error;
        }
      };
      this.#sentinel._execute(false, attempt).catch(reject);
    });
  }

  /** Waits beside the calls, which are refused meanwhile, until the Sentinel client has a primary again. */
  #lookForPrimary(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#sentinel
      ._execute(false, (primary) => {
        this.#primary = primary;
        return Promise.resolve();
      })
      .catch(ignore)
      .finally(() => {
        this.#looking = false;
      });
  }
}
