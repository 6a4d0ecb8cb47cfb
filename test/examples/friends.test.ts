import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { buildManifest, matchKey, parsePattern } from "keywright/schema";
import { startRedis, type TestRedis } from "keywright/testing";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { entriesOf, inventory, readManifest, takeInventory } from "../../examples/friends/demo/inventory.js";
import { createRepositories, type Repositories } from "../../examples/friends/generated/redis/index.js";
import keyspace from "../../examples/friends/redis.schema.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const url = "https://example.com/a?b=c&d=é";
const digest = createHash("sha256").update(url).digest("hex");

/** The keys that the app has in its Redis, as its inventory of before Keywright writes them, with values filled in; one is new. */
const liveKeys: readonly {
  readonly family: keyof Repositories;
  readonly key: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What the key holds for the parameters, where that is not the parameters themselves. */
  readonly held?: Readonly<Record<string, string>>;
}[] = [
  { family: "refreshToken", key: "refresh_token:Zm9v_YmFy-42", parameters: { token: "Zm9v_YmFy-42" } },
  { family: "deviceRegistrations", key: "register_device:d41d8cd98f", parameters: { fingerprint: "d41d8cd98f" } },
  { family: "webauthnRegistration", key: "webauthn:reg:42", parameters: { userId: "42" } },
  { family: "webauthnLogin", key: "webauthn:login:42", parameters: { userId: "42" } },
  { family: "applePublicKeys", key: "apple_public_keys", parameters: {} },
  { family: "userPrivacy", key: "user:privacy:42", parameters: { userId: "42" } },
  { family: "registerByIp", key: "register_ip:203.0.113.7", parameters: { ip: "203.0.113.7" } },
  { family: "loginByIp", key: "login_ip:203.0.113.7", parameters: { ip: "203.0.113.7" } },
  { family: "loginByIp", key: "login_ip:2001:db8::42", parameters: { ip: "2001:db8::42" } },
  { family: "apiByIp", key: "api_ip:203.0.113.7", parameters: { ip: "203.0.113.7" } },
  { family: "resetPasswordByIp", key: "reset_password_ip:203.0.113.7", parameters: { ip: "203.0.113.7" } },
  { family: "placesByUser", key: "places:ratelimit:42", parameters: { userId: "42" } },
  { family: "blockedIp", key: "blocked_ip:203.0.113.7", parameters: { ip: "203.0.113.7" } },
  { family: "violations", key: "violations:203.0.113.7", parameters: { ip: "203.0.113.7" } },
  { family: "userPresence", key: "presence:42", parameters: { userId: "42" } },
  { family: "activeLocation", key: "active_location:42", parameters: { userId: "42" } },
  { family: "userLocation", key: "user:location:42", parameters: { userId: "42" } },
  { family: "chatMessages", key: "chat:messages:7", parameters: { chatRoomId: "7" } },
  { family: "chatOnline", key: "chat:online:7:42", parameters: { chatRoomId: "7", userId: "42" } },
  { family: "userFriends", key: "user:friends:42", parameters: { userId: "42" } },
  { family: "eventsGeo", key: "events:geo", parameters: {} },
  { family: "webSession", key: "session:web:00ff", parameters: { token: "00ff" } },
  { family: "linkPreview", key: `link-preview:${digest}`, parameters: { url }, held: { url: digest } },
];

