import { createClient, createClientPool, createCluster, createSentinel, type RedisClientType } from "redis";
import { createClient as createClient5, createCluster as createCluster5 } from "redis5";
import { afterEach, describe, expect, test } from "vitest";
import { storesOf } from "../../src/repositories/stores.js";
import { Runtime, type RuntimeOptions } from "../../src/runtime/runtime.js";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { startCluster, startProxy, startSentinel, type TestRedis } from "../../src/testing/index.js";
import { topologies, uniquePrefix } from "../setup/topologies.js";
import { failure, family, hasOwnServers, noop, ownRedis, until, writes } from "./support.js";

const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

const repositories = (client: unknown, options: RuntimeOptions = {}) =>
  storesOf(new Runtime(client as never, ["default"], options));

async function serverOf(...args: string[]): Promise<TestRedis> {
  const redis = await ownRedis(args.length === 0 ? {} : { args });
  after.push(() => redis.stop());
  return redis;
}

async function clientOf(url: string, options: object = {}): Promise<RedisClientType> {
  const client = createClient({ url, socket: { reconnectStrategy: 50 }, ...options }).on("error", noop);
  await client.connect();
  after.push(() => client.destroy());
  return client as unknown as RedisClientType;
}

async function single(): Promise<{ redis: TestRedis; client: RedisClientType; address: string }> {
  const redis = await serverOf();
  return { redis, client: await clientOf(redis.url), address: `127.0.0.1:${redis.port}` };
}

/** The servers of the other tests may be slow under load: what is up has time here, and no time is asserted. */
const generous = { within: "20s" } as const;

describe.each(topologies)("L1 up: $name", ({ connect, isCluster }) => {
  test("every primary can be read and written, and `_health` has its TTL", async () => {
    const prefix = uniquePrefix();
    const connection = await connect();
    after.push(() => connection.close());
    const redis = repositories(connection.client, { prefix });
    const health = await redis.health(generous);
    expect(health).toEqual({
      ok: true,
      stores: [{ store: "default", ok: true, nodes: expect.any(Array) }],
    });
    const nodes = health.stores[0]!.nodes;
    expect(nodes).toHaveLength(isCluster ? 3 : 1);
    for (const node of nodes) {
      expect(node).toEqual({
        node: expect.stringMatching(/^(127\.0\.0\.1|localhost):\d+$/),
        ok: true,
        role: "primary",
        latency: expect.any(Number),
        breaker: "closed",
      });
    }
    const keys = await connection.keysWith(prefix);
    expect(keys).toHaveLength(nodes.length);
    for (const key of keys) {
      expect(key.startsWith(`${prefix}_health`)).toBe(true);
      const ttl = Number(await connection.send(["PTTL", key]));
      expect(ttl > 0 && ttl <= 60_000).toBe(true);
    }
    // The same keys again, each of its own primary.
    await redis.health(generous);
    expect((await connection.keysWith(prefix)).sort()).toEqual(keys.sort());
    await connection.flushPrefix(prefix);
  });
});

