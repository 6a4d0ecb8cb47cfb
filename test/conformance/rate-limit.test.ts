import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RateLimitFamily, RateLimitPlans } from "../../src/repositories/rate-limit.js";
import { consumeInOrder } from "../../src/repositories/rate-limit-order.js";
import { InvalidArgumentError, UndecodableValueError, WrongTypeError } from "../../src/runtime/errors.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { algorithms, familyWith, hour, Limits, sleep, subject } from "../repositories/rate-limit-family.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const bursts = { "fixed-window": false, "sliding-window": false, gcra: true, "token-bucket": true };
const longestBlock = 366 * 24 * hour;

describe.each(topologies)("rateLimit on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let runtime: Runtime;

  beforeAll(async () => {
    connection = await connect();
    runtime = new Runtime(connection.client, ["default"], { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  const pttl = (key: string) => connection.send(["PTTL", key]) as Promise<number>;
  const dump = (key: string) => connection.send(["DUMP", key]);

  /** Holds after every operation: a key of a limit has a TTL, and none above the family's longest life. */
  async function expectTtl(limits: Limits, key: { id: string }, longest: number) {
    const left = await pttl(limits.keyOf(key));
    expect(left === -2 || (left >= 0 && left <= longest)).toBe(true);
    const violations = await pttl(`{${limits.keyOf(key)}}:violations`);
    expect(violations).not.toBe(-1);
    const block = await pttl(`{${limits.keyOf(key)}}:blocked`);
    expect(block === -2 || (block >= 0 && block <= longestBlock)).toBe(true);
  }

  describe.each(algorithms)("%s", (algorithm) => {
    const limitsOf = (settings: Partial<RateLimitFamily> = {}) => new Limits(runtime, { algorithm, ...settings });
    const longest = algorithm === "sliding-window" ? 2 * hour : hour;

    test("admits the limit, denies the next, and always has a TTL", async () => {
      const limits = limitsOf({ limit: 3 });
      const key = subject();
      for (const remaining of [2, 1, 0]) {
        const verdict = await limits.consume(key);
        expect(verdict).toMatchObject({ allowed: true, limit: 3, remaining, retryAfterMs: 0, degraded: false });
        expect(verdict.resetMs).toBeGreaterThan(0);
        expect(verdict.resetMs).toBeLessThanOrEqual(longest);
        await expectTtl(limits, key, longest);
      }
      const denial = await limits.consume(key);
      expect(denial).toMatchObject({ allowed: false, remaining: 0, blocked: undefined, violations: undefined });
      expect(denial.retryAfterMs).toBeGreaterThan(0);
      expect(denial.retryAfterMs).toBeLessThanOrEqual(denial.resetMs);
      expect(denial.nextMs).toBe(denial.retryAfterMs);
      // What trickles back in time is as told: a third of the hour, an hour, or by how the hour lies.
      if (bursts[algorithm]) expect(denial.retryAfterMs).toBeGreaterThan(hour / 3 - 10_000);
      if (algorithm === "fixed-window") expect(denial.retryAfterMs).toBeGreaterThan(hour - 10_000);
      expect(await limits.peek(key)).toMatchObject({ allowed: false, remaining: 0 });
    });

    test("of 50 at once exactly the limit passes", async () => {
      const limits = limitsOf({ limit: 10 });
      const key = subject();
      const verdicts = await Promise.all(Array.from({ length: 50 }, () => limits.consume(key)));
      expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(10);
      expect(
        verdicts
          .filter((verdict) => verdict.allowed)
          .map((verdict) => verdict.remaining)
          .sort(),
      ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      await expectTtl(limits, key, longest);
    });

    test("a denial takes nothing", async () => {
      const limits = limitsOf({ limit: 10 });
      const key = subject();
      expect(await limits.consume(key, { cost: 7 })).toMatchObject({ allowed: true, remaining: 3 });
      const before = await dump(limits.keyOf(key));
      for (let i = 0; i < 5; i++) {
        const denial = await limits.consume(key, { cost: 4 });
        expect(denial).toMatchObject({ allowed: false, remaining: 3 });
        expect(denial.retryAfterMs).toBeGreaterThan(0);
      }
      expect(await limits.peek(key, { cost: 4 })).toMatchObject({ allowed: false, remaining: 3 });
      expect(await limits.peek(key, { cost: 3 })).toMatchObject({ allowed: true, remaining: 3 });
      expect(await dump(limits.keyOf(key))).toEqual(before);
      expect(await limits.consume(key, { cost: 3 })).toMatchObject({ allowed: true, remaining: 0 });
    });

    test("a cost that could never pass is refused before anything is sent", async () => {
      const limits = limitsOf({ limit: 10, burst: bursts[algorithm] ? 4 : 10 });
      const key = subject();
      const most = bursts[algorithm] ? 4 : 10;
      for (const cost of [most + 1, 0, -1, 1.5, Number.NaN]) {
        await expect(limits.consume(key, { cost })).rejects.toThrow(InvalidArgumentError);
        await expect(limits.peek(key, { cost })).rejects.toThrow(InvalidArgumentError);
      }
      await expect(limits.consume(key, { limit: 5 })).rejects.toThrow('"limit" is given, but the schema fixes it');
      await expect(limits.penalty(key, 0)).rejects.toThrow(InvalidArgumentError);
      await expect(limits.reward(key, -3)).rejects.toThrow(InvalidArgumentError);
      expect(await limits.consume(key, { cost: most })).toMatchObject({ allowed: true, remaining: 0 });
    });

    test("a penalty leaves nothing at most, a reward gives the whole limit at most", async () => {
      const limits = limitsOf({ limit: 10 });
      const key = subject();
      expect(await limits.reward(key, 5)).toMatchObject({ allowed: true, remaining: 10, resetMs: 0 });
      expect(await connection.send(["EXISTS", limits.keyOf(key)])).toBe(0);
      expect(await limits.penalty(key, 4)).toMatchObject({ allowed: true, remaining: 6 });
      await expectTtl(limits, key, longest);
      expect(await limits.penalty(key, 100)).toMatchObject({ allowed: false, remaining: 0 });
      await expectTtl(limits, key, longest);
      expect((await limits.peek(key)).resetMs).toBeLessThanOrEqual(longest);
      expect(await limits.reward(key, 3)).toMatchObject({ allowed: true, remaining: 3 });
      await expectTtl(limits, key, longest);
      expect(await limits.consume(key, { cost: 3 })).toMatchObject({ allowed: true, remaining: 0 });
      expect(await limits.reward(key, 1_000_000)).toMatchObject({ allowed: true, remaining: 10, resetMs: 0 });
      await expectTtl(limits, key, longest);
      expect(await limits.consume(key, { cost: 10 })).toMatchObject({ allowed: true, remaining: 0 });
      expect(await limits.consume(key)).toMatchObject({ allowed: false });
    });

    test("a block denies, counts nothing, and tells its reason and end", async () => {
      const limits = limitsOf();
      const key = subject();
      await limits.consume(key);
      const before = await dump(limits.keyOf(key));
      await limits.block(key, "10m", "card-testing");
      expect(await connection.send(["GET", `{${limits.keyOf(key)}}:blocked`])).toBe("blocked:card-testing");
      const denial = await limits.consume(key);
      expect(denial).toMatchObject({ allowed: false, remaining: 0, blocked: { reason: "card-testing" } });
      expect(denial.retryAfterMs).toBeGreaterThan(590_000);
      expect(denial.retryAfterMs).toBeLessThanOrEqual(600_000);
      expect(denial.blocked?.untilMs).toBe(await connection.send(["PEXPIRETIME", `{${limits.keyOf(key)}}:blocked`]));
      expect(await limits.peek(key)).toMatchObject({ allowed: false, blocked: denial.blocked });
      expect(await dump(limits.keyOf(key))).toEqual(before);
      await expectTtl(limits, key, longest);
      expect(await limits.unblock(key)).toBe(true);
      expect(await limits.unblock(key)).toBe(false);
      expect(await limits.consume(key)).toMatchObject({ allowed: true, remaining: 8, blocked: undefined });
      await expect(limits.block(key, "400d")).rejects.toThrow(InvalidArgumentError);
      await expect(limits.block(key, 0)).rejects.toThrow(InvalidArgumentError);
      await expect(limits.block(key, "1m", "Two Words")).rejects.toThrow(InvalidArgumentError);
    });

    test("the ladder counts violations, and its highest step blocks", async () => {
      const limits = limitsOf({
        limit: 1,
        ladder: {
          remember: 2 * hour,
          reason: "too-many-sign-ins",
          steps: [
            { violations: 2, block: 60_000 },
            { violations: 4, block: 24 * hour },
          ],
        },
      });
      const key = subject();
      const block = `{${limits.keyOf(key)}}:blocked`;
      expect(await limits.consume(key)).toMatchObject({ allowed: true, violations: undefined });
      expect(await limits.consume(key)).toMatchObject({ allowed: false, violations: 1, blocked: undefined });
      const second = await limits.consume(key);
      expect(second).toMatchObject({ allowed: false, violations: 2, blocked: { reason: "too-many-sign-ins" } });
      expect(await connection.send(["GET", block])).toBe("blocked:too-many-sign-ins");
      expect(await pttl(block)).toBeLessThanOrEqual(60_000);
      // While it is blocked nothing is counted.
      expect(await limits.consume(key)).toMatchObject({ allowed: false, violations: 2 });
      expect(await limits.peek(key)).toMatchObject({ allowed: false, violations: 2 });
      await expectTtl(limits, key, longest);
      // The same step again, and then the next.
      await limits.unblock(key);
      expect(await limits.consume(key)).toMatchObject({ violations: 3, blocked: { reason: "too-many-sign-ins" } });
      expect(await pttl(block)).toBeLessThanOrEqual(60_000);
      await limits.unblock(key);
      const fourth = await limits.consume(key);
      expect(fourth).toMatchObject({ violations: 4, blocked: { reason: "too-many-sign-ins" } });
      expect(fourth.retryAfterMs).toBeGreaterThan(23 * hour);
      expect(await pttl(`{${limits.keyOf(key)}}:violations`)).toBeGreaterThan(hour);
      await expectTtl(limits, key, longest);
      expect(await limits.reset(key)).toBe(true);
      expect(await limits.reset(key)).toBe(false);
      expect(await limits.consume(key)).toMatchObject({ allowed: true, remaining: 0 });
    });

    test("the limit of a call", async () => {
      const limits = limitsOf({ limit: 2, limitPerCall: 20, burst: bursts[algorithm] ? 4 : 2 });
      const key = subject();
      const most = bursts[algorithm] ? 4 : 20;
      expect(await limits.consume(key, { limit: 20, cost: 3 })).toMatchObject({
        allowed: true,
        limit: 20,
        remaining: most - 3,
      });
      await expect(limits.consume(key, { limit: 21 })).rejects.toThrow(InvalidArgumentError);
      await expect(limits.consume(key, { limit: 0 })).rejects.toThrow(InvalidArgumentError);
      await expect(limits.consume(key, { limit: 20, cost: most + 1 })).rejects.toThrow(InvalidArgumentError);
      const slow = await limits.penalty(subject(), 1, { limit: 1 });
      const quick = await limits.penalty(subject(), 1, { limit: 20 });
      // For a bucket it is the rate: one unit comes back in an hour, or in three minutes.
      if (bursts[algorithm]) expect([slow.resetMs, quick.resetMs]).toEqual([hour, hour / 20]);
      else expect([slow.remaining, quick.remaining]).toEqual([0, 19]);
      expect((await limits.peek(key, { limit: 20 })).remaining).toBe(most - 3);
      expect((await limits.reward(key, 1, { limit: 20 })).remaining).toBe(most - 2);
    });

    test("a denial at another limit gives nothing back, and a penalty neither", async () => {
      const limits = limitsOf({ limit: 10, limitPerCall: 1000, burst: 10 });
      const key = subject();
      await limits.consume(key, { limit: 10, cost: 10 });
      if (bursts[algorithm]) {
        for (let round = 0; round < 3; round++) {
          const before = await dump(limits.keyOf(key));
          const denied = await limits.consume(key, { limit: 1000, cost: 10 });
          expect(denied.allowed).toBe(false);
          expect(await dump(limits.keyOf(key))).toEqual(before);
          // gcra owes time, of which a quicker call has as much to wait for.
          if (algorithm === "gcra") {
            expect(denied.retryAfterMs).toBeGreaterThan(hour - 10_000);
            expect((await limits.peek(key, { limit: 1000, cost: 10 })).retryAfterMs).toBeGreaterThan(hour - 10_000);
          }
          expect((await limits.consume(key, { limit: 10 })).allowed).toBe(false);
        }
      }
      await limits.penalty(key, 1, { limit: 1000 });
      expect((await limits.peek(key, { limit: 10 })).remaining).toBe(0);
      if (algorithm === "gcra") {
        expect((await limits.reward(key, 1, { limit: 1000 })).resetMs).toBeGreaterThan(hour - 20_000);
        expect(await connection.send(["PTTL", limits.keyOf(key)])).toBeGreaterThan(hour - 20_000);
        expect((await limits.consume(key, { limit: 10 })).allowed).toBe(false);
      }
    });

    test("a reason is at most 100 characters long", async () => {
      const limits = limitsOf();
      await limits.block(subject(), "1m", "x".repeat(100));
      await expect(limits.block(subject(), "1m", "x".repeat(101))).rejects.toThrow(InvalidArgumentError);
    });

    test("what another program stored is a typed error, and stays", async () => {
      const limits = limitsOf({ ladder: { remember: hour, reason: "x", steps: [{ violations: 9, block: 1000 }] } });
      const key = subject();
      const name = limits.keyOf(key);
      const operations = [
        () => limits.consume(key),
        () => limits.peek(key),
        () => limits.penalty(key, 1),
        () => limits.reward(key, 1),
      ];
      await connection.send(["RPUSH", name, "a"]);
      for (const operation of operations) {
        await expect(operation()).rejects.toThrow(WrongTypeError);
      }
      expect(await connection.send(["LRANGE", name, "0", "-1"])).toEqual(["a"]);
      await connection.send(["DEL", name]);
      const hash = algorithm === "sliding-window" || algorithm === "token-bucket";
      for (const text of ["twelve", "1e3", "0x10", "nan", "", "1 ", "99999999999999999999"]) {
        if (!hash) await connection.send(["SET", name, text]);
        else if (algorithm === "sliding-window")
          await connection.send(["HSET", name, "start", text, "current", "1", "previous", "1"]);
        else await connection.send(["HSET", name, "tokens", "1", "at", text]);
        const before = await dump(name);
        for (const operation of operations) {
          await expect(operation(), text).rejects.toThrow(UndecodableValueError);
        }
        expect(await dump(name)).toEqual(before);
      }
      await connection.send(["DEL", name]);
      if (hash) {
        await connection.send(["HSET", name, "other", "1"]);
        await expect(limits.consume(key)).rejects.toThrow(UndecodableValueError);
        await expect(limits.peek(key)).rejects.toThrow(UndecodableValueError);
        await connection.send(["DEL", name]);
      }
      await limits.consume(key, { cost: 10 });
      for (const text of ["many", "-1", "1.5", "007", "", "9999999999999999"]) {
        await connection.send(["SET", `{${name}}:violations`, text]);
        for (const operation of [() => limits.consume(key), () => limits.peek(key)]) {
          await expect(operation(), text).rejects.toThrow("violations: it is no whole number");
        }
        expect(await connection.send(["GET", `{${name}}:violations`])).toBe(text);
      }
    });

    test("several limits in order: the first denial gives back what was taken before", async () => {
      const address = limitsOf({ name: "byAddress", pattern: "rate:address:<id>", limit: 5 });
      const account = limitsOf({ name: "byAccount", pattern: "rate:account:<id>", limit: 2 });
      const [ip, user] = [subject(), subject()];
      const steps = [
        { limit: address, key: ip, cost: 2 },
        { limit: account, key: user },
      ] as const;
      expect(await consumeInOrder(steps)).toMatchObject({ allowed: true, denied: undefined, degraded: false });
      await account.consume(user);
      const denied = await consumeInOrder(steps);
      expect(denied).toMatchObject({ allowed: false, givenBack: true, denied: { index: 1, family: "byAccount" } });
      expect(denied.verdicts.map((verdict) => verdict.remaining)).toEqual([1, 0]);
      expect(await address.peek(ip)).toMatchObject({ remaining: 3 });
      await address.consume(ip, { cost: 3 });
      expect(await consumeInOrder(steps)).toMatchObject({ allowed: false, denied: { index: 0 }, givenBack: true });
      expect(await account.peek(user)).toMatchObject({ remaining: 0 });
    });
  });

  test("a window below a second passes again as told", async () => {
    await Promise.all(
      algorithms.map(async (algorithm) => {
        const limits = new Limits(runtime, { algorithm, pattern: `rate:${algorithm}:<id>`, limit: 2, window: 150 });
        const key = subject();
        let denial = await limits.consume(key);
        for (let i = 0; denial.allowed && i < 100; i++) denial = await limits.consume(key);
        expect(denial.allowed).toBe(false);
        expect(denial.retryAfterMs).toBeGreaterThan(0);
        expect(denial.retryAfterMs).toBeLessThanOrEqual(300);
        await expectTtl(limits, key, 300);
        await sleep(denial.retryAfterMs + 3);
        expect(await limits.consume(key)).toMatchObject({ allowed: true });
        await sleep((await limits.peek(key)).resetMs + 3);
        expect(await limits.peek(key)).toMatchObject({ allowed: true, remaining: 2, resetMs: 0 });
        expect(await connection.send(["EXISTS", limits.keyOf(key)])).toBe(0);
      }),
    );
  });

  test("a fixed window that another program counted far up denies, and is peeked at", async () => {
    const limits = new Limits(runtime);
    const key = subject();
    for (const text of ["999999999999999", "-99999999999999"]) {
      await connection.send(["SET", limits.keyOf(key), text, "PX", "60000"]);
      const passes = text.startsWith("-");
      expect((await limits.peek(key)).allowed, text).toBe(passes);
      expect((await limits.consume(key)).allowed, text).toBe(passes);
    }
  });

  test("companions lie in the slot of the key, tagged or not", () => {
    for (const tagged of [false, true]) {
      const key = tagged ? "rate:{tenant}:login:1" : "rate:login:1";
      const ladder = { remember: hour, reason: "x", steps: [{ violations: 1, block: 1 }] };
      const plan = new RateLimitPlans(familyWith({ tagged, ladder })).consume(key);
      expect(plan.keys).toHaveLength(3);
      expect(new Set(plan.keys.map((each) => keySlot(each))).size).toBe(1);
    }
  });
});
