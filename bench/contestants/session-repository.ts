/**
 * Keywright's sessions of the record, as generated code builds them: sliding, with a hard end.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { RedisClientType } from "redis";
import { type SessionFamily, SessionRepository } from "../../src/repositories/session.js";
import type { Clients } from "../../src/runtime/clients.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { hex } from "../../src/schema/patterns/encode.js";
import { type Codec, compileCodec } from "../../src/schema/values/codec.js";
import type { Trial } from "../contestant.js";
import { recordsWithDate, recordsWithText, recordWithDate, recordWithText, TTL_MS, tokens } from "../record.js";
import { checkSlid, makeStale, newToken, sessionKey } from "./session-by-hand.js";

interface SessionKey {
  readonly token: string;
}

function family<V>(value: Codec<V>): SessionFamily<V> {
  return {
    name: "benchWebSession",
    kind: "session",
    pattern: "session:<token:hex>",
    store: "default",
    tier: "R2",
    deadline: 1500,
    retries: 0,
    tagged: false,
    ttl: { kind: "sliding", ms: TTL_MS, max: 48 * TTL_MS },
    owners: undefined,
    value,
  };
}

class WebSessions<V> extends SessionRepository<SessionKey, V> {
  constructor(client: unknown, prefix: string, value: Codec<V>) {
    super(new Runtime(client as Clients, ["default"]), family(value), (k) => sessionKey(prefix, hex(k.token, "token")));
  }
}

const keys: readonly SessionKey[] = tokens.map((token) => ({ token }));

/** Sessions that are there, on the wire of the codec; `records` are their values. */
async function seeded<V>(client: RedisClientType, prefix: string, value: Codec<V>, records: readonly V[]) {
  const sessions = new WebSessions(client, prefix, value);
  await Promise.all(keys.map((key) => sessions.destroy(key)));
  await Promise.all(keys.map((key, i) => sessions.create(key, records[i] as V)));
  await makeStale(client, prefix);
  return sessions;
}

async function loadAndTouchOf<V>(
  client: RedisClientType,
  prefix: string,
  value: Codec<V>,
  records: readonly V[],
): Promise<Trial> {
  const sessions = await seeded(client, prefix, value, records);
  return {
    operate: (i) => sessions.loadAndTouch(keys[i] as SessionKey),
    async check(i, answer) {
      assert.deepEqual(answer, records[i]);
      await checkSlid(client, prefix, i);
    },
    close: () => client.destroy(),
  };
}

/** The date as ISO text, on the wire `json`. */
export const loadAndTouch = (client: RedisClientType, prefix: string): Promise<Trial> =>
  loadAndTouchOf(client, prefix, compileCodec(recordWithText, "json"), recordsWithText);

/** A Date, on the wire `superjson`. */
export const loadAndTouchWithDate = (client: RedisClientType, prefix: string): Promise<Trial> =>
  loadAndTouchOf(client, prefix, compileCodec(recordWithDate, "superjson"), recordsWithDate);

/** The script of `loadAndTouch` sent by hand: what the repository adds to it is the difference. */
export async function evalLoadAndTouch(client: RedisClientType, prefix: string): Promise<Trial> {
  const sessions = await seeded(client, prefix, compileCodec(recordWithText, "json"), recordsWithText);
  const calls = keys.map((key) => sessions.plans.loadAndTouch(sessions.keyOf(key)));
  const { script } = calls[0]!;
  await client.scriptLoad(script!.source);
  const withoutTimeout = { timeout: undefined as never };
  return {
    operate: (i) => client.sendCommand(calls[i]!.args as string[], withoutTimeout),
    async check(i, answer) {
      assert.deepEqual(calls[i]!.decode(answer), recordsWithText[i]);
      await checkSlid(client, prefix, i);
    },
    close: () => client.destroy(),
  };
}

/** `repository.save` of a session that is there. */
export async function save(client: RedisClientType, prefix: string): Promise<Trial> {
  const sessions = await seeded(client, prefix, compileCodec(recordWithText, "json"), recordsWithText);
  return {
    operate: (i) => sessions.save(keys[i] as SessionKey, recordsWithText[i]!),
    async check(i, answer) {
      assert.equal(answer, true);
      assert.deepEqual(await sessions.load(keys[i] as SessionKey), recordsWithText[i]);
      await checkSlid(client, prefix, i);
    },
    close: () => client.destroy(),
  };
}

/** `repository.create`, then `repository.destroy`. */
export function signInAndOut(client: RedisClientType, prefix: string): Trial {
  const sessions = new WebSessions(client, prefix, compileCodec(recordWithText, "json"));
  return {
    async operate(i) {
      const token = newToken();
      await sessions.create({ token }, recordsWithText[i]!);
      assert.equal(await sessions.destroy({ token }), true);
      return token;
    },
    async check(i, answer) {
      const token = answer as string;
      assert.equal(await sessions.load({ token }), null);
      await sessions.create({ token }, recordsWithText[i]!);
      assert.deepEqual(await sessions.load({ token }), recordsWithText[i]);
      await sessions.destroy({ token });
    },
    close: () => client.destroy(),
  };
}
