import { createClient, createCluster, createSentinel } from "redis";
import { afterEach, describe, expect, inject, test } from "vitest";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { recordCommands, startProxy, type TestProxy } from "../../src/testing/index.js";
import { topologies, uniquePrefix } from "../setup/topologies.js";
import { duration, family, hasOwnServers, noop, reader, storeOf, writes } from "./support.js";

// A round trip through the proxy takes twice as long.
const delay = 1000;
const oneRoundTrip = 2 * delay;
/** Two round trips would take longer, one after the other 200 times; a loaded machine has nearly one for its own work. */
const oneAndWork = 2 * oneRoundTrip - 5;
const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

async function through(url: string): Promise<TestProxy> {
  const { hostname, port } = new URL(url);
  const proxy = await startProxy({ target: { host: hostname, port: Number(port || 6379) } });
  after.push(() => proxy.stop());
  return proxy;
}

describe("what one tick asks for", () => {
  test("L6 200 reads of each tier, writes and transactions take one round trip, all together", async () => {
    const proxy = await through(inject("redis").url);
    const client = createClient({ url: proxy.url }).on("error", noop);
    await client.connect();
    after.push(() => client.destroy());
    const store = storeOf(client as never);
    const prefix = uniquePrefix();
    const ids = Array.from({ length: 200 }, (_, i) => `${prefix}${i}`);
    await Promise.all(ids.map((id) => store.executor.run(writes(["SET", id, id, "PX", "20000"]))));
    proxy.delay(delay);
    const all = (run: (id: string) => Promise<unknown>) => duration(Promise.all(ids.map(run)));
    const times = await Promise.all([
      all((id) => store.reads.get(reader(), "get", id)),
      all((id) => store.reads.get(reader(family({ tier: "R0" })), "get", id)),
      all((id) => store.executor.run(writes(["SET", id, id, "PX", "20000"]))),
      all((id) => store.executor.transaction([writes(["SET", id, id, "PX", "20000"])])),
    ]);
    for (const took of times) {
      expect(took).toBeGreaterThanOrEqual(oneRoundTrip - 5);
      expect(took).toBeLessThan(oneAndWork);
    }
  });

  test.skipIf(!hasOwnServers)("L6 on a Cluster, all slots at the same time", async () => {
    const { primaries } = inject("cluster")!;
    const proxies = new Map(
      await Promise.all(primaries.map(async (url) => [new URL(url).host, await through(url)] as const)),
    );
    const cluster = createCluster({
      rootNodes: primaries.map((url) => ({ url })),
      nodeAddressMap: (address) => {
        const proxy = proxies.get(address);
        return proxy && { host: proxy.host, port: proxy.port };
      },
    }).on("error", noop);
    await cluster.connect();
    after.push(() => cluster.destroy());
    const store = storeOf(cluster as never);
    const prefix = uniquePrefix();
    const ids = Array.from({ length: 200 }, (_, i) => `${prefix}${i}`);
    expect(new Set(ids.map(keySlot)).size).toBeGreaterThan(100);
    await Promise.all(ids.map((id) => store.executor.run(writes(["SET", id, id, "PX", "20000"]))));
    for (const proxy of proxies.values()) proxy.delay(delay);
    const took = await duration(Promise.all(ids.map((id) => store.reads.get(reader(), "get", id))));
    expect(took).toBeGreaterThanOrEqual(oneRoundTrip - 5);
    expect(took).toBeLessThan(oneAndWork);
  });

  test.skipIf(!hasOwnServers)(
    "L6 on a Sentinel, though its client lends its connection to one after the other",
    async () => {
      const { name, sentinelRootNodes, primary } = inject("sentinel")!;
      const proxy = await through(primary);
      const sentinel = createSentinel({
        name,
        sentinelRootNodes,
        nodeAddressMap: (address) =>
          address === new URL(primary).host ? { host: proxy.host, port: proxy.port } : undefined,
      }).on("error", noop);
      await sentinel.connect();
      after.push(() => sentinel.destroy());
      const store = storeOf(sentinel);
      const prefix = uniquePrefix();
      const ids = Array.from({ length: 200 }, (_, i) => `${prefix}${i}`);
      proxy.delay(delay);
      const took = await duration(
        Promise.all(ids.map((id) => store.executor.run(writes(["SET", id, id, "PX", "20000"])))),
      );
      expect(took).toBeLessThan(oneAndWork);
    },
  );

  test("L6 reads leave as MGETs of at most 64, with one EXISTS for what was not found", async () => {
    const { client, close } = await topologies[0]!.connect();
    const store = storeOf(client);
    const prefix = uniquePrefix();
    const record = await recordCommands(inject("redis").url, { from: client as never });
    await store.executor.run(writes(["SET", `${prefix}0`, "v", "PX", "5000"]));
    await Promise.all(Array.from({ length: 130 }, (_, i) => store.reads.get(reader(), "get", `${prefix}${i}`)));
    await store.reads.get(reader(), "get", `${prefix}alone`);
    await record.waitUntilQuiet();
    const sent = record.commands().map(([name, ...keys]) => `${name} ${keys.length}`);
    await record.stop();
    expect(sent).toEqual(["SET 4", "MGET 64", "MGET 64", "MGET 2", "EXISTS 63", "EXISTS 64", "EXISTS 2", "GET 1"]);
    await close();
  });

  test("a key of another type errs alone, and decoding errs alone", async () => {
    const { client, send, close } = await topologies[0]!.connect();
    const store = storeOf(client);
    const prefix = uniquePrefix();
    await send(["RPUSH", `${prefix}list`, "x"]);
    await send(["SET", `${prefix}text`, "text", "PX", "5000"]);
    const picky = {
      family: family({ name: "picky" }),
      read: () => {
        throw new TypeError("unreadable");
      },
    };
    const [list, text, none, bad] = await Promise.allSettled([
      store.reads.get(reader(), "get", `${prefix}list`),
      store.reads.get(reader(), "get", `${prefix}text`),
      store.reads.get(reader(), "get", `${prefix}none`),
      store.reads.get(picky, "get", `${prefix}text`),
    ]);
    await send(["DEL", `${prefix}list`]);
    expect(list).toMatchObject({ status: "rejected", reason: { code: "wrong-type" } });
    expect(text).toEqual({ status: "fulfilled", value: "text" });
    expect(none).toEqual({ status: "fulfilled", value: null });
    expect(bad.status).toBe("rejected");
    await close();
  });

  test("families with other deadlines do not share one, and R0 is never batched", async () => {
    const { client, close } = await topologies[0]!.connect();
    const store = storeOf(client);
    const prefix = uniquePrefix();
    const record = await recordCommands(inject("redis").url, { from: client as never });
    const two = (of: ReturnType<typeof family>) =>
      [1, 2].map((i) => store.reads.get(reader(of), "get", `${prefix}${i}`));
    await Promise.all([
      ...two(family({ deadline: 900 })),
      ...two(family({ deadline: 800 })),
      ...two(family({ tier: "R0" })),
    ]);
    await record.waitUntilQuiet();
    const sent = record.commands().map(([name]) => name);
    await record.stop();
    expect(sent.filter((name) => name !== "EXISTS").sort()).toEqual(["GET", "GET", "MGET", "MGET"]);
    await close();
  });
});
