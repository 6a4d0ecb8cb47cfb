import { randomBytes } from "node:crypto";
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
import {
  createClient as createClient5,
  createCluster as createCluster5,
  type RedisClientType as RedisClientType5,
  type RedisClusterType as RedisClusterType5,
  type RedisDefaultModules as RedisDefaultModules5,
} from "redis5";
import { inject } from "vitest";

/** What every node-redis client is given to a test as; the suite hands `client` on to the code under test. */
export interface Connection {
  readonly client: TopologyClient;
  /** Sends one raw command whichever client it is, to the node of `key` (default: the first argument). */
  send(args: [string, ...string[]], key?: string): Promise<unknown>;
  /** Unlinks every key with that prefix, on all nodes. */
  flushPrefix(prefix: string): Promise<void>;
  /** Every key that holds the prefix anywhere, as companions do behind their brace, on all nodes. */
  keysWith(prefix: string): Promise<string[]>;
  close(): Promise<void>;
}

export interface Topology {
  readonly name: "single" | "single (redis 5)" | "pool" | "sentinel" | "cluster" | "cluster (redis 5)";
  readonly isCluster: boolean;
  /**
   * One server and one Cluster, for `test.runIf(takesLarge)`: values of megabytes and keys of 10,000 members. What is
   * large tries a kind's scripts and codecs, which are the same for all clients; that every client carries a megabyte,
   * in each wire, is held by test/conformance/value.test.ts.
   */
  readonly takesLarge: boolean;
  connect(): Promise<Connection>;
}

export type TopologyClient =
  | RedisClientType
  | RedisClientPoolType
  | RedisSentinelType
  | RedisClusterType
  | RedisClientType5
  | RedisClusterType5;

/** No functions, scripts or type mappings of our own. redis 5 infers them, and RESP, as "any there may be". */
type None = Record<never, never>;

type Send = (args: string[], key: string | undefined) => Promise<unknown>;

/** Nothing to see: without a listener a lost connection ends the process. */
const ignore = () => undefined;

const single = (): RedisClientType => createClient({ url: inject("redis").url }).on("error", ignore);
const single5 = (): RedisClientType5 =>
  createClient5<RedisDefaultModules5, None, None, 2, None>({ url: inject("redis").url }).on("error", ignore);
const pool = (): RedisClientPoolType =>
  createClientPool({ url: inject("redis").url }, { minimum: 1, maximum: 4 }).on("error", ignore);
const sentinel = (): RedisSentinelType => {
  const { name, sentinelRootNodes } = required("sentinel");
  // Replicas would take PUBLISH, and fail when the only one is promoted.
  return createSentinel({ name, sentinelRootNodes, replicaPoolSize: 0 }).on("error", ignore);
};
const cluster = (): RedisClusterType => createCluster({ rootNodes: required("cluster").rootNodes }).on("error", ignore);
const cluster5 = (): RedisClusterType5 =>
  createCluster5<RedisDefaultModules5, None, None, 2, None>({ rootNodes: required("cluster").rootNodes }).on(
    "error",
    ignore,
  );

const every: Topology[] = [
  topology("single", single, (client) => (args) => client.sendCommand(args)),
  topology("single (redis 5)", single5, (client) => (args) => client.sendCommand(args)),
  topology("pool", pool, (client) => (args) => client.sendCommand(args)),
  topology("sentinel", sentinel, (client) => (args) => client.sendCommand(false, args)),
  topology("cluster", cluster, (client) => (args, key) => client.sendCommand(key, false, args)),
  topology("cluster (redis 5)", cluster5, (client) => (args, key) => client.sendCommand(key, false, args)),
];

/**
 * Every kind of client over every kind of server, for `describe.each(topologies)("$name", ({ connect }) => …)`. Where
 * only `REDIS_URL` could be had, Cluster and Sentinel are not among them; the global setup then says so.
 */
export const topologies: readonly Topology[] = every.filter(({ name }) => nodesOf(name).length > 0);

/** A key prefix that no other test has, such as `t4c1f9a02be:`. It holds no braces: it is no hash tag. */
export function uniquePrefix(): string {
  return `t${randomBytes(5).toString("hex")}:`;
}

function topology<Client extends TopologyClient>(
  name: Topology["name"],
  create: () => Client,
  sender: (client: Client) => Send,
): Topology {
  return {
    name,
    isCluster: name.startsWith("cluster"),
    takesLarge: name === "single" || name === "cluster",
    async connect() {
      const client = create();
      await client.connect();
      const send = sender(client);
      return {
        client,
        send: (args, key = args[1]) => send(args, key),
        async flushPrefix(prefix) {
          await Promise.all(nodesOf(name).map((url) => unlinkAll(url, prefix)));
        },
        async keysWith(prefix) {
          return (await Promise.all(nodesOf(name).map((url) => allKeys(url, `*${prefix}*`)))).flat();
        },
        async close() {
          // A close waits for ever on a server that hangs; nothing is pending here that a test still wants.
          await client.destroy();
        },
      };
    },
  };
}

/** The servers that hold the keys of this topology. */
function nodesOf(name: Topology["name"]): readonly string[] {
  if (name.startsWith("cluster")) return inject("cluster")?.primaries ?? [];
  if (name === "sentinel") return [inject("sentinel")?.primary].filter((url) => url !== undefined);
  return [inject("redis").url];
}

function required<Name extends "cluster" | "sentinel">(name: Name) {
  const provided = inject(name);
  if (provided === undefined) throw new Error(`no ${name} could be had: see what the global setup printed`);
  return provided;
}

async function allKeys(url: string, match: string): Promise<string[]> {
  const client = createClient({ url }).on("error", ignore);
  await client.connect();
  const found: string[] = [];
  for await (const keys of client.scanIterator({ MATCH: match, COUNT: 1000 })) found.push(...keys);
  client.destroy();
  return [...new Set(found)];
}

async function unlinkAll(url: string, prefix: string): Promise<void> {
  const client = createClient({ url }).on("error", ignore);
  await client.connect();
  for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) {
    await Promise.all(keys.map((key) => client.unlink(key)));
  }
  client.destroy();
}
