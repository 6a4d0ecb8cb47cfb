import { startSentinel } from "keywright/testing";
import { createClient, createSentinel } from "redis";
import { describe, expect, it, onTestFinished } from "vitest";
import { uniquePrefix } from "../setup/topologies.js";

describe("a Sentinel set", () => {
  it("knows itself when it is handed over, and promotes the replica of a lost primary", async () => {
    const started = await startSentinel({ masterName: "orders" });
    onTestFinished(() => started.stop());
    const [primary, replica] = started.nodes;
    expect(started.nodes.map(({ role }) => role)).toEqual(["primary", "replica", "sentinel", "sentinel", "sentinel"]);
    for (const { host, port } of started.sentinelRootNodes) {
      const sentinel = createClient({ RESP: 2, socket: { host, port } }).on("error", () => undefined);
      await sentinel.connect();
      expect(await sentinel.sendCommand(["SENTINEL", "CKQUORUM", "orders"])).toMatch(/^OK 3 usable Sentinels/);
      expect(await sentinel.sendCommand(["SENTINEL", "REPLICAS", "orders"])).toHaveLength(1);
      sentinel.destroy();
    }

    const { name, sentinelRootNodes } = started;
    const client = createSentinel({ name, sentinelRootNodes, scanInterval: 500 }).on("error", () => undefined);
    await client.connect();
    onTestFinished(() => client.destroy());
    const key = `${uniquePrefix()}a`;
    await client.set(key, "before", { PX: 60_000 });
    await primary!.kill();
    const survivor = createClient({ url: replica!.url }).on("error", () => undefined);
    await survivor.connect();
    onTestFinished(() => survivor.destroy());
    await expect
      .poll(async () => (await survivor.info("replication")).includes("role:master"), {
        timeout: 12_000,
        interval: 100,
      })
      .toBe(true);
    expect(await client.set(key, "after", { PX: 60_000 })).toBe("OK");
    expect(await survivor.get(key)).toBe("after");
  });

  it("is refused with settings that make none", async () => {
    await expect(startSentinel({ replicas: 0 })).rejects.toThrow("replicas is 0");
    await expect(startSentinel({ sentinels: 0 })).rejects.toThrow("sentinels is 0");
  });
});
