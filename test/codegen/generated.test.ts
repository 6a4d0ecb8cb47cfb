import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generate } from "../../src/codegen/generate.js";
import { loadConfig } from "../../src/codegen/load.js";
import { createRepositories, type Repositories } from "../fixtures/rooms/generated/redis/index.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const rooms = fileURLToPath(new URL("../fixtures/rooms", import.meta.url));
const out = join(rooms, "generated/redis");

describe("generated files", () => {
  test("B10 are what the schema gives, byte for byte, the inventory among them", async () => {
    const generated = await generate(await loadConfig(join(rooms, "keywright.config.ts")));
    if (!generated.ok) throw new Error(JSON.stringify(generated.problems));
    expect(generated.artifacts.map(({ path }) => path).sort()).toEqual(readdirSync(out).sort());
    for (const { path, text } of generated.artifacts) expect(text).toBe(readFileSync(join(out, path), "utf8"));
  });

  test("B2 the inventory has the tier of every pattern, and what a loss of it means", () => {
    const text = readFileSync(join(out, "REDIS_KEYS.md"), "utf8");
    const { families } = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as {
      families: { name: string; kind: string; tier: string }[];
    };
    for (const { name, kind, tier } of families) expect(text).toContain(`${name} (${kind}, ${tier}, `);
    for (const tier of new Set(families.map((family) => family.tier))) {
      expect(text).toMatch(new RegExp(`^\\| ${tier} \\| \\d+ \\| .+ \\| .+ \\| .+ \\|$`, "m"));
    }
  });

  test("the inventory names no readers of a companion that only writers touch", () => {
    const text = readFileSync(join(out, "REDIS_KEYS.md"), "utf8");
    expect(text).toMatch(/^\| `session:web:owner:.* \| gateway \| – \| beside webSession \|$/m);
    expect(text).toMatch(/^\| `chat:messages:.*:fill` .* \| chat \| – \| beside messages \|$/m);
    expect(text).toMatch(/^\| `chat:nearby:.*:ends` .* \| chat \| gateway \| beside nearby \|$/m);
  });

  test("the inventory has what the schema allows, with the reasons", () => {
    const text = readFileSync(join(out, "REDIS_KEYS.md"), "utf8");
    expect(text).toContain("| flag | `personal-data-in-key` | the name of a flag, not of a person |");
  });

  test("carry the hash of their own body, so that an edit by hand is seen", () => {
    for (const file of readdirSync(out).filter((name) => name.endsWith(".ts"))) {
      const text = readFileSync(join(out, file), "utf8");
      const [head, hash] = /^[\s\S]*?Hash of the text below: ([0-9a-f]{16})\n\n/.exec(text) ?? ["", ""];
      const body = text.slice(head.length);
      expect(createHash("sha256").update(body).digest("hex").slice(0, 16)).toBe(hash);
    }
  });

  test("name neither a time, nor a version, nor a path of this machine", () => {
    for (const file of readdirSync(out)) {
      const text = readFileSync(join(out, file), "utf8");
      expect(text).not.toContain(rooms);
      expect(text.replaceAll("2026-01-02T03:04:05.678Z", "")).not.toMatch(/\b20\d\d-\d\d-\d\dT/);
    }
  });
});

describe.each(topologies)("generated repositories on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  const roomId = 42;
  const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
  const since = new Date("2026-03-04T05:06:07.089Z");
  let connection: Connection;
  let redis: Repositories;

  beforeAll(async () => {
    connection = await connect();
    redis = createRepositories(connection.client, { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  test("a transaction on a scope: every kind in one step, results typed and in order", async () => {
    const [, sent, arrived, verdict, stored, topic] = await redis
      .room({ roomId })
      .transaction((tx) => [
        tx.topic.set({ text: "Redis", since, tags: new Set(["a"]) }),
        tx.sent.increment(3),
        tx.here.heartbeat(userId, "phone"),
        tx.posts.consume({ userId }),
        tx.seen.setIfAbsent({ userId }, 7),
        tx.topic.get(),
      ]);
    expect(sent.value).toBe(3);
    expect(arrived).toBe(true);
    expect(verdict.allowed).toBe(true);
    expect(stored).toBe(true);
    expect(topic).toEqual({ text: "Redis", since, tags: new Set(["a"]) });
    expect(await redis.topic.get({ roomId })).toEqual(topic);
    expect(await redis.seen.get({ roomId, userId })).toBe(7);
    expect(await redis.here.members({ roomId })).toEqual([userId]);
  });

  test("a service that only reads cannot write, in a transaction neither", async () => {
    const gateway = createRepositories(connection.client, { prefix, service: "gateway" });
    expect(await gateway.topic.get({ roomId })).toMatchObject({ text: "Redis" });
    const untyped = gateway as unknown as Repositories;
    await expect(untyped.topic.delete({ roomId })).rejects.toMatchObject({ code: "forbidden" });
    await expect(untyped.room({ roomId }).transaction((tx) => [tx.topic.delete()])).rejects.toThrow(TypeError);
    expect(await gateway.topic.get({ roomId })).not.toBeNull();
  });

  test("a reader has no way round: neither run, nor a plan that is changed, nor parameters that change later", async () => {
    const gateway = createRepositories(connection.client, { prefix, service: "gateway" });
    expect((gateway.topic as unknown as { run?: unknown }).run).toBeUndefined();
    expect(() => createRepositories(connection.client, { service: "constructor" as never })).toThrow("no service");
    await expect(
      redis.room({ roomId }).transaction((tx) => {
        const plan = tx.topic.touch();
        (plan.args as string[])[0] = "SET";
        return [plan];
      }),
    ).rejects.toThrow(TypeError);
    const scope = { roomId: 8 };
    const room = redis.room(scope);
    scope.roomId = 9;
    await room.transaction((tx) => [tx.sent.increment()]);
    expect(await redis.sent.get({ roomId: 8 })).toBe(1);
    expect(await redis.sent.get({ roomId: 9 })).toBe(0);
  });

  test.each([5, "a{b}:", "a b:", "\ud800:", "a*:"])("the prefix %j is refused", (bad) => {
    expect(() => createRepositories(connection.client, { prefix: bad as string })).toThrow(/prefix/);
  });

  test("a start-up TTL is taken by its name; another name is refused", async () => {
    const started = createRepositories(connection.client, { prefix, ttl: { flagTtl: "7m" } });
    await started.flag.set({ name: "dark-mode" }, true);
    const left = (await connection.send(["PTTL", started.flag.keyOf({ name: "dark-mode" })])) as number;
    expect(left).toBeGreaterThan(400_000);
    expect(left).toBeLessThanOrEqual(420_000);
    const misspelt = { prefix, ttl: { flagTtll: "7m" } } as object;
    expect(() => createRepositories(connection.client, misspelt)).toThrow(/flagTtll.*flagTtl/s);
    expect(() => createRepositories(connection.client, { ttl: { flagTtl: "2h" } })).toThrow(/at most 1 h/);
  });

  test("a call without its key, and repositories without a client, say so", async () => {
    const untyped = redis as unknown as { topic: { get(): Promise<unknown> } };
    await expect(untyped.topic.get()).rejects.toMatchObject({ code: "invalid-argument", field: "key" });
    expect(() => createRepositories(undefined as never)).toThrow("there is no client");
  });

  test("the prefix is part of every key, companions included", async () => {
    for (let i = 0; i < 12; i++) await redis.posts.consume({ roomId: 7, userId });
    const blocked = (await redis.posts.peek({ roomId: 7, userId })).blocked;
    expect(blocked?.reason).toBe("too-many-posts");
    expect(await connection.send(["GET", `${prefix}chat:posts:{7}:${userId}:blocked`])).toBe("blocked:too-many-posts");
  });
});
