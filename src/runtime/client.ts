/**
 * The client ports: one narrow view of createClient, createClientPool, createCluster and createSentinel of redis 5.12
 * and 6. The client is the caller's; the port opens and closes nothing.
 *
 * @module
 */
import type { ClientPort, MakeNode, Primary, Topology } from "./client-port.js";
import { ClusterPort, type RawCluster } from "./cluster-port.js";
import { ClusterReplicaPort } from "./cluster-replica-port.js";
import { executeMulti, ping, placeOf, type RawClient, sendCommand } from "./node-redis.js";
import type { Argument } from "./plan.js";
import { PoolPort, type RawPool } from "./pool-port.js";
import type { RedisNode } from "./redis-node.js";
import { type RawSentinel, SentinelPort } from "./sentinel-port.js";

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

class SingleClientPort implements ClientPort {
  readonly topology = "client";
  readonly #client: RawClient;
  readonly #node: RedisNode;

  constructor(client: RawClient, makeNode: MakeNode) {
    this.#client = client;
    this.#node = makeNode(
      "client",
      () => (client.isReady ? ping(client) : undefined),
      () => placeOf(client),
    );
  }

  ready(): RedisNode | undefined {
    return this.#client.isReady ? this.#node : undefined;
  }

  nodes(): readonly RedisNode[] {
    return [this.#node];
  }

  primaries(): readonly Primary[] {
    const client = this.#client;
    return [{ node: this.#node, ask: (use) => (client.isReady ? use(client) : undefined) }];
  }

  send(_key: string, args: readonly Argument[], binary: boolean): Promise<unknown> {
    return sendCommand(this.#client, args, binary);
  }

  transaction(_key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]> {
    return executeMulti(this.#client, commands);
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

/** Wraps the caller's read client: of a replica, or of a Cluster whose replicas it reads. */
export function readPort(client: NodeRedisClient, makeNode: MakeNode): ClientPort {
  return topologyOf(client) === "cluster"
    ? new ClusterReplicaPort(client as unknown as RawCluster, makeNode)
    : clientPort(client, makeNode);
}

/** Wraps the caller's client. */
export function clientPort(client: NodeRedisClient, makeNode: MakeNode): ClientPort {
  switch (topologyOf(client)) {
    case "cluster":
      return new ClusterPort(client as unknown as RawCluster, makeNode);
    case "sentinel":
      return new SentinelPort(client as unknown as RawSentinel, makeNode);
    case "pool":
      return new PoolPort(client as unknown as RawPool, makeNode);
    default:
      return new SingleClientPort(client as unknown as RawClient, makeNode);
  }
}
