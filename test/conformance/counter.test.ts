import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CounterFamily, CounterRepository } from "../../src/repositories/counter.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { str } from "../../src/schema/patterns/encode.js";
import type { TtlPolicy } from "../../src/schema/ttl.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

interface Key {
  readonly id: string;
}

class Counters extends CounterRepository<Key> {
  constructor(runtime: Runtime, family: CounterFamily) {
    super(runtime, family, (k) => family.pattern.replace("<id>", str(k.id, "id")));
  }
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const max = Number.MAX_SAFE_INTEGER;

const ttls: { name: string; ttl: TtlPolicy }[] = [
  { name: "fixed", ttl: { kind: "fixed", ms: hour } },
  { name: "sliding", ttl: { kind: "sliding", ms: hour } },
  { name: "config", ttl: { kind: "config", name: "countTtl", default: hour, max: day } },
  { name: "persist", ttl: { kind: "persist", because: "a ledger" } },
];

describe.each(topologies)("counter on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let runtime: Runtime;

  beforeAll(async () => {
    connection = await topology.connect();
    runtime = new Runtime(connection.client, ["default"], { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  const counters = (more: Partial<CounterFamily> = {}) =>
    new Counters(runtime, {
      name: "visits",
      kind: "counter",
      pattern: "visits:<id>",
      store: "default",
      tier: "R2",
      deadline: 10_000,
      retries: 0,
      tagged: false,
      ttl: { kind: "fixed", ms: hour },
      ...more,
    });
  const fresh = (): Key => ({ id: randomUUID() });
  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const sent = (act: () => unknown) => sentCommands(topology, prefix, act);
  const rejection = (call: Promise<unknown>) =>
    call.then(
      () => "it did not fail",
      (error) => error,
    );

  test.each(ttls)("counts, reads and resets ($name)", async ({ ttl }) => {
    const visits = counters({ ttl });
    const key = fresh();
    expect(await visits.get(key)).toBe(0);
    expect(await visits.peek(key)).toEqual({ value: 0, ttlMs: null });
    expect(await visits.reset(key)).toBe(false);
    const values = [];
    // As large as each can tell exactly.
    const large = ttl.kind === "persist" ? max - 64 : max;
    for (const by of [undefined, 5, 0, -10, large, -large]) values.push((await visits.increment(key, by)).value);
    expect(values).toEqual([1, 6, 6, -4, large - 4, -4]);
    expect(await visits.get(key)).toBe(-4);
    expect((await visits.peek(key)).value).toBe(-4);
    expect(await raw("GET", visits.keyOf(key))).toBe("-4");
    expect(await visits.reset(key)).toBe(true);
    expect(await raw("EXISTS", visits.keyOf(key))).toBe(0);
  });

  test("no increment is lost, and each is one command", async () => {
    const visits = counters();
    const key = fresh();
    const commands = await sent(async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => visits.increment(key)));
      expect(answers.map(({ value }) => value).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 100 }, (_, i) => i + 1),
      );
    });
    // The first may find a server that does not know the script yet.
    expect(commands.filter(([name]) => name === "EVALSHA")).toHaveLength(100);
    expect(await visits.get(key)).toBe(100);
  });

