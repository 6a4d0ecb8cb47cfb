/** Runs all steps on a Cluster of their own, and closes everything. */
import { startCluster } from "keywright/testing";
import { Measuring } from "../../shared/measuring.js";
import { milliseconds, result } from "../../shared/printing.js";
import { serverInWords } from "../../shared/server-in-words.js";
import { browserSessions } from "./browser-sessions.js";
import { keys } from "./keys.js";
import { verification } from "./verification.js";
import { clientFor, primariesOf, servicesOn } from "./world.js";

export async function scenario(): Promise<void> {
  const began = performance.now();
  const redis = await serverInWords();
  const cluster = await startCluster({ primaries: 3, replicas: 0 });
  try {
    const ports = cluster.nodes.map(({ port }) => port).join(", ");
    const ms = milliseconds(performance.now() - began);
    result(`${redis} runs as a Cluster of 3 primaries on the ports ${ports} (${ms})`);
    const client = clientFor(cluster.rootNodes);
    await client.connect();
    const measuring = await Measuring.start(await primariesOf(client));
    try {
      const world = { client, measuring, services: servicesOn(client) };
      await verification(world);
      const secrets = await browserSessions(world);
      await keys(world, secrets);
    } finally {
      await measuring.stop();
      await client.close();
    }
  } finally {
    await cluster.stop();
  }
}