describe.skipIf(!hasOwnServers)("L1 what is wrong is said in words", () => {
  test("L1 down: the server was killed", async () => {
    const { redis, address, client } = await single();
    const stores = repositories(client);
    await redis.kill();
    await until(() => !client.isReady);
    const node = { node: address, ok: false, reason: `${address} is not connected`, breaker: "closed" };
    const reason = `store default: ${address} is not connected`;
    expect(await stores.health()).toEqual({
      ok: false,
      reason,
      stores: [{ store: "default", ok: false, reason, nodes: [node] }],
    });
  });

  test("L1 hung: it answers within its bound, and a silent connection is written to once", async () => {
    const { redis, address, client } = await single();
    const stores = repositories(client);
    expect(await stores.health(generous)).toMatchObject({ ok: true });
    redis.pause();
    for (let round = 0; round < 3; round++) {
      const health = await stores.health({ within: "100ms" });
      expect(health.ok).toBe(false);
      expect(health.reason).toMatch(new RegExp(`^store default: ${address} does not answer \\([\\d,]+ ms\\)$`));
      expect(health.stores[0]?.nodes[0]).not.toHaveProperty("latency");
    }
    const both = await Promise.all([stores.health({ within: 50 }), stores.health({ within: 50 })]);
    expect(both.map(({ ok }) => ok)).toEqual([false, false]);
    redis.resume();
    expect(await stores.health(generous)).toMatchObject({ ok: true });
    // Before the pause, in it, and after it, since an answer to the second one was late.
    expect(await client.info("commandstats")).toMatch(/cmdstat_set:calls=[23],/);
  });

  test("the default bound is 1 s, and the words say how long it was", async () => {
    const { redis, client } = await single();
    redis.pause();
    const { reason } = await repositories(client).health();
    const waited = Number(/\(([\d,]+) ms\)/.exec(reason ?? "")?.[1]?.replace(",", ""));
    expect(waited).toBeGreaterThanOrEqual(999);
    redis.resume();
  });

  test("a connection that ends meanwhile", async () => {
    const redis = await serverOf();
    const proxy = await startProxy({ target: redis });
    after.push(() => proxy.stop());
    const client = await clientOf(proxy.url);
    proxy.blackhole(true);
    setTimeout(() => proxy.cut(), 50);
    expect((await repositories(client).health(generous)).reason).toMatch(/lost its connection before it answered$/);
  });

  test("L1 a read-only replica", async () => {
    const primary = await serverOf();
    const { client, address } = await single();
    await client.sendCommand(["REPLICAOF", "127.0.0.1", String(primary.port)]);
    const { reason, stores } = await repositories(client).health(generous);
    expect(reason).toBe(`store default: ${address} is a read-only replica (READONLY)`);
    expect(stores[0]?.nodes[0]).toMatchObject({ ok: false, role: "replica", latency: expect.any(Number) });
  });

  test("L1 memory is full", async () => {
    const redis = await serverOf("--maxmemory", "1", "--maxmemory-policy", "noeviction");
    const { reason } = await repositories(await clientOf(redis.url)).health(generous);
    expect(reason).toBe(
      `store default: 127.0.0.1:${redis.port} is out of memory and refuses writes (OOM): raise maxmemory, or free memory`,
    );
  });

  test("no password, and a user without permission", async () => {
    const { client, redis, address } = await single();
    const stranger = await clientOf(redis.url);
    await client.sendCommand(["ACL", "SETUSER", "app", "on", ">pass", "~app:*", "+@all"]);
    const app = await clientOf(redis.url, { username: "app", password: "pass" });
    expect((await repositories(app).health(generous)).reason).toBe(
      `store default: ${address} does not let this user write and read _health (NOPERM): grant SET and GET on the prefix and _health*`,
    );
    expect(await repositories(app, { prefix: "app:" }).health(generous)).toMatchObject({ ok: true });
    // The least that it needs: neither PING nor HELLO.
    await client.sendCommand(["ACL", "SETUSER", "least", "on", ">pass", "~_health*", "-@all", "+set", "+get"]);
    const least = await clientOf(redis.url, { username: "least", password: "pass", disableClientInfo: true });
    const found = await repositories(least).health(generous);
    expect(found).toMatchObject({ ok: true, stores: [{ nodes: [{ role: "primary" }] }] });
    await client.sendCommand(["CONFIG", "SET", "requirepass", "secret"]);
    await client.sendCommand(["ACL", "SETUSER", "default", "resetpass", ">secret"]);
    await stranger.sendCommand(["RESET"]);
    expect((await repositories(stranger).health(generous)).reason).toBe(
      `store default: ${address} asks for authentication (NOAUTH): give the client a username and password`,
    );
  });

  test("a client that never connected, of each topology", async () => {
    const rootNodes = [{ url: "redis://127.0.0.1:1" }];
    const clients = [
      createClient({ url: "redis://127.0.0.1:1" }),
      createClient5({ url: "redis://[::1]:1" }),
      createClientPool({ url: "redis://127.0.0.1:1" }),
      createCluster({ rootNodes }),
      createSentinel({ name: "main", sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }] }),
    ];
    const reasons = await Promise.all(
      clients.map(async (client) => (await repositories(client.on("error", noop)).health()).reason),
    );
    expect(reasons).toEqual([
      "store default: 127.0.0.1:1 is not connected",
      "store default: [::1]:1 is not connected",
      "store default: pool is not connected",
      "store default: the client is not connected",
      "store default: primary is not connected",
    ]);
  });

  test("each store has its say", async () => {
    const { client, redis, address } = await single();
    const other = await single();
    const runtime = new Runtime({ default: client, locks: other.client } as never, ["default", "locks"]);
    await redis.kill();
    await until(() => !client.isReady);
    expect(await storesOf(runtime).health(generous)).toMatchObject({
      ok: false,
      reason: `store default: ${address} is not connected`,
      stores: [
        { store: "default", ok: false },
        { store: "locks", ok: true },
      ],
    });
  });

  test("beside an open breaker it tells the truth", async () => {
    const { client, redis } = await single();
    const runtime = new Runtime(client as never, ["default"], {
      breaker: { failures: 1, coolDown: "1h", maxCoolDown: "1h" },
    });
    const quick = family({ deadline: 100 });
    redis.pause();
    await failure(runtime.store(quick).executor.run(writes(["INCR", "thing:n"], quick)));
    redis.resume();
    expect(await runtime.health(generous)).toMatchObject({
      ok: true,
      stores: [{ nodes: [{ ok: true, breaker: "open" }] }],
    });
  });

  test.each(["500ms", 500, null])("health(%j) is refused, rather than bounded by 1 s", async (options) => {
    const error = await failure(new Runtime({}, []).health(options as never));
    expect(error).toMatchObject({ code: "misuse", message: expect.stringContaining("the options are no object") });
  });

  test.each([0, -1, 1.5, 60_001, "2m", "soon", ""])("within %j is refused", async (within) => {
    const stores = repositories(createClient().on("error", noop));
    const error = await failure(stores.health({ within: within as never }));
    expect(error).toMatchObject({ code: "misuse", message: expect.stringContaining("within") });
  });
});

