/**
 * The port of createCluster. Commands go straight to the node's own client, which costs a third of the cluster
 * client's way and never splits a command over slots; redirections are followed here, alike for redis 5.12 and 6, and
 * for transactions too.
 *
 * @module
 */
import { keySlot, slotCount } from "../schema/patterns/slot.js";
import type { ClientPort, MakeNode, Primary } from "./client-port.js";
import { executeMulti, NotSentError, ping, type RawClient, sendCommand } from "./node-redis.js";
import type { Argument } from "./plan.js";
import type { RedisNode } from "./redis-node.js";

export interface RawNode {
  readonly address: string;
  readonly client?: RawClient | undefined;
}

export interface RawCluster {
  readonly isOpen: boolean;
  readonly slots: readonly ({ readonly master?: RawNode; readonly replicas?: readonly RawNode[] } | undefined)[];
  readonly masters: readonly RawNode[];
  readonly nodeByAddress: ReadonlyMap<string, { readonly master?: RawNode } & RawNode>;
  nodeClient(node: RawNode): Promise<RawClient>;
  // Reads the Cluster's map anew. node-redis calls it on MOVED; it has no public way to it.
  readonly _slots?: { rediscover?(startWith?: RawClient): Promise<unknown> };
}

const maxRedirections = 16;
const ignore = (): void => undefined;

/** True where the slot is served elsewhere, so that nothing was applied here. */
function redirects(error: unknown): error is Error {
  return error instanceof Error && (error.message.startsWith("MOVED ") || error.message.startsWith("ASK "));
}

export class ClusterPort implements ClientPort {
  readonly topology = "cluster";
  readonly #cluster: RawCluster;
  readonly #makeNode: MakeNode;
  /** The primaries that commands have gone to, by address. */
  readonly #nodes = new Map<string, RedisNode>();
  #refreshing = false;

  constructor(cluster: RawCluster, makeNode: MakeNode) {
    this.#cluster = cluster;
    this.#makeNode = makeNode;
  }

