import { randomUUID } from "node:crypto";
import { createClient } from "redis";
import { inject } from "vitest";
import { parseMonitorLine } from "../../src/testing/record.js";
import type { Topology } from "./topologies.js";

/**
 * The commands on keys of the prefix that clients sent while `act` ran, whatever server of the topology they went to.
 *
 * Other tests use the servers at the same time, some with large values: of their lines none is parsed.
 */
export async function sentCommands(topology: Topology, prefix: string, act: () => unknown): Promise<string[][]> {
  const monitors = await Promise.all(serversOf(topology).map((url) => monitor(url, prefix)));
  try {
    await act();
    return (await Promise.all(monitors.map((each) => each.commands()))).flat();
  } finally {
    for (const each of monitors) each.stop();
  }
}

async function monitor(url: string, prefix: string) {
  const [listener, marker] = [createClient({ url }), createClient({ url })];
  for (const client of [listener, marker]) client.on("error", () => undefined);
  await Promise.all([listener.connect(), marker.connect()]);
  const end = `${prefix}${randomUUID()}`;
  const lines: string[] = [];
  let ended: () => void;
  const all = new Promise<void>((done) => {
    ended = done;
  });
  await listener.monitor((line) => {
    const text = String(line);
    if (text.includes(end)) ended();
    else if (text.includes(prefix)) lines.push(text);
  });
  return {
    /** Everything that the server has run up to now. */
    async commands(): Promise<string[][]> {
      await marker.sendCommand(["ECHO", end]);
      await all;
      return lines.flatMap((line) => {
        const command = parseMonitorLine(line);
        return command === undefined || command.viaLua ? [] : [command.args];
      });
    },
    stop() {
      listener.destroy();
      marker.destroy();
    },
  };
}

function serversOf({ isCluster, name }: Topology): readonly string[] {
  if (isCluster) return inject("cluster")?.primaries ?? [];
  if (name === "sentinel") return [inject("sentinel")?.primary].filter((url) => url !== undefined);
  return [inject("redis").url];
}
