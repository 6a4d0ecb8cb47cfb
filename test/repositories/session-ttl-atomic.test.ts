import { startProxy, type TestProxy } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { type SessionFamily, SessionRepository } from "../../src/repositories/session.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { uniquePrefix } from "../setup/topologies.js";

interface Key {
  readonly token: string;
}
interface User {
  readonly userId: string;
}

const ttl = { kind: "sliding", ms: 60_000, max: 120_000 } as const;

const family: SessionFamily<User, string> = {
  name: "webSession",
  kind: "session",
  pattern: "session:<token>",
  store: "default",
  tier: "R1",
  deadline: 5000,
  retries: 0,
  tagged: false,
  ttl,
  owners: { pattern: "owner:<userId>", key: (owner) => `owner:${owner}`, of: ({ userId }) => userId },
  value: compileCodec<User>(z.object({ userId: z.string() }), "json"),
};

class Sessions extends SessionRepository<Key, User, string> {
  constructor(runtime: Runtime) {
    super(runtime, family, (k) => `session:${k.token}`);
  }
}

/** A token and its owner, a new one for each offset, so that what is found was written by this call. */
const at = (name: string) => ({ token: name, next: `${name}next`, value: { userId: `of${name}` } });

type Write = (sessions: Sessions, which: ReturnType<typeof at>) => Promise<unknown>;

const writes: [name: string, write: Write, needsOne: boolean][] = [
  ["create", (sessions, { token, value }) => sessions.create({ token }, value), false],
  ["save", (sessions, { token, value }) => sessions.save({ token }, value), true],
  ["touch", (sessions, { token }) => sessions.touch({ token }), true],
  ["loadAndTouch", (sessions, { token }) => sessions.loadAndTouch({ token }), true],
  ["rotate", (sessions, { token, next }) => sessions.rotate({ token }, { token: next }), true],
];

describe("a client that dies while it writes a session", () => {
  const prefix = uniquePrefix();
  let direct: RedisClientType;
  let sessions: Sessions;
  let proxy: TestProxy;

  beforeAll(async () => {
    const { hostname, port } = new URL(inject("redis").url);
    direct = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
    await direct.connect();
    sessions = new Sessions(new Runtime(direct, ["default"], { prefix }));
    proxy = await startProxy({ target: { host: hostname, port: Number(port) } });
  });
  afterAll(async () => {
    await proxy.stop();
    const keys = await direct.keys(`${prefix}*`);
    if (keys.length > 0) await direct.unlink(keys);
    direct.destroy();
  });

  /** Lets `bytes` of what the client writes through, and then breaks the connection. */
  async function killedAfter(bytes: number, write: (through: Sessions) => Promise<unknown>): Promise<string> {
    const client = createClient({ url: proxy.url, socket: { reconnectStrategy: false } }).on("error", () => undefined);
    // What is left of an earlier limit must not end the handshake.
    proxy.cutAfterBytes(Number.POSITIVE_INFINITY, "toServer");
    await client.connect();
    proxy.cutAfterBytes(bytes, "toServer");
    const through = new Sessions(new Runtime(client as RedisClientType, ["default"], { prefix }));
    const outcome = await write(through).then(
      () => "answered",
      (error: { code?: string }) => error.code ?? "?",
    );
    if (client.isOpen) client.destroy();
    return outcome;
  }

  test.each(writes)(
    "C2 leaves no key without a TTL, and no session that is not listed: %s",
    async (name, write, needsOne) => {
      // Scripts are known to the server, so that a call is one EVALSHA; its length says where to stop.
      const known = at(`${name}known`);
      await sessions.create({ token: known.token }, known.value).catch(() => undefined);
      await sessions.save({ token: known.token }, known.value);
      await sessions.touch({ token: known.token });
      await sessions.loadAndTouch({ token: known.token });
      await sessions.rotate({ token: known.token }, { token: known.next });
      const ends: string[] = [];
      let outcome = "";
      for (let bytes = 0; bytes < 1500 && outcome !== "answered"; bytes += 23) {
        const which = at(`${name}${bytes}`);
        if (needsOne) await sessions.create({ token: which.token }, which.value);
        outcome = await killedAfter(bytes, (through) => write(through, which));
        ends.push(outcome);
        let alive = 0;
        for (const key of await direct.keys(`${prefix}*${name}${bytes}`)) {
          const ms = await direct.pTTL(key);
          expect(ms).toBeGreaterThan(0);
          expect(ms).toBeLessThanOrEqual(key.includes("owner:") ? ttl.max : ttl.ms);
        }
        for (const token of [which.token, which.next]) if ((await sessions.load({ token })) !== null) alive += 1;
        expect(await sessions.list(which.value.userId)).toHaveLength(alive);
        // Never both lost.
        if (needsOne) expect(alive).toBeGreaterThan(0);
      }
      expect(outcome).toBe("answered");
      // A reconnection is off, so a later step of the operation finds the client closed.
      for (const end of ends.slice(0, -1)) expect(["connection-lost", "unavailable"]).toContain(end);
      expect(ends.length).toBeGreaterThan(3);
    },
  );
});
