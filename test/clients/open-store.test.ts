import { type AddressInfo, createServer } from "node:net";
import { createClient, type RedisClientType } from "redis";
import { afterEach, describe, expect, test } from "vitest";
import { type OpenStore, openStore } from "../../src/clients/open-store.js";
import { readStoreConfig, type StoreConfig } from "../../src/clients/store-config.js";
import { topologyOf } from "../../src/runtime/client.js";
import type { KeywrightError } from "../../src/runtime/errors.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { startCluster, startProxy, startSentinel } from "../../src/testing/index.js";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";
import { Cached, users } from "../repositories/cache-family.js";
import { failure, hasOwnServers, noop, ownRedis, recordEvents, until } from "../runtime/support.js";

const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

const primary = { host: "127.0.0.1", port: 6379 };
const within = "20s";

/** Writes and reads by what it opened, and closes it. */
async function use(store: OpenStore): Promise<void> {
  const redis = createRepositories(store, { service: "chat" });
  const key = { roomId: 7 };
  await redis.topic.set(key, { text: "Redis", since: new Date() });
  expect((await redis.topic.get(key))?.text).toBe("Redis");
  await redis.close();
  const { closed } = await store.close({ within });
  expect(closed).toBe(store.read === undefined || store.read === store.write ? 1 : 2);
  expect(store.write.isOpen).toBe(false);
}

/** What a server answers to someone who knows its password, if it has one. */
async function ask(url: string, command: string[], password?: string): Promise<unknown> {
  const client = createClient({ url, ...(password === undefined ? {} : { password }) }).on("error", noop);
  await client.connect();
  const answer = await client.sendCommand(command);
  client.destroy();
  return answer;
}

/** Servers that run already have a password from now on; connections that are there stay. */
async function lock(urls: string[]): Promise<void> {
  for (const url of urls) {
    await ask(url, ["CONFIG", "SET", "masterauth", "secret"]);
    await ask(url, ["CONFIG", "SET", "requirepass", "secret"]);
  }
}

describe("the configuration of a store", () => {
  test("D9 readonly_mode is the old name of read_from_replicas", () => {
    const read = (config: object) => readStoreConfig({ engine: "redis", primary, ...config }).read_from_replicas;
    expect(read({})).toBeUndefined();
    expect(read({ readonly_mode: true })).toBe(true);
    expect(read({ read_from_replicas: false })).toBe(false);
    expect(read({ readonly_mode: true, read_from_replicas: true })).toBe(true);
    expect(readStoreConfig({ engine: "redis", primary, readonly_mode: true })).not.toHaveProperty("readonly_mode");
    expect(() => read({ readonly_mode: true, read_from_replicas: false })).toThrow(/contradict each other/);
  });

  test.each<[object, RegExp]>([
    [{ engine: "memcached", primary }, /engine is not known. The engines are redis, rediscluster, redissentinel/],
    [{ primary }, /engine is not known/],
    [{ engine: "redis" }, /"primary" is missing/],
    [
      { engine: "redis", primary: { host: "127.0.0.1", port: "no port" } },
      /"primary.port" is refused. Give a whole number from 1 to 65535/,
    ],
    [
      { engine: "redis", primary, read_from_replica: true },
      /"read_from_replica" is no field of it. The fields are .*\bread_from_replicas,/,
    ],
    [{ engine: "redis", primary, pool: 5 }, /"pool" is no field of it. The fields are engine, primary, nodes, /],
    [{ engine: "redis", primary, read_from_replicas: "true" }, /"read_from_replicas" is refused. Give true or false/],
    [{ engine: "rediscluster", nodes: [{ host: "" }] }, /"nodes.0.host" is refused. Give a text/],
    [{ engine: "redis", primary, socket_timeout: "soon" }, /"socket_timeout" is refused. Write it like "500ms"/],
    [{ engine: "redis", primary, socket_timeout: "1.5s" }, /"socket_timeout" is refused. Write it like "500ms"/],
    [{ engine: "rediscluster" }, /"nodes" is missing/],
    [{ engine: "rediscluster", nodes: [primary], database: 1 }, /"database" is not 0/],
    [{ engine: "rediscluster", nodes: [primary], replica: primary }, /"replica" is given/],
    [{ engine: "redissentinel", nodes: [primary] }, /"name" is missing/],
  ])("D9 %j is refused", async (config, message) => {
    const error = await failure<KeywrightError>(openStore(config as StoreConfig));
    expect(error).toMatchObject({ code: "misuse", family: "openStore", message: expect.stringMatching(message) });
    expect(error.message).toContain("Nothing was opened");
  });
});

test("D10 where nothing listens the error says what the connections failed of", async () => {
  const closed = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
  const config: StoreConfig = { engine: "redis", primary: { host: "127.0.0.1", port: closed } };
  const error = await failure<KeywrightError>(openStore(config, { within: "500ms" }));
  expect(error).toMatchObject({ code: "unavailable", cause: { code: "ECONNREFUSED" } });
  expect(error.message).toContain("no connection within 500 ms (ECONNREFUSED)");
});

