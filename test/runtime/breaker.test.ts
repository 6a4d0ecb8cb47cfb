import { createClient, createClientPool, createCluster, createSentinel, type RedisClientType } from "redis";
import { afterEach, describe, expect, test } from "vitest";
import type { KeywrightError, UnavailableError } from "../../src/runtime/errors.js";
import type { BreakerEvent, KeywrightEvent } from "../../src/runtime/events.js";
import { RedisNode } from "../../src/runtime/redis-node.js";
import type { RuntimeOptions, Store } from "../../src/runtime/runtime.js";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { startCluster, startProxy, startSentinel, type TestRedis } from "../../src/testing/index.js";
import {
  failure,
  family,
  hasOwnServers,
  noop,
  ownRedis,
  reader,
  recordEvents,
  storeOf,
  until,
  writes,
} from "./support.js";

const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

const quick = family({ deadline: 150 });
/** Short, so that a test need not wait; nothing here depends on how short. */
const bounds: RuntimeOptions = { breaker: { failures: 3, coolDown: 100 } };
const isBreakerEvent = (event: KeywrightEvent): event is BreakerEvent => event.type.startsWith("breaker-");

function primaryPort(cluster: { readonly slots: readonly unknown[] }, key: string): number {
  return (cluster.slots[keySlot(key)] as { readonly master: { readonly port: number } }).master.port;
}

const incr = (store: Store, of = quick) => store.executor.run(writes(["INCR", "thing:n"], of));
const codeOf = async (call: Promise<unknown>) => (await failure<KeywrightError>(call)).code;
const stateOf = (store: Store) => store.breakers()[0]?.state;

async function single(
  options = bounds,
  socket = {},
): Promise<{ redis: TestRedis; client: RedisClientType; store: Store }> {
  const redis = await ownRedis();
  after.push(() => redis.stop());
  const client = createClient({ url: redis.url, socket }).on("error", noop) as RedisClientType;
  await client.connect();
  after.push(() => client.destroy());
  return { redis, client, store: storeOf(client, options) };
}

