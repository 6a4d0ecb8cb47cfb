/**
 * Another server takes over.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { onNode, primariesOf } from "../servers.js";
import { type Fault, onePrimary } from "./fault.js";

export const failover: Fault = {
  name: "failover",
  what: "A primary is killed for good; recovery is timed from that moment and holds the servers' own failover.",
  on: ["cluster", "sentinel"],
  // Replication is asynchronous.
  loses: "recent",
  spends: true,
  async happen(scene) {
    await (await onePrimary(scene)).kill();
  },
};

export const slotMigration: Fault = {
  name: "slot-migration",
  what: "Slots with keys move from one primary to another, key by key, for 4 s.",
  on: ["cluster"],
  loses: "nothing",
  async happen({ servers, draw }) {
    const [source, target] = (await primariesOf(servers)) as [
      (typeof servers.nodes)[number],
      (typeof servers.nodes)[number],
    ];
    await onNode(source, (from) =>
      onNode(target, async (to) => {
        const ids = { from: String(await from.call("CLUSTER", "MYID")), to: String(await to.call("CLUSTER", "MYID")) };
        const end = performance.now() + 4000;
        while (performance.now() < end) {
          const key = await from.call("RANDOMKEY");
          if (key === null) break;
          const slot = String(await from.call("CLUSTER", "KEYSLOT", String(key)));
          await to.call("CLUSTER", "SETSLOT", slot, "IMPORTING", ids.from);
          await from.call("CLUSTER", "SETSLOT", slot, "MIGRATING", ids.to);
          for (;;) {
            const keys = (await from.call("CLUSTER", "GETKEYSINSLOT", slot, "1")) as string[];
            if (keys.length === 0) break;
            await from.call("MIGRATE", "127.0.0.1", String(target.port), "", "0", "5000", "KEYS", ...keys);
            await sleep(draw.int(0, 60));
          }
          for (const side of [to, from]) await side.call("CLUSTER", "SETSLOT", slot, "NODE", ids.to);
        }
      }),
    );
  },
};