describe("the live keys", () => {
  const { manifest } = buildManifest(keyspace);
  const client = createClient();
  client.on("error", () => undefined);
  // Not connected: keys are built without Redis.
  const repositories = createRepositories(client);

  test("every family of the schema has its live key here", () => {
    expect(new Set(liveKeys.map(({ family }) => family))).toEqual(new Set(Object.keys(keyspace.families)));
  });

  for (const { family, key, parameters, held = parameters } of liveKeys) {
    test(`${key} is ${family}'s, byte for byte, and is parsed back`, () => {
      const { keyOf } = repositories[family] as unknown as { keyOf(parameters: object): string };
      expect(Buffer.from(keyOf.call(repositories[family], parameters))).toEqual(Buffer.from(key));
      const owners = manifest?.families.filter(({ pattern }) => matchKey(parsePattern(pattern).pattern, key));
      expect(owners?.map(({ name }) => name)).toEqual([family]);
      expect(matchKey(parsePattern(owners?.[0]?.pattern ?? "").pattern, key)).toEqual(held);
    });
  }

  test("an address has one key, whatever way it is written", () => {
    expect(repositories.loginByIp.keyOf({ ip: "2001:DB8:0:0:0:0:0:42" })).toBe("login_ip:2001:db8::42");
  });
});

describe("the inventory of the demo", () => {
  let server: TestRedis;
  let client: ReturnType<typeof connectable>;

  function connectable(to: string) {
    return createClient({ url: to }).on("error", () => undefined);
  }

  // All keys are counted, so it must be a server of our own.
  beforeAll(async () => {
    vi.stubEnv("REDIS_URL", "");
    server = await startRedis();
    client = connectable(server.url);
    await client.connect();
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
    vi.unstubAllEnvs();
  });

  async function withKeys(keys: Readonly<Record<string, string>>, ttl: number | undefined) {
    await client.flushAll();
    for (const [key, value] of Object.entries(keys)) {
      await client.set(key, value, ttl === undefined ? {} : { expiration: { type: "PX", value: ttl } });
    }
    return takeInventory(client, entriesOf(await readManifest()));
  }

  function print(taken: Awaited<ReturnType<typeof takeInventory>>): string {
    let text = "";
    const write = vi.spyOn(process.stdout, "write").mockImplementation((part) => {
      text += String(part);
      return true;
    });
    try {
      inventory(taken);
    } finally {
      write.mockRestore();
    }
    return text;
  }

  test("it counts the keys of a family with their TTLs", async () => {
    const taken = await withKeys({ "presence:1": "1", "presence:2": "1", "violations:203.0.113.7": "1" }, 170_000);
    expect(
      taken.rows.filter(({ keys }) => keys.length > 0).map(({ pattern, keys }) => [pattern.text, keys.length]),
    ).toEqual([
      ["presence:<userId>", 2],
      ["violations:<ip:ip>", 1],
    ]);
    expect(print(taken)).toContain("3 keys of 2 families: 0 unknown, 0 lack their TTL, 0 of a wrong type.");
  });

  test("it fails at a key that no family has declared", async () => {
    const taken = await withKeys({ "presence:1:2": "1", "login_ip:203.0.113.999": "1", "session:1": "1" }, 170_000);
    expect([...taken.unknown].sort()).toEqual(["login_ip:203.0.113.999", "presence:1:2", "session:1"]);
    expect(() => print(taken)).toThrow(/keys that no family has declared/);
  });

  test("it fails at a key that lacks its TTL", async () => {
    const taken = await withKeys({ "login_ip:203.0.113.7": "3" }, undefined);
    expect(taken.withoutTtl).toEqual(["login_ip:203.0.113.7"]);
    expect(() => print(taken)).toThrow(/keys that lack their TTL/);
  });

  test("events:geo has no TTL, as declared, and that is said; beside it a limit without one is not let through", async () => {
    await client.flushAll();
    await client.geoAdd("events:geo", { longitude: 1, latitude: 2, member: "a" });
    const entries = entriesOf(await readManifest());
    const taken = await takeInventory(client, entries);
    expect([taken.withoutTtl, taken.wrongType, taken.unknown]).toEqual([[], [], []]);
    expect(print(taken)).toMatch(/events:geo has no TTL, as declared: an event stays/);
    await client.set("login_ip:203.0.113.7", "3");
    expect((await takeInventory(client, entries)).withoutTtl).toEqual(["login_ip:203.0.113.7"]);
  });

  test("companions are known: the token of a fill, the sessions of an owner", async () => {
    await withKeys({ "{chat:messages:7}:fill": "a" }, 5000);
    await client.zAdd("session:web:owner:42", { score: 1, value: "session:web:00ff" });
    await client.expire("session:web:owner:42", 60);
    expect((await takeInventory(client, entriesOf(await readManifest()))).unknown).toEqual([]);
  });

  test("it fails at a key of another type", async () => {
    await withKeys({}, undefined);
    await client.hSet("user:friends:42", "1", "1");
    await client.expire("user:friends:42", 60);
    const taken = await takeInventory(client, entriesOf(await readManifest()));
    expect(taken.wrongType).toEqual(["user:friends:42"]);
    expect(() => print(taken)).toThrow(/keys of another type/);
  });
});

