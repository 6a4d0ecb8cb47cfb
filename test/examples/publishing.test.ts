import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError, InvalidParameterError, keySlot, type TransactionError } from "keywright";
import { buildManifest, matchKey, parsePattern } from "keywright/schema";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  closeSession,
  connectStream,
  offerStream,
  openSession,
  renewStream,
} from "../../examples/publishing/demo/services/browser-sessions.js";
import { confirmCode, requestCode } from "../../examples/publishing/demo/services/verification.js";
import {
  createRepositories,
  type Repositories,
  type ServiceRepositories,
} from "../../examples/publishing/generated/redis/index.js";
import keyspace from "../../examples/publishing/redis.schema.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
const minute = 60_000;

describe("the live keys", () => {
  const { manifest } = buildManifest(keyspace);
  const client = createClient().on("error", () => undefined);
  // Not connected: keys are built without Redis.
  const all = createRepositories(client);
  const email = digest("mara@example.com");
  const code = all.emailCode.keysFor({ email: " Mara@Example.com", scene: "reset" }, "test");
  const stream = all.streamToken.keysFor({ sessionId: "abc", token: "secret" }, "test");

  test.each([
    [code.code, `auth:code:{email:${email}}:reset`],
    [code.attempts, `auth:code_attempts:{email:${email}}:reset`],
    [code.cooldown, `auth:last_send:{email:${email}}:reset`],
    [all.browserSession.keyOf({ sessionId: "abc" }), "mpp:browser:session:{session:abc}"],
    [stream.pointer, "mpp:browser:stream-current:{session:abc}"],
    [stream.key, `mpp:browser:stream-token:{session:abc}:${digest("secret")}`],
  ])("%s, byte for byte, and parsed back to one pattern", (key, live) => {
    expect(key).toBe(live);
    const owners = manifest?.families
      .flatMap(({ pattern, companions }) => [pattern, ...companions.map((each) => each.pattern)])
      .filter((pattern) => matchKey(parsePattern(pattern).pattern, live) !== undefined);
    expect(owners).toHaveLength(1);
  });

  test("the approved tags are those of the platform; handles are offered where families have them", () => {
    expect(manifest?.scopes.map(({ name }) => name).sort()).toEqual([
      "asset",
      "email",
      "project",
      "queue",
      "session",
      "tenant",
      "user",
    ]);
    // @ts-expect-error no family has this tag yet
    expect(all.tenant).toBeUndefined();
    const families = ["browserSession", "email", "emailCode", "session", "streamToken"];
    expect(
      Object.keys(all)
        .filter((name) => name !== "health" && name !== "close")
        .sort(),
    ).toEqual(families);
  });

  test("an id that would need folding is refused: two of them would be one key", () => {
    for (const sessionId of ["A", "a b", "a{b}", "", "é"]) {
      expect(() => all.browserSession.keyOf({ sessionId })).toThrow(InvalidParameterError);
    }
  });
});

const cluster = topologies.filter(({ name }) => name === "cluster");

