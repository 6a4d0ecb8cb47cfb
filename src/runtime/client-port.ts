/**
 * How the runtime talks to one Redis, whichever client of node-redis it was given.
 *
 * @module
 */
import type { RawClient } from "./node-redis.js";
import type { Argument } from "./plan.js";
import type { Place, RedisNode } from "./redis-node.js";

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
  /** All primaries, also those that no command has gone to yet; none where the client is not connected and knows none. */
  primaries(): readonly Primary[];
  /** Asks the client to look for new primaries, beside the calls; where it has a map of them. */
  refresh?(): void;
  /** How many slots have no primary; only a Cluster has slots. */
  slotsWithoutPrimary?(): number;
}

/** A primary, as it is asked about itself rather than about a key. */
export interface Primary {
  readonly node: RedisNode;
  /** Whether it serves a slot; left out where it serves every key. */
  readonly serves?: (slot: number) => boolean;
  /** Lends a connection to it, whatever its breaker says; undefined where none could take a command now. */
  ask<T>(use: (connection: RawClient) => Promise<T>): Promise<T> | undefined;
}

/** Makes a node of a store; `probe` sends a PING to it, undefined where no connection could take it. */
export type MakeNode = (
  label: string,
  probe: () => Promise<unknown> | undefined,
  place: () => Place | undefined,
) => RedisNode;
