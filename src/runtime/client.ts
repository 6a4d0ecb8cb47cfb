/**
 * The client port: one narrow view of createClient, createClientPool, createCluster and createSentinel of redis 5.12
 * and 6. The client is the caller's; the port opens and closes nothing.
 *
 * @module
 */
import { keySlot } from "../schema/patterns/slot.js";
import type { Argument } from "./plan.js";

/**
 * What is asked of a node-redis client, in a form that every one of its clients has, RESP2 and RESP3, of redis 5.12
 * and 6. The nominal types of node-redis refuse each other's clients.
 */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  sendCommand(...args: never[]): Promise<unknown>;
  multi(...args: never[]): unknown;
  withCommandOptions(...args: never[]): unknown;
}

export type Topology = "client" | "pool" | "cluster" | "sentinel";

/** How the runtime talks to one Redis. */
export interface ClientPort {
  readonly topology: Topology;
  /** False where a command would wait in a queue and run late; such a call is refused instead. */
  ready(key: string): boolean;
  /** Sends one command to the primary of `key`'s slot. */
  send(key: string, args: readonly Argument[], binary: boolean): Promise<unknown>;
  /** Sends commands as MULTI/EXEC. The result has one entry a command; a failed one is an Error in its place. Replies are text. */
  transaction(key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]>;
}

// node-redis's own per-command timeout costs more than the command and does not cover a hung server: ours replaces it.
const text = { timeout: undefined };
// 36 is `$`, the blob string of RESP: its replies come as bytes.
const bytes = { timeout: undefined, typeMapping: { 36: Buffer } };

type Send = (...args: unknown[]) => Promise<unknown>;
interface Multi {
  addCommand(...args: unknown[]): Multi;
  exec(): Promise<unknown[]>;
}
interface RawClient {
  isOpen: boolean;
  isReady?: boolean;
  sendCommand: Send;
  multi(routingKey?: string): Multi;
  withCommandOptions(options: object): RawClient;
}
interface RawCluster extends RawClient {
  slots: readonly ({ master?: { client?: RawClient } } | undefined)[];
}

/** exec() rejects as a whole where one reply is an error; the replies are in the rejection. */
async function executed(multi: Multi): Promise<unknown[]> {
  try {
    return await multi.exec();
  } catch (error) {
    const replies = (error as { replies?: unknown }).replies;
    if (Array.isArray(replies)) return replies;
    throw error;
  }
}

class SingleClientPort implements ClientPort {
  readonly topology: Topology;
  readonly #client: RawClient;
  readonly #untimed: RawClient;

  constructor(client: RawClient, topology: "client" | "pool") {
    this.topology = topology;
    this.#client = client;
    this.#untimed = client.withCommandOptions(text);
  }

  ready(): boolean {
    // A pool has no isReady: its members connect as they are needed.
    return this.#client.isReady ?? this.#client.isOpen;
  }

  send(_key: string, args: readonly Argument[], binary: boolean): Promise<unknown> {
    return this.#client.sendCommand(args, binary ? bytes : text);
  }

  transaction(_key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]> {
    let multi = this.#untimed.multi();
    for (const args of commands) multi = multi.addCommand(args);
    return executed(multi);
  }
}

class SentinelPort implements ClientPort {
  readonly topology = "sentinel";
  readonly #client: RawClient;
  readonly #untimed: RawClient;

  constructor(client: RawClient) {
    this.#client = client;
    this.#untimed = client.withCommandOptions(text);
  }

  ready(): boolean {
    return this.#client.isReady === true;
  }

  send(_key: string, args: readonly Argument[], binary: boolean): Promise<unknown> {
    return this.#client.sendCommand(false, args, binary ? bytes : text);
  }

  transaction(_key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]> {
    let multi = this.#untimed.multi();
    for (const args of commands) multi = multi.addCommand(false, args);
    return executed(multi);
  }
}

/** True where the slot is served elsewhere, so that the command was not applied here. */
function redirected(error: unknown): boolean {
  return error instanceof Error && (error.message.startsWith("MOVED ") || error.message.startsWith("ASK "));
}

class ClusterPort implements ClientPort {
  readonly topology = "cluster";
  readonly #cluster: RawCluster;
  readonly #untimed: RawClient;

  constructor(cluster: RawCluster) {
    this.#cluster = cluster;
    this.#untimed = cluster.withCommandOptions(text);
  }

  #node(key: string): RawClient | undefined {
    return this.#cluster.slots[keySlot(key)]?.master?.client;
  }

  ready(key: string): boolean {
    if (!this.#cluster.isOpen) return false;
    // A node without a client yet is connected by the cluster client on its first command.
    return this.#node(key)?.isReady ?? true;
  }

  // The node's own client costs a third of the cluster client's way; only a redirection needs the latter.
  send(key: string, args: readonly Argument[], binary: boolean): Promise<unknown> {
    const options = binary ? bytes : text;
    const node = this.#node(key);
    if (node === undefined) return this.#cluster.sendCommand(key, false, args, options);
    return node.sendCommand(args, options).catch((error: unknown) => {
      if (redirected(error)) return this.#cluster.sendCommand(key, false, args, options);
      throw error;
    });
  }

  transaction(key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]> {
    let multi = this.#untimed.multi(key);
    for (const args of commands) multi = multi.addCommand(key, false, args);
    return executed(multi);
  }
}

/** Which of node-redis's clients this is, told by what only it has. */
export function topologyOf(client: object): Topology | undefined {
  if (!("sendCommand" in client) || !("multi" in client)) return undefined;
  if ("slots" in client && "nodeClient" in client) return "cluster";
  if ("acquire" in client && "getSentinelNode" in client) return "sentinel";
  if ("totalClients" in client && "execute" in client) return "pool";
  return "isReady" in client ? "client" : undefined;
}

/** Wraps the caller's client; undefined where it is none of node-redis's. */
export function clientPort(client: NodeRedisClient): ClientPort | undefined {
  const raw = client as unknown as RawClient;
  switch (topologyOf(client)) {
    case "cluster":
      return new ClusterPort(raw as RawCluster);
    case "sentinel":
      return new SentinelPort(raw);
    case "pool":
      return new SingleClientPort(raw, "pool");
    case "client":
      return new SingleClientPort(raw, "client");
    case undefined:
      return undefined;
  }
}
