/** Run as a process of its own by closing.test.ts: uses repositories, closes everything, and must end by itself. */
import { createClient, createClientPool } from "redis";
import { closeClients, connectClients, recommendedClientOptions } from "../../src/index.js";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";

const [, , url = "", how = "", pid = ""] = process.argv;
/** So that no connection is broken beforehand, which would then owe no answer. */
const patient = { socketTimeout: "30s" } as const;
const ignore = (): void => undefined;
const client = createClient({ url, ...recommendedClientOptions("client", patient) }).on("error", ignore);
const pool = createClientPool({ url, ...recommendedClientOptions("pool", patient) }, { minimum: 3 }).on(
  "error",
  ignore,
);
const clients = await connectClients({ client, pool } as never, { within: "10s" });
const ofClient = createRepositories(client);
const ofPool = createRepositories(pool);
const key = { roomId: process.pid };
await ofClient.topic.set(key, { text: "Redis", since: new Date() });
console.log(`read ${(await ofPool.topic.get(key))?.text}`);
if (how === "hung") {
  process.kill(Number(pid), "SIGSTOP");
  // Enough to open the breakers, whose probes would go on.
  for (const redis of [ofClient, ofPool]) {
    await Promise.allSettled(
      Array.from({ length: 5 }, () => redis.topic.with({ deadline: 100 }).set(key, { text: "x", since: new Date() })),
    );
  }
}
await Promise.all([ofClient.close(), ofPool.close()]);
console.log(JSON.stringify(await closeClients(clients, { within: how === "hung" ? "300ms" : "10s" })));
