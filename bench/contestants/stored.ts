import assert from "node:assert/strict";
import type { RedisClientType } from "redis";

/** The text of a key, which must have a TTL. */
export async function storedWithTtl(client: RedisClientType, key: string): Promise<string | null> {
  assert.ok((await client.pTTL(key)) > 0, "the key was written without a TTL");
  return client.get(key);
}
