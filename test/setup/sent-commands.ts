import { recordCommands } from "keywright/testing";
import { inject } from "vitest";
import type { Topology } from "./topologies.js";

/**
 * The commands on keys of the prefix that clients sent while `act` ran, whatever server of the topology they went to.
 * Others use the servers too, so only keys of `prefix` are looked at.
 */
export async function sentCommands(topology: Topology, prefix: string, act: () => unknown): Promise<string[][]> {
  const records = await Promise.all(serversOf(topology).map((url) => recordCommands(url)));
  try {
    await act();
    await Promise.all(records.map((record) => record.waitUntilQuiet()));
    return records.flatMap((record) => record.commands()).filter((args) => args.some((arg) => arg.includes(prefix)));
  } finally {
    await Promise.all(records.map((record) => record.stop()));
  }
}

function serversOf({ isCluster, name }: Topology): readonly string[] {
  if (isCluster) return inject("cluster")?.primaries ?? [];
  if (name === "sentinel") return [inject("sentinel")?.primary].filter((url) => url !== undefined);
  return [inject("redis").url];
}
