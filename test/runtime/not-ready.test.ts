import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import {
  createClient as createClient5,
  createCluster as createCluster5,
  createClientPool as createPool5,
} from "redis5";
import { afterEach, describe, expect, inject, test } from "vitest";
import type { UnavailableError } from "../../src/runtime/errors.js";
import type { Store } from "../../src/runtime/runtime.js";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { findFreePort } from "../../src/testing/free-port.js";
import { startCluster, startProxy, startSentinel } from "../../src/testing/index.js";
import {
  duration,
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

/** Every way of a call is refused, at once, as never sent. */
async function expectRefusals(store: Store, id = "1"): Promise<void> {
  const one = family({ deadline: 4000 });
  const start = performance.now();
  const errors = await Promise.all([
    failure<UnavailableError>(store.executor.run(writes(["INCR", `thing:${id}`], one))),
    failure<UnavailableError>(store.reads.get(reader(one), "get", `thing:${id}`)),
    failure<UnavailableError>(store.executor.transaction([writes(["INCR", `thing:${id}`], one)])),
  ]);
  expect(performance.now() - start).toBeLessThan(1000);
  for (const error of errors) {
    expect(error).toMatchObject({ name: "UnavailableError", code: "unavailable", mayHaveBeenApplied: false });
  }
}

const kinds = [
  ["client", (port: number) => createClient({ socket: { port, reconnectStrategy: 50 } })],
  ["client of redis 5", (port: number) => createClient5({ socket: { port, reconnectStrategy: 50 } })],
  ["pool", (port: number) => createClientPool({ socket: { port, reconnectStrategy: 50 } })],
  ["pool of redis 5", (port: number) => createPool5({ socket: { port, reconnectStrategy: 50 } })],
] as const;

describe.skipIf(!hasOwnServers).each(kinds)("%s", (_, create) => {
  test("of a port where nobody listens: refused at once, and nothing runs when somebody does", async () => {
    const port = await findFreePort();
    const client = create(port);
    (client as { on(event: string, listener: () => void): unknown }).on("error", noop);
    const connected = client.connect();
    connected.catch(noop);
    after.push(() => client.destroy());
    const store = storeOf(client as never);
    const { events, stop } = recordEvents();
    await expectRefusals(store);
    stop();
    expect(events.map(({ type, code }) => [type, code])).toEqual(Array(3).fill(["error", "unavailable"]));

    const redis = await ownRedis({ port });
    after.push(() => redis.stop());
    await connected;
    expect(await store.executor.run(writes(["INCR", "thing:1"]))).toBe(1);
  });

  test("that was closed or whose server went away: refused at once", async () => {
    const redis = await ownRedis();
    after.push(() => redis.stop());
    const client = create(redis.port);
    (client as { on(event: string, listener: () => void): unknown }).on("error", noop);
    await client.connect();
    const store = storeOf(client as never);
    expect(await store.executor.run(writes(["INCR", "thing:1"]))).toBe(1);
    await redis.kill();
    await until(
      async () =>
        (await failure<UnavailableError>(store.executor.run(writes(["INCR", "thing:1"])))).code === "unavailable",
    );
    await expectRefusals(store);
    client.destroy();
    await expectRefusals(store);
  });
});

describe.skipIf(!hasOwnServers)("a connection that breaks under a call", () => {
  const clients = [
    ["client", (url: string) => createClient({ url })],
    ["client of redis 5", (url: string) => createClient5({ url })],
    // As many members as calls: one that waits for a member has not been sent.
    ["pool", (url: string) => createClientPool({ url }, { minimum: 3 })],
  ] as const;

  test.each(clients)("%s: the error says whether it may have been applied", async (_, create) => {
    const { hostname: host, port } = new URL(inject("redis").url);
    const proxy = await startProxy({ target: { host, port: Number(port || 6379) } });
    after.push(() => proxy.stop());
    const client = create(proxy.url);
    (client as { on(event: string, listener: () => void): unknown }).on("error", noop);
    await client.connect();
    after.push(() => client.destroy());
    const store = storeOf(client as never);
    const key = `thing:${Math.random()}`;
    expect(await store.executor.run(writes(["SET", key, "v", "PX", "60000"]))).toBe("OK");

    proxy.delay(100);
    const calls = [
      failure(store.executor.run(writes(["INCR", `${key}:n`]))),
      failure(store.reads.get(reader(), "get", key)),
      failure(store.executor.transaction([writes(["INCR", `${key}:n`])])),
    ];
    setTimeout(() => proxy.cut(), 50);
    const errors = await Promise.all(calls);
    for (const error of errors) expect(error).toMatchObject({ name: "ConnectionLostError", code: "connection-lost" });
    expect(errors.map((error) => (error as UnavailableError).mayHaveBeenApplied)).toEqual([true, false, true]);
    proxy.delay(0);
    await until(async () => (await store.reads.get(reader(), "get", key).catch(noop)) === "v");
  });
});

describe.skipIf(!hasOwnServers)("a Cluster", () => {
  test("one primary gone fails its slots only, and they come back with the new primary, for redis 6 and 5", async () => {
    const servers = await startCluster({ nodeTimeout: 1000 });
    after.push(() => servers.stop());
    const clusters = [createCluster, createCluster5 as unknown as typeof createCluster].map((create) =>
      create({ rootNodes: servers.rootNodes, defaults: { socket: { reconnectStrategy: 100 } } }).on("error", noop),
    );
    after.push(() => clusters.map((cluster) => cluster.destroy()));
    await Promise.all(clusters.map((cluster) => cluster.connect()));
    const quick = family({ deadline: 500 });
    const sides = clusters.map((cluster, side) => {
      const idOf = (first: boolean) => {
        for (let i = 0; ; i++) if (keySlot(`thing:${side}-${i}`) < 5461 === first) return `${side}-${i}`;
      };
      const [lost, kept] = [idOf(true), idOf(false)];
      const store = storeOf(cluster as never);
      const count = (id: string, of = quick) => store.executor.run(writes(["INCR", `thing:${id}`], of));
      return { cluster, store, lost, kept, count };
    });
    for (const { cluster, lost, count } of sides) {
      expect(await count(lost, family())).toBe(1);
      // Replicated before the primary goes.
      await cluster.sendCommand(`thing:${lost}`, false, ["WAIT", "1", "2000"]);
    }
    await servers.nodes[0]!.kill();
    await Promise.all(
      sides.map(async ({ store, lost, kept, count }) => {
        await until(async () => (await failure<UnavailableError>(count(lost))).code === "unavailable");
        await expectRefusals(store, lost);
        expect(await count(kept, family())).toBe(1);
        await until(async () => (await count(lost).catch(noop)) === 2, 20_000);
        expect(await store.reads.get(reader(), "get", `thing:${lost}`)).toBe("2");
      }),
    );
  }, 30_000);
});

describe.skipIf(!hasOwnServers)("a Sentinel", () => {
  test("a primary gone: in-flight calls fail once, later ones at once, and none is repeated on the next primary", async () => {
    const servers = await startSentinel({ downAfter: 800 });
    after.push(() => servers.stop());
    const sentinel = createSentinel({ name: servers.name, sentinelRootNodes: servers.sentinelRootNodes });
    sentinel.on("error", noop);
    await sentinel.connect();
    after.push(() => sentinel.destroy());
    const store = storeOf(sentinel);
    const quick = family({ deadline: 1000 });
    expect(await store.executor.run(writes(["SET", "thing:n", "0"]))).toBe("OK");
    await sentinel.sendCommand(false, ["WAIT", "1", "2000"]);

    const primary = servers.nodes[0]!;
    primary.pause();
    const inFlight = [
      failure<UnavailableError>(store.executor.run(writes(["INCR", "thing:n"]))),
      failure<UnavailableError>(store.executor.transaction([writes(["INCR", "thing:n"])])),
    ];
    await new Promise((done) => setTimeout(done, 50));
    await primary.kill();
    for (const error of await Promise.all(inFlight)) {
      expect(error).toMatchObject({ code: "connection-lost", mayHaveBeenApplied: true });
    }
    await expectRefusals(store, "n");
    expect(await duration(store.executor.run(writes(["INCR", "thing:m"], quick)))).toBeLessThan(200);
    let value: unknown;
    await until(async () => {
      value = await store.reads.get(reader(quick), "get", "thing:n").catch(noop);
      return value !== undefined;
    }, 20_000);
    expect(value).toBe("0");
  }, 30_000);
});