  describe("TTL", () => {
    test("fixed: set by the first increment, kept by the next", async () => {
      const visits = counters();
      const key = fresh();
      expect((await visits.increment(key)).ttlMs).toBe(hour);
      await raw("PEXPIRE", visits.keyOf(key), String(10 * minute));
      const { ttlMs } = await visits.increment(key);
      expect(ttlMs).toBeGreaterThan(9 * minute);
      expect(ttlMs).toBeLessThanOrEqual(10 * minute);
      expect(await raw("PTTL", visits.keyOf(key))).toBeLessThanOrEqual(10 * minute);
      expect((await visits.peek(key)).ttlMs).toBeLessThanOrEqual(10 * minute);
    });

    test("sliding: set by each increment", async () => {
      const visits = counters({ ttl: { kind: "sliding", ms: hour } });
      const key = fresh();
      await visits.increment(key);
      await raw("PEXPIRE", visits.keyOf(key), String(minute));
      expect((await visits.increment(key)).ttlMs).toBe(hour);
      expect(await raw("PTTL", visits.keyOf(key))).toBeGreaterThan(hour - minute);
    });

    test("a counter that lost its TTL gets it back with the next increment", async () => {
      const visits = counters();
      const key = fresh();
      await raw("SET", visits.keyOf(key), "41");
      expect(await visits.peek(key)).toEqual({ value: 41, ttlMs: null });
      expect(await visits.increment(key)).toEqual({ value: 42, ttlMs: hour });
      expect(await raw("PTTL", visits.keyOf(key))).toBeGreaterThan(hour - minute);
    });

    test("persist: a plain INCRBY, and no TTL", async () => {
      const visits = counters({ ttl: { kind: "persist", because: "a ledger" } });
      const key = fresh();
      const commands = await sent(async () => {
        expect(await visits.increment(key, 2)).toEqual({ value: 2, ttlMs: null });
      });
      expect(commands).toEqual([["INCRBY", visits.keyOf(key), "2"]]);
      expect(await raw("PTTL", visits.keyOf(key))).toBe(-1);
    });
  });

  describe("what is refused, and changes nothing", () => {
    const refusals: [stored: string, by: number, code: string][] = [
      [String(max), 1, "out-of-range"],
      [String(-max), -1, "out-of-range"],
      ["1", max, "out-of-range"],
      ["9007199254740993", -1, "out-of-range"],
      ["9007199254740992", -max, "out-of-range"],
      ["-9007199254740993", 2, "out-of-range"],
      ["9223372036854775807", 1, "out-of-range"],
      ["99999999999999999999999", 1, "out-of-range"],
      ["1.5", 1, "undecodable-value"],
      ["1e3", 1, "undecodable-value"],
      ["inf", 1, "undecodable-value"],
      ["007", 1, "undecodable-value"],
      ["many", 1, "undecodable-value"],
      ["", 1, "undecodable-value"],
    ];
    test.each(refusals)("%j plus %j is %s", async (stored, by, code) => {
      const visits = counters();
      const key = fresh();
      await raw("SET", visits.keyOf(key), stored, "PX", "60000");
      const error = await rejection(visits.increment(key, by));
      expect(error).toMatchObject({ code, family: "visits", operation: "increment", mayHaveBeenApplied: false });
      expect(await raw("GET", visits.keyOf(key))).toBe(stored);
      expect(await raw("PTTL", visits.keyOf(key))).toBeLessThanOrEqual(60_000);
      expect(await raw("PTTL", visits.keyOf(key))).toBeGreaterThan(0);
      expect(error.fix).toMatch(/[Rr]eset the counter|rewrite the key/);
      expect(error.fix).not.toContain("miss");
    });

    test("without a TTL there is no script that looks first: the 64 bits of Redis are the bound of what is stored", async () => {
      const visits = counters({ ttl: { kind: "persist", because: "a ledger" } });
      const key = fresh();
      await raw("SET", visits.keyOf(key), "9223372036854775807");
      const refused = await rejection(visits.increment(key));
      expect(refused).toMatchObject({ code: "out-of-range", family: "visits", mayHaveBeenApplied: false });
      await raw("SET", visits.keyOf(key), String(max));
      const applied = await rejection(visits.increment(key));
      expect(applied).toMatchObject({ code: "out-of-range", family: "visits", mayHaveBeenApplied: true });
      expect(await raw("GET", visits.keyOf(key))).toBe(String(BigInt(max) + 1n));
      // node-redis would answer with the number beside it.
      await raw("SET", visits.keyOf(key), String(max - 5));
      expect(await rejection(visits.increment(key))).toMatchObject({ code: "out-of-range", mayHaveBeenApplied: true });
      expect(await visits.get(key)).toBe(max - 4);
      await raw("SET", visits.keyOf(key), "many");
      expect(await rejection(visits.increment(key))).toMatchObject({ code: "undecodable-value", family: "visits" });
    });

    test.each([
      ["9007199254740992", "out-of-range"],
      ["-9007199254740993", "out-of-range"],
      ["1.0", "undecodable-value"],
      ["many", "undecodable-value"],
    ])("reading %j is %s, never a rounded number", async (stored, code) => {
      const visits = counters();
      const key = fresh();
      await raw("SET", visits.keyOf(key), stored);
      for (const call of [() => visits.get(key), () => visits.getMany([key]), () => visits.peek(key)]) {
        expect(await rejection(call())).toMatchObject({ code, family: "visits" });
      }
    });

    test("amounts and parameters that are none are never sent", async () => {
      const visits = counters();
      const commands = await sent(async () => {
        for (const by of [1.5, Number.NaN, Number.POSITIVE_INFINITY, max + 1, "2" as never, 3n as never]) {
          expect(await rejection(visits.increment(fresh(), by))).toMatchObject({
            code: "invalid-argument",
            field: "by",
          });
        }
        const bad = { id: "a:b" };
        for (const [call, field] of [
          [() => visits.increment(bad), "id"],
          [() => visits.get(bad), "id"],
          [() => visits.getMany([fresh(), bad]), "keys[1].id"],
          [() => visits.peek(bad), "id"],
          [() => visits.reset(bad), "id"],
        ] as const) {
          expect(await rejection(call())).toMatchObject({ code: "invalid-parameter", field });
        }
      });
      expect(commands).toEqual([]);
    });

    test("a key of another type is a WrongTypeError, and stays as it is", async () => {
      for (const { ttl } of ttls) {
        const visits = counters({ ttl });
        const key = fresh();
        await raw("RPUSH", visits.keyOf(key), "x");
        for (const call of [() => visits.increment(key), () => visits.get(key), () => visits.peek(key)]) {
          expect(await rejection(call())).toMatchObject({ code: "wrong-type", family: "visits" });
        }
        expect(await raw("LRANGE", visits.keyOf(key), "0", "-1")).toEqual(["x"]);
        expect(await raw("PTTL", visits.keyOf(key))).toBe(-1);
      }
    });
  });

