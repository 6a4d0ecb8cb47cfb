/**
 * `set`: one record with its TTL.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { RedisClientType } from "redis";
import { SuperJSON } from "superjson";
import { onDefaults, untimed } from "../contestants/connect.js";
import { rawSet } from "../contestants/node-redis.js";
import { redisOmSessions } from "../contestants/redis-om-sessions.js";
import { sessionsAsJson, sessionsAsSuperjson } from "../contestants/sessions.js";
import { storedWithTtl } from "../contestants/stored.js";
import {
  keyOf,
  RECORDS,
  recordsWithDate,
  recordsWithText,
  recordWithDate,
  recordWithText,
  TTL_MS,
  texts,
  tokens,
} from "../record.js";
import type { Suite } from "../suite.js";

const keys = tokens.map((token) => ({ token }));

async function checkText(client: RedisClientType, prefix: string, i: number): Promise<void> {
  assert.equal(await storedWithTtl(client, keyOf(prefix, tokens[i] as string)), texts[i]);
}

async function checkSuperjson(client: RedisClientType, prefix: string, i: number): Promise<void> {
  const stored = await storedWithTtl(client, keyOf(prefix, tokens[i] as string));
  assert.deepEqual(SuperJSON.parse(stored as string), recordsWithDate[i]);
}

const suite: Suite = {
  title: `SET of a record of about 290 bytes with its TTL, ${RECORDS} keys in turn`,
  baseline: "node-redis, timeout off",
  contestants: [
    {
      name: "node-redis, timeout off",
      does: "client.set with PX of a text made beforehand; no deadline, no encoding, no validation",
      open: async ({ url, prefix }) => rawSet(await untimed(url), prefix),
    },
    {
      name: "node-redis, defaults",
      does: "the same under a timeout of 5 s on each command",
      open: async ({ url, prefix }) => rawSet(await onDefaults(url), prefix),
    },
    {
      name: "node-redis, timeout off + zod + JSON",
      does: "schema.parse, JSON.stringify, client.set with PX; no deadline",
      async open({ url, prefix }) {
        const client = await untimed(url);
        return {
          operate: (i) =>
            client.set(keyOf(prefix, tokens[i] as string), JSON.stringify(recordWithText.parse(recordsWithText[i])), {
              PX: TTL_MS,
            }),
          check: (i) => checkText(client, prefix, i),
          close: () => client.destroy(),
        };
      },
    },
    {
      name: "node-redis, defaults + zod + superjson",
      does: "schema.parse, superjson.stringify, client.set with PX; a timeout of 5 s on each command",
      async open({ url, prefix }) {
        const client = await onDefaults(url);
        return {
          operate: (i) =>
            client.set(
              keyOf(prefix, tokens[i] as string),
              SuperJSON.stringify(recordWithDate.parse(recordsWithDate[i])),
              {
                PX: TTL_MS,
              },
            ),
          check: (i) => checkSuperjson(client, prefix, i),
          close: () => client.destroy(),
        };
      },
    },
    {
      name: "redis-om, timeout off",
      does: "repository.save (MULTI, UNLINK, HSET, EXEC), then repository.expire; no deadline, two round trips",
      async open({ url, prefix }) {
        const client = await untimed(url);
        const sessions = redisOmSessions(client, prefix);
        return {
          async operate(i) {
            await sessions.save(tokens[i] as string, recordsWithDate[i]!);
            await sessions.expire(tokens[i] as string, TTL_MS / 1000);
          },
          async check(i) {
            assert.ok((await client.hGet(`${prefix}session:${tokens[i]}`, "userId")) === recordsWithDate[i]?.userId);
          },
          close: () => client.destroy(),
        };
      },
    },
    {
      name: "keywright",
      ours: true,
      does: "repository.set: key checked, validated, encoded, SET with PX, deadline 1.5 s",
      async open({ url, prefix }) {
        const client = await onDefaults(url);
        const sessions = sessionsAsJson(client, prefix);
        return {
          operate: (i) => sessions.set(keys[i]!, recordsWithText[i]!),
          check: (i) => checkText(client, prefix, i),
          close: () => client.destroy(),
        };
      },
    },
    {
      name: "keywright (superjson, one date)",
      ours: true,
      does: "the same with a Date on the wire superjson",
      async open({ url, prefix }) {
        const client = await onDefaults(url);
        const sessions = sessionsAsSuperjson(client, prefix);
        return {
          operate: (i) => sessions.set(keys[i]!, recordsWithDate[i]!),
          check: (i) => checkSuperjson(client, prefix, i),
          close: () => client.destroy(),
        };
      },
    },
  ],
  goals: [
    { contestant: "keywright", against: "node-redis, timeout off", inFlight: 64, atLeast: 0.75 },
    { contestant: "keywright", against: "node-redis, defaults", inFlight: 64, atLeast: 2 },
    { contestant: "keywright", against: "node-redis, timeout off + zod + JSON", inFlight: 64, atLeast: 1 },
  ],
};

export default suite;
