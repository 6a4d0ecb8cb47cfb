import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import * as redis5 from "redis5";
import { afterEach, describe, expect, test } from "vitest";
import { connectClients } from "../../src/clients/connect-clients.js";
import { recommendedClientOptions } from "../../src/clients/recommended-options.js";
import type { KeywrightError } from "../../src/runtime/errors.js";
import type { Store } from "../../src/runtime/runtime.js";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { startCluster, startProxy, startSentinel, type TestProxy } from "../../src/testing/index.js";
import { failure, family, hasOwnServers, noop, ownRedis, storeOf, until, writes } from "../runtime/support.js";

const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

async function silentPort(): Promise<TestProxy> {
  const proxy = await startProxy({ target: { host: "127.0.0.1", port: 1 } });
  after.push(() => proxy.stop());
  proxy.blackhole(true);
  return proxy;
}

/** Short, so that a test need not wait; nothing here depends on how short. */
const timeouts = { connectTimeout: 300, socketTimeout: 300 };

const silent: Readonly<Record<string, (proxy: TestProxy) => unknown>> = {
  "a client": ({ url }) => createClient({ url, ...recommendedClientOptions("client", timeouts) }),
  "a client of redis 5": ({ url }) => redis5.createClient({ url, ...recommendedClientOptions("client", timeouts) }),
  "a pool": ({ url }) => createClientPool({ url, ...recommendedClientOptions("pool", timeouts) }),
  "a Cluster": ({ url }) => createCluster({ rootNodes: [{ url }], ...recommendedClientOptions("cluster", timeouts) }),
  "a Cluster of redis 5": ({ url }) =>
    redis5.createCluster({ rootNodes: [{ url }], ...recommendedClientOptions("cluster", timeouts) }),
  "a Sentinel": ({ host, port }) =>
    createSentinel({
      name: "main",
      sentinelRootNodes: [{ host, port }],
      ...recommendedClientOptions("sentinel", timeouts),
    }),
};

describe("recommendedClientOptions", () => {
  test.each(Object.keys(silent))("D10 %s that connects to a blackhole fails within its bound", async (name) => {
    const client = silent[name]!(await silentPort()) as Parameters<typeof connectClients>[0];
    const error = await failure<KeywrightError>(connectClients(client, { within: "1500ms" }));
    expect(error).toMatchObject({ name: "UnavailableError", code: "unavailable", mayHaveBeenApplied: false });
    // It says what became of each attempt: without a bound of its own an attempt would have told nothing.
    expect(`${error.cause}`).toMatch(/timeout|Socket closed|root nodes are unavailable|sentinels are available/i);
    // A Sentinel client ends the attempt that is under way first.
    await until(() => !(client as { isOpen: boolean }).isOpen);
  });

  test("D10 the profiles: one, two and two seconds for caches; five for listeners and locks", () => {
    expect(recommendedClientOptions("client")).toMatchObject({
      socket: { connectTimeout: 1000, socketTimeout: 2000 },
      pingInterval: 500,
    });
    const lock = recommendedClientOptions("cluster", { connectTimeout: "5s", socketTimeout: "5s" });
    expect(lock.defaults).toMatchObject({ socket: { connectTimeout: 5000, socketTimeout: 5000 }, pingInterval: 1250 });
    const listener = recommendedClientOptions("sentinel", { socketTimeout: 5000, pingInterval: "2s" });
    expect(listener).toMatchObject({
      nodeClientOptions: { socket: { socketTimeout: 5000 }, pingInterval: 2000 },
      sentinelClientOptions: { socket: { socketTimeout: 5000 }, pingInterval: 2000 },
      replicaPoolSize: 0,
    });
  });

  test("the pauses between attempts grow up to their bound, differ, and never end", () => {
    const { reconnectStrategy } = recommendedClientOptions("pool", { maxReconnectDelay: "1s" }).socket;
    for (const [retries, most] of [
      [0, 50],
      [1, 100],
      [4, 800],
      [5, 1000],
      [10_000, 1000],
    ] as const) {
      const pauses = Array.from({ length: 200 }, () => reconnectStrategy(retries));
      expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(most / 2);
      expect(new Set(pauses).size).toBeGreaterThan(10);
    }
  });

  test.each([
    [["client", { socketTimeout: "soon" }], "socketTimeout"],
    [["client", { connectTimeout: 0 }], "connectTimeout"],
    [["client", { socketTimeout: "2s", pingInterval: "2s" }], "pingInterval"],
    [["replica"], "topology"],
  ])("%j is refused", ([topology, given], operation) => {
    expect(() => recommendedClientOptions(topology as never, given as never)).toThrow(
      expect.objectContaining({ code: "misuse", family: "recommendedClientOptions", operation }),
    );
  });
});

interface Subject {
  readonly client: unknown;
  readonly key: string;
  /** How many connections have been broken. */
  broken(): number;
  readonly blackhole: (on: boolean) => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly kill: () => Promise<unknown>;
}

/** Counts the events by which a client tells of a broken connection. */
function counting(client: { on(event: string, listener: () => void): unknown }, event: string): () => number {
  let count = 0;
  client.on(event, () => {
    count += 1;
  });
  return () => count;
}

