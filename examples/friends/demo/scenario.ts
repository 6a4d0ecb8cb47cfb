/** Runs all steps on a Redis of their own, and closes everything. */
import { type RedisSource, type ResolvedRedis, resolveRedis, startRedis } from "keywright/testing";
import { accidents } from "./accidents.js";
import { chat } from "./chat.js";
import { events } from "./events.js";
import { flags } from "./flags.js";
import { entriesOf, inventory, readManifest, takeInventory } from "./inventory.js";
import { Measuring } from "./measuring.js";
import { outage } from "./outage.js";
import { presence } from "./presence.js";
import { milliseconds, result } from "./printing.js";
import { Database } from "./services/database.js";
import { signIn } from "./sign-in.js";
import { signOut } from "./sign-out.js";
import { clientFor, servicesOn } from "./world.js";

const sources: Readonly<Record<RedisSource, string>> = {
  environment: "named by the environment",
  path: "found on PATH",
  cache: "from the cache",
  "debian packages": "from Debian's packages",
  "source build": "built from source",
};

export async function scenario(): Promise<void> {
  // The demo stops its server for a moment and counts all of its keys, so it wants one of its own.
  delete process.env.REDIS_URL;
  process.env.KEYWRIGHT_QUIET = "1";
  const began = performance.now();
  const redis = await resolveRedis();
  const server = await startRedis();
  try {
    result(`${nameOf(redis)} runs on ${server.host}:${server.port} (${milliseconds(performance.now() - began)})`);
    const client = clientFor(server.url);
    await client.connect();
    const measuring = await Measuring.start(server.url, client);
    try {
      const world = { server, measuring, services: servicesOn(client), database: new Database() };
      await signIn(world);
      await presence(world);
      await chat(world);
      await events(world);
      await flags(world);
      await signOut(world);
      await accidents(world);
      await outage(world);
      inventory(await takeInventory(client, entriesOf(await readManifest())));
    } finally {
      await measuring.stop();
      await client.close();
    }
  } finally {
    await server.stop();
  }
}

function nameOf(redis: ResolvedRedis): string {
  if (redis.kind === "url") return "Redis";
  return `${redis.flavour === "valkey" ? "Valkey" : "Redis"} ${redis.version}, ${sources[redis.source]},`;
}
