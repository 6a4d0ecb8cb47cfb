/**
 * The node-redis clients that the contestants use. Each process opens one, and one connection.
 *
 * @module
 */
import { createClient, type RedisClientType } from "redis";

/** Without its per-command timeout, which costs more than the command. A hung server then hangs the call. */
export async function untimed(url: string): Promise<RedisClientType> {
  return connected(createClient({ url, commandOptions: { timeout: undefined as never } }));
}

/** As `createClient` gives it: every command under a timeout of 5 s. */
export async function onDefaults(url: string): Promise<RedisClientType> {
  return connected(createClient({ url }));
}

async function connected(client: unknown): Promise<RedisClientType> {
  const untyped = client as RedisClientType;
  untyped.on("error", (error) => {
    throw error;
  });
  await untyped.connect();
  return untyped;
}
