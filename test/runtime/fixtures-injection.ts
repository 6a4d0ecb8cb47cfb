/** Run as a process of its own by injection.test.ts: uses the runtime, closes the client, and must end by itself. */
import { subscribe } from "node:diagnostics_channel";
import { createClient } from "redis";
import { recommendedClientOptions } from "../../src/clients/recommended-options.js";
import { command, commandThat } from "../../src/runtime/plan.js";
import { Runtime } from "../../src/runtime/runtime.js";

const [, , url = "", how = ""] = process.argv;
const family = {
  name: "thing",
  kind: "value",
  pattern: "thing:<id>",
  store: "default",
  tier: "R3",
  deadline: 60_000,
  retries: 0,
} as const;
const client = createClient(how === "unbounded" ? { url } : { url, ...recommendedClientOptions("client") });
if (how !== "no-listener") client.on("error", () => undefined);
await client.connect();
const store = new Runtime(client as never, ["default"]).store(family);
if (how === "throwing-subscriber") {
  process.on("uncaughtException", (error) => console.log(`uncaught: ${error.message}`));
  subscribe("keywright:event", () => {
    throw new Error("from the subscriber");
  });
}
const key = `thing:${process.pid}`;
const results: unknown[] = [];
results.push(
  await store.executor.run(command(family, "set", key, ["SET", key, "v", "PX", "1000"], String, commandThat.writes)),
);
const read = () => store.reads.get({ family, read: (raw) => raw }, "get", key);
results.push(...(await Promise.all([read(), read()])));
results.push(await store.executor.transaction([command(family, "del", key, ["DEL", key], String, commandThat.writes)]));
console.log(JSON.stringify(results));
await client.close();
console.log(`closed ${Date.now()}`);
