/** AUTH, ACL and TLS on a real server, with certificates of an authority that the test makes. */
import { readdirSync, readFileSync } from "node:fs";
import { RefusedError, UnavailableError } from "keywright";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Manifest, ManifestFamily } from "../../src/schema/manifest.js";
import { findFreePort } from "../../src/testing/free-port.js";
import { connectTo, type SetupClient } from "../../src/testing/setup-client.js";
import type { TestRedis } from "../../src/testing/single-server.js";
import { createRepositories, type Repositories } from "../fixtures/rooms/generated/redis/index.js";
import { Draw } from "../model/draw.js";
import { operationsOf } from "../model/operations/index.js";
import { samplesOfRooms } from "../model/rooms.js";
import { type Certificate, certificateAuthority, filesOf, signedBy } from "../setup/certificates.js";
import { failure, hasOwnServers, noop, ownRedis, until } from "./support.js";

const room = { roomId: 7 };
const topic = { text: "Redis", since: new Date(0) };

describe.skipIf(!hasOwnServers)("AUTH", () => {
  let server: TestRedis;
  let admin: SetupClient;

  beforeAll(async () => {
    server = await ownRedis();
    admin = await connectTo(server.port, 5000);
    await admin.call("CONFIG", "SET", "requirepass", "right");
  });
  afterAll(async () => {
    admin?.close();
    await server?.stop();
  });

  const client = (password?: string) => {
    const { host, port } = server;
    return createClient({
      ...(password === undefined ? { RESP: 2 } : { password }),
      socket: { host, port, reconnectStrategy: (retries) => (retries > 3 ? false : 20) },
    }).on("error", noop);
  };

  test("the right password serves", async () => {
    const right = client("right");
    await right.connect();
    const redis = createRepositories(right as never);
    await redis.topic.set(room, topic);
    expect(await redis.topic.get(room)).toEqual(topic);
    right.destroy();
  });

  test("a wrong one fails the caller's connect, and calls on such a client are refused with nothing sent", async () => {
    const wrong = client("wrong");
    expect((await failure(wrong.connect())).message).toMatch(/^WRONGPASS/);
    const error = await failure<UnavailableError>(createRepositories(wrong as never).topic.get(room));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.mayHaveBeenApplied).toBe(false);
  });

  test("without one every call is refused by NOAUTH, and says what is missing", async () => {
    const none = client();
    await none.connect();
    const redis = createRepositories(none as never);
    for (const call of [redis.topic.get(room), redis.sent.increment(room)]) {
      const error = await failure<RefusedError>(call);
      expect(error).toBeInstanceOf(RefusedError);
      expect(error.reply).toBe("NOAUTH");
      expect(error.fix).toContain("username and password");
      expect(error.mayHaveBeenApplied).toBe(false);
    }
    none.destroy();
  });

  test("a password that has changed shows when the connection is made anew: calls are refused, with nothing sent", async () => {
    await admin.call("ACL", "SETUSER", "changing", "on", ">old", "~*", "+@all");
    const { host, port } = server;
    const reconnectStrategy = (retries: number) => (retries > 3 ? false : 20);
    const changing = createClient({
      username: "changing",
      password: "old",
      socket: { host, port, reconnectStrategy },
    }).on("error", noop);
    await changing.connect();
    const redis = createRepositories(changing as never);
    await redis.sent.increment(room);
    await admin.call("ACL", "SETUSER", "changing", "<old", ">new");
    expect((await redis.sent.increment(room)).value).toBe(2);
    await admin.call("CLIENT", "KILL", "USER", "changing");
    await until(() => !changing.isReady);
    const error = await failure<UnavailableError>(redis.sent.increment(room));
    expect(error.code).toBe("unavailable");
    expect(await admin.call("GET", redis.sent.keyOf(room))).toBe("2");
    if (changing.isOpen) changing.destroy();
  });
});

const manifest = JSON.parse(
  readFileSync(new URL("../fixtures/rooms/generated/redis/manifest.json", import.meta.url), "utf8"),
) as Manifest;

