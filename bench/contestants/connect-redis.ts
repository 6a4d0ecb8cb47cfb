/**
 * connect-redis, called as express-session calls it: `get` when a request comes, `touch` before its response goes where
 * the session was not changed, `set` where it was.
 *
 * @module
 */
import assert from "node:assert/strict";
import { RedisStore } from "connect-redis";
import type { RedisClientType } from "redis";
import type { Trial } from "../contestant.js";
import { type RecordWithText, recordsWithText, TTL_MS, tokens } from "../record.js";
import { checkSlid, makeStale, newToken, sessionKey } from "./session-by-hand.js";

/** What express-session keeps beside the fields of the application. Its expiry is what `touch` and `set` go by. */
interface Cookie {
  readonly originalMaxAge: number;
  expires: Date | string;
  readonly httpOnly: boolean;
  readonly path: string;
}

type Stored = RecordWithText & { readonly cookie: Cookie };

function stored(i: number): Stored {
  const cookie = { originalMaxAge: TTL_MS, expires: new Date(Date.now() + TTL_MS), httpOnly: true, path: "/" };
  return { ...(recordsWithText[i] as RecordWithText), cookie };
}

// Its types are those of express-session, which has none of its own.
const storeOn = (client: RedisClientType, prefix: string): RedisStore =>
  new RedisStore({ client, prefix: sessionKey(prefix, "") });

async function seed(store: RedisStore): Promise<void> {
  await Promise.all(tokens.map((token, i) => store.set(token, stored(i))));
}

function checkFields(i: number, answer: unknown): void {
  const { cookie, ...fields } = answer as Stored;
  assert.equal(cookie.originalMaxAge, TTL_MS);
  assert.deepEqual(fields, recordsWithText[i]);
}

/** `store.get`, then `store.touch` with the cookie's new expiry: two round trips, one after the other. */
export async function loadAndTouch(client: RedisClientType, prefix: string): Promise<Trial> {
  const store = storeOn(client, prefix);
  await seed(store);
  await makeStale(client, prefix);
  return {
    async operate(i) {
      const token = tokens[i] as string;
      const session = (await store.get(token)) as Stored;
      session.cookie.expires = new Date(Date.now() + session.cookie.originalMaxAge);
      await store.touch(token, session as never);
      return session;
    },
    async check(i, answer) {
      checkFields(i, answer);
      await checkSlid(client, prefix, i);
    },
    close: () => client.destroy(),
  };
}

/** `store.set` of a session that is there. It stores one that is not there, too. */
export async function save(client: RedisClientType, prefix: string): Promise<Trial> {
  const store = storeOn(client, prefix);
  await seed(store);
  await makeStale(client, prefix);
  return {
    operate: (i) => store.set(tokens[i] as string, stored(i) as never),
    async check(i) {
      checkFields(i, await store.get(tokens[i] as string));
      await checkSlid(client, prefix, i);
    },
    close: () => client.destroy(),
  };
}

/** `store.set` of a new session, then `store.destroy`. */
export function signInAndOut(client: RedisClientType, prefix: string): Trial {
  const store = storeOn(client, prefix);
  return {
    async operate(i) {
      const token = newToken();
      await store.set(token, stored(i) as never);
      await store.destroy(token);
      return token;
    },
    async check(i, token) {
      assert.equal(await store.get(token as string), null);
      await store.set(token as string, stored(i) as never);
      checkFields(i, await store.get(token as string));
      await store.destroy(token as string);
    },
    close: () => client.destroy(),
  };
}