  test("getMany reads in order, 0 where there is none, as MGET in one slot", async () => {
    const visits = counters({ pattern: "{site}:<id>", tagged: true });
    const keys = [fresh(), fresh(), fresh()];
    await visits.increment(keys[0] as Key, 7);
    await visits.increment(keys[2] as Key, 9);
    const commands = await sent(async () => expect(await visits.getMany(keys)).toEqual([7, 0, 9]));
    expect(commands.map(([name]) => name)).toEqual(["MGET", "EXISTS"]);
    const many = Array.from({ length: 100 }, fresh);
    const spread = counters();
    await Promise.all(many.map((key, i) => spread.increment(key, i)));
    expect(await spread.getMany(many)).toEqual(many.map((_, i) => i));
  });

  test("G5 register_device counts a fingerprint for 30 days", async () => {
    const devices = counters({
      name: "registerDevice",
      pattern: "register_device:<id>",
      ttl: { kind: "fixed", ms: 30 * day },
    });
    const key = { id: "d41d8cd98f00b204e9800998ecf8427e" };
    for (const expected of [1, 2, 3]) {
      const { value, ttlMs } = await devices.increment(key);
      expect(value).toBe(expected);
      const left = (await raw("PTTL", devices.keyOf(key))) as number;
      for (const ms of [ttlMs as number, left]) {
        expect(ms).toBeGreaterThan(30 * day - minute);
        expect(ms).toBeLessThanOrEqual(30 * day);
      }
    }
    expect(devices.keyOf(key)).toBe(`${prefix}register_device:d41d8cd98f00b204e9800998ecf8427e`);
    expect(await devices.get(key)).toBe(3);
  });
});
