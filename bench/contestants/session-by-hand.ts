/**
 * Load and touch by hand, and what every contestant of the suite `session` is held against.
 *
 * @module
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { RedisClientType } from "redis";
import type { Trial } from "../contestant.js";
import { TTL_MS, texts, tokens } from "../record.js";
import { seed } from "./node-redis.js";

/** The key of every contestant's session. */
export const sessionKey = (prefix: string, token: string): string => `${prefix}session:${token}`;

/** What is left of the TTL before the operation: less than any that was touched has. */
const STALE_MS = TTL_MS / 2;

/** Shortens the seeded sessions' TTL, so that a touch which does nothing is seen. */
export async function makeStale(client: RedisClientType, prefix: string): Promise<void> {
  await Promise.all(tokens.map((token) => client.pExpire(sessionKey(prefix, token), STALE_MS)));
}

/** The session of record `i` has its whole TTL. A contestant that rounds it up to seconds may have one more. */
export async function checkSlid(client: RedisClientType, prefix: string, i: number): Promise<void> {
  const left = await client.pTTL(sessionKey(prefix, tokens[i] as string));
  assert.ok(left > STALE_MS && left <= TTL_MS + 1000, `the session was not touched: ${left} ms are left`);
}

/** A token as long as the seeded ones that no process uses twice. */
const ofThisProcess = randomBytes(10).toString("hex");
let drawn = 0;
export function newToken(): string {
  drawn += 1;
  return ofThisProcess + drawn.toString(16).padStart(12, "0");
}

/** The text as it is, and the TTL anew. */
export async function byHand(
  client: RedisClientType,
  prefix: string,
  send: (key: string) => Promise<string | null>,
): Promise<Trial> {
  await seed(client, prefix, texts);
  await makeStale(client, prefix);
  return {
    operate: (i) => send(sessionKey(prefix, tokens[i] as string)),
    async check(i, answer) {
      assert.equal(answer, texts[i]);
      await checkSlid(client, prefix, i);
    },
    close: () => client.destroy(),
  };
}
