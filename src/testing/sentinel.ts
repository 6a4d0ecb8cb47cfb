import { resolveRedisBinary } from "./resolve-redis.js";
import { type ServerProcess, startServerProcess } from "./server-process.js";
import { parseInfo, type SetupClient, waitUntilReady } from "./setup-client.js";

const READY_TIMEOUT_MS = 30_000;

export interface SentinelOptions {
  /** The name under which the sentinels watch the primary. Default `keywright`. */
  readonly masterName?: string;
  /** Default 1. */
  readonly replicas?: number;
  /** Default 3; a majority of them must agree on a failover. */
  readonly sentinels?: number;
  /** `down-after-milliseconds`: a primary silent for so long is down. Default 1500. */
  readonly downAfter?: number;
  /** `failover-timeout` in milliseconds. Default 3000. */
  readonly failoverTimeout?: number;
  /** Further words of the command line of primary and replicas. */
  readonly args?: readonly string[];
}

export interface SentinelNode extends ServerProcess {
  /** The role at the start; a failover changes roles, not this. */
  readonly role: "primary" | "replica" | "sentinel";
}

export interface TestSentinel {
  /** For `createSentinel({ name, sentinelRootNodes })`. */
  readonly name: string;
  readonly sentinelRootNodes: { host: string; port: number }[];
  /** The primary, the replicas, then the sentinels. */
  readonly nodes: readonly SentinelNode[];
  /** Ends all of them at once and removes their folders. */
  stop(): Promise<void>;
}

interface StartedNode {
  readonly node: SentinelNode;
  readonly client: SetupClient;
}

/**
 * Starts a primary, its replicas and the sentinels that watch them, on 127.0.0.1. They are ready when every replica is
 * linked and every sentinel knows all the others and all replicas: about 3 seconds. A failover then takes 2 to 5
 * seconds. `REDIS_URL` is not used. However this process ends, the servers end with it.
 *
 * @throws RedisUnavailableError where no Redis can be had.
 */
export async function startSentinel(options: SentinelOptions = {}): Promise<TestSentinel> {
  const { masterName = "keywright", replicas = 1, sentinels = 3, args = [] } = options;
  if (!Number.isInteger(replicas) || replicas < 1) throw new RangeError(`startSentinel: replicas is ${replicas}`);
  if (!Number.isInteger(sentinels) || sentinels < 1) throw new RangeError(`startSentinel: sentinels is ${sentinels}`);
  const { binary } = await resolveRedisBinary();
  const started: StartedNode[] = [];
  const start = async (role: SentinelNode["role"], words: readonly string[], configFile?: string) => {
    const options = { binary, args: words, ...(configFile === undefined ? {} : { configFile }) };
    const { server, client } = await startServerProcess(options);
    const entry: StartedNode = { node: { ...server, role }, client };
    started.push(entry);
    return entry;
  };
  const stop = async () => {
    await Promise.all(started.map(({ node }) => node.kill()));
  };
  try {
    const memory = ["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0", ...args];
    const primary = await start("primary", memory);
    const { port } = primary.node;
    await all(replicas, () => start("replica", [...memory, "--replicaof", "127.0.0.1", String(port)]));
    // A sentinel asks the primary for its replicas when it starts and then every 10 s: they must be linked by then.
    await waitUntilReady("replication", READY_TIMEOUT_MS, async () => {
      const info = parseInfo(await primary.client.call("INFO", "replication"));
      const online = Object.values(info).filter((value) => value.includes("state=online")).length;
      return online === replicas ? undefined : `${online} of ${replicas} replicas are linked`;
    });
    const config = sentinelConfig(masterName, port, Math.floor(sentinels / 2) + 1, options);
    await all(sentinels, () => start("sentinel", ["--sentinel"], config));
    const watchers = started.filter(({ node }) => node.role === "sentinel");
    await waitUntilReady("set of sentinels", READY_TIMEOUT_MS, async () => {
      const reasons = await Promise.all(
        watchers.map((watcher) => whyNotReady(watcher, masterName, sentinels, replicas)),
      );
      return reasons.find((reason) => reason !== undefined);
    });
  } catch (error) {
    await stop();
    throw error;
  } finally {
    for (const { client } of started) client.close();
  }
  const order = ["primary", "replica", "sentinel"];
  const nodes = started.map(({ node }) => node).sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
  return {
    name: masterName,
    sentinelRootNodes: nodes.filter(({ role }) => role === "sentinel").map(({ host, port }) => ({ host, port })),
    nodes,
    stop,
  };
}

/** Starts them at once, and waits for all even if one fails: none may be left without its entry. */
async function all(count: number, start: () => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(Array.from({ length: count }, start));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function sentinelConfig(name: string, port: number, quorum: number, options: SentinelOptions): string {
  const { downAfter = 1500, failoverTimeout = 3000 } = options;
  return [
    `sentinel monitor ${name} 127.0.0.1 ${port} ${quorum}`,
    `sentinel down-after-milliseconds ${name} ${downAfter}`,
    `sentinel failover-timeout ${name} ${failoverTimeout}`,
    `sentinel parallel-syncs ${name} 1`,
    "",
  ].join("\n");
}

async function whyNotReady(
  { node, client }: StartedNode,
  name: string,
  sentinels: number,
  replicas: number,
): Promise<string | undefined> {
  const state = pairs(await client.call("SENTINEL", "MASTER", name));
  const others = Number(state["num-other-sentinels"]);
  if (state.flags !== "master") return `sentinel ${node.port} sees the primary as ${state.flags}`;
  if (others !== sentinels - 1) return `sentinel ${node.port} knows ${others} of ${sentinels - 1} other sentinels`;
  const known = (await client.call("SENTINEL", "REPLICAS", name)) as unknown[];
  const linked = known.map(pairs).filter((replica) => replica["master-link-status"] === "ok").length;
  return linked === replicas ? undefined : `sentinel ${node.port} knows ${linked} of ${replicas} linked replicas`;
}

function pairs(reply: unknown): Record<string, string> {
  const words = (reply as unknown[]).map(String);
  return Object.fromEntries(words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ""]] : [])));
}
