import { createClient, type RedisClientType } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import type { InvalidArgumentError, KeywrightError } from "../../src/runtime/errors.js";
import type { TestRedis } from "../../src/testing/index.js";
import * as composed from "../fixtures/composed/generated/redis/index.js";
import * as rooms from "../fixtures/rooms/generated/redis/index.js";
import { failure, hasOwnServers, noop, ownRedis, recordEvents } from "../runtime/support.js";

const roomId = 42;
const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
const key = { userId };
const args = { most: 2, who: "ada", trial: true };

const bad: [object | null, string][] = [
  [{ deadline: "61s" }, "deadline"],
  [{ deadline: "soon" }, "deadline"],
  [{ deadline: 0 }, "deadline"],
  [{ retries: 8 }, "retries"],
  [{ retries: 0.5 }, "retries"],
  [null, "profile"],
];

/** An error of `with`, which names what it was called of. */
const refusal = (family: string, field: string) =>
  expect.objectContaining({
    name: "InvalidArgumentError",
    family,
    operation: "with",
    field,
    message: expect.stringContaining("Nothing was sent."),
  } satisfies Partial<Record<keyof InvalidArgumentError, unknown>>);

describe.skipIf(!hasOwnServers)("another profile", () => {
  let redis: TestRedis;
  let client: RedisClientType;
  let all: rooms.Repositories;
  let own: composed.Repositories;
  const clients = () => ({ default: client, ledger: client });
  beforeAll(async () => {
    redis = await ownRedis();
    client = createClient({ url: redis.url }).on("error", noop) as RedisClientType;
    await client.connect();
    all = rooms.createRepositories(client, { breaker: false });
    own = composed.createRepositories(clients(), { breaker: false });
  });
  afterEach(async () => {
    redis.resume();
    if (!client.isOpen) await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await redis.stop();
  });

  /** How each of the calls ended while the server hung. */
  async function whileItHangs(calls: () => Promise<unknown>[]) {
    redis.pause();
    const errors = await Promise.all(calls().map((call) => failure<KeywrightError>(call)));
    redis.resume();
    return errors.map((error) => [
      error.code,
      (error as { deadline?: number }).deadline,
      (error as { mayHaveBeenApplied?: boolean }).mayHaveBeenApplied,
    ]);
  }

  /** Which of the calls were tried again, without a connection. */
  async function withoutConnection(calls: (() => Promise<unknown>)[]) {
    client.destroy();
    const { events, stop } = recordEvents();
    const retries: number[] = [];
    for (const call of calls) {
      expect(await failure(call())).toMatchObject({ code: "unavailable" });
      retries.push(events.splice(0).filter(({ type }) => type === "retry").length);
    }
    stop();
    return retries;
  }

  describe("of a scope's transactions", () => {
    const room = () => all.room({ roomId });

    test("they end by its deadline, shorter or longer than that of their families", async () => {
      const ended = await whileItHangs(() => [
        room()
          .with({ deadline: "60ms" })
          .transaction((tx) => [tx.topic.get()]),
        room()
          .with({ deadline: 80 })
          .transaction((tx) => [tx.sent.increment(), tx.topic.get()]),
        room()
          .with({ deadline: "700ms" })
          .transaction((tx) => [tx.posts.peek({ userId })]),
        // By the schema: the longest of 500 ms and 1 s.
        room().transaction((tx) => [tx.posts.peek({ userId }), tx.sent.get()]),
      ]);
      expect(ended).toEqual([
        ["deadline", 60, false],
        ["deadline", 80, true],
        ["deadline", 700, false],
        ["deadline", 1000, false],
      ]);
    });

    test("their retries are its own, more or fewer than those of their families", async () => {
      const retries = await withoutConnection([
        // By the schema: the fewest of 1 and 2.
        () => room().transaction((tx) => [tx.sent.get(), tx.topic.get()]),
        () =>
          room()
            .with({ retries: 0 })
            .transaction((tx) => [tx.sent.get(), tx.topic.get()]),
        () =>
          room()
            .with({ retries: 2 })
            .transaction((tx) => [tx.sent.get(), tx.topic.get()]),
        () =>
          room()
            .with({})
            .transaction((tx) => [tx.sent.get()]),
      ]);
      expect(retries).toEqual([1, 0, 2, 1]);
    });

    test("what is left out stays", async () => {
      const quick = room().with({ deadline: "70ms" });
      const never = quick.with({ retries: 0 });
      expect(
        await whileItHangs(() => [
          never.transaction((tx) => [tx.topic.get()]),
          quick.transaction((tx) => [tx.sent.get()]),
        ]),
      ).toEqual([
        ["deadline", 70, false],
        ["deadline", 70, false],
      ]);
      const fewer = never.with({ deadline: "5s" });
      expect(await withoutConnection([() => fewer.transaction((tx) => [tx.topic.get()])])).toEqual([0]);
    });

    test("its results are those of the scope, in its slot", async () => {
      // Another room: what hung before may be applied late.
      const quick = all.room({ roomId: 7 }).with({ deadline: "5s", retries: 0 });
      expectTypeOf(quick).toEqualTypeOf(room());
      const results = await quick.transaction((tx) => [tx.sent.increment(3), tx.sent.get()]);
      expect(results).toMatchObject([{ value: 3 }, 3]);
      expect(await all.sent.get({ roomId: 7 })).toBe(3);
      // With the team's own scripts in it.
      await own.seats.reset(key);
      await own.plan.set(key, { name: "team", renewsAt: new Date(0) });
      const scope = own.user(key).with({ deadline: "5s" });
      expect(await scope.transaction((tx) => [tx.bookSeat(args), tx.seats.get()])).toEqual([1, 1]);
    });

    test("a service has it, and no more in it than before", async () => {
      const gateway = rooms.createRepositories(client, { service: "gateway" });
      const scope = gateway.room({ roomId }).with({ deadline: "5s" });
      expect(scope).not.toBe(gateway.room({ roomId }));
      // @ts-expect-error gateway only reads it
      const set = scope.transaction((tx) => [tx.topic.set({ text: "no", since: new Date() })]);
      expect(await failure(set)).toBeInstanceOf(TypeError);
    });

    test.each(bad)("%j is refused", (profile, field) => {
      expect(() => room().with(profile as never)).toThrow(refusal("room", field));
    });
  });

  describe("of a team's own script", () => {
    test("it ends by its deadline, and the script itself by the schema's", async () => {
      const quick = own.bookSeat.with({ deadline: "60ms" });
      expectTypeOf(quick).toEqualTypeOf(own.bookSeat);
      const ended = await whileItHangs(() => [
        // Of another user: it may be applied late.
        quick({ userId: "0b6e0804-2bd0-4672-b79d-d97027f9071a" }, args),
        own.seatsLeft.with({ deadline: 80, retries: 0 })(key, { most: 5 }),
        own.seatsLeft.with({ deadline: 90 }).with({ retries: 0 })(key, { most: 5 }),
        own.seatsLeft(key, { most: 5 }),
      ]);
      expect(ended).toEqual([
        ["deadline", 60, true],
        ["deadline", 80, false],
        ["deadline", 90, false],
        ["deadline", 1000, false],
      ]);
    });

    test("its retries are its own", async () => {
      const retries = await withoutConnection([
        () => own.bookSeat(key, args),
        () => own.bookSeat.with({ retries: 0 })(key, args),
        () => own.bookSeat.with({ retries: 3, deadline: "5s" }).with({ deadline: "4s" })(key, args),
      ]);
      expect(retries).toEqual([1, 0, 3]);
    });

    test("it is the same script: keys, arguments, result, TTL", async () => {
      await own.seats.reset(key);
      await own.plan.set(key, { name: "team", renewsAt: new Date(0) });
      const booked = await own.bookSeat.with({ deadline: "5s" })(key, { ...args, trial: false });
      expectTypeOf(booked).toEqualTypeOf<number | null>();
      expect(booked).toBe(1);
      expect(await own.seatsLeft.with({ deadline: "5s" })(key, { most: 5 })).toBe(4);
      expect(await client.pTTL(own.seats.keyOf(key))).toBeGreaterThan(0);
      const wrong = own.bookSeat.with({ deadline: "5s" })(key, { ...args, most: 1.5 });
      expect(await failure(wrong)).toMatchObject({ code: "invalid-value", family: "bookSeat", field: "most" });
      // @ts-expect-error as of the script itself
      await failure(own.bookSeat.with({ retries: 0 })(key));
    });

    test("one for each profile, and the script itself for its own", () => {
      const quick = own.bookSeat.with({ deadline: "200ms", retries: 0 });
      expect(own.bookSeat.with({ retries: 0, deadline: 200 })).toBe(quick);
      expect(quick.with({ deadline: "200ms" })).toBe(quick);
      expect(quick.with({ deadline: "1500ms", retries: 1 })).toBe(own.bookSeat);
      expect(own.bookSeat.with({})).toBe(own.bookSeat);
      expect(own.seatsLeft.with({ deadline: "200ms", retries: 0 })).not.toBe(quick);
      for (let ms = 300; ms < 400; ms++) quick.with({ deadline: ms });
      expect(own.bookSeat.with({ deadline: "200ms", retries: 0 })).not.toBe(quick);
    });

    test("a service that may call it has it", async () => {
      const billing = composed.createRepositories(clients(), { service: "billing" });
      await own.seats.reset(key);
      expect(await billing.seatsLeft.with({ deadline: "5s" })(key, { most: 5 })).toBe(5);
      // @ts-expect-error billing does not write seats
      expect(billing.bookSeat).toBeUndefined();
    });

    test.each(bad)("%j is refused", (profile, field) => {
      expect(() => own.bookSeat.with(profile as never)).toThrow(refusal("bookSeat", field));
    });
  });
});