async function behindProxy(make: (url: string) => unknown, event: string): Promise<Subject> {
  let redis = await ownRedis();
  after.push(() => redis.stop());
  const target = { host: redis.host, port: redis.port };
  const proxy = await startProxy({ target });
  after.push(() => proxy.stop());
  const client = make(proxy.url) as Parameters<typeof counting>[0];
  const broken = counting(client, event);
  return {
    client,
    key: "thing:n",
    broken,
    blackhole: (on) => proxy.blackhole(on),
    pause: () => redis.pause(),
    resume: () => redis.resume(),
    async kill() {
      await redis.kill();
      redis = await ownRedis();
      // What is connected from now on reaches the new one.
      target.port = redis.port;
    },
  };
}

interface Addressed {
  readonly host: string;
  readonly port: number;
}

/** A proxy for each server, and the map that brings the client to them. */
async function proxied(nodes: readonly Addressed[]) {
  const proxies = new Map<string, TestProxy>();
  for (const node of nodes) proxies.set(`127.0.0.1:${node.port}`, await startProxy({ target: node }));
  after.push(() => Promise.all([...proxies.values()].map((proxy) => proxy.stop())));
  const nodeAddressMap = (address: string) => {
    const { host, port } = proxies.get(address) as TestProxy;
    return { host, port };
  };
  return { proxies, nodeAddressMap };
}

const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  "a single client": () =>
    behindProxy(
      (url) => createClient({ url, ...recommendedClientOptions("client") }).on("error", noop),
      "reconnecting",
    ),
  "a single client of redis 5": () =>
    behindProxy(
      (url) => redis5.createClient({ url, ...recommendedClientOptions("client") }).on("error", noop),
      "reconnecting",
    ),
  "a pool": () =>
    behindProxy(
      (url) =>
        createClientPool({ url, ...recommendedClientOptions("pool") }, { minimum: 2, maximum: 4 }).on("error", noop),
      "error",
    ),
  async "a Cluster"() {
    const servers = await startCluster();
    after.push(() => servers.stop());
    const { proxies, nodeAddressMap } = await proxied(servers.nodes);
    const cluster = createCluster({
      rootNodes: servers.rootNodes,
      nodeAddressMap,
      ...recommendedClientOptions("cluster"),
    }).on("error", noop);
    const [primary] = servers.nodes;
    await connectClients(cluster, { within: "20s" });
    const key = Array.from({ length: 100 }, (_, i) => `thing:${i}`).find(
      (each) => (cluster.slots[keySlot(each)] as { master: { port: number } }).master.port === primary!.port,
    ) as string;
    return {
      client: cluster,
      key,
      broken: counting(cluster as never, "node-reconnecting"),
      blackhole: (on) => proxies.get(`127.0.0.1:${primary!.port}`)!.blackhole(on),
      pause: () => primary!.pause(),
      resume: () => primary!.resume(),
      kill: () => primary!.kill(),
    };
  },
  async "a Sentinel"() {
    const servers = await startSentinel();
    after.push(() => servers.stop());
    const { proxies, nodeAddressMap } = await proxied(servers.nodes);
    const sentinel = createSentinel({
      name: servers.name,
      sentinelRootNodes: servers.sentinelRootNodes,
      nodeAddressMap,
      ...recommendedClientOptions("sentinel"),
    }).on("error", noop);
    const [primary] = servers.nodes;
    return {
      client: sentinel,
      key: "thing:n",
      broken: counting(sentinel as never, "error"),
      blackhole: (on) => proxies.get(`127.0.0.1:${primary!.port}`)!.blackhole(on),
      pause: () => primary!.pause(),
      resume: () => primary!.resume(),
      kill: () => primary!.kill(),
    };
  },
};

describe.skipIf(!hasOwnServers)("with the recommended options, under steady load", () => {
  test.each(Object.keys(subjects))(
    "D10 %s recovers after a blackhole, SIGSTOP and a kill",
    async (name) => {
      const { client, key, broken, ...fault } = await subjects[name]!();
      await connectClients(client as never, { within: "20s" });
      after.push(() => (client as { destroy(): unknown }).destroy());
      const store: Store = storeOf(client as never);
      const quick = family({ deadline: 400 });
      const outcomes = new Set<string>();
      const load = setInterval(() => {
        store.executor.run(writes(["INCR", key], quick)).then(
          () => outcomes.add("ok"),
          ({ code }: KeywrightError) => outcomes.add(code),
        );
      }, 25);
      after.push(() => clearInterval(load));
      const recovered = async () => {
        outcomes.clear();
        await until(() => outcomes.has("ok"), 40_000);
        await until(() => store.breakers().every(({ state }) => state === "closed"), 40_000);
      };
      await recovered();

      const before = broken();
      fault.blackhole(true);
      await until(() => outcomes.has("deadline"), 20_000);
      // The load goes on, and yet the silent connection is found out and broken.
      await until(() => broken() > before, 40_000);
      fault.blackhole(false);
      await recovered();

      fault.pause();
      await until(() => outcomes.has("unavailable"), 20_000);
      fault.resume();
      await recovered();

      outcomes.clear();
      await fault.kill();
      await until(() => outcomes.has("unavailable") || outcomes.has("connection-lost"), 20_000);
      await recovered();
    },
    180_000,
  );
});
