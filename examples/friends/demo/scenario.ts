/** Runs all steps on a Redis of their own, and closes everything. */
import { startRedis } from "keywright/testing";
import { Measuring } from "../../shared/measuring.js";
import { milliseconds, result } from "../../shared/printing.js";
import { serverInWords } from "../../shared/server-in-words.js";
import { accidents } from "./accidents.js";
import { chat } from "./chat.js";
import { events } from "./events.js";
import { flags } from "./flags.js";
import { entriesOf, inventory, readManifest, takeInventory } from "./inventory.js";
import { outage } from "./outage.js";
import { presence } from "./presence.js";
import { Database } from "./services/database.js";
import { signIn } from "./sign-in.js";
import { signOut } from "./sign-out.js";
import { clientFor, servicesOn } from "./world.js";

export async function scenario(): Promise<void> {
  const began = performance.now();
  const redis = await serverInWords();
  const server = await startRedis();
  try {
    result(`${redis} runs on ${server.host}:${server.port} (${milliseconds(performance.now() - began)})`);
    const client = clientFor(server.url);
    await client.connect();
    const measuring = await Measuring.start([{ url: server.url, client }]);
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
