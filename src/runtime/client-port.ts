/**
 * How the runtime talks to one Redis, whichever client of node-redis it was given.
 *
 * @module
 */
import type { Argument } from "./plan.js";
import type { RedisNode } from "./redis-node.js";

export type Topology = "client" | "pool" | "cluster" | "sentinel";

/**
 * How the runtime talks to one Redis.
 *
 * The arrays of words are encoded when they are written, not when they are given. Who changes one before that changes
 * what is sent: so a call whose deadline has passed takes back what still waits in a queue of the client.
 */
export interface ClientPort {
  readonly topology: Topology;
  /**
   * The node that a command on `key` would go to now; undefined where the command would wait in a queue and run late. The
   * port does not ask whether the node refuses it.
   */
  ready(key: string): RedisNode | undefined;
  /** Sends one command to the primary of `key`'s slot. */
  send(key: string, args: readonly Argument[], binary: boolean): Promise<unknown>;
  /**
   * Sends commands as MULTI/EXEC. The result has one entry a command; a failed one is an Error in its place. Replies
   * are text. A rejection by Redis means that the whole was dropped.
   */
  transaction(key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]>;
  /** The nodes that commands have gone to, as far as they still serve. */
  nodes(): readonly RedisNode[];
}

/** Makes a node of a store; `probe` sends a PING to it, undefined where no connection could take it. */
export type MakeNode = (label: string, probe: () => Promise<unknown> | undefined) => RedisNode;
