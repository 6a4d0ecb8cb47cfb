import fc from "fast-check";
import { createClient } from "redis";
import { describe, expect, inject, it } from "vitest";
import { keySlot } from "../../../src/schema/patterns/index.js";
import { keyText } from "./arbitrary.js";

const node = inject("cluster")?.primaries[0];

// A server outside a Cluster refuses CLUSTER KEYSLOT, so REDIS_URL alone cannot show this; the global setup says so.
describe.skipIf(node === undefined)("A4 key slots against Redis", () => {
  it("A4 10 000 fuzzed keys are in the slot that CLUSTER KEYSLOT tells", { timeout: 60_000 }, async () => {
    const client = createClient({ url: node! });
    client.on("error", () => undefined);
    await client.connect();
    try {
      const keys = fc.sample(keyText, 10_000);
      const told = await Promise.all(keys.map((key) => client.sendCommand(["CLUSTER", "KEYSLOT", key])));
      for (const [i, key] of keys.entries()) expect([key, keySlot(key)]).toEqual([key, told[i]]);
    } finally {
      client.destroy();
    }
  });
});
