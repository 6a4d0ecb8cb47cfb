import { createCluster, type RedisClusterType } from "redis";
import { createCluster as createCluster5 } from "redis5";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RefusedError } from "../../src/runtime/errors.js";
import type { Store } from "../../src/runtime/runtime.js";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { type ClusterNode, startCluster, type TestCluster } from "../../src/testing/index.js";
import { connectTo, type SetupClient } from "../../src/testing/setup-client.js";
import { countBoth, countOne } from "./scripts-for-tests.js";
import {
  failure,
  family,
  hasOwnServers,
  noop,
  reader,
  reads,
  recordEvents,
  runs,
  storeOf,
  until,
  writes,
} from "./support.js";

// A Cluster of its own: slots are moved about.
describe.skipIf(!hasOwnServers)("slots on the move", () => {
  let servers: TestCluster;
  let nodes: { readonly node: ClusterNode; readonly id: string; readonly to: SetupClient }[];

  beforeAll(async () => {
    servers = await startCluster({ replicas: 0 });
    nodes = await Promise.all(
      servers.nodes.map(async (node) => {
        const to = await connectTo(node.port, 5000);
        return { node, to, id: String(await to.call("CLUSTER", "MYID")) };
      }),
    );
  });
  afterAll(async () => {
    for (const { to } of nodes ?? []) to.close();
    await servers?.stop();
  });

  /** Opens a slot for its way from its owner to another primary. */
  async function open(slot: number) {
    const slots = (await nodes[0]!.to.call("CLUSTER", "SLOTS")) as [number, number, [string, number, string]][];
    const owner = slots.find(([from, to]) => from <= slot && slot <= to)![2][2];
    const source = nodes.find(({ id }) => id === owner)!;
    const target = nodes.find(({ id }) => id !== owner)!;
    await target.to.call("CLUSTER", "SETSLOT", String(slot), "IMPORTING", source.id);
    await source.to.call("CLUSTER", "SETSLOT", String(slot), "MIGRATING", target.id);
    return {
      async move(...keys: string[]) {
        const { host, port } = target.node;
        await source.to.call("MIGRATE", host, String(port), "", "0", "5000", "KEYS", ...keys);
      },
      async settle() {
        for (const { to } of [target, source, ...nodes])
          await to.call("CLUSTER", "SETSLOT", String(slot), "NODE", target.id);
      },
    };
  }

  const versions = [
    ["redis 6", createCluster],
    ["redis 5", createCluster5 as unknown as typeof createCluster],
  ] as const;

  describe.each(versions)("%s", (version, create) => {
    let cluster: RedisClusterType;
    let store: Store;
    let tags = 0;
    const tagged = () => {
      tags += 1;
      const tag = `{${version}-${tags}}`;
      return { a: `thing:${tag}:a`, b: `thing:${tag}:b`, slot: keySlot(tag) };
    };

    beforeAll(async () => {
      cluster = create({ rootNodes: servers.rootNodes }) as RedisClusterType;
      await cluster.on("error", noop).connect();
      store = storeOf(cluster);
    });
    afterAll(() => cluster?.destroy());

    test("get, set, script and transaction follow a moved slot", async () => {
      const { a, b, slot } = tagged();
      await store.executor.run(writes(["SET", a, "1"]));
      const moving = await open(slot);
      await moving.move(a);
      await moving.settle();
      expect(await store.reads.get(reader(), "get", a)).toBe("1");

      const second = tagged();
      const again = await open(second.slot);
      await again.settle();
      expect(await store.executor.run(writes(["SET", second.a, "1"]))).toBe("OK");

      const third = tagged();
      await (await open(third.slot)).settle();
      expect(await store.executor.run(runs(countBoth, [third.a, third.b]))).toEqual([1, 1]);

      const fourth = tagged();
      await (await open(fourth.slot)).settle();
      expect(await store.executor.transaction([writes(["INCR", fourth.a]), runs(countOne, [fourth.b], ["5"])])).toEqual(
        [1, 5],
      );
      // From now on the map is right: nothing is redirected, and all is where it was put.
      expect(await store.executor.transaction([reads(["GET", a]), writes(["INCR", b])])).toEqual(["1", 1]);
    });

    test("reads and writes follow a key that has gone ahead of its slot", async () => {
      const { a, b, slot } = tagged();
      await store.executor.run(writes(["SET", a, "gone"]));
      await store.executor.run(writes(["SET", b, "here"]));
      const moving = await open(slot);
      await moving.move(a);
      // One MGET, which TRYAGAIN refuses; each GET then finds its node.
      const { events, stop } = recordEvents();
      expect(await Promise.all([a, b].map((key) => store.reads.get(reader(), "get", key)))).toEqual(["gone", "here"]);
      stop();
      expect(events.map(({ type }) => type)).toEqual(["batch-split", "hit", "hit"]);
      expect(await store.executor.run(writes(["APPEND", a, "!"]))).toBe(5);
      expect(await store.executor.run(writes(["APPEND", b, "!"]))).toBe(5);
      // Of the moved key alone: the target runs it.
      expect(await store.executor.transaction([writes(["APPEND", a, "!"]), reads(["GET", a])])).toEqual([6, "gone!!"]);
      await moving.move(b);
      await moving.settle();
      expect(await store.reads.get(reader(), "get", b)).toBe("here!");
    });

    test("a script and a transaction of keys on two nodes wait until the slot has settled", async () => {
      const { a, b, slot } = tagged();
      await store.executor.run(writes(["SET", a, "1"]));
      await store.executor.run(writes(["SET", b, "1"]));
      const moving = await open(slot);
      await moving.move(a);
      const { events, stop } = recordEvents();
      const calls = Promise.all([
        store.executor.run(runs(countBoth, [a, b])),
        store.executor.transaction([writes(["INCRBY", a, "10"]), writes(["INCRBY", b, "10"])]),
      ]);
      await until(() => events.filter(({ type }) => type === "retry").length > 6);
      await moving.move(b);
      await moving.settle();
      await calls;
      stop();
      expect(events.some(({ type }) => type === "error")).toBe(false);
      expect(await store.executor.transaction([reads(["GET", a]), reads(["GET", b])])).toEqual(["12", "12"]);
    });

    test("and no longer than their deadline, with nothing applied", async () => {
      const { a, b, slot } = tagged();
      const quick = family({ deadline: 300 });
      await store.executor.run(writes(["SET", a, "1"]));
      await store.executor.run(writes(["SET", b, "1"]));
      const moving = await open(slot);
      await moving.move(a);
      const start = performance.now();
      const errors = await Promise.all([
        failure<RefusedError>(store.executor.run(runs(countBoth, [a, b], [], quick))),
        failure<RefusedError>(store.executor.transaction([writes(["INCR", a], quick), writes(["INCR", b], quick)])),
      ]);
      expect(performance.now() - start).toBeLessThan(1200);
      // Where the deadline met a request on its way, that one's outcome is open.
      for (const error of errors) expect(["refused", "deadline"]).toContain(error.code);
      for (const error of errors) expect(error.mayHaveBeenApplied).toBe(error.code === "deadline");
      await moving.move(b);
      await moving.settle();
      expect(await store.executor.transaction([reads(["GET", a]), reads(["GET", b])])).toEqual(["1", "1"]);
    });
  });
});
