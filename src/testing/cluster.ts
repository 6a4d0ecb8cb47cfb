import { resolveRedisBinary } from "./resolve-redis.js";
import { type ServerProcess, startServerProcess } from "./server-process.js";
import { parseInfo, type SetupClient, waitUntilReady } from "./setup-client.js";

const SLOTS = 16_384;
const READY_TIMEOUT_MS = 30_000;

export interface ClusterOptions {
  /** Default 3; Redis elects no new primary with fewer. */
  readonly primaries?: number;
  /** In total, dealt out over the primaries in turn. Default 3. */
  readonly replicas?: number;
  /** `cluster-node-timeout` in milliseconds: a node silent for so long has failed. Default 2000. */
  readonly nodeTimeout?: number;
  /** Further words of every node's command line, such as `["--maxmemory", "10mb"]`. */
  readonly args?: readonly string[];
}

export interface ClusterNode extends ServerProcess {
  /** The role at the start; a failover changes roles, not this. */
  readonly role: "primary" | "replica";
}

export interface TestCluster {
  /** For `createCluster({ rootNodes })`. */
  readonly rootNodes: { url: string }[];
  readonly nodes: readonly ClusterNode[];
  /** Ends all nodes at once and removes their folders. */
  stop(): Promise<void>;
}

interface StartedNode {
  readonly node: ClusterNode;
  readonly client: SetupClient;
  /** Place in the list of primaries: of this one, or of the one that it follows. */
  readonly shard: number;
}

/**
 * Starts a Redis Cluster on 127.0.0.1, by default of three primaries and three replicas. It is ready when every node
 * reports `cluster_state:ok`, all 16384 slots are covered, every replica is linked, and every node shows it to
 * clients: about 3 seconds. `REDIS_URL` is not used. However this process ends, the servers end with it.
 *
 * @throws RedisUnavailableError where no Redis can be had.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { primaries = 3, replicas = 3, nodeTimeout = 2000, args = [] } = options;
  if (!Number.isInteger(primaries) || primaries < 1) throw new RangeError(`startCluster: primaries is ${primaries}`);
  if (!Number.isInteger(replicas) || replicas < 0) throw new RangeError(`startCluster: replicas is ${replicas}`);
  const { binary } = await resolveRedisBinary();
  const started: StartedNode[] = [];
  const stop = async () => {
    await Promise.all(started.map(({ node }) => node.kill()));
  };
  const start = async (index: number) => {
    const role = index < primaries ? "primary" : "replica";
    const { server, client } = await startServerProcess({
      binary,
      args: ["--save", "", "--appendonly", "no", ...clusterArgs(nodeTimeout), ...args],
    });
    started[index] = { node: { ...server, role }, client, shard: index % primaries };
  };
  try {
    const starts = await Promise.allSettled(Array.from({ length: primaries + replicas }, (_, index) => start(index)));
    for (const result of starts) if (result.status === "rejected") throw result.reason;
    await assignSlots(started.slice(0, primaries));
    await meet(started);
    await follow(started, primaries);
    await waitUntilReady("Cluster", READY_TIMEOUT_MS, () => firstReason(started, (node) => whyNotReady(node, started)));
  } catch (error) {
    await Promise.all(started.filter(Boolean).map(({ node }) => node.kill()));
    throw error;
  } finally {
    for (const entry of started) entry?.client.close();
  }
  return { rootNodes: started.map(({ node }) => ({ url: node.url })), nodes: started.map(({ node }) => node), stop };
}

function clusterArgs(nodeTimeout: number): string[] {
  return [
    ...["--cluster-enabled", "yes"],
    ...["--cluster-config-file", "nodes.conf"],
    ...["--cluster-node-timeout", String(nodeTimeout)],
    // By default a primary waits 5 s for further replicas before it sends its data.
    ...["--repl-diskless-sync-delay", "0"],
    // CLUSTER SLOTS leaves a replica out until it has received something, if only a ping (by default every 10 s).
    ...["--repl-ping-replica-period", "1"],
  ];
}

async function assignSlots(primaries: readonly StartedNode[]): Promise<void> {
  await Promise.all(
    primaries.map(async ({ client }, index) => {
      const first = Math.floor((index * SLOTS) / primaries.length);
      const last = Math.floor(((index + 1) * SLOTS) / primaries.length) - 1;
      await client.call("CLUSTER", "ADDSLOTSRANGE", String(first), String(last));
      // Without epochs of their own the nodes would first have to settle that they all have the same.
      await client.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    }),
  );
}

/** Every node meets every other: one round instead of waiting for gossip. */
async function meet(nodes: readonly StartedNode[]): Promise<void> {
  await Promise.all(
    nodes.flatMap(({ client }, from) =>
      nodes.slice(from + 1).map(({ node }) => client.call("CLUSTER", "MEET", "127.0.0.1", String(node.port))),
    ),
  );
}

async function follow(nodes: readonly StartedNode[], primaries: number): Promise<void> {
  await Promise.all(
    nodes.slice(primaries).map(async ({ client, shard }) => {
      const id = String(await nodes[shard]!.client.call("CLUSTER", "MYID"));
      // Refused until the handshake with that primary is done.
      await waitUntilReady("Cluster", READY_TIMEOUT_MS, async () => {
        await client.call("CLUSTER", "REPLICATE", id);
        return undefined;
      });
    }),
  );
}

async function whyNotReady({ node, client }: StartedNode, all: readonly StartedNode[]): Promise<string | undefined> {
  const info = parseInfo(await client.call("CLUSTER", "INFO"));
  if (info.cluster_state !== "ok") return `node ${node.port} reports cluster_state:${info.cluster_state}`;
  if (info.cluster_slots_ok !== String(SLOTS)) return `node ${node.port} sees ${info.cluster_slots_ok} slots covered`;
  const known = String(await client.call("CLUSTER", "NODES"))
    .trim()
    .split("\n");
  const replicas = known.filter((line) => line.split(" ")[2]?.includes("slave")).length;
  const expected = all.filter((other) => other.node.role === "replica").length;
  if (known.length !== all.length) return `node ${node.port} knows ${known.length} of ${all.length} nodes`;
  if (replicas !== expected) return `node ${node.port} knows ${replicas} of ${expected} replicas`;
  if (known.some((line) => /fail|handshake|noaddr/.test(line))) return `node ${node.port} misses a node`;
  // What clients learn of the nodes: start, end, primary, and then the replicas of each range.
  const ranges = (await client.call("CLUSTER", "SLOTS")) as unknown[][];
  const shown = ranges.reduce((sum, range) => sum + range.length - 3, 0);
  if (shown !== expected) return `node ${node.port} shows ${shown} of ${expected} replicas to clients`;
  if (node.role === "replica") {
    const link = parseInfo(await client.call("INFO", "replication")).master_link_status;
    if (link !== "up") return `replica ${node.port} is not linked to its primary: ${link}`;
  }
  return undefined;
}

async function firstReason(
  nodes: readonly StartedNode[],
  reason: (node: StartedNode) => Promise<string | undefined>,
): Promise<string | undefined> {
  return (await Promise.all(nodes.map(reason))).find((text) => text !== undefined);
}
