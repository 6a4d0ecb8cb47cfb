/** What holds of the TTLs of a whole keyspace, whatever the kinds. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { familyOfKey } from "../../src/schema/index.js";
import type { Manifest } from "../../src/schema/manifest.js";
import { createRepositories, type Repositories } from "../fixtures/rooms/generated/redis/index.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const manifest = JSON.parse(
  readFileSync(new URL("../fixtures/rooms/generated/redis/manifest.json", import.meta.url), "utf8"),
) as Manifest;

describe.each(topologies)("TTLs of a keyspace on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  const room = { roomId: 1 };
  const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
  let connection: Connection;
  let redis: Repositories;
  beforeAll(async () => {
    connection = await connect();
    redis = createRepositories(connection.client, { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.flushPrefix(`{${prefix}`);
    await connection.close();
  });

  const left = async (key: string): Promise<number> => (await connection.send(["PTTL", key])) as number;

  test("C5 an overwrite starts the TTL anew where the schema says restart, and keeps it where it says keep", async () => {
    const topic = { text: "Redis", since: new Date() };
    const [restarts, keeps] = [redis.topic.keyOf(room), redis.seen.keyOf({ ...room, userId })];
    await redis.topic.set(room, topic);
    await redis.seen.set({ ...room, userId }, 1);
    for (const key of [restarts, keeps]) await connection.send(["PEXPIRE", key, "60000"]);
    await redis.topic.set(room, { ...topic, text: "Valkey" });
    await redis.seen.set({ ...room, userId }, 2);
    expect(await left(restarts)).toBeGreaterThan(86_000_000);
    expect(await left(keeps)).toBeLessThanOrEqual(60_000);
    expect(await left(keeps)).toBeGreaterThan(0);
    expect(await redis.seen.get({ ...room, userId })).toBe(2);
    // What Redis does by itself, and why every write of ours carries its expiry.
    await connection.send(["SET", restarts, "x"]);
    expect(await left(restarts)).toBe(-1);
    await redis.topic.set(room, topic);
    expect(await left(restarts)).toBeGreaterThan(0);
  });

  test("C5 a read starts the TTL anew only where it slides, and never beyond the hard end", async () => {
    const [sliding, fixed] = [{ token: "a1" }, { token: "b2" }];
    await redis.webSession.create(sliding, { userId, signedInAt: new Date() });
    await redis.guest.create(fixed, { name: "Ada" });
    for (const key of [redis.webSession.keyOf(sliding), redis.guest.keyOf(fixed), redis.topic.keyOf(room)]) {
      await connection.send(["PEXPIRE", key, "60000"]);
    }
    await redis.webSession.load(sliding);
    expect(await left(redis.webSession.keyOf(sliding))).toBeLessThanOrEqual(60_000);
    await redis.webSession.loadAndTouch(sliding);
    expect(await left(redis.webSession.keyOf(sliding))).toBeGreaterThan(1_700_000);
    await redis.topic.get(room);
    expect(await left(redis.topic.keyOf(room))).toBeLessThanOrEqual(60_000);
  });

  test("C8 every key without a TTL belongs to a family that says so, and every key to a family", async () => {
    const since = new Date();
    await redis.topic.set(room, { text: "Redis", since });
    await redis.seen.set({ ...room, userId }, 1);
    await redis.avatar.set(room, Buffer.from([1]), { ttl: "1h" });
    await redis.sent.increment(room);
    await redis.messages.recent(room, {
      orElse: async () => [{ id: userId, from: userId, body: "Hello", at: since }],
    });
    await redis.here.heartbeat(room, userId, "phone");
    await redis.nearby.add(room, userId, { longitude: 13.4, latitude: 52.5 });
    for (let i = 0; i < 12; i++) await redis.posts.consume({ ...room, userId });
    await redis.taskCount.increment({});
    await redis.flag.set({ name: "dark" }, true);
    await redis.webSession.create({ token: "c3" }, { userId, signedInAt: since });
    await redis.guest.create({ token: "d4" }, { name: "Ada" });
    await redis.doorCode.issue(room, "123456");
    await redis.doorCode.verify(room, "654321");
    await redis.invite.issue({ token: "e5" }, { roomId: 1, invitedBy: userId }, { ttl: "1h" });
    await redis.joinToken.issue({ ...room, token: "f6" }, { userId, since });
    await redis.profile.fetch({ userId }, async () => ({ name: "Ada", joined: since }));
    const keys = await connection.keysWith(prefix);
    const families = new Set<string>();
    const withoutTtl: string[] = [];
    for (const key of keys) {
      const owner = familyOfKey(manifest, key, { prefix });
      expect([key, owner?.family.name]).toEqual([key, expect.any(String)]);
      families.add(owner?.family.name as string);
      if ((await left(key)) === -1) withoutTtl.push((owner?.companion ?? owner?.family)?.ttl.kind as string);
    }
    expect([...families].sort()).toEqual(manifest.families.map(({ name }) => name));
    expect(withoutTtl).toEqual(["persist"]);
  });
});
