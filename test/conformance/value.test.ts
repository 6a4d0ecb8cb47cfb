import { randomBytes, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { TtlBy } from "../../src/repositories/repository.js";
import { type ValueFamily, ValueRepository, type WriteOptions } from "../../src/repositories/value.js";
import {
  InvalidArgumentError,
  InvalidParameterError,
  InvalidValueError,
  MisuseError,
  UndecodableValueError,
  WrongTypeError,
} from "../../src/runtime/errors.js";
import { type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { str, uuid } from "../../src/schema/patterns/encode.js";
import { bytes } from "../../src/schema/values/bytes.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import type { Wire } from "../../src/schema/values/wire.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

interface Key {
  readonly id: string;
}

class Values<V, T extends TtlBy = "fixed"> extends ValueRepository<Key, V, T> {
  constructor(runtime: Runtime, family: ValueFamily<V>) {
    super(runtime, family, (k) => family.pattern.replace("<id>", str(k.id, "id")));
  }
}

/** The same repository in the types of one whose callers choose the TTL, for calls that only those without types make. */
const perCall = (values: Values<string>) => values as unknown as Values<string, "perCall">;

const hour = 3_600_000;
const day = 24 * hour;

function familyOf<V>(schema: z.ZodType<V>, wire: Wire, more: Partial<ValueFamily<V>> = {}): ValueFamily<V> {
  return {
    name: "thing",
    kind: "value",
    pattern: "thing:<id>",
    store: "default",
    tier: "R3",
    deadline: 10_000,
    retries: 0,
    tagged: false,
    ttl: { kind: "fixed", ms: hour },
    overwrite: "restart",
    undecodable: "throw",
    value: compileCodec(schema, wire),
    ...more,
  };
}

/** Why each of the calls failed; one that did not is told as such. */
async function rejections(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) => (result.status === "rejected" ? result.reason : "it did not fail"));
}

/** Bytes are read as a Buffer, which is a Uint8Array but does not equal one. */
const comparable = (value: unknown) => (value instanceof Uint8Array ? Uint8Array.from(value) : value);

const note = z.object({ id: z.string(), n: z.number(), note: z.string().optional() });
const record = z.object({
  at: z.date(),
  tags: z.set(z.string()),
  seen: z.map(z.string(), z.number()),
  big: z.bigint().optional(),
});

/** For each wire: a schema, and values with what is stored for them. */
const wires: {
  wire: Wire;
  schema: z.ZodType;
  values: readonly (readonly [value: unknown, stored: string | null])[];
}[] = [
  {
    wire: "json",
    schema: note,
    values: [
      [{ id: "", n: 1.5 }, '{"id":"","n":1.5}'],
      [{ id: "é😀\u0000", n: -1, note: "x" }, '{"id":"é😀\\u0000","n":-1,"note":"x"}'],
    ],
  },
  { wire: "plain", schema: z.object({ lat: z.number() }), values: [[{ lat: 52.5 }, '{"lat":52.5}']] },
  {
    wire: "superjson",
    schema: record,
    values: [
      [{ at: new Date(1_700_000_000_000), tags: new Set(["a", "b"]), seen: new Map([["x", 1]]) }, null],
      [{ at: new Date(0), tags: new Set<string>(), seen: new Map(), big: 2n ** 70n }, null],
    ],
  },
  {
    wire: "string",
    schema: z.string(),
    values: [
      ["", ""],
      ["é😀\u0000\n", "é😀\u0000\n"],
    ],
  },
  { wire: "int", schema: z.int(), values: [0, -42, Number.MAX_SAFE_INTEGER].map((n) => [n, String(n)] as const) },
  { wire: "float", schema: z.number(), values: [0.1, -1e21, 3].map((n) => [n, String(n)] as const) },
  {
    wire: "boolean01",
    schema: z.boolean(),
    values: [
      [true, "1"],
      [false, "0"],
    ],
  },
  {
    wire: "bytes",
    schema: bytes(),
    values: [
      [new Uint8Array([0, 255, 128, 10, 13]), null],
      [new Uint8Array(), ""],
    ],
  },
];

const large: { wire: Wire; schema: z.ZodType; value: unknown }[] = [
  { wire: "json", schema: note, value: { id: "é".repeat(2 ** 19), n: 1 } },
  {
    wire: "superjson",
    schema: record,
    value: { at: new Date(1), tags: new Set(["x".repeat(2 ** 20)]), seen: new Map() },
  },
  { wire: "string", schema: z.string(), value: "😀".repeat(2 ** 18) },
  { wire: "bytes", schema: bytes(), value: Uint8Array.from(randomBytes(2 ** 20)) },
];