describe.skipIf(!hasOwnServers)("the breaker of a node", () => {
  test("L4 opens after 3 failures in a row, lets nothing through, and closes when a PING is answered", async () => {
    const { redis, client, store } = await single();
    expect(await incr(store)).toBe(1);
    const { events, stop } = recordEvents();
    redis.pause();
    for (let i = 0; i < 3; i++) expect(await codeOf(incr(store))).toBe("deadline");
    expect(store.breakers()).toMatchObject([{ node: "client", failures: 3, lastFailure: "deadline", inFlight: 3 }]);

    const refused = await Promise.all([
      failure<UnavailableError>(incr(store)),
      failure<UnavailableError>(store.reads.get(reader(quick), "get", "thing:n")),
      failure<UnavailableError>(store.executor.transaction([writes(["INCR", "thing:n"], quick)])),
    ]);
    for (const error of refused) {
      expect(error).toMatchObject({ name: "UnavailableError", code: "unavailable", mayHaveBeenApplied: false });
      expect(error.message).toMatch(
        /the breaker of the node client of the store default is open, since [\d,]+ ms, after 3 failures in a row; the last was no answer by a deadline/,
      );
      expect(error.fix).toContain("PING");
    }
    await until(() => stateOf(store) === "half-open");
    expect(await codeOf(incr(store))).toBe("unavailable");
    // One PING at a time, however long it takes: a second cool-down passes.
    await new Promise((done) => setTimeout(done, 300));
    expect(stateOf(store)).toBe("half-open");

    redis.resume();
    await until(() => stateOf(store) === "closed");
    // The three that were late were applied, those that were refused were not.
    expect(await incr(store, family())).toBe(5);
    stop();
    expect(store.breakers()).toMatchObject([{ state: "closed", failures: 0, inFlight: 0, openFor: 0 }]);
    const stats = await client.info("commandstats");
    expect(stats).toMatch(/cmdstat_ping:calls=1,/);
    expect(stats).not.toContain("cmdstat_get");
    expect(events.filter(isBreakerEvent)).toEqual([
      { type: "breaker-opened", store: "default", node: "client", code: "deadline" },
      { type: "breaker-half-open", store: "default", node: "client", code: "deadline" },
      { type: "breaker-closed", store: "default", node: "client", code: "deadline" },
    ]);
  });

  test("L4 an answer begins the count anew, a refusal of the command too", async () => {
    const { redis, store } = await single();
    expect(await store.executor.run(writes(["SET", "thing:n", "1"]))).toBe("OK");
    for (let round = 0; round < 3; round++) {
      redis.pause();
      for (let i = 0; i < 2; i++) expect(await codeOf(incr(store))).toBe("deadline");
      expect(store.breakers()).toMatchObject([{ state: "closed", failures: 2 }]);
      redis.resume();
      if (round === 1) await failure(store.executor.run(writes(["RPUSH", "thing:n", "x"])));
      else await incr(store, family());
      expect(store.breakers()).toMatchObject([{ state: "closed", failures: 0 }]);
    }
  });

  test("a call that is slow alone, while others are answered, is no failure of the node", async () => {
    const redis = await ownRedis();
    after.push(() => redis.stop());
    const pool = createClientPool({ url: redis.url }, { minimum: 8, maximum: 8 }).on("error", noop);
    await pool.connect();
    after.push(() => pool.destroy());
    const store = storeOf(pool, bounds);
    await incr(store, family());
    const slow = Array.from({ length: 4 }, (_, i) =>
      codeOf(store.executor.run(writes(["BLPOP", `thing:none${i}`, "2"], quick))),
    );
    const well = (async () => {
      for (let i = 0; i < 60; i++) {
        await incr(store, family());
        await new Promise((done) => setTimeout(done, 5));
      }
    })();
    expect(await Promise.all(slow)).toEqual(Array(4).fill("deadline"));
    await well;
    expect(store.breakers()).toMatchObject([{ state: "closed", failures: 0 }]);
  });

  test("deadlines shorter than the way there and back do not shut the node for others; a silence of theirs does", async () => {
    const redis = await ownRedis();
    after.push(() => redis.stop());
    const proxy = await startProxy({ target: redis });
    after.push(() => proxy.stop());
    const client = createClient({ url: proxy.url }).on("error", noop) as RedisClientType;
    await client.connect();
    after.push(() => client.destroy());
    const store = storeOf(client, { breaker: { failures: 8, coolDown: "60s" } });
    const hasty = family({ deadline: 5 });
    proxy.delay(30);
    for (let i = 0; i < 20; i++) expect(await codeOf(incr(store, hasty))).toBe("deadline");
    for (let i = 0; i < 20; i++)
      expect(await codeOf(store.reads.get(reader(hasty), "get", "thing:1"))).toBe("deadline");
    expect(stateOf(store)).toBe("closed");
    proxy.blackhole(true);
    await until(async () => {
      await codeOf(incr(store, hasty));
      return stateOf(store) === "open";
    });
  });

  test("a silence is over when the probe is answered: it does not count against calls after it", async () => {
    const settings = { breaker: { failures: 1, coolDown: 1, maxCoolDown: 1 }, maxInFlight: 1 };
    const node = new RedisNode("default", "client", settings, () => Promise.resolve("PONG"));
    node.silent(node.answers, 500);
    expect(node.breaker.state).toBe("open");
    await until(() => node.breaker.state === "closed");
    node.silent(node.answers, 5);
    expect(node.breaker.state).toBe("closed");
  });

  test("a connection that ends is one failure, however many calls it held", async () => {
    const redis = await ownRedis();
    after.push(() => redis.stop());
    const proxy = await startProxy({ target: redis });
    after.push(() => proxy.stop());
    const client = createClient({ url: proxy.url, socket: { reconnectStrategy: 20 } }).on("error", noop);
    await client.connect();
    after.push(() => client.destroy());
    const store = storeOf(client as never, bounds);
    await incr(store);
    proxy.delay(200);
    const calls = Array.from({ length: 50 }, () => codeOf(incr(store, family())));
    setTimeout(() => proxy.cut(), 50);
    expect(await Promise.all(calls)).toEqual(Array(50).fill("connection-lost"));
    expect(store.breakers()).toMatchObject([
      { state: "closed", failures: 1, lastFailure: "connection-lost", inFlight: 0 },
    ]);
    proxy.delay(0);
    await until(async () => typeof (await incr(store, family()).catch(noop)) === "number");
  });

  test("a node that says that it cannot serve opens it, and it closes when the node serves", async () => {
    const { client, store } = await single();
    await client.configSet("replica-serve-stale-data", "no");
    // Nobody listens there, so that the link to the primary is down.
    await client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
    for (let i = 0; i < 3; i++) {
      const read = store.reads.get(reader(quick), "get", "thing:n");
      expect(await failure(read)).toMatchObject({ code: "refused", reply: "MASTERDOWN" });
    }
    expect(await failure(incr(store))).toMatchObject({ code: "unavailable" });
    expect(store.breakers()).toMatchObject([{ lastFailure: "refused" }]);
    await client.sendCommand(["REPLICAOF", "NO", "ONE"]);
    await until(async () => (await incr(store).catch(noop)) === 1);
    expect(stateOf(store)).toBe("closed");
  });

  test("L4 its cool-down doubles where it opens again and again, up to its bound", async () => {
    const { redis, store } = await single({ breaker: { failures: 1, coolDown: 100, maxCoolDown: 10_000 } });
    const { events, stop } = recordEvents();
    const openFor: number[] = [];
    for (let round = 0; round < 3; round++) {
      redis.pause();
      expect(await codeOf(incr(store))).toBe("deadline");
      const opened = performance.now();
      await until(() => stateOf(store) === "half-open");
      openFor.push(performance.now() - opened);
      redis.resume();
      await until(() => stateOf(store) === "closed");
    }
    stop();
    expect(events.filter(({ type }) => type === "breaker-opened")).toHaveLength(3);
    // A timer is never early: 100, 200 and 400 ms at least.
    for (const [round, ms] of openFor.entries()) expect(ms).toBeGreaterThan(100 * 2 ** round - 20);
  });

  test("a single client that is silent under steady load is broken by its socketTimeout, and comes back", async () => {
    const redis = await ownRedis();
    after.push(() => redis.stop());
    const proxy = await startProxy({ target: redis });
    after.push(() => proxy.stop());
    const socket = { socketTimeout: 600, connectTimeout: 600, reconnectStrategy: 50 };
    const client = createClient({ url: proxy.url, socket }).on("error", noop);
    let broken = 0;
    client.on("reconnecting", () => {
      broken += 1;
    });
    await client.connect();
    after.push(() => client.destroy());
    const store = storeOf(client as never, bounds);
    expect(await incr(store)).toBe(1);
    const outcomes = new Set<unknown>();
    const load = setInterval(() => {
      incr(store).then(
        () => outcomes.add("ok"),
        (error: KeywrightError) => outcomes.add(error.code),
      );
    }, 20);
    after.push(() => clearInterval(load));
    proxy.blackhole(true);
    await until(() => broken > 0);
    expect(outcomes).toContain("deadline");
    proxy.blackhole(false);
    outcomes.clear();
    await until(() => outcomes.has("ok"));
    await until(() => stateOf(store) === "closed");
  });

  test("without a breaker every call is sent", async () => {
    const { redis, store } = await single({ breaker: false });
    redis.pause();
    for (let i = 0; i < 5; i++) expect(await codeOf(incr(store))).toBe("deadline");
    redis.resume();
    expect(await incr(store, family())).toBe(6);
  });

  test.each([
    [{ breaker: { failures: 0 } }, "breaker.failures"],
    [{ breaker: { coolDown: "soon" } }, "breaker.coolDown"],
    [{ breaker: { coolDown: "2s", maxCoolDown: "1s" } }, "breaker.maxCoolDown"],
    [{ breaker: true }, "breaker"],
    [{ maxInFlight: 0 }, "maxInFlight"],
  ])("%j is refused", (options, operation) => {
    const client = createClient();
    expect(() => storeOf(client as never, options as never)).toThrow(
      expect.objectContaining({ code: "misuse", family: "createRepositories", operation }),
    );
  });
});

