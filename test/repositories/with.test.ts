import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { InvalidArgumentError, KeywrightError } from "../../src/runtime/errors.js";
import type { TestRedis } from "../../src/testing/index.js";
import { createRepositories, type Repositories } from "../fixtures/rooms/generated/redis/index.js";
import { failure, hasOwnServers, noop, ownRedis, recordEvents, until } from "../runtime/support.js";

const roomId = 42;
const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
const stored = { name: "Ada", joined: new Date(0) };

describe.skipIf(!hasOwnServers)("a repository with another profile", () => {
  let redis: TestRedis;
  let client: ReturnType<typeof createClient>;
  let all: Repositories;
  beforeAll(async () => {
    redis = await ownRedis();
    client = createClient({ url: redis.url });
    client.on("error", noop);
    await client.connect();
    all = createRepositories(client, { prefix: "preview:", breaker: false });
  });
  afterAll(async () => {
    client.destroy();
    await redis.stop();
  });

  test("its calls end by its deadline, and those of the family by the family's", async () => {
    const quick = all.topic.with({ deadline: "60ms" });
    redis.pause();
    const errors = await Promise.all([
      failure<KeywrightError>(quick.get({ roomId })),
      failure<KeywrightError>(quick.set({ roomId }, { text: "x", since: new Date() })),
      failure<KeywrightError>(all.topic.with({ deadline: 80, retries: 0 }).touch({ roomId })),
    ]);
    expect(errors.map((error) => [error.code, (error as { deadline?: number }).deadline])).toEqual([
      ["deadline", 60],
      ["deadline", 60],
      ["deadline", 80],
    ]);
    redis.resume();
    expect(all.topic.family).toMatchObject({ deadline: 1500, retries: 2 });
    expect(quick.family).toMatchObject({ deadline: 60, retries: 2, name: "topic" });
    await quick.with({ deadline: "5s" }).set({ roomId }, { text: "y", since: new Date(0) });
    expect(await all.topic.get({ roomId })).toEqual({ text: "y", since: new Date(0) });
    // Under the prefix too.
    expect(quick.keyOf({ roomId })).toBe(all.topic.keyOf({ roomId }));
  });

  test("its retries are its own", async () => {
    client.destroy();
    const { events, stop } = recordEvents();
    await failure(all.topic.with({ retries: 0 }).get({ roomId }));
    await failure(all.topic.get({ roomId }));
    await failure(all.topic.with({ retries: 1 }).delete({ roomId }));
    stop();
    expect(events.map(({ type, operation }) => `${operation} ${type}`)).toEqual([
      "get error",
      "get retry",
      "get retry",
      "get error",
      "delete retry",
      "delete error",
    ]);
    await client.connect();
  });

  test("one for each profile, and the repository itself for its own", () => {
    const quick = all.topic.with({ deadline: "200ms", retries: 0 });
    expect(all.topic.with({ retries: 0, deadline: 200 })).toBe(quick);
    expect(quick.with({ deadline: "200ms" })).toBe(quick);
    expect(quick.with({ deadline: "1500ms", retries: 2 })).toBe(all.topic);
    expect(all.topic.with({})).toBe(all.topic);
    // Deadlines that are computed come and go: those that were used long ago are made anew.
    for (let ms = 300; ms < 400; ms++) quick.with({ deadline: ms });
    expect(all.topic.with({ deadline: 399, retries: 0 })).toBe(quick.with({ deadline: 399 }));
    expect(all.topic.with({ deadline: "200ms", retries: 0 })).not.toBe(quick);
  });

  test.each([
    [{ deadline: "61s" }, "deadline"],
    [{ deadline: "soon" }, "deadline"],
    [{ deadline: 0 }, "deadline"],
    [{ deadline: 1.5 }, "deadline"],
    [{ retries: 8 }, "retries"],
    [{ retries: -1 }, "retries"],
    [{ retries: 0.5 }, "retries"],
    [null, "profile"],
  ])("%j is refused", (profile, field) => {
    expect(() => all.topic.with(profile as never)).toThrow(
      expect.objectContaining({
        name: "InvalidArgumentError",
        family: "topic",
        operation: "with",
        field,
        message: expect.stringContaining("Nothing was sent."),
      } satisfies Partial<Record<keyof InvalidArgumentError, unknown>>),
    );
  });

  test("a reader has it, and reads only", async () => {
    const gateway = createRepositories(client, { service: "gateway", prefix: "preview:" });
    const quick = gateway.topic.with({ deadline: "200ms" });
    expect(gateway.topic.with({ deadline: "200ms" })).toBe(quick);
    expect(gateway.topic.with({})).toBe(gateway.topic);
    await all.topic.set({ roomId }, { text: "z", since: new Date(0) });
    expect(await quick.get({ roomId })).toMatchObject({ text: "z" });
    const set = (quick as unknown as Repositories["topic"]).set({ roomId }, { text: "no", since: new Date() });
    expect(await failure(set)).toMatchObject({ code: "forbidden" });
    expect(quick).not.toHaveProperty("shareWith");
    // Of a cache, what it loads is stored no more than by the reader itself.
    const [loaded] = await Promise.all([gateway.profile.with({ retries: 0 }).fetch({ userId }, async () => stored)]);
    expect(loaded).toEqual(stored);
    expect(await client.exists(all.profile.keyOf({ userId }))).toBe(0);
  });

  test("the loads of a cache are shared, and what invalidates them, and what is counted", async () => {
    const { profile } = all;
    const quick = profile.with({ deadline: "900ms" });
    let loads = 0;
    let end = noop;
    const loader = () => {
      loads += 1;
      return new Promise<typeof stored>((done) => {
        end = () => done(stored);
      });
    };
    const both = [profile.fetch({ userId }, loader), quick.fetch({ userId }, loader)];
    await until(() => profile.stats().joins === 1);
    end();
    expect(await Promise.all(both)).toEqual([stored, stored]);
    expect(loads).toBe(1);
    expect(quick.stats()).toEqual(profile.stats());

    await profile.invalidate({ userId });
    const stale = profile.fetch({ userId }, loader);
    await until(() => loads === 2);
    expect(await quick.invalidate({ userId })).toEqual({ applied: true });
    end();
    expect(await stale).toEqual(stored);
    // Revoked: it stored nothing.
    expect(await client.exists(profile.keyOf({ userId }))).toBe(0);
  });
});

test("every kind has it", () => {
  const all = createRepositories(createClient({ url: inject("redis").url }));
  for (const [name, member] of Object.entries(all)) {
    if (typeof member !== "object") continue;
    const quick = (member as Repositories["topic"]).with({ deadline: 77, retries: 3 });
    expect(quick.family, name).toMatchObject({ name, deadline: 77, retries: 3 });
    expect(quick.plans.family, name).toBe(quick.family);
    expect(quick.constructor, name).toBe(member.constructor);
  }
});