describe.each(topologies)("value on $name", (topology) => {
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

  const of = <V>(schema: z.ZodType<V>, wire: Wire, more: Partial<ValueFamily<V>> = {}) =>
    new Values(runtime, familyOf(schema, wire, more));
  const texts = (more: Partial<ValueFamily<string>> = {}) => of(z.string().max(100), "string", more);
  const sent = (act: () => unknown) => sentCommands(topology, prefix, act);
  const fresh = (): Key => ({ id: randomUUID() });
  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const left = async (values: { keyOf(key: Key): string }, key: Key) =>
    (await raw("PTTL", values.keyOf(key))) as number;

  describe.each(wires)("as $wire", ({ wire, schema, values: samples }) => {
    test("stores and reads every value, with the TTL of the family", async () => {
      const values = of(schema, wire);
      for (const [value, stored] of samples) {
        const key = fresh();
        await values.set(key, value);
        expect(comparable(await values.get(key))).toEqual(value);
        expect((await values.getMany([key])).map(comparable)).toEqual([value]);
        if (stored !== null) expect(await raw("GET", values.keyOf(key))).toBe(stored);
        expect(await left(values, key)).toBeGreaterThan(hour - 60_000);
        expect(await left(values, key)).toBeLessThanOrEqual(hour);
        expect(await values.compareAndSet(key, value, value)).toBe(true);
        expect(comparable(await values.getAndTouch(key))).toEqual(value);
        expect(comparable(await values.take(key))).toEqual(value);
        expect(await values.get(key)).toBeNull();
      }
    });
  });

  // Every wire on one server and on a Cluster; over the other clients only what may break there, which is bytes.
  const carried = topology.name === "single" || topology.name === "cluster" ? large : large.slice(-1);
  test.each(carried)("carries 1 MiB as $wire", async ({ wire, schema, value }) => {
    const values = of(schema, wire);
    const key = fresh();
    await values.set(key, value);
    expect(((await raw("STRLEN", values.keyOf(key))) as number) >= 2 ** 20).toBe(true);
    // toEqual is slow on a megabyte.
    const read = await values.take(key);
    if (value instanceof Uint8Array) expect(Buffer.compare(read as Uint8Array, value)).toBe(0);
    else expect(isDeepStrictEqual(read, value)).toBe(true);
  });

  test("bytes are those of the call, though the caller's buffer changes before they leave", async () => {
    const values = of(bytes(), "bytes");
    const key = fresh();
    const buffer = new Uint8Array([1, 2, 3]);
    const writing = values.set(key, buffer);
    buffer.fill(9);
    await writing;
    expect([...((await values.get(key)) as Uint8Array)]).toEqual([1, 2, 3]);
  });

  test("tells absent and present keys apart in every conditional operation", async () => {
    const values = texts();
    const key = fresh();
    expect(await values.get(key)).toBeNull();
    expect(await values.replace(key, "a")).toBe(false);
    expect(await values.get(key)).toBeNull();
    expect(await values.take(key)).toBeNull();
    expect(await values.getAndTouch(key)).toBeNull();
    expect(await values.delete(key)).toBe(false);
    expect(await values.compareAndSet(key, "a", "b")).toBe(false);
    expect(await values.setIfAbsent(key, "a")).toBe(true);
    expect(await values.setIfAbsent(key, "b")).toBe(false);
    expect(await values.get(key)).toBe("a");
    expect(await values.replace(key, "c")).toBe(true);
    expect(await values.compareAndSet(key, "a", "d")).toBe(false);
    expect(await values.compareAndSet(key, "c", "d")).toBe(true);
    expect(await values.take(key)).toBe("d");
    expect(await values.get(key)).toBeNull();
    await values.set(key, "e");
    expect(await values.delete(key)).toBe(true);
  });

  test("one of many callers takes a value, and one of many swaps it", async () => {
    const values = texts();
    const key = fresh();
    await values.set(key, "a");
    const swaps = await Promise.all(Array.from({ length: 20 }, (_, i) => values.compareAndSet(key, "a", `b${i}`)));
    expect(swaps.filter(Boolean)).toHaveLength(1);
    const takes = await Promise.all(Array.from({ length: 20 }, () => values.take(key)));
    expect(takes.filter((taken) => taken !== null)).toHaveLength(1);
  });

  describe("TTL", () => {
    const writes: [
      name: string,
      write: (values: Values<string>, key: Key, ...o: WriteOptions[]) => Promise<unknown>,
    ][] = [
      ["set", (values, key, ...options) => values.set(key, "b", ...(options as []))],
      ["replace", (values, key, ...options) => values.replace(key, "b", ...(options as []))],
      ["compareAndSet", (values, key, ...options) => values.compareAndSet(key, "a", "b", ...(options as []))],
    ];

    test.each(writes)("%s restarts it, where the schema says restart", async (_, write) => {
      const values = texts({ overwrite: "restart" });
      const key = fresh();
      await values.set(key, "a");
      await raw("PEXPIRE", values.keyOf(key), "60000");
      await write(values, key);
      expect(await values.get(key)).toBe("b");
      expect(await left(values, key)).toBeGreaterThan(hour - 60_000);
    });

    test.each(writes)("%s keeps the deadline, where the schema says keep, and heals a lost one", async (_, write) => {
      const values = texts({ overwrite: "keep" });
      const key = fresh();
      await values.set(key, "a");
      expect(await left(values, key)).toBeGreaterThan(hour - 60_000);
      await raw("PEXPIRE", values.keyOf(key), "60000");
      await write(values, key);
      expect(await values.get(key)).toBe("b");
      expect(await left(values, key)).toBeGreaterThan(0);
      expect(await left(values, key)).toBeLessThanOrEqual(60_000);
      await raw("SET", values.keyOf(key), "a");
      expect(await left(values, key)).toBe(-1);
      await write(values, key);
      expect(await left(values, key)).toBeGreaterThan(hour - 60_000);
      await values.delete(key);
      expect(await values.replace(key, "b")).toBe(false);
      expect(await values.get(key)).toBeNull();
    });

    test("{ upTo }: the caller must choose, within the bound, on every write", async () => {
      const fixed = texts({ ttl: { kind: "upTo", ms: hour } });
      const values = perCall(fixed);
      const key = fresh();
      await values.set(key, "a", { ttl: "10m" });
      expect(await left(values, key)).toBeGreaterThan(590_000);
      expect(await left(values, key)).toBeLessThanOrEqual(600_000);
      for (const [, write] of writes) {
        await raw("SET", values.keyOf(key), "a", "PX", "1000000");
        await write(fixed, key, { ttl: 60_000 });
        expect(await left(values, key)).toBeLessThanOrEqual(60_000);
      }
      expect(await values.touch(key, { ttl: "1h" })).toBe(true);
      expect(await left(values, key)).toBeGreaterThan(hour - 60_000);
      expect(await values.getAndTouch(key, { ttl: "2m" })).toBe("b");
      expect(await left(values, key)).toBeLessThanOrEqual(120_000);

      const refused = [undefined, "61m", hour + 1, 0, -1, 1.5, Number.NaN, "1 hour", "0s"];
      const commands = await sent(async () => {
        for (const ttl of refused) {
          const options = (ttl === undefined ? undefined : { ttl }) as WriteOptions;
          for (const error of await rejections([
            values.set(key, "z", options),
            values.setIfAbsent(key, "z", options),
            values.replace(key, "z", options),
            values.compareAndSet(key, "b", "z", options),
            values.touch(key, options),
            values.getAndTouch(key, options),
          ])) {
            expect(error).toBeInstanceOf(InvalidArgumentError);
          }
        }
      });
      expect(commands).toEqual([]);
    });

    test("a TTL that the schema fixes cannot be given", async () => {
      const values = perCall(texts());
      await expect(values.set(fresh(), "a", { ttl: "1m" })).rejects.toThrow(/"ttl" is given, but the schema fixes it/);
    });

    test("{ config }: the default, or what start-up gives, at most the maximum", async () => {
      const ttl = { kind: "config", name: "thingTtl", default: 60_000, max: hour } as const;
      const key = fresh();
      const standard = texts({ ttl });
      await standard.set(key, "a");
      expect(await left(standard, key)).toBeLessThanOrEqual(60_000);
      const startUp = (given: string) =>
        new Values(
          new Runtime(connection.client, ["default"], { prefix, ttl: { thingTtl: given } }),
          familyOf(z.string(), "string", { ttl }),
        );
      const given = startUp("30m");
      await given.set(key, "a");
      expect(await left(given, key)).toBeGreaterThan(60_000);
      expect(await left(given, key)).toBeLessThanOrEqual(hour / 2);
      expect(() => startUp("61m")).toThrow(MisuseError);
      expect(() => startUp("soon")).toThrow(/no duration/);
    });

    test("{ persist }: none is set, and touch only tells whether the key is there", async () => {
      const values = texts({ ttl: { kind: "persist", because: "a ledger" } });
      const key = fresh();
      expect(await values.touch(key)).toBe(false);
      await values.set(key, "a");
      expect(await values.compareAndSet(key, "a", "b")).toBe(true);
      expect(await values.replace(key, "c")).toBe(true);
      expect(await values.touch(key)).toBe(true);
      expect(await values.getAndTouch(key)).toBe("c");
      expect(await left(values, key)).toBe(-1);
    });

    test("sliding: every read and write starts it anew", async () => {
      const values = texts({ ttl: { kind: "sliding", ms: hour } });
      const key = fresh();
      await values.set(key, "a");
      const accesses = [
        () => values.get(key),
        () => values.getMany([key]),
        () => values.getAndTouch(key),
        () => values.touch(key),
        () => values.set(key, "a"),
        () => values.compareAndSet(key, "a", "a"),
      ];
      for (const access of accesses) {
        await raw("PEXPIRE", values.keyOf(key), "60000");
        await access();
        expect(await left(values, key)).toBeGreaterThan(hour - 60_000);
      }
      expect(await sent(() => values.get(key))).toEqual([["GETEX", values.keyOf(key), "PX", String(hour)]]);
      expect(await values.get(fresh())).toBeNull();
    });

    test("C6 touch is false where the key is absent, and makes none", async () => {
      const values = texts({ ttl: { kind: "sliding", ms: hour } });
      const key = fresh();
      expect(await values.touch(key)).toBe(false);
      expect(await raw("EXISTS", values.keyOf(key))).toBe(0);
      await values.set(key, "a");
      await raw("PEXPIRE", values.keyOf(key), "60000");
      expect(await values.touch(key)).toBe(true);
      expect(await left(values, key)).toBeGreaterThan(hour - 60_000);
    });
  });

  describe("what is refused", () => {
    test("a value that fails validation is never sent", async () => {
      const values = of(note, "json");
      const key = fresh();
      const bad = { id: "a", n: "many" } as never;
      const commands = await sent(async () => {
        for (const error of await rejections([
          values.set(key, bad),
          values.setIfAbsent(key, bad),
          values.replace(key, bad),
          values.compareAndSet(key, bad, { id: "a", n: 1 }),
          values.compareAndSet(key, { id: "a", n: 1 }, bad),
        ])) {
          expect(error).toMatchObject({
            constructor: InvalidValueError,
            family: "thing",
            field: "n",
            mayHaveBeenApplied: false,
          });
        }
      });
      expect(commands).toEqual([]);
    });

    test("a parameter that its codec refuses is never sent, nor are the good ones beside it", async () => {
      const values = texts();
      const key = { id: "a:b" };
      const commands = await sent(async () => {
        const [many, ...others] = await rejections([
          values.getMany([fresh(), key]),
          values.get(key),
          values.set(key, "a"),
          values.setIfAbsent(key, "a"),
          values.replace(key, "a"),
          values.compareAndSet(key, "a", "b"),
          values.take(key),
          values.delete(key),
          values.touch(key),
          values.getAndTouch(key),
        ]);
        expect(many).toMatchObject({ constructor: InvalidParameterError, field: "keys[1].id" });
        expect(others).toHaveLength(9);
        for (const error of others) expect(error).toMatchObject({ constructor: InvalidParameterError, field: "id" });
      });
      expect(commands).toEqual([]);
    });

    test("a key of another type is a WrongTypeError, and stays as it is", async () => {
      const values = texts();
      const key = fresh();
      await raw("RPUSH", values.keyOf(key), "x");
      for (const error of await rejections([
        values.get(key),
        values.getMany([fresh(), key]),
        values.getAndTouch(key),
        values.take(key),
        values.compareAndSet(key, "x", "y"),
      ])) {
        expect(error).toBeInstanceOf(WrongTypeError);
      }
      expect(await raw("LRANGE", values.keyOf(key), "0", "-1")).toEqual(["x"]);
    });
  });

  describe("what does not decode", () => {
    const read = async (values: Values<unknown>, key: Key) => {
      const events: KeywrightEvent[] = [];
      const stop = onEvent((event) => event.family === "thing" && events.push(event));
      const results = await Promise.allSettled([values.get(key), values.getMany([key]), values.getAndTouch(key)]);
      stop();
      return { results, undecodable: events.filter(({ type }) => type === "undecodable").length };
    };

    test.each(["{", '{"id":"a"}', '{"id":"a","n":"1"}', ""])("is an error that changes nothing: %j", async (stored) => {
      const values = of(note, "json");
      const key = fresh();
      await raw("SET", values.keyOf(key), stored);
      const { results, undecodable } = await read(values as Values<unknown>, key);
      for (const result of results)
        expect((result as PromiseRejectedResult).reason).toBeInstanceOf(UndecodableValueError);
      expect(undecodable).toBe(3);
      expect(await values.compareAndSet(key, { id: "a", n: 1 }, { id: "b", n: 1 })).toBe(false);
      expect(await raw("GET", values.keyOf(key))).toBe(stored);
      // It is removed before it is read: the error says so.
      await expect(values.take(key)).rejects.toMatchObject({ code: "undecodable-value", mayHaveBeenApplied: true });
    });

    test("is absent where the schema says miss, with the event", async () => {
      const values = of(note, "json", { undecodable: "miss" });
      const key = fresh();
      await raw("SET", values.keyOf(key), "{");
      const { results, undecodable } = await read(values as Values<unknown>, key);
      expect(results.map((result) => (result as PromiseFulfilledResult<unknown>).value)).toEqual([null, [null], null]);
      expect(undecodable).toBe(3);
    });
  });

  describe("compareAndSet with another program's formatting", () => {
    test("finds the same value, whatever the order and the blanks, in two round trips", async () => {
      const values = of(z.object({ id: z.string(), n: z.number(), by: z.record(z.string(), z.number()) }), "plain");
      const key = fresh();
      await raw("SET", values.keyOf(key), '{ "n": 1.50, "by": {"b": 2, "a": 1}, "id": "\\u0061" }', "PX", "60000");
      const expected = { id: "a", n: 1.5, by: { a: 1, b: 2 } };
      expect(await values.compareAndSet(key, { ...expected, n: 2 }, expected)).toBe(false);
      const commands = await sent(async () => {
        expect(await values.compareAndSet(key, expected, { ...expected, n: 2 })).toBe(true);
      });
      expect(commands.length).toBe(2);
      expect(await raw("GET", values.keyOf(key))).toBe('{"id":"a","n":2,"by":{"a":1,"b":2}}');
      expect(await left(values, key)).toBeGreaterThan(hour - 60_000);
    });

    test("ends, without a change, on text that is no UTF-8", async () => {
      const values = texts();
      const key = fresh();
      await of(bytes(), "bytes").set(key, new Uint8Array([0xff]));
      expect(await values.get(key)).toBe("\ufffd");
      expect(await values.compareAndSet(key, "\ufffd", "a")).toBe(false);
      expect([...((await of(bytes(), "bytes").get(key)) as Uint8Array)]).toEqual([0xff]);
    });
  });

  describe("batching", () => {
    const together = (more: Partial<ValueFamily<string>> = {}) =>
      texts({ pattern: "{room}:<id>", tagged: true, ...more });

    test("the reads of one tick and slot leave as one MGET, each with its own answer", async () => {
      const values = together();
      const keys = Array.from({ length: 5 }, fresh);
      await Promise.all(keys.map((key, i) => values.set(key, `v${i}`)));
      const names = keys.map((key) => values.keyOf(key));
      const commands = await sent(async () => {
        expect(await Promise.all(keys.map((key) => values.get(key)))).toEqual(["v0", "v1", "v2", "v3", "v4"]);
        expect(await values.getMany(keys.toReversed())).toEqual(["v4", "v3", "v2", "v1", "v0"]);
      });
      expect(commands).toEqual([
        ["MGET", ...names],
        ["MGET", ...names.toReversed()],
      ]);
    });

    test("a key of another type in a batch fails its own reader only", async () => {
      const values = together();
      const [good, list, absent] = [fresh(), fresh(), fresh()] as const;
      await values.set(good, "a");
      await raw("RPUSH", values.keyOf(list), "x");
      const results = await Promise.allSettled([good, list, absent, good].map((key) => values.get(key)));
      expect(results.map((result) => (result.status === "fulfilled" ? result.value : result.reason.code))).toEqual([
        "a",
        "wrong-type",
        null,
        "a",
      ]);
    });

    test("a value that does not decode in a batch fails its own reader only", async () => {
      const values = together();
      const [good, bad] = [fresh(), fresh()] as const;
      await values.set(good, "a");
      await raw("SET", values.keyOf(bad), "x".repeat(101));
      const results = await Promise.allSettled([bad, good].map((key) => values.get(key)));
      expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    });

    test("a coordination family (R0) and bytes are never batched", async () => {
      const coordination = together({ tier: "R0" });
      const blobs = of(bytes(), "bytes", { pattern: "{room}:<id>", tagged: true });
      const keys = [fresh(), fresh()];
      const commands = await sent(async () => {
        await coordination.getMany(keys);
        await blobs.getMany(keys);
      });
      expect(commands.map(([name]) => name)).toEqual(["GET", "GET", "GET", "GET"]);
    });

    test("getMany reads from many slots, in order", async () => {
      const values = texts();
      const keys = Array.from({ length: 200 }, fresh);
      await Promise.all(keys.map((key, i) => (i % 3 === 0 ? undefined : values.set(key, `v${i}`))));
      const commands = await sent(async () => {
        expect(await values.getMany(keys)).toEqual(keys.map((_, i) => (i % 3 === 0 ? null : `v${i}`)));
      });
      // Untagged keys of a Cluster lie each in a slot of its own, nearly.
      if (topology.isCluster) expect(commands.length).toBeLessThanOrEqual(210);
      else
        expect(commands.map(([name]) => name).sort()).toEqual([...Array(4).fill("EXISTS"), ...Array(4).fill("MGET")]);
    });

    test("no keys, no command", async () => {
      const values = texts();
      expect(await sent(async () => expect(await values.getMany([])).toEqual([]))).toEqual([]);
    });
  });

  describe("the families of a friends and location app", () => {
    test.each(["webauthn:reg:<id>", "webauthn:login:<id>"])("K2 %s holds validated JSON for 5 min", async (pattern) => {
      const session = z.object({ challenge: z.base64url(), options: z.object({ timeout: z.int() }) });
      const values = of(session, "plain", { pattern, ttl: { kind: "fixed", ms: 300_000 } });
      const key = fresh();
      await values.set(key, { challenge: "YWJj", options: { timeout: 60_000 } });
      expect(JSON.parse((await raw("GET", values.keyOf(key))) as string)).toEqual({
        challenge: "YWJj",
        options: { timeout: 60_000 },
      });
      expect(await left(values, key)).toBeGreaterThan(290_000);
      expect(await left(values, key)).toBeLessThanOrEqual(300_000);
      await expect(values.set(key, { challenge: "?", options: { timeout: 1 } })).rejects.toThrow(InvalidValueError);
      await raw("SET", values.keyOf(key), '{"challenge":"YWJj","options":{}}');
      await expect(values.take(key)).rejects.toThrow(UndecodableValueError);
    });

    test("K2 apple_public_keys holds validated JSON for 24 h", async () => {
      const jwks = z.object({ keys: z.array(z.object({ kid: z.string(), kty: z.literal("RSA") })) });
      const values = of(jwks, "plain", { pattern: "apple_public_keys", ttl: { kind: "fixed", ms: day } });
      const key = fresh();
      await values.set(key, { keys: [{ kid: "a", kty: "RSA" }] });
      expect(values.keyOf(key)).toBe(`${prefix}apple_public_keys`);
      expect(await raw("GET", values.keyOf(key))).toBe('{"keys":[{"kid":"a","kty":"RSA"}]}');
      expect(await left(values, key)).toBeGreaterThan(day - 60_000);
      expect(await left(values, key)).toBeLessThanOrEqual(day);
      await expect(values.set(key, { keys: [{ kid: "a", kty: "EC" as "RSA" }] })).rejects.toThrow(InvalidValueError);
    });

    test('K3 user:privacy is "0" or "1" for 24 h, and is invalidated', async () => {
      const flags = of(z.boolean(), "boolean01", {
        pattern: "user:privacy:<id>",
        ttl: { kind: "fixed", ms: day },
      });
      const key = { id: uuid(randomUUID(), "id") };
      for (const [flag, stored] of [
        [true, "1"],
        [false, "0"],
      ] as const) {
        await flags.set(key, flag);
        expect(await flags.get(key)).toBe(flag);
        expect(await raw("GET", flags.keyOf(key))).toBe(stored);
        expect(await left(flags, key)).toBeGreaterThan(day - 60_000);
        expect(await left(flags, key)).toBeLessThanOrEqual(day);
      }
      expect(await flags.delete(key)).toBe(true);
      expect(await flags.get(key)).toBeNull();
      await raw("SET", flags.keyOf(key), "true");
      await expect(flags.get(key)).rejects.toThrow(UndecodableValueError);
    });
  });
});