/** The rows of the table in docs/security.md: kind, and its commands. */
const documented = new Map(
  [
    ...readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8").matchAll(
      /^\| `(\w+)` \| (`\+.*`) \|$/gm,
    ),
  ].map(([, kind, rules]) => [kind as string, [...(rules as string).matchAll(/`([^`]+)`/g)].map(([, rule]) => rule!)]),
);

/** The glob of a family's keys, as the page writes it. */
function globsOf({ pattern, companions }: ManifestFamily): string[] {
  return [pattern, ...companions.map((companion) => companion.pattern)].map((text) =>
    text.replace(/<[^<>]*(?:\(\/.*\/\))?>/g, "*"),
  );
}

type Driven = Parameters<typeof operationsOf>[0];

describe.skipIf(!hasOwnServers)("ACL", () => {
  let server: TestRedis;
  let admin: SetupClient;

  beforeAll(async () => {
    server = await ownRedis();
    admin = await connectTo(server.port, 5000);
  });
  afterAll(async () => {
    admin?.close();
    await server?.stop();
  });

  /** Repositories whose user may do this and no more. */
  async function withRules(name: string, rules: readonly string[]) {
    await admin.call("ACL", "SETUSER", name, "reset", "on", ">secret", ...rules);
    const { host, port } = server;
    const client = createClient({ username: name, password: "secret", socket: { host, port } }).on("error", noop);
    await client.connect();
    // The client says its name (CLIENT SETINFO), and does without where it may not.
    await admin.call("ACL", "LOG", "RESET");
    return { redis: createRepositories(client as never), close: () => client.destroy() };
  }

  /** The refusals that operations by chance meet, each once. */
  async function refusalsOf(redis: Repositories, family: ManifestFamily): Promise<string[]> {
    const repository = redis[family.name as keyof Repositories] as unknown as Driven;
    const operate = operationsOf(repository)!;
    const draw = new Draw(1);
    const refused = new Set<string>();
    for (let i = 0; i < 150; i++) {
      if (i % 50 === 0) await admin.call("SCRIPT", "FLUSH");
      const samples = samplesOfRooms[family.name] as never;
      await operate(repository, samples, draw).catch((error: unknown) => {
        if (error instanceof RefusedError) refused.add(`${error.reply} ${(error.cause as Error)?.message}`);
      });
    }
    return [...refused];
  }

  test("every kind has a row, and it names what the kind's scripts call", () => {
    const kinds = [...new Set(manifest.families.map(({ kind }) => kind))];
    expect([...documented.keys()].sort()).toEqual(kinds.sort());
    const folder = new URL("../../src/repositories/", import.meta.url);
    for (const kind of kinds) {
      const file = kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const scripts = readdirSync(folder).filter((name) => name.startsWith(`${file}-`) && name.endsWith(".lua"));
      const calls = scripts.flatMap((name) => [
        ...readFileSync(new URL(name, folder), "utf8").matchAll(/\bp?call\(\s*["'](\w+)["']/gi),
      ]);
      const missing = calls
        .map(([, command]) => `+${command!.toLowerCase()}`)
        .filter((rule) => {
          return !documented.get(kind)!.includes(rule);
        });
      expect(missing, kind).toEqual([]);
    }
  });

  test.each(manifest.families.map((family) => [family.name, family] as const))(
    "%s: the documented rule of its kind and its patterns are enough",
    async (name, family) => {
      const patterns = globsOf(family).map((glob) => `~${glob}`);
      const { redis, close } = await withRules(name, [...documented.get(family.kind)!, ...patterns]);
      expect(await refusalsOf(redis, family)).toEqual([]);
      // Caches do not throw for it.
      expect(await admin.call("ACL", "LOG")).toEqual([]);
      close();
    },
  );

  test("another family's keys are refused by NOPERM, with nothing done", async () => {
    const sent = manifest.families.find(({ name }) => name === "sent")!;
    const rules = [...documented.values()].flat();
    const { redis, close } = await withRules("narrow", [...rules, "+multi", "+exec", `~${globsOf(sent)[0]}`]);
    expect((await redis.sent.increment(room)).value).toBeGreaterThan(0);
    const mara = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
    const calls: (() => Promise<unknown>)[] = [
      () => redis.topic.get(room),
      () => redis.topic.set(room, topic),
      () => redis.messages.push(room, { id: mara, from: mara, body: "", at: new Date(0) }),
      () => redis.here.heartbeat(room, mara),
      () => redis.room(room).transaction((tx) => [tx.sent.increment(), tx.topic.get()]),
    ];
    for (const call of calls) {
      const error = await failure<RefusedError>(call());
      expect(error).toBeInstanceOf(RefusedError);
      expect(error.reply).toBe("NOPERM");
      expect(error.mayHaveBeenApplied).toBe(false);
    }
    const before = await redis.sent.get(room);
    await failure(redis.room(room).transaction((tx) => [tx.sent.increment(), tx.topic.get()]));
    expect(await redis.sent.get(room)).toBe(before);
    expect(await admin.call("EXISTS", redis.topic.keyOf(room), redis.here.keyOf(room))).toBe(0);
    close();
  });

  test("a key that may only be read is read by commands, and not by scripts", async () => {
    const families = manifest.families.filter(({ name }) => name === "sent" || name === "topic");
    const globs = families.flatMap(globsOf).map((glob) => `%R~${glob}`);
    const { redis, close } = await withRules("reader", ["+@read", "+@scripting", ...globs]);
    expect(await redis.topic.get({ roomId: 9 })).toBeNull();
    expect(await redis.sent.get({ roomId: 9 })).toBe(0);
    expect((await failure<RefusedError>(redis.sent.peek({ roomId: 9 }))).reply).toBe("NOPERM");
    close();
  });
});

describe.skipIf(!hasOwnServers)("TLS", () => {
  let ca: Certificate;
  let stranger: Certificate;
  let files: Awaited<ReturnType<typeof filesOf>>;
  let server: TestRedis | undefined;
  let tlsPort: number;
  /** Why this server speaks no TLS. */
  let without: string | undefined;

  beforeAll(async () => {
    ca = await certificateAuthority("keywright test");
    stranger = await certificateAuthority("somebody else");
    const own = await signedBy(ca, "redis");
    files = await filesOf({ ca: ca.cert, cert: own.cert, key: own.key });
    tlsPort = await findFreePort();
    const args = [
      ...["--tls-port", String(tlsPort), "--tls-auth-clients", "optional"],
      ...["--tls-cert-file", files.path("cert"), "--tls-key-file", files.path("key")],
      ...["--tls-ca-cert-file", files.path("ca")],
    ];
    server = await ownRedis({ args }).catch((error: Error) => {
      if (!/bad directive|tls/i.test(error.message)) throw error;
      without = `this server is built without TLS: ${error.message}`;
      return undefined;
    });
  });
  afterAll(async () => {
    await server?.stop();
    await files?.remove();
  });

  const client = (more: { ca?: string; key?: string; cert?: string }) =>
    createClient({
      socket: { host: "127.0.0.1", port: tlsPort, tls: true, reconnectStrategy: false, ...more },
    }).on("error", noop);

  async function mutual(on: boolean): Promise<void> {
    const admin = await connectTo(server!.port, 5000);
    await admin.call("CONFIG", "SET", "tls-auth-clients", on ? "yes" : "no");
    admin.close();
  }

  test("a server whose authority the client trusts serves", async ({ skip }) => {
    skip(without !== undefined, without);
    await mutual(false);
    const trusting = client({ ca: ca.cert });
    await trusting.connect();
    const redis = createRepositories(trusting as never);
    await redis.topic.set(room, topic);
    expect(await redis.topic.get(room)).toEqual(topic);
    expect((await redis.sent.increment(room)).value).toBe(1);
    trusting.destroy();
  });

  test("one of another authority fails the caller's connect, and calls are refused with nothing sent", async ({
    skip,
  }) => {
    skip(without !== undefined, without);
    await mutual(false);
    for (const trusted of [{ ca: stranger.cert }, {}]) {
      const wary = client(trusted);
      expect((await failure(wary.connect())).message).toMatch(/self-signed|unable to verify|local issuer/);
      expect((await failure<UnavailableError>(createRepositories(wary as never).topic.get(room))).code).toBe(
        "unavailable",
      );
    }
  });

  test("mutual TLS takes a certificate of the authority, and neither another's nor none", async ({ skip }) => {
    skip(without !== undefined, without);
    await mutual(true);
    const known = client({ ca: ca.cert, ...(await signedBy(ca, "chat")) });
    await known.connect();
    expect((await createRepositories(known as never).sent.increment({ roomId: 8 })).value).toBe(1);
    known.destroy();
    for (const own of [await signedBy(stranger, "chat"), {}]) {
      const refused = client({ ca: ca.cert, ...own });
      await failure(refused.connect());
      const redis = createRepositories(refused as never);
      expect((await failure<UnavailableError>(redis.sent.increment({ roomId: 8 }))).code).toBe("unavailable");
      if (refused.isOpen) refused.destroy();
    }
  });
});