describe.each(cluster)("on a $name of three primaries", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let all: Repositories;
  let identity: ServiceRepositories["identity"];
  let browser: ServiceRepositories["browser"];

  beforeAll(async () => {
    connection = await topology.connect();
    all = createRepositories(connection.client, { prefix });
    identity = createRepositories(connection.client, { prefix, service: "identity" });
    browser = createRepositories(connection.client, { prefix, service: "browser" });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const left = async (key: string) => (await raw("PTTL", key)) as number;
  const outbox: string[] = [];
  const send = async (_: string, code: string) => void outbox.push(code);
  const someone = () => `${randomUUID()}@example.com`;

  test("A7 auth triple shares a slot; 10 minutes, 10 minutes from the first failure, 60 seconds", async () => {
    const email = someone();
    const keys = all.emailCode.keysFor({ email, scene: "login" }, "test");
    expect(await requestCode(identity, send, email, "login")).toEqual({ issued: true });
    const cooldown = keys.cooldown as string;
    expect(new Set([keys.code, keys.attempts, cooldown].map((key) => keySlot(key))).size).toBe(1);
    expect(await left(keys.attempts)).toBe(-2);
    await confirmCode(identity, email, "login", "none");
    for (const [key, most] of [
      [keys.code, 10 * minute],
      [keys.attempts, 10 * minute],
      [cooldown, minute],
    ] as const) {
      expect(await left(key)).toBeLessThanOrEqual(most);
      expect(await left(key)).toBeGreaterThan(most - minute / 2);
    }
    const again = await requestCode(identity, send, email, "login");
    expect(again.issued === false && again.retryAfterMs).toBeLessThanOrEqual(minute);
    expect(await raw("DEL", keys.code, keys.attempts)).toBe(2);
  });

  test("A8 success and too many attempts delete code and attempts together, in one command", async () => {
    const email = someone();
    const keys = all.emailCode.keysFor({ email, scene: "register" }, "test");
    await requestCode(identity, send, email, "register");
    await confirmCode(identity, email, "register", "none");
    expect(await raw("EXISTS", keys.code, keys.attempts)).toBe(2);
    const commands = await sentCommands(topology, prefix, async () => {
      expect(await confirmCode(identity, email, "register", ` ${outbox.at(-1)} `)).toEqual({ verified: true });
    });
    expect(commands.filter(([name]) => name !== "EVAL")).toHaveLength(1);
    expect(await raw("EXISTS", keys.code, keys.attempts)).toBe(0);

    await identity.emailCode.issue({ email, scene: "reset" }, "123456");
    const guesses = await Promise.all(
      Array.from({ length: 50 }, () => confirmCode(identity, email, "reset", "000000")),
    );
    const reasons = guesses.map((guess) => (guess.verified ? "verified" : guess.reason));
    expect(reasons.filter((reason) => reason === "wrong")).toHaveLength(4);
    expect(reasons.filter((reason) => reason === "too-many-attempts")).toHaveLength(1);
    const other = all.emailCode.keysFor({ email, scene: "reset" }, "test");
    expect(await raw("EXISTS", other.code, other.attempts)).toBe(0);
  });

  test("A9 session, pointer and token share a slot; session and a minute, token at most 5 minutes or what remains", async () => {
    for (const [minutes, tokenTtl] of [
      [30, 5 * minute],
      [2, 2 * minute],
    ] as const) {
      const sessionId = await openSession(browser, "mara", "newsletter", minutes);
      const token = (await offerStream(browser, sessionId)) as string;
      const { key, pointer } = all.streamToken.keysFor({ sessionId, token }, "test");
      const session = all.browserSession.keyOf({ sessionId });
      expect(new Set([session, pointer as string, key].map((each) => keySlot(each))).size).toBe(1);
      expect(await left(session)).toBeLessThanOrEqual((minutes + 1) * minute);
      expect(await left(session)).toBeGreaterThan((minutes + 0.5) * minute);
      for (const each of [key, pointer as string]) {
        expect(await left(each)).toBeLessThanOrEqual(tokenTtl);
        expect(await left(each)).toBeGreaterThan(tokenTtl - minute / 2);
      }
      expect(await connectStream(browser, sessionId, token)).toEqual({ sessionId, userId: "mara" });
      expect(await raw("EXISTS", key, pointer as string)).toBe(0);
    }
    await expect(openSession(browser, "mara", "newsletter", 61)).rejects.toBeInstanceOf(InvalidArgumentError);
  });

  test("A9 of a session that has ended, and is known for its minute of grace, no token is to be had", async () => {
    const sessionId = randomUUID();
    const session = { userId: "mara", platform: "newsletter", expiresAt: new Date(Date.now() - 1000).toISOString() };
    await browser.browserSession.set({ sessionId }, session, { ttl: minute });
    expect(await offerStream(browser, sessionId)).toBeNull();
    const late = { sessionId, token: "late" };
    const value = { sessionId, userId: "mara" };
    const notBeyond = Date.parse(session.expiresAt);
    await expect(browser.streamToken.issue(late, value, { notBeyond })).rejects.toBeInstanceOf(InvalidArgumentError);
    expect(await browser.streamToken.peek(late)).toBeNull();
  });

  test("A14 of 50 parallel consumes of a stream token exactly one gets the payload; the next gets nothing", async () => {
    const sessionId = await openSession(browser, "mara", "newsletter", 30);
    const token = (await offerStream(browser, sessionId)) as string;
    const viewers = await Promise.all(Array.from({ length: 50 }, () => connectStream(browser, sessionId, token)));
    expect(viewers.filter((payload) => payload !== null)).toEqual([{ sessionId, userId: "mara" }]);
    expect(await connectStream(browser, sessionId, token)).toBeNull();
  });

  test("A15 a rotated and a superseded token open nothing, their successors do; old keys are gone", async () => {
    const sessionId = await openSession(browser, "mara", "newsletter", 30);
    const keyOf = (token: string) => all.streamToken.keyOf({ sessionId, token });
    const first = (await offerStream(browser, sessionId)) as string;
    const second = (await offerStream(browser, sessionId)) as string;
    expect(await raw("EXISTS", keyOf(first))).toBe(0);
    expect(await renewStream(browser, sessionId, first)).toBeNull();
    const third = (await renewStream(browser, sessionId, second)) as string;
    const { pointer } = all.streamToken.keysFor({ sessionId, token: third }, "test");
    expect(await raw("GET", pointer as string)).toBe(digest(third));
    expect(await raw("EXISTS", keyOf(second))).toBe(0);
    expect(await connectStream(browser, sessionId, first)).toBeNull();
    expect(await connectStream(browser, sessionId, second)).toBeNull();
    expect(await connectStream(browser, sessionId, third)).toEqual({ sessionId, userId: "mara" });
  });

  test("a session and its token end in one transaction, or by name", async () => {
    const sessionId = await openSession(browser, "mara", "newsletter", 30);
    const token = (await offerStream(browser, sessionId)) as string;
    const ended = await browser
      .session({ sessionId })
      .transaction((tx) => [tx.browserSession.delete(), tx.streamToken.consume({ token })]);
    expect(ended).toEqual([true, { sessionId, userId: "mara" }]);
    const other = await openSession(browser, "mara", "newsletter", 30);
    const open = (await offerStream(browser, other)) as string;
    expect(await closeSession(browser, other)).toBe(true);
    expect(await closeSession(browser, other)).toBe(false);
    expect(await connectStream(browser, other, open)).toBeNull();
    const email = someone();
    const scope = identity.email({ email });
    const [issued, verified] = await scope.transaction((tx) => [
      tx.emailCode.issue({ scene: "login" }, "123456"),
      tx.emailCode.verify({ scene: "login" }, "123456"),
    ]);
    expect([issued, verified]).toEqual([{ issued: true }, { verified: true }]);
    const failing = scope.transaction((tx) => [tx.emailCode.issue({ scene: "reset" }, "123456", { notBeyond: 1 })]);
    const error = await failing.catch((reason: TransactionError) => reason);
    expect(error).toMatchObject({
      code: "transaction",
      outcomes: [{ ok: false, error: { code: "invalid-argument" } }],
    });
  });
});

describe("the demo", () => {
  const run = (...args: string[]) => {
    const { FORCE_COLOR: _, ...env } = process.env;
    return new Promise<{ code: unknown; stdout: string; stderr: string }>((done) => {
      execFile(
        process.execPath,
        ["--import", "tsx", "examples/demo.ts", ...args],
        { cwd: root, env: { ...env, NO_COLOR: "1" }, timeout: 100_000 },
        (error, stdout, stderr) => done({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr }),
      );
    });
  };

  test("it goes well on a Cluster, and shows what it claims", async () => {
    const { code, stdout, stderr } = await run("publishing");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/3 families, redis\.schema\.ts → generated\/redis: up to date/);
    expect(stdout).toMatch(/a Cluster of 3 primaries/);
    expect(stdout).toMatch(/Four are wrong, the fifth ends the code, and 45 find none/);
    expect(stdout).toMatch(/Of 50 viewers one sees the stream/);
    expect(stdout).toMatch(/5 keys, all declared, all with a TTL; none shows an address or one of 5 tokens/);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  }, 110_000);

  test("a name that is none lists the examples", async () => {
    const refused = [["publishin"], ["constructor"], ["friends", "publishing"]];
    for (const { code, stdout, stderr } of await Promise.all(refused.map((args) => run(...args)))) {
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/npm run demo -- friends\n.*npm run demo -- moves\n.*npm run demo -- publishing\n/);
    }
  }, 60_000);
});
