import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createClient, createClientPool, createCluster, createSentinel, type RedisClientType } from "redis";
import * as redis5 from "redis5";
import { afterEach, describe, expect, test } from "vitest";
import { closeClients } from "../../src/clients/close-clients.js";
import { connectClients } from "../../src/clients/connect-clients.js";
import { recommendedClientOptions } from "../../src/clients/recommended-options.js";
import { type Clients, everyClient } from "../../src/runtime/clients.js";
import type { KeywrightError } from "../../src/runtime/errors.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { startCluster, startProxy, startSentinel } from "../../src/testing/index.js";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";
import { familiesOf } from "../repositories/when-down-families.js";
import {
  failure,
  family,
  hasOwnServers,
  noop,
  ownRedis,
  reader,
  reads,
  recordEvents,
  until,
  writes,
} from "../runtime/support.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

async function own() {
  const redis = await ownRedis();
  after.push(() => redis.stop());
  const client = createClient({ url: redis.url }).on("error", noop) as RedisClientType;
  await client.connect();
  after.push(() => client.destroy());
  return { redis, client };
}

/** So that no connection is broken beforehand, which would then owe no answer. */
const patient = { socketTimeout: "30s" } as const;
const closed = { code: "unavailable", mayHaveBeenApplied: false, message: expect.stringContaining("are closed") };

describe.skipIf(!hasOwnServers)("close()", () => {
  test("L2 new calls are refused, those under way end well, and the client stays open", async () => {
    const { client } = await own();
    const runtime = new Runtime(client, ["default"]);
    const store = runtime.store(family());
    const underWay = [
      store.executor.run(writes(["SET", "thing:1", "v"])),
      store.executor.transaction([writes(["INCR", "thing:n"])]),
      // Of this tick, and so not sent yet.
      store.reads.get(reader(), "get", "thing:2"),
      store.reads.get(reader(), "get", "thing:3"),
    ];
    let ended = 0;
    for (const call of underWay) call.then(() => (ended += 1));
    await runtime.close();
    expect(ended).toBe(4);
    expect(await Promise.all(underWay)).toEqual(["OK", [1], null, null]);
    const calls = () => [
      store.executor.run(reads(["GET", "thing:1"])),
      store.executor.transaction([writes(["INCR", "thing:n"])]),
      store.reads.get(reader(), "get", "thing:1"),
    ];
    for (const call of calls()) expect(await failure(call)).toMatchObject(closed);
    await runtime.close();
    expect(await client.get("thing:n")).toBe("1");
    // Also when there is no connection: it is not a matter of waiting.
    client.destroy();
    for (const call of calls()) expect(await failure(call)).toMatchObject(closed);
  });

  test("L2 what this tick has asked of a read client is sent before it is refused", async () => {
    const { redis, client: write } = await own();
    const read = createClient({ url: redis.url }).on("error", noop) as RedisClientType;
    await read.connect();
    after.push(() => read.destroy());
    const runtime = new Runtime({ write, read }, ["default"]);
    const stale = family({ staleReads: true });
    const store = runtime.store(stale);
    const underWay = ["1", "2"].map((id) => store.readsOf(stale).get(reader(stale), "get", `thing:${id}`));
    await runtime.close();
    expect(await Promise.all(underWay)).toEqual([null, null]);
    expect(await failure(store.readsOf(stale).get(reader(stale), "get", "thing:1"))).toMatchObject(closed);
  });

  test("L2 calls on a server that hangs are awaited to their deadline, and its breaker probes no more", async () => {
    const { redis, client } = await own();
    const runtime = new Runtime(client, ["default"], { breaker: { failures: 1, coolDown: 50 } });
    const store = runtime.store(family());
    await store.executor.run(reads(["GET", "thing:1"]));
    redis.pause();
    expect(await failure(store.executor.run(reads(["GET", "thing:1"], family({ deadline: 100 }))))).toMatchObject({
      code: "deadline",
    });
    await until(() => store.breakers()[0]?.state === "half-open");
    const other = new Runtime(client, ["default"]);
    const late = failure<KeywrightError>(
      other.store(family()).executor.run(writes(["INCR", "thing:n"], family({ deadline: 300 }))),
    );
    let ended = false;
    late.then(() => {
      ended = true;
    });
    await Promise.all([runtime.close(), other.close()]);
    expect(ended).toBe(true);
    expect(await late).toMatchObject({ code: "deadline", mayHaveBeenApplied: true });
    expect(store.breakers()).toMatchObject([{ state: "closed" }]);
    redis.resume();
  });

  test("L2 calls that end without an answer after the close open no breaker, and one that was open is closed", async () => {
    const { redis, client } = await own();
    const { events, stop } = recordEvents();
    after.push(stop);
    const runtime = new Runtime(client, ["default"], { breaker: { failures: 1, coolDown: 20 } });
    const open = new Runtime(client, ["open"], { breaker: { failures: 1, coolDown: "1h" } as never });
    redis.pause();
    const late = failure(runtime.store(family()).executor.run(writes(["INCR", "thing:n"], family({ deadline: 900 }))));
    await failure(open.store(family({ store: "open" })).executor.run(reads(["GET", "x"], family({ deadline: 120 }))));
    await Promise.all([runtime.close(), open.close()]);
    expect(await late).toMatchObject({ code: "deadline" });
    await new Promise((done) => setTimeout(done, 100));
    expect(runtime.store(family()).breakers()).toMatchObject([{ state: "closed", failures: 0 }]);
    redis.resume();
    await until(async () => (await client.get("thing:n")) === "1");
    expect(await client.info("commandstats")).not.toContain("cmdstat_ping");
    // Who counts open breakers has none left.
    expect(events.filter(({ type }) => type.startsWith("breaker-"))).toMatchObject([
      { type: "breaker-opened", store: "open" },
      { type: "breaker-closed", store: "open" },
    ]);
  });

  test("L2 after it nothing stands in for an answer: it is no outage", async () => {
    const { client } = await own();
    const runtime = new Runtime(client, ["default"]);
    const all = familiesOf(runtime, 400);
    await runtime.close();
    let loads = 0;
    const load = async () => {
      loads += 1;
      return null;
    };
    const key = { id: "1" };
    const calls = [
      all.note.get(key),
      all.soft.get(key),
      all.soft.fetch(key, load),
      all.loaded.fetchMany([key], async () => [await load()]),
      all.faint.recent(key),
      all.history.recent(key, { orElse: async () => (await load()) ?? [] }),
      all.open.consume(key),
    ];
    for (const call of calls) expect(await failure(call)).toMatchObject(closed);
    expect(loads).toBe(0);
  });

  test("L2 two services side by side on one client: one that closes does not take the other with it", async () => {
    const { client } = await own();
    const [chat, other] = [createRepositories(client, { service: "chat" }), createRepositories(client)];
    const key = { roomId: 1 };
    await chat.topic.set(key, { text: "Redis", since: new Date() });
    await chat.close();
    expect(await failure(chat.topic.get(key))).toMatchObject(closed);
    expect(await failure(chat.room(key).transaction((tx) => [tx.topic.delete()]))).toMatchObject(closed);
    expect((await other.topic.get(key))?.text).toBe("Redis");
    await other.close();
  });
});

