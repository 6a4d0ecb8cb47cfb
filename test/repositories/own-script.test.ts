import { createHash } from "node:crypto";
import { keySlot } from "keywright";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { type OwnScript, scriptFunction, scriptPlanner } from "../../src/repositories/own-script.js";
import { Scope } from "../../src/repositories/scope.js";
import { type Plan, scriptCall } from "../../src/runtime/plan.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { guardedScript } from "../../src/schema/script-text.js";
import { createRepositories, type Repositories } from "../fixtures/composed/generated/redis/index.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
const hour = 3_600_000;

describe.each(topologies)("a team's own script on $name", ({ connect, isCluster }) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let redis: Repositories;
  let runtime: Runtime;
  beforeAll(async () => {
    connection = await connect();
    redis = createRepositories({ default: connection.client, ledger: connection.client }, { prefix });
    runtime = new Runtime(connection.client as never, ["default"], { prefix });
    // A pool's member is made by the first call, and lent once.
    await redis.seats.get({ userId });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  /** A script of one key of the family seats, with this text. */
  function scriptOf(text: string, writes = true): (key: { userId: string }, args: { a: string }) => Promise<unknown> {
    const source = guardedScript(text, writes);
    const sha1 = createHash("sha1").update(source).digest("hex");
    const own = {
      name: "own",
      kind: "script",
      pattern: "own.lua",
      store: "default",
      tier: "R2",
      deadline: 5000,
      retries: 0,
      keys: [{ family: "seats", access: writes ? "write" : "read", ttl: { kind: "fixed", ms: hour } }],
      args: [
        ["a", { wire: "string", binary: false, encode: (value: string) => value, decode: (value: string) => value }],
      ],
      returns: { codec: { wire: "string", binary: false, encode: String, decode: String }, nullable: true },
      script: { name: "own", sha1, source, readOnly: !writes },
    } as unknown as OwnScript<{ userId: string }, { a: string }, unknown>;
    return scriptFunction(own, runtime, scriptPlanner(own, runtime, { seats: redis.seats })) as never;
  }

  test("runs by its SHA-1 on the keys of its families, typed both ways", async () => {
    const key = { userId };
    expect(await redis.bookSeat(key, { most: 2, who: "ada", trial: false })).toBeNull();
    expect(await redis.bookSeat(key, { most: 2, who: "ada", trial: true })).toBe(1);
    await redis.plan.set(key, { name: "team", renewsAt: new Date(0) });
    expect(await redis.bookSeat(key, { most: 2, who: "bob", trial: false })).toBe(2);
    expect(await redis.bookSeat(key, { most: 2, who: "eve", trial: false })).toBeNull();
    expect(await redis.seatsLeft(key, { most: 5 })).toBe(3);
    expect(await redis.seats.get(key)).toBe(2);
  });

  test("a key that it leaves without a TTL has the family's, in the same call", async () => {
    const left = (await connection.send(["PTTL", redis.seats.keyOf({ userId })])) as number;
    expect(left).toBeGreaterThan(hour - 60_000);
    expect(left).toBeLessThanOrEqual(hour);
  });

  test.each([
    ["loses the TTL of a key", "redis.call('SET', KEYS[1], 5)"],
    ["prolongs it beyond the maximum", "redis.call('SET', KEYS[1], 5, 'EX', 999999)"],
    ["ends with an error after it wrote", "redis.call('SET', KEYS[1], 5) error('no')"],
    ["ends with an error of Redis after it wrote", "redis.call('SET', KEYS[1], 5) redis.call('LPUSH', KEYS[1], 1)"],
    ["returns an error", "redis.call('SET', KEYS[1], 5) return redis.error_reply('NO')"],
    ["changes the table of its keys", "redis.call('SET', KEYS[1], 5) KEYS[1] = 'other' ARGV[1] = nil"],
    ["reaches the tables of the server", "redis.call('SET', KEYS[1], 5) _G.KEYS[1] = 'other' _G.ARGV[3] = '0'"],
    ["has the form of a chunk", "local none = ... redis.call('SET', KEYS[1], 5, 'EX', 999999) return none"],
    ["ends in a comment", "redis.call('SET', KEYS[1], 5) -- the end"],
  ])("no key is left without the family's TTL by a script that %s", async (_, body) => {
    await connection.send(["DEL", redis.seats.keyOf({ userId })]);
    await scriptOf(`#!lua\n${body}`)({ userId }, { a: "x" }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: "refused", mayHaveBeenApplied: true, family: "own" });
    });
    const left = (await connection.send(["PTTL", redis.seats.keyOf({ userId })])) as number;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(hour);
  });

  test("a TTL within the family's is left as the script set it", async () => {
    await scriptOf("#!lua\nredis.call('SET', KEYS[1], 5, 'PX', 60000)")({ userId }, { a: "x" });
    expect(await connection.send(["PTTL", redis.seats.keyOf({ userId })])).toBeLessThanOrEqual(60_000);
  });

  test("its error says that it may have been applied, and holds no value", async () => {
    const call = redis.bookSeat({ userId }, { most: 9, who: "typo", trial: true });
    await expect(call).rejects.toMatchObject({ code: "refused", operation: "run", mayHaveBeenApplied: true });
    const wrongType = redis.bookSeat({ userId }, { most: 9, who: "nobody", trial: true });
    await expect(wrongType).rejects.toMatchObject({ code: "refused", reply: "WRONGTYPE", mayHaveBeenApplied: true });
  });

  test("bad arguments are told before anything is sent", async () => {
    const call = redis.bookSeat({ userId }, { most: 1.5, who: "ada", trial: true });
    await expect(call).rejects.toMatchObject({ code: "invalid-value", family: "bookSeat", field: "most" });
    await expect(redis.bookSeat({ userId: "x" }, { most: 1, who: "ada", trial: true })).rejects.toMatchObject({
      code: "invalid-parameter",
    });
    const untyped = redis.bookSeat as unknown as (key: object) => Promise<unknown>;
    await expect(untyped({ userId })).rejects.toMatchObject({ code: "invalid-argument", field: "args" });
  });

  test("a service calls it only where it may write what it writes", () => {
    const clients = { default: connection.client, ledger: connection.client };
    const billing = createRepositories(clients, { prefix, service: "billing" });
    expect((billing as unknown as Repositories).bookSeat).toBeUndefined();
    expect(billing.seatsLeft).toBeTypeOf("function");
    expect(createRepositories(clients, { prefix, service: "chat" }).bookSeat).toBeTypeOf("function");
  });

  describe("in a transaction of its scope", () => {
    const clients = () => ({ default: connection.client, ledger: connection.client });
    beforeAll(async () => {
      await connection.send(["DEL", redis.seats.keyOf({ userId })]);
      await redis.plan.set({ userId }, { name: "team", renewsAt: new Date(0) });
    });

    test("goes as EVAL between the others, with the scope's parameters filled in, and its TTL guarded", async () => {
      const [taken, read, left] = await redis
        .user({ userId })
        .transaction((tx) => [
          tx.bookSeat({ most: 2, who: "ada", trial: false }),
          tx.seats.get(),
          tx.seatsLeft({ most: 2 }),
        ]);
      expectTypeOf(taken).toEqualTypeOf<number | null>();
      expect([taken, read, left]).toEqual([1, 1, 1]);
      expect(await connection.send(["PTTL", redis.seats.keyOf({ userId })])).toBeGreaterThan(hour - 60_000);
    });

    test("bad arguments, and a call that is not listed, are told before anything is sent", async () => {
      const scope = redis.user({ userId });
      const bad = scope.transaction((tx) => [tx.seats.reset(), tx.bookSeat({ most: 1.5, who: "ada", trial: true })]);
      await expect(bad).rejects.toMatchObject({ code: "invalid-value", field: "most" });
      const unlisted = scope.transaction((tx) => {
        tx.bookSeat({ most: 9, who: "ada", trial: true });
        return [tx.seats.reset()];
      });
      await expect(unlisted).rejects.toMatchObject({
        code: "misuse",
        message: expect.stringContaining("bookSeat.run"),
      });
      expect(await redis.seats.get({ userId })).toBe(1);
    });

    test("one that ends with an error leaves the others applied, and says so", async () => {
      const failed = redis
        .user({ userId })
        .transaction((tx) => [tx.bookSeat({ most: 9, who: "typo", trial: true }), tx.seats.increment(5)]);
      await expect(failed).rejects.toMatchObject({
        code: "transaction",
        outcomes: [
          { ok: false, error: { code: "refused", family: "bookSeat", mayHaveBeenApplied: true } },
          { ok: true, value: { value: 7 } },
        ],
      });
      expect(await redis.seats.get({ userId })).toBe(7);
    });

    test("what the scope leaves open comes before the arguments", async () => {
      const given: unknown[] = [];
      const source = "#!lua flags=no-writes\nreturn ARGV[1]";
      const script = { name: "own", source, sha1: createHash("sha1").update(source).digest("hex"), readOnly: true };
      const planned = (key: object, args?: object) => {
        given.push(key, args);
        return scriptCall(redis.seats.family, "run", script, [redis.seats.keyOf({ userId })], ["said"], String);
      };
      const { executor } = runtime.store(redis.seats.family);
      const scope = new Scope<{ own: (key: object, args: object) => Plan<string> }>("user", { userId }, {}, executor, {
        own: { planned, whole: false },
      });
      expect(await scope.transaction((tx) => [tx.own({ day: 1, userId: "another" }, { most: 2 })])).toEqual(["said"]);
      expect(given).toEqual([{ day: 1, userId }, { most: 2 }]);
    });

    test("a service has there only what it may call", async () => {
      const billing = createRepositories(clients(), { prefix, service: "billing" });
      await billing.user({ userId }).transaction((tx) => {
        expect(Object.keys(tx)).toContain("seatsLeft");
        expect(Object.keys(tx)).not.toContain("bookSeat");
        // @ts-expect-error billing does not write seats
        void tx.bookSeat;
        return [tx.seatsLeft({ most: 9 })];
      });
    });
  });

  test.runIf(isCluster)(
    "A16 an undeclared key of another slot on the same node is an error, not a silent success",
    async () => {
      const own = redis.seats.keyOf({ userId });
      const third = (slot: number): number => Math.floor(slot / (16384 / 3));
      const other = Array.from({ length: 999 }, (_, i) => `${prefix}other:${i}`).find(
        (key) => keySlot(key) !== keySlot(own) && third(keySlot(key)) === third(keySlot(own)),
      ) as string;
      const write = "return redis.call('SET', ARGV[1], 'x').ok";
      // Without the header Redis lets it pass: what the header is for.
      expect(await connection.send(["EVAL", write, "1", own, other], own)).toBe("OK");
      await connection.send(["DEL", other]);
      await expect(scriptOf(`#!lua\n${write}`)({ userId }, { a: other })).rejects.toMatchObject({ code: "refused" });
      expect(await connection.send(["EXISTS", other])).toBe(0);
      const read = scriptOf("#!lua flags=no-writes\nreturn redis.call('GET', ARGV[1])", false);
      await expect(read({ userId }, { a: other })).rejects.toMatchObject({ code: "refused" });
    },
  );
});
