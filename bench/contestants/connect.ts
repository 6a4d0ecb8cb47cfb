/**
 * The node-redis clients that the contestants use. Each process opens one, and one connection. All have the recommended
 * options, those of other libraries too: what bounds a failure costs everybody the same.
 *
 * @module
 */
import { createClient, type RedisClientType } from "redis";
import { recommendedClientOptions } from "../../src/clients/recommended-options.js";

/** Patient, so that the signs of life of processes that wait for their turn do not disturb the one that is measured. */
const recommended = recommendedClientOptions("client", { connectTimeout: "5s", socketTimeout: "60s" });

/** Without its per-command timeout, which costs more than the command. A hung server then hangs the call. */
export async function untimed(url: string): Promise<RedisClientType> {
  return connected(createClient({ ...recommended, url, commandOptions: { timeout: undefined as never } }));
}

/** With the timeout that `createClient` puts on every command, of 5 s. */
export async function onDefaults(url: string): Promise<RedisClientType> {
  return connected(createClient({ ...recommended, url }));
}

async function connected(client: unknown): Promise<RedisClientType> {
  const untyped = client as RedisClientType;
  untyped.on("error", (error) => {
    throw error;
  });
  await untyped.connect();
  return untyped;
}
