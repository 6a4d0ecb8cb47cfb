/**
 * The servers of a topology, each behind a proxy, and the client that sees the proxies only.
 *
 * @module
 */
import { startCluster, startProxy, startSentinel, type TestProxy } from "keywright/testing";
import {
  createClient,
  createClientPool,
  createCluster,
  createSentinel,
  type RedisClientPoolType,
  type RedisClientType,
  type RedisClusterType,
  type RedisSentinelType,
} from "redis";
import { resolveRedisBinary } from "../../src/testing/resolve-redis.js";
import { startServerProcess } from "../../src/testing/server-process.js";
import { connectTo, type SetupClient } from "../../src/testing/setup-client.js";
import { clientOptions, clusterOptions, sentinelOptions } from "./client-options.js";

export type TopologyName = "single" | "pool" | "cluster" | "sentinel";

export const topologyNames: readonly TopologyName[] = ["single", "pool", "cluster", "sentinel"];

export type ChaosClient = RedisClientType | RedisClientPoolType | RedisClusterType | RedisSentinelType;

/** A server that holds data, and the proxy before it. */
export interface Node {
  readonly port: number;
  readonly proxy: TestProxy;
  /** False when it was killed. */
  readonly alive: boolean;
  pause(): void;
  resume(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on its port, empty. Single servers only. */
  restart?(): Promise<void>;
}

export interface Servers {
  readonly topology: TopologyName;
  readonly nodes: readonly Node[];
  /** A client of this topology, through the proxies, connected. */
  connect(): Promise<ChaosClient>;
  stop(): Promise<void>;
}

/** A connection to one node for a moment, beside the proxy. */
export async function onNode<T>({ port }: Pick<Node, "port">, use: (client: SetupClient) => Promise<T>): Promise<T> {
  const client = await connectTo(port, 10_000);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** The nodes that call themselves primaries now. */
export async function primariesOf({ nodes }: Servers): Promise<Node[]> {
  const roles = await Promise.all(
    nodes.map(async (node) => node.alive && onNode(node, async (client) => (await client.call("ROLE")) as unknown[])),
  );
  return nodes.filter((_, index) => (roles[index] as unknown[] | false) && (roles[index] as unknown[])[0] === "master");
}

export function startServers(topology: TopologyName): Promise<Servers> {
  if (topology === "cluster") return startClusterServers();
  if (topology === "sentinel") return startSentinelServers();
  return startSingleServer(topology);
}

const ignore = () => undefined;

async function startSingleServer(topology: "single" | "pool"): Promise<Servers> {
  const { binary } = await resolveRedisBinary();
  const args = ["--save", "", "--appendonly", "no"];
  const start = async (on?: { readonly port: number }) => {
    const { server, client } = await startServerProcess({ binary, args, ...on });
    client.close();
    return server;
  };
  let redis = await start();
  const { port } = redis;
  const proxy = await startProxy({ target: { host: "127.0.0.1", port } });
  let alive = true;
  const node: Node = {
    port,
    proxy,
    get alive() {
      return alive;
    },
    pause: () => redis.pause(),
    resume: () => redis.resume(),
    async kill() {
      alive = false;
      await redis.kill();
    },
    async restart() {
      redis = await start({ port });
      alive = true;
    },
  };
  return {
    topology,
    nodes: [node],
    async connect() {
      const client =
        topology === "single"
          ? (createClient({ url: proxy.url, ...clientOptions }).on("error", ignore) as RedisClientType)
          : createClientPool({ url: proxy.url, ...clientOptions }, { minimum: 2, maximum: 4 }).on("error", ignore);
      await client.connect();
      return client;
    },
    async stop() {
      await proxy.stop();
      if (alive) await redis.kill();
    },
  };
}

type Started = { readonly port: number; pause(): void; resume(): void; kill(): Promise<void> };

async function behindProxy(server: Started): Promise<Node> {
  const { port } = server;
  const proxy = await startProxy({ target: { host: "127.0.0.1", port } });
  let alive = true;
  return {
    port,
    proxy,
    get alive() {
      return alive;
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    async kill() {
      alive = false;
      await server.kill();
    },
  };
}

/** What node-redis is to use in the place of the addresses that servers name. */
function addressMap(nodes: readonly Node[]): Record<string, { host: string; port: number }> {
  return Object.fromEntries(
    nodes.map(({ port, proxy }) => [`127.0.0.1:${port}`, { host: proxy.host, port: proxy.port }]),
  );
}

async function startClusterServers(): Promise<Servers> {
  const cluster = await startCluster();
  const nodes = await Promise.all(cluster.nodes.map(behindProxy));
  return {
    topology: "cluster",
    nodes,
    async connect() {
      const client = createCluster({
        rootNodes: nodes.filter(({ alive }) => alive).map(({ proxy }) => ({ url: proxy.url })),
        nodeAddressMap: addressMap(nodes),
        ...clusterOptions,
      }).on("error", ignore) as RedisClusterType;
      await client.connect();
      return client;
    },
    async stop() {
      await Promise.all(nodes.map(({ proxy }) => proxy.stop()));
      await cluster.stop();
    },
  };
}

async function startSentinelServers(): Promise<Servers> {
  const sentinel = await startSentinel();
  const nodes = await Promise.all(sentinel.nodes.filter(({ role }) => role !== "sentinel").map(behindProxy));
  return {
    topology: "sentinel",
    nodes,
    async connect() {
      const client = createSentinel({
        name: sentinel.name,
        sentinelRootNodes: sentinel.sentinelRootNodes,
        nodeAddressMap: addressMap(nodes),
        ...sentinelOptions,
      }).on("error", ignore) as RedisSentinelType;
      await client.connect();
      return client;
    },
    async stop() {
      await Promise.all(nodes.map(({ proxy }) => proxy.stop()));
      await sentinel.stop();
    },
  };
}
