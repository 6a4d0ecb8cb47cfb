/**
 * Faults of a server's process and of its state.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { onNode, primariesOf } from "../servers.js";
import { everywhere, type Fault, onePrimary } from "./fault.js";

/** Stops a primary by SIGSTOP for so many milliseconds. */
function stoppedFor(ms: number): Fault["happen"] {
  return async (scene) => {
    const node = await onePrimary(scene);
    node.pause();
    await sleep(ms);
    node.resume();
  };
}

export const stop: Fault = {
  name: "sigstop",
  what: "A server is stopped by SIGSTOP: its connections stay open, and nothing answers for 2.5 s.",
  on: ["single", "pool"],
  loses: "nothing",
  happen: stoppedFor(2500),
};

export const pause: Fault = {
  name: "sigstop-short",
  what: "A primary is stopped for 1 s, too short for a failover.",
  on: ["cluster", "sentinel"],
  loses: "nothing",
  happen: stoppedFor(1000),
};

export const kill: Fault = {
  name: "sigkill",
  what: "The server is killed, is away for 1 s, and comes back empty, since it persists nothing.",
  on: ["single", "pool"],
  loses: "everything",
  async happen({ servers }) {
    for (const node of servers.nodes) {
      await node.kill();
      await sleep(1000);
      await node.restart?.();
    }
  },
};

export const fullMemory: Fault = {
  name: "full-memory",
  what: "For 2 s the primaries have no memory left and refuse what needs some (maxmemory, noeviction).",
  on: everywhere,
  loses: "nothing",
  async happen({ servers }) {
    const primaries = await primariesOf(servers);
    const limit = (bytes: string) =>
      Promise.all(
        primaries.map((node) =>
          onNode(node, async (client) => {
            await client.call("CONFIG", "SET", "maxmemory-policy", "noeviction");
            await client.call("CONFIG", "SET", "maxmemory", bytes);
          }),
        ),
      );
    await limit("1");
    await sleep(2000);
    await limit("0");
  },
};

export const readOnly: Fault = {
  name: "read-only",
  what: "The primary becomes a replica of a server that is not there: for 2 s it answers reads and refuses writes.",
  on: ["single", "pool"],
  loses: "nothing",
  async happen(scene) {
    const node = await onePrimary(scene);
    await onNode(node, async (client) => {
      await client.call("REPLICAOF", "127.0.0.1", "1");
      await sleep(2000);
      await client.call("REPLICAOF", "NO", "ONE");
    });
  },
};

export const masterDown: Fault = {
  name: "master-down",
  what: "As read-only, and it refuses reads as well (replica-serve-stale-data no).",
  on: ["single", "pool"],
  loses: "nothing",
  async happen(scene) {
    const node = await onePrimary(scene);
    await onNode(node, async (client) => {
      await client.call("CONFIG", "SET", "replica-serve-stale-data", "no");
      await client.call("REPLICAOF", "127.0.0.1", "1");
      await sleep(2000);
      await client.call("REPLICAOF", "NO", "ONE");
      await client.call("CONFIG", "SET", "replica-serve-stale-data", "yes");
    });
  },
};

export const scriptFlush: Fault = {
  name: "script-flush",
  what: "Every primary forgets its scripts again and again, for 2 s.",
  on: everywhere,
  loses: "nothing",
  async happen({ servers }) {
    const primaries = await primariesOf(servers);
    const end = performance.now() + 2000;
    const flush = (node: (typeof primaries)[number]) =>
      onNode(node, async (client) => {
        while (performance.now() < end) {
          await client.call("SCRIPT", "FLUSH", "SYNC");
          await sleep(3);
        }
      });
    await Promise.all(primaries.map(flush));
  },
};