describe.skipIf(!hasOwnServers)("closeClients", () => {
  test("L2 answers that are outstanding are waited for", async () => {
    const { redis } = await own();
    const proxy = await startProxy({ target: redis });
    after.push(() => proxy.stop());
    const url = proxy.url;
    const [client, pool] = [
      createClient({ url }).on("error", noop),
      createClientPool({ url }, { minimum: 2, maximum: 2 }).on("error", noop),
    ];
    const clients = { default: client, other: { write: pool } } as unknown as Clients;
    expect(everyClient(clients).map(({ place }) => place)).toEqual(["default", "other.write"]);
    await connectClients(clients, { within: "10s" });
    proxy.delay(100);
    const calls = Array.from({ length: 20 }, () => [client.incr("n"), pool.incr("m")]).flat();
    expect(await closeClients(clients, { within: "15s" })).toEqual({ closed: 2, destroyed: 0 });
    expect((await Promise.all(calls)).sort((a, b) => Number(a) - Number(b)).at(-1)).toBe(20);
    expect([client.isOpen, pool.isOpen]).toEqual([false, false]);
    // What is closed is left alone.
    expect(await closeClients(clients)).toEqual({ closed: 0, destroyed: 0 });
  });

  test("L2 what is not answered in time is given up, on every topology", async () => {
    const { redis } = await own();
    const [cluster, sentinel] = await Promise.all([startCluster({ replicas: 0 }), startSentinel()]);
    after.push(() => Promise.all([cluster.stop(), sentinel.stop()]));
    const { url } = redis;
    const { rootNodes } = cluster;
    const { name, sentinelRootNodes } = sentinel;
    const all = {
      client: createClient({ url, ...recommendedClientOptions("client", patient) }),
      client5: redis5.createClient({ url, ...recommendedClientOptions("client", patient) }),
      pool: createClientPool({ url, ...recommendedClientOptions("pool", patient) }),
      pool5: redis5.createClientPool({ url, ...recommendedClientOptions("pool", patient) }),
      cluster: createCluster({ rootNodes, ...recommendedClientOptions("cluster", patient) }),
      cluster5: redis5.createCluster({ rootNodes, ...recommendedClientOptions("cluster", patient) }),
      sentinel: createSentinel({ name, sentinelRootNodes, ...recommendedClientOptions("sentinel", patient) }),
    };
    for (const each of Object.values(all))
      (each as { on(event: string, listener: () => void): void }).on("error", noop);
    await connectClients(all as unknown as Clients, { within: "20s" });
    const nodes = [redis, ...cluster.nodes, ...sentinel.nodes];
    for (const node of nodes) node.pause();
    const lost = [all.client.get("x"), all.client5.get("x"), all.pool.get("x"), all.pool5.get("x")].map((call) =>
      failure(call),
    );
    lost.push(failure(all.cluster.get("x")), failure(all.cluster5.get("x")), failure(all.sentinel.get("x")));
    expect(await closeClients(all as unknown as Clients, { within: "300ms" })).toEqual({ closed: 0, destroyed: 7 });
    await Promise.all(lost);
    for (const node of nodes) node.resume();
  }, 60_000);

  test.each(["", "hung"])(
    "L2 no open handles: a process that closes all ends by itself (%s)",
    async (how) => {
      const { redis } = await own();
      const program = fileURLToPath(new URL("./fixtures-closing.ts", import.meta.url));
      const args = ["--import", "tsx", program, redis.url, how, String(redis.pid)];
      const out = await new Promise<string>((resolve, reject) => {
        execFile(process.execPath, args, { cwd: root, timeout: 50_000 }, (error, printed, errors) => {
          if (error) reject(new Error(`${error.message}\n${printed}\n${errors}`));
          else resolve(printed);
        });
      });
      redis.resume();
      expect(out).toContain("read Redis");
      expect(out).toContain(how === "hung" ? '{"closed":0,"destroyed":2}' : '{"closed":2,"destroyed":0}');
    },
    60_000,
  );
});