describe("the demo", () => {
  let code: number | string | undefined;
  let stdout = "";
  let stderr = "";

  beforeAll(async () => {
    const { FORCE_COLOR: _, ...env } = process.env;
    await new Promise<void>((done) => {
      execFile(
        process.execPath,
        ["--import", "tsx", "examples/friends/demo.ts"],
        { cwd: root, env: { ...env, NO_COLOR: "1" }, timeout: 60_000 },
        (error, out, err) => {
          code = error === null ? 0 : (error.code ?? error.signal);
          [stdout, stderr] = [out, err];
          done();
        },
      );
    });
  }, 70_000);

  test("it goes well, and closes everything", () => {
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/Everything is closed, after [\d,]+ ms\./);
  });

  test("its output is plain text of at most 100 columns where there is no terminal", () => {
    expect(stdout).not.toContain("\u001b");
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  test.each([
    ["the generated code is the committed one", /22 families, redis\.schema\.ts → generated\/redis: up to date/],
    ["the limit", /11 × GET, 12 × EVALSHA, 2 × EVAL/],
    ["its fields", /RateLimit: "loginByIp";r=0;t=\d+\s+Retry-After: \d+/],
    ["the block", /blocked_ip:203\.0\.113\.7 now holds blocked:too-many-sign-ins, for 24 hours/],
    ["presence", /1,000 of 1,000 are[\s\S]*16 × MGET of up to 64 keys[\s\S]*875 are left/],
    ["the two readers of a room", /fills the list with the newest 100; the second from Redis/],
    ["the room over its cap", /400 messages in the database; the list holds the newest 100.*150 × EVALSHA/],
    ["the push during a fill", /nothing is stored: his push took the token.*one script: LLEN, DEL ›/],
    ["the events", /10,000 are new, in 10 batches.*10 × GEOADD.*220 within 5 km.*80 on the map/],
    ["their distances", /finds among all 10,000; distances differ by 0\.\d\d m/],
    ["the cache", /500 misses, one question to the database[\s\S]*500 hits/],
    ["the sessions", /30 minutes from now, 24 hours in all at most.*4 sessions are ended, and nobody else's/],
    ["the late save", /it finds none, and brings none back/],
    ["the outage", /DeadlineError: blockedIp\.get: no answer within 500 ms[\s\S]*RateLimit-Degraded: \?1/],
    ["the inventory", /[\d,]+ keys of 22 families: 0 unknown, 0 lack their TTL, 0 of a wrong type/],
  ])("it shows %s", (_, text) => {
    // Where a line breaks is a matter of the figures in it.
    expect(stdout.replace(/\s+/g, " ")).toMatch(text);
  });

  test("five accidents end with a typed error and no command", () => {
    const [, part = ""] = /7 Accidents([\s\S]*)8 Redis goes away/.exec(stdout) ?? [];
    expect(part.match(/\w+Error: /g)).toEqual([
      "InvalidValueError: ",
      "InvalidParameterError: ",
      "InvalidParameterError: ",
      "InvalidArgumentError: ",
      "ForbiddenError: ",
    ]);
    expect(part.match(/\n {4}0 commands sent\n/g)).toHaveLength(5);
  });
});