  ready(key: string): RedisNode | undefined {
    if (!this.#cluster.isOpen) return undefined;
    const primary = this.#cluster.slots[keySlot(key)]?.master;
    // A node without a client is connected by its first command.
    if (primary !== undefined && (primary.client === undefined || primary.client.isReady)) {
      const node = this.#nodes.get(primary.address) ?? this.#firstUse(primary.address);
      // A primary that hangs may have been replaced.
      if (node.breaker.state !== "closed") this.#lookForPrimary();
      return node;
    }
    this.#lookForPrimary();
    return undefined;
  }

  nodes(): readonly RedisNode[] {
    return this.#cluster.masters.flatMap(({ address }) => this.#nodes.get(address) ?? []);
  }

  primaries(): readonly Primary[] {
    if (!this.#cluster.isOpen) return [];
    return this.#cluster.masters.map((primary) => {
      const { address } = primary;
      return {
        node: this.#nodes.get(address) ?? this.#firstUse(address),
        serves: (slot) => this.#cluster.slots[slot]?.master?.address === address,
        ask: (use) => (primary.client?.isReady === false ? undefined : this.#connected(primary).then(use)),
      };
    });
  }

  refresh(): void {
    this.#lookForPrimary();
  }

  slotsWithoutPrimary(): number {
    return slotCount - this.#cluster.slots.reduce((served, slot) => served + (slot?.master === undefined ? 0 : 1), 0);
  }

  #firstUse(address: string): RedisNode {
    const node = this.#makeNode(
      address,
      () => this.#ping(address),
      () => ({ address, database: 0 }),
    );
    this.#nodes.set(address, node);
    const serving = this.nodes();
    for (const old of this.#nodes.keys()) {
      if (old !== address && !serving.some(({ label }) => label === old)) this.#forget(old);
    }
    return node;
  }

  /** What serves no longer and owes no answer is forgotten, so that addresses that come and go do not add up. */
  #forget(address: string): void {
    const node = this.#nodes.get(address);
    if (node === undefined || node.inFlight > 0) return;
    node.breaker.stop();
    this.#nodes.delete(address);
  }

  /** False for a node that hangs, too: who asks it for the map waits. */
  #answers({ address, client }: RawNode): boolean {
    return client?.isReady === true && (this.#nodes.get(address)?.breaker.state ?? "closed") === "closed";
  }

  #ping(address: string): Promise<unknown> | undefined {
    const primary = this.#cluster.masters.find((each) => each.address === address);
    // Nobody may call it any more, so its breaker alone finds that it is gone.
    if (primary === undefined) this.#forget(address);
    if (primary === undefined || primary.client?.isReady === false) return undefined;
    return this.#run(primary, ping);
  }

  send(key: string, args: readonly Argument[], binary: boolean): Promise<unknown> {
    const node = this.#cluster.slots[keySlot(key)]?.master;
    if (node?.client === undefined) return this.#run(node, (client) => sendCommand(client, args, binary));
    const { client } = node;
    return sendCommand(client, args, binary).catch((error: unknown) => {
      if (redirects(error)) return this.#follow(error, client, (other) => sendCommand(other, args, binary));
      throw error;
    });
  }

  transaction(key: string, commands: readonly (readonly Argument[])[]): Promise<unknown[]> {
    const node = this.#cluster.slots[keySlot(key)]?.master;
    return this.#run(node, (client) => executeMulti(client, commands));
  }

  async #run<T>(node: RawNode | undefined, use: (client: RawClient) => Promise<T>): Promise<T> {
    if (node === undefined) throw new NotSentError();
    const client = await this.#connected(node);
    try {
      return await use(client);
    } catch (error) {
      if (redirects(error)) return this.#follow(error, client, use);
      throw error;
    }
  }

  /** Goes where Redis says, `MOVED <slot> <address>` or `ASK <slot> <address>`, as often as it says so. */
  async #follow<T>(redirection: Error, from: RawClient, use: (client: RawClient) => Promise<T>): Promise<T> {
    let error = redirection;
    let left = from;
    for (let redirections = 0; redirections < maxRedirections; redirections++) {
      const [kind, , address] = error.message.split(" ") as [string, string, string];
      let node = this.#cluster.nodeByAddress.get(address);
      const refreshed = kind === "MOVED" || node === undefined ? this.#refresh(left) : undefined;
      if (node === undefined) {
        await refreshed;
        node = this.#cluster.nodeByAddress.get(address);
      }
      if (node === undefined) throw error;
      const client = await this.#connected(node);
      try {
        // It holds for the next command of the connection, or for the transaction that the next one opens.
        if (kind === "ASK") sendCommand(client, ["ASKING"], false).catch(ignore);
        return await use(client);
      } catch (next) {
        if (!redirects(next)) throw next;
        error = next;
        left = client;
      }
    }
    throw error;
  }

  async #connected(node: RawNode): Promise<RawClient> {
    if (node.client?.isReady === true) return node.client;
    try {
      return await this.#cluster.nodeClient(node);
    } catch (error) {
      throw new NotSentError(error);
    }
  }

  async #refresh(startWith: RawClient | undefined): Promise<void> {
    try {
      await this.#cluster._slots?.rediscover?.(startWith);
    } catch {
      // The cluster client has emitted it. Who waits for a node looks at the map that there is.
    }
  }

  /**
   * A slot whose primary is gone is refused, so no command would ever meet the MOVED by which the cluster client learns
   * of a failover (redis 5 has no other way; redis 6 looks after 5 s). So it is asked to look, beside the calls.
   */
  #lookForPrimary(): void {
    if (this.#refreshing) return;
    this.#refreshing = true;
    const other = this.#cluster.masters.find((each) => this.#answers(each))?.client;
    this.#refresh(other).finally(() => {
      // Without any node to ask, each look tries them all: rarely, then.
      setTimeout(
        () => {
          this.#refreshing = false;
        },
        other === undefined ? 5000 : 500,
      ).unref();
    });
  }
}