describe.skipIf(!hasOwnServers)("openStore", () => {
  test("D9 redis, with a replica to read from, and a password", async () => {
    const args = ["--requirepass", "secret", "--masterauth", "secret"];
    const server = await ownRedis({ args: [...args, "--repl-diskless-sync-delay", "0"] });
    after.push(() => server.stop());
    const replica = await ownRedis({ args: ["--replicaof", server.host, String(server.port), ...args] });
    after.push(() => replica.stop());
    const at = (node: { host: string; port: number }) => ({ host: node.host, port: node.port });
    const config = { engine: "redis", primary: at(server), replica: at(replica), password: "secret" } as const;
    const one = await openStore(config, { within });
    expect(one.read).toBeUndefined();
    await use(one);
    const two = await openStore({ ...config, readonly_mode: true, database: 3 }, { within });
    expect([topologyOf(two.write), topologyOf(two.read as object)]).toEqual(["client", "client"]);
    for (const client of [two.write, two.read]) {
      expect(await (client as unknown as RedisClientType).sendCommand(["CLIENT", "INFO"])).toMatch(/ db=3 /);
    }
    await use(two);
  });

  test("D9 rediscluster: one cluster client, which reads its replicas where it may", async () => {
    const servers = await startCluster({ replicas: 3 });
    after.push(() => servers.stop());
    const nodes = servers.nodes.slice(0, 2).map(({ port }) => ({ host: "127.0.0.1", port }));
    await lock(servers.nodes.map(({ url }) => url));
    /** GETs that replicas have answered. */
    const readOfReplicas = async () => {
      let count = 0;
      for (const { url } of servers.nodes) {
        const info = String(await ask(url, ["INFO", "everything"], "secret"));
        if (info.includes("role:slave")) count += Number(/cmdstat_get:calls=(\d+)/.exec(info)?.[1] ?? 0);
      }
      return count;
    };
    for (const read_from_replicas of [true, false]) {
      const config = { engine: "rediscluster", nodes, read_from_replicas, password: "secret" } as const;
      const store = await openStore(config, { within });
      const before = await readOfReplicas();
      const stale = new Cached(new Runtime(store, ["default"]), { ...users, staleReads: true });
      for (const id of ["a", "b", "c"]) expect(await stale.get({ id })).toBeNull();
      expect((await readOfReplicas()) - before).toBe(read_from_replicas ? 3 : 0);
      expect(topologyOf(store.write)).toBe("cluster");
      expect(store.read).toBe(read_from_replicas ? store.write : undefined);
      await use(store);
    }
  }, 60_000);

  test("D9 redissentinel", async () => {
    const servers = await startSentinel();
    after.push(() => servers.stop());
    const { name, sentinelRootNodes: nodes } = servers;
    await lock(servers.nodes.filter(({ role }) => role !== "sentinel").map(({ url }) => url));
    const config = { engine: "redissentinel", name, nodes, password: "secret", database: 3 } as const;
    const store = await openStore(config, { within });
    const client = store.write as unknown as { sendCommand(isReadonly: boolean, args: string[]): Promise<unknown> };
    expect(await client.sendCommand(false, ["CLIENT", "INFO"])).toMatch(/ db=3 /);
    expect(topologyOf(store.write)).toBe("sentinel");
    await use(store);
  }, 60_000);

  test("D9 D10 one that does not connect is an error within its bound; its errors are events, and for the log", async () => {
    const proxy = await startProxy({ target: { host: "127.0.0.1", port: 1 } });
    after.push(() => proxy.stop());
    proxy.blackhole(true);
    const { events, stop } = recordEvents();
    after.push(stop);
    const logged: unknown[] = [];
    const config = {
      engine: "redis",
      primary: { host: proxy.host, port: proxy.port },
      socket_timeout: 200,
      connect_timeout: "200ms",
    } as const;
    const options = { within: 1000, store: "sessions", onError: (error: unknown) => logged.push(error) };
    expect(await failure(openStore(config, options))).toMatchObject({ code: "unavailable", family: "connectClients" });
    await until(() => events.length > 0);
    expect(events[0]).toEqual({ type: "client-error", store: "sessions", reason: expect.stringMatching(/Error$/) });
    expect(logged.length).toBeGreaterThan(0);
  });

  test.each(["primary", "replica"])(
    "D9 an onError that throws does not keep the %s's client from connecting again",
    async (which) => {
      const redis = await ownRedis();
      after.push(() => redis.stop());
      const proxy = await startProxy({ target: redis });
      after.push(() => proxy.stop());
      let told = 0;
      const onError = () => {
        told += 1;
        throw new Error("the log is full");
      };
      const at = ({ host, port }: { host: string; port: number }) => ({ host, port });
      const config = { engine: "redis", primary: at(redis), replica: at(redis), read_from_replicas: true } as const;
      const store = await openStore({ ...config, [which]: at(proxy) }, { within, onError });
      after.push(() => store.close());
      proxy.cut();
      await until(() => told > 0);
      const client = (which === "primary" ? store.write : store.read) as unknown as { isReady: boolean };
      await until(() => client.isReady);
      await use(store);
    },
  );
});