describe.skipIf(!hasOwnServers)("the breakers of the topologies", () => {
  test("a pool", async () => {
    const redis = await ownRedis();
    after.push(() => redis.stop());
    const pool = createClientPool({ url: redis.url }, { minimum: 2, maximum: 4 }).on("error", noop);
    await pool.connect();
    after.push(() => pool.destroy());
    const store = storeOf(pool, bounds);
    expect(await incr(store)).toBe(1);
    redis.pause();
    await Promise.all(Array.from({ length: 10 }, () => failure(incr(store))));
    expect(store.breakers()).toMatchObject([{ node: "pool", state: "open", lastFailure: "deadline" }]);
    expect(await codeOf(incr(store))).toBe("unavailable");
    redis.resume();
    await until(() => stateOf(store) === "closed");
    await incr(store, family());
  });

  test("a Cluster: the breaker of the primary that hangs is open, and no other", async () => {
    // No failover: the same primary comes back.
    const servers = await startCluster({ replicas: 0, nodeTimeout: 60_000 });
    after.push(() => servers.stop());
    const cluster = createCluster({ rootNodes: servers.rootNodes }).on("error", noop);
    await cluster.connect();
    after.push(() => cluster.destroy());
    const store = storeOf(cluster, bounds);
    const keys = Array.from({ length: 60 }, (_, i) => `thing:${i}`);
    const call = (key: string, of = quick) => store.executor.run(writes(["INCR", key], of));
    await Promise.all(keys.map((key) => call(key, family())));
    expect(store.breakers().map(({ state }) => state)).toEqual(["closed", "closed", "closed"]);

    const hung = servers.nodes[0]!;
    const address = `127.0.0.1:${hung.port}`;
    const isLost = (key: string) => primaryPort(cluster, key) === hung.port;
    const [lost, kept] = [keys.filter(isLost), keys.filter((key) => !isLost(key))];
    expect(lost.length).toBeGreaterThan(3);
    hung.pause();
    await Promise.all(lost.map((key) => failure(call(key))));
    expect(Object.fromEntries(store.breakers().map(({ node, state }) => [node, state === "closed"]))).toMatchObject({
      [address]: false,
    });
    for (let round = 0; round < 5; round++) {
      // None of the others waits, fails, or is refused, while those of the lost slots are refused at once.
      const [well, refused] = await Promise.all([
        Promise.all(kept.map((key) => call(key, family()))),
        Promise.all(lost.map((key) => codeOf(call(key)))),
      ]);
      expect(well).toEqual(Array(kept.length).fill(2 + round));
      expect(new Set(refused)).toEqual(new Set(["unavailable"]));
    }
    expect(
      store
        .breakers()
        .filter(({ state }) => state !== "closed")
        .map(({ node }) => node),
    ).toEqual([address]);
    hung.resume();
    await until(() => store.breakers().every(({ state }) => state === "closed"));
    await Promise.all(lost.map((key) => call(key, family())));
  }, 40_000);

  test("a Cluster whose primary hangs: calls go on with the new primary, whose breaker is another", async () => {
    const servers = await startCluster({ nodeTimeout: 1000 });
    after.push(() => servers.stop());
    const socket = { connectTimeout: 500, reconnectStrategy: 100 };
    const cluster = createCluster({ rootNodes: servers.rootNodes, defaults: { socket } }).on("error", noop);
    await cluster.connect();
    after.push(() => cluster.destroy());
    const store = storeOf(cluster, bounds);
    const hung = servers.nodes[0]!;
    const key = Array.from({ length: 100 }, (_, i) => `thing:${i}`).find(
      (each) => primaryPort(cluster, each) === hung.port,
    ) as string;
    const call = (of = quick) => store.executor.run(writes(["INCR", key], of));
    const { events, stop } = recordEvents();
    after.push(stop);
    await call(family());
    await cluster.sendCommand(key, false, ["WAIT", "1", "2000"]);
    hung.pause();
    // Without a socketTimeout, its connection stays as it is: the port looks for a new primary since the breaker is open.
    await until(async () => typeof (await call().catch(noop)) === "number", 20_000);
    const node = `127.0.0.1:${hung.port}`;
    expect(store.breakers().map((each) => each.node)).not.toContain(node);
    hung.resume();
    // Nothing goes there any more; so the breaker itself finds that it is over, and who counts open ones has none left.
    const ofHung = () => events.filter((event) => isBreakerEvent(event) && event.node === node).at(-1);
    await until(() => ofHung()?.type === "breaker-closed");
  }, 40_000);

  test("a Sentinel whose primary hangs: the probe reaches the next one", async () => {
    const servers = await startSentinel({ downAfter: 800 });
    after.push(() => servers.stop());
    const socket = { socketTimeout: 1000, connectTimeout: 1000, reconnectStrategy: 100 };
    const sentinel = createSentinel({
      name: servers.name,
      sentinelRootNodes: servers.sentinelRootNodes,
      nodeClientOptions: { socket, pingInterval: 300 },
      sentinelClientOptions: { socket, pingInterval: 300 },
      scanInterval: 500,
    });
    sentinel.on("error", noop);
    await sentinel.connect();
    after.push(() => sentinel.destroy());
    const store = storeOf(sentinel, bounds);
    expect(await incr(store, family())).toBe(1);
    await sentinel.sendCommand(false, ["WAIT", "1", "2000"]);
    const { events, stop } = recordEvents();
    servers.nodes[0]!.pause();
    await Promise.all(Array.from({ length: 5 }, () => failure(incr(store))));
    expect(store.breakers()).toMatchObject([{ node: "primary", state: "open" }]);
    await until(async () => typeof (await incr(store).catch(noop)) === "number", 30_000);
    stop();
    expect(events.filter(isBreakerEvent).at(-1)).toMatchObject({ type: "breaker-closed", node: "primary" });
    servers.nodes[0]!.resume();
  }, 60_000);
});

describe.skipIf(!hasOwnServers)("replies that are outstanding", () => {
  test("above their bound a call is refused, and nothing sent; also those whose caller is gone are counted", async () => {
    const { redis, store } = await single({ breaker: false, maxInFlight: 5 });
    redis.pause();
    const waiting = Array.from({ length: 5 }, () => codeOf(incr(store)));
    const overloaded = {
      name: "OverloadedError",
      code: "overloaded",
      inFlight: 5,
      mayHaveBeenApplied: false,
      message: expect.stringContaining("5 replies of the node client of the store default are outstanding"),
    };
    expect(await failure(incr(store))).toMatchObject(overloaded);
    expect(await failure(store.reads.get(reader(), "get", "thing:n"))).toMatchObject(overloaded);
    expect(await failure(store.executor.transaction([writes(["INCR", "thing:n"])]))).toMatchObject(overloaded);
    expect(await Promise.all(waiting)).toEqual(Array(5).fill("deadline"));
    expect(await failure(incr(store))).toMatchObject(overloaded);
    redis.resume();
    await until(() => store.breakers()[0]?.inFlight === 0);
    expect(await incr(store, family())).toBe(6);
  });
});
