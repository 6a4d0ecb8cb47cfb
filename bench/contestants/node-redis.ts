/**
 * GET and SET by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { RedisClientType } from "redis";
import type { Trial } from "../contestant.js";
import { keyOf, TTL_MS, texts, tokens } from "../record.js";
import { storedWithTtl } from "./stored.js";

/** Stores every record, as the contestant expects to find it. */
export async function seed(client: RedisClientType, prefix: string, stored: readonly string[]): Promise<void> {
  await Promise.all(tokens.map((token, i) => client.set(keyOf(prefix, token), stored[i] as string, { PX: TTL_MS })));
}

/** `client.get`: the text, as it is. */
export async function rawGet(client: RedisClientType, prefix: string): Promise<Trial> {
  await seed(client, prefix, texts);
  return {
    operate: (i) => client.get(keyOf(prefix, tokens[i] as string)),
    check: (i, answer) => assert.equal(answer, texts[i]),
    close: () => client.destroy(),
  };
}

/** `client.set` of a text that is there already. */
export async function rawSet(client: RedisClientType, prefix: string): Promise<Trial> {
  return {
    operate: (i) => client.set(keyOf(prefix, tokens[i] as string), texts[i] as string, { PX: TTL_MS }),
    check: async (i, answer) => {
      assert.equal(answer, "OK");
      assert.equal(await storedWithTtl(client, keyOf(prefix, tokens[i] as string)), texts[i]);
    },
    close: () => client.destroy(),
  };
}
