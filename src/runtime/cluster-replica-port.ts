/**
 * The port of the replicas of a Cluster: of a cluster client with `useReplicas: true`, whose connections to them are
 * readonly. Each slot has its replica, so that reads of one slot leave together and their load is spread over all.
 *
 * @module
 */
import { keySlot } from "../schema/patterns/slot.js";
import type { ClientPort, MakeNode, Primary } from "./client-port.js";
import type { RawCluster, RawNode } from "./cluster-port.js";
import { executeMulti, NotSentError, ping, type RawClient, sendCommand } from "./node-redis.js";
import type { Argument } from "./plan.js";
import type { RedisNode } from "./redis-node.js";

export class ClusterReplicaPort implements ClientPort {
  readonly topology = "cluster";
  readonly #cluster: RawCluster;
  readonly #makeNode: MakeNode;
  /** The replicas that reads have gone to, by address. */
  readonly #nodes = new Map<string, RedisNode>();

  constructor(cluster: RawCluster, makeNode: MakeNode) {
    this.#cluster = cluster;
    this.#makeNode = makeNode;
  }

  ready(key: string): RedisNode | undefined {
    if (!this.#cluster.isOpen) return undefined;
    const replica = this.#replicaOf(key);
    return replica === undefined ? undefined : this.#nodeOf(replica);
  }

  nodes(): readonly RedisNode[] {
    return [...this.#nodes.values()].filter(({ label }) => this.#cluster.nodeByAddress.has(label));
  }

  /** None: what is asked of primaries goes to the write client. */
  primaries(): readonly Primary[] {
    return [];
  }

  send(key: string, args: readonly Argument[], binary: boolean): Promise<unknown> {
    return this.#with(key, (client) => sendCommand(client, args, binary));
  }

  transaction(key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]> {
    return this.#with(key, (client) => executeMulti(client, commands));
  }

  /** The slot's replica; the next one where that has no connection, or its breaker is open. */
  #replicaOf(key: string): RawNode | undefined {
    const slot = keySlot(key);
    const replicas = this.#cluster.slots[slot]?.replicas ?? [];
    let refusing: RawNode | undefined;
    for (let i = 0; i < replicas.length; i++) {
      const replica = replicas[(slot + i) % replicas.length] as RawNode;
      // One without a client is connected by its first read.
      if (replica.client?.isReady === false) continue;
      if (!this.#nodeOf(replica).refuses) return replica;
      refusing ??= replica;
    }
    return refusing;
  }

  #nodeOf({ address }: RawNode): RedisNode {
    let node = this.#nodes.get(address);
    if (node === undefined) {
      this.#forgetGone();
      node = this.#makeNode(
        address,
        () => {
          const replica = this.#cluster.nodeByAddress.get(address);
          // Nobody may read from it any more, so its breaker alone finds that it is gone.
          if (replica === undefined) this.#forgetGone();
          return replica === undefined || replica.client?.isReady === false ? undefined : this.#on(replica, ping);
        },
        () => ({ address, database: 0 }),
      );
      this.#nodes.set(address, node);
    }
    return node;
  }

  /** So that addresses that come and go do not add up. */
  #forgetGone(): void {
    for (const [address, { breaker, inFlight }] of this.#nodes) {
      if (inFlight > 0 || this.#cluster.nodeByAddress.has(address)) continue;
      breaker.stop();
      this.#nodes.delete(address);
    }
  }

  #with<T>(key: string, use: (client: RawClient) => Promise<T>): Promise<T> {
    const replica = this.#replicaOf(key);
    return replica === undefined ? Promise.reject(new NotSentError()) : this.#on(replica, use);
  }

  // A redirection is an answer too: that this replica no longer has the slot. The primary is asked then.
  async #on<T>(replica: RawNode, use: (client: RawClient) => Promise<T>): Promise<T> {
    if (replica.client?.isReady === true) return use(replica.client);
    let client: RawClient;
    try {
      client = await this.#cluster.nodeClient(replica);
    } catch (error) {
      throw new NotSentError(error);
    }
    return use(client);
  }
}
