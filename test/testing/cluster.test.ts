import { setTimeout as sleep } from "node:timers/promises";
import { startCluster } from "keywright/testing";
import { createClient, createCluster } from "redis";
import { describe, expect, it, onTestFinished } from "vitest";
import { uniquePrefix } from "../setup/topologies.js";

async function nodeClient(port: number) {
  const client = createClient({ socket: { host: "127.0.0.1", port } }).on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}

describe("a Cluster", () => {
  it("is healthy on every node when it is handed over, and survives the loss of a primary", async () => {
    const cluster = await startCluster();
    onTestFinished(() => cluster.stop());
    expect(cluster.nodes.map(({ role }) => role)).toEqual([...Array(3).fill("primary"), ...Array(3).fill("replica")]);
    for (const { port, role } of cluster.nodes) {
      expect(port + 10_000).toBeLessThanOrEqual(65_535);
      const client = await nodeClient(port);
      const info = await client.clusterInfo();
      expect(info).toContain("cluster_state:ok");
      expect(info).toContain("cluster_slots_ok:16384");
      const slots = await client.clusterSlots();
      expect(slots.map(({ replicas }) => replicas.length)).toEqual([1, 1, 1]);
      if (role === "replica") expect(await client.info("replication")).toContain("master_link_status:up");
    }

    const client = createCluster({ rootNodes: cluster.rootNodes }).on("error", () => undefined);
    await client.connect();
    onTestFinished(() => client.destroy());
    const keys = Array.from({ length: 60 }, (_, index) => `${uniquePrefix()}${index}`);
    await Promise.all(keys.map((key) => client.set(key, "before", { PX: 60_000 })));

    await cluster.nodes[0]!.kill();
    const deadline = Date.now() + 12_000;
    const write = async (key: string) => {
      for (;;) {
        try {
          const reply = await Promise.race([client.set(key, "after", { PX: 60_000 }), sleep(1_000, "late")]);
          if (reply === "OK") return;
        } catch (error) {
          if (Date.now() > deadline) throw error;
        }
        if (Date.now() > deadline) throw new Error(`${key} cannot be written 12 s after the loss of a primary`);
        await sleep(100);
      }
    };
    await Promise.all(keys.map(write));
    expect(await client.get(keys[0]!)).toBe("after");
  });

  it("stands still node by node, and has no replicas where none are wanted", async () => {
    const cluster = await startCluster({ primaries: 2, replicas: 0, args: ["--maxmemory", "10mb"] });
    onTestFinished(() => cluster.stop());
    const [first] = cluster.nodes;
    const client = await nodeClient(first!.port);
    expect(await client.configGet("maxmemory")).toEqual({ maxmemory: "10485760" });
    expect((await client.clusterSlots()).map(({ from, to }) => [from, to])).toEqual([
      [0, 8191],
      [8192, 16_383],
    ]);
    first!.pause();
    const answer = client.ping();
    expect(await Promise.race([answer, sleep(200, "nothing")])).toBe("nothing");
    first!.resume();
    expect(await answer).toBe("PONG");
  });

  it("is refused with settings that make none", async () => {
    await expect(startCluster({ primaries: 0 })).rejects.toThrow("primaries is 0");
    await expect(startCluster({ replicas: -1 })).rejects.toThrow("replicas is -1");
    await expect(startCluster({ args: ["--no-such-setting", "1"] })).rejects.toThrow("Bad directive");
  });
});