describe.skipIf(!hasOwnServers)("L1 the topologies", () => {
  test("a pool that hangs: one probe, however often it is asked", async () => {
    const redis = await serverOf();
    const pool = createClientPool({ url: redis.url }, { minimum: 2, maximum: 4 }).on("error", noop);
    await pool.connect();
    after.push(() => pool.destroy());
    const stores = repositories(pool);
    expect(await stores.health(generous)).toMatchObject({ ok: true });
    redis.pause();
    for (let i = 0; i < 6; i++) {
      expect((await stores.health({ within: 30 })).reason).toContain(`127.0.0.1:${redis.port} does not answer`);
    }
    expect(pool.tasksQueueLength).toBe(0);
    redis.resume();
    expect(await stores.health(generous)).toMatchObject({ ok: true });
  });

  test("a Cluster: the primary that hangs is named, and the key of each lies in a slot of its own", async () => {
    const servers = await startCluster({ replicas: 0, nodeTimeout: 60_000 });
    after.push(() => servers.stop());
    const cluster = createCluster({ rootNodes: servers.rootNodes }).on("error", noop);
    await cluster.connect();
    after.push(() => cluster.destroy());
    const stores = repositories(cluster, { prefix: "p:" });
    expect(await stores.health(generous)).toMatchObject({ ok: true });
    for (const { port } of servers.nodes) {
      const node = await clientOf(`redis://127.0.0.1:${port}`);
      const keys = await node.keys("*");
      expect(keys).toEqual([expect.stringMatching(/^p:_health:\{\d+\}$/)]);
      const { master } = cluster.slots[keySlot(keys[0]!)]!;
      expect(master.port).toBe(port);
    }
    const hung = servers.nodes[0]!;
    hung.pause();
    const health = await stores.health({ within: 200 });
    expect(health.reason).toMatch(
      new RegExp(`^store default: 127\\.0\\.0\\.1:${hung.port} does not answer \\([\\d,]+ ms\\)$`),
    );
    expect(health.stores[0]?.nodes.map(({ ok }) => ok).sort()).toEqual([false, true, true]);
    hung.resume();
    expect(await stores.health(generous)).toMatchObject({ ok: true });
  }, 40_000);

  test("a Cluster whose primary was killed: it is found well again with the new one, though nothing else is called", async () => {
    const servers = await startCluster({ nodeTimeout: 1000 });
    after.push(() => servers.stop());
    const socket = { connectTimeout: 500, reconnectStrategy: 100 };
    // redis 6 looks for itself, now and then; redis 5 never does.
    const cluster = createCluster5({ rootNodes: servers.rootNodes, defaults: { socket } }).on("error", noop);
    await cluster.connect();
    after.push(() => cluster.destroy());
    const stores = repositories(cluster);
    const lost = servers.nodes[0]!;
    await lost.kill();
    await until(async () => (await stores.health({ within: "2s" })).ok === false);
    await until(async () => (await stores.health({ within: "2s" })).ok, 30_000);
    const { nodes } = (await stores.health(generous)).stores[0]!;
    expect(nodes.map(({ node }) => node)).not.toContain(`127.0.0.1:${lost.port}`);
  }, 60_000);

  test("a Sentinel's primary that hangs", async () => {
    const servers = await startSentinel({ downAfter: 60_000 });
    after.push(() => servers.stop());
    const { name, sentinelRootNodes } = servers;
    const sentinel = createSentinel({ name, sentinelRootNodes, replicaPoolSize: 0 }).on("error", noop);
    await sentinel.connect();
    after.push(() => sentinel.destroy());
    const stores = repositories(sentinel);
    expect(await stores.health(generous)).toMatchObject({ ok: true, stores: [{ nodes: [{ role: "primary" }] }] });
    servers.nodes[0]!.pause();
    expect((await stores.health({ within: 200 })).reason).toMatch(/^store default: 127\.0\.0\.1:\d+ does not answer/);
    servers.nodes[0]!.resume();
    expect(await stores.health(generous)).toMatchObject({ ok: true });
  }, 40_000);
});
