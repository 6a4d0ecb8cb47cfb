/**
 * `get`: one record by its token.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SuperJSON } from "superjson";
import { onDefaults, untimed } from "../contestants/connect.js";
import { rawGet, seed } from "../contestants/node-redis.js";
import { redisOmSessions } from "../contestants/redis-om-sessions.js";
import { cachedSessions, sessionsAsJson, sessionsAsSuperjson, sessionsUnbatched } from "../contestants/sessions.js";
import {
  keyOf,
  RECORDS,
  recordsWithDate,
  recordsWithText,
  recordWithDate,
  recordWithText,
  texts,
  tokens,
} from "../record.js";
import type { Suite } from "../suite.js";

const keys = tokens.map((token) => ({ token }));

const suite: Suite = {
  title: `GET of a record of about 290 bytes, ${RECORDS} keys in turn`,
  baseline: "node-redis, timeout off",
  contestants: [
    {
      name: "node-redis, timeout off",
      does: "client.get; no deadline, no parsing, no validation",
      open: async ({ url, prefix }) => rawGet(await untimed(url), prefix),
    },
    {
      name: "node-redis, defaults",
      does: "client.get; a timeout of 5 s on each command, no parsing, no validation",
      open: async ({ url, prefix }) => rawGet(await onDefaults(url), prefix),
    },
    {
      name: "node-redis, timeout off + JSON + zod",
      does: "client.get, JSON.parse, schema.parse; no deadline",
      async open({ url, prefix }) {
        const client = await untimed(url);
        await seed(client, prefix, texts);
        return {
          async operate(i) {
            const text = await client.get(keyOf(prefix, tokens[i] as string));
            return text === null ? null : recordWithText.parse(JSON.parse(text));
          },
          check: (i, answer) => assert.deepEqual(answer, recordsWithText[i]),
          close: () => client.destroy(),
        };
      },
    },
    {
      name: "node-redis, defaults + superjson + zod",
      does: "client.get, superjson.parse, schema.parse; a timeout of 5 s on each command",
      async open({ url, prefix }) {
        const client = await onDefaults(url);
        await seed(
          client,
          prefix,
          recordsWithDate.map((record) => SuperJSON.stringify(record)),
        );
        return {
          async operate(i) {
            const text = await client.get(keyOf(prefix, tokens[i] as string));
            return text === null ? null : recordWithDate.parse(SuperJSON.parse(text));
          },
          check: (i, answer) => assert.deepEqual(answer, recordsWithDate[i]),
          close: () => client.destroy(),
        };
      },
    },
    {
      name: "redis-om, timeout off",
      does: "repository.fetch: HGETALL and conversion by field type; no deadline, no validation",
      async open({ url, prefix }) {
        const client = await untimed(url);
        const sessions = redisOmSessions(client, prefix);
        await Promise.all(tokens.map((token, i) => sessions.save(token, { ...recordsWithDate[i]! })));
        return {
          operate: (i) => sessions.fetch(tokens[i] as string),
          check: (i, answer) =>
            assert.deepEqual(Object.fromEntries(Object.entries(answer as object)), recordsWithDate[i]),
          close: () => client.destroy(),
        };
      },
    },
    {
      name: "keywright",
      ours: true,
      does: "repository.get: key checked, decoded, validated, deadline 1.5 s; the reads of a tick leave as MGET",
      async open({ url, prefix }) {
        const client = await onDefaults(url);
        await seed(client, prefix, texts);
        const sessions = sessionsAsJson(client, prefix);
        return {
          operate: (i) => sessions.get(keys[i]!),
          check: (i, answer) => assert.deepEqual(answer, recordsWithText[i]),
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
        await seed(
          client,
          prefix,
          recordsWithDate.map((record) => SuperJSON.stringify(record)),
        );
        const sessions = sessionsAsSuperjson(client, prefix);
        return {
          operate: (i) => sessions.get(keys[i]!),
          check: (i, answer) => assert.deepEqual(answer, recordsWithDate[i]),
          close: () => client.destroy(),
        };
      },
    },
    {
      name: "keywright cache.fetch hit",
      ours: true,
      does: "fetch of a cache that has the key: as keywright, with the envelope",
      async open({ url, prefix }) {
        const client = await onDefaults(url);
        const cache = cachedSessions(client, prefix);
        await Promise.all(keys.map((key, i) => cache.set(key, recordsWithText[i]!)));
        const never = () => Promise.reject(new Error("the key is cached"));
        return {
          operate: (i) => cache.fetch(keys[i]!, never),
          check: (i, answer) => assert.deepEqual(answer, recordsWithText[i]),
          close: () => client.destroy(),
        };
      },
    },
    {
      name: "keywright (R0, never batched)",
      ours: true,
      does: "repository.get of a coordination family: as keywright, each read a GET of its own",
      async open({ url, prefix }) {
        const client = await onDefaults(url);
        await seed(client, prefix, texts);
        const sessions = sessionsUnbatched(client, prefix);
        return {
          operate: (i) => sessions.get(keys[i]!),
          check: (i, answer) => assert.deepEqual(answer, recordsWithText[i]),
          close: () => client.destroy(),
        };
      },
    },
  ],
  goals: [
    { contestant: "keywright", against: "node-redis, timeout off", inFlight: 64, atLeast: 0.9 },
    { contestant: "keywright", against: "node-redis, defaults", inFlight: 64, atLeast: 3 },
    { contestant: "keywright (superjson, one date)", against: "node-redis, timeout off", inFlight: 64, atLeast: 0.9 },
    { contestant: "keywright (R0, never batched)", against: "node-redis, timeout off", inFlight: 64, atLeast: 0.9 },
  ],
};

export default suite;
