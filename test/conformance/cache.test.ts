import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { CacheFamily } from "../../src/repositories/cache.js";
import { Scope } from "../../src/repositories/scope.js";
import { InvalidArgumentError, InvalidParameterError, InvalidValueError } from "../../src/runtime/errors.js";
import { onEvent } from "../../src/runtime/events.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { bytes } from "../../src/schema/values/bytes.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { readEnvelopeHead, writeEnvelope } from "../../src/schema/values/envelope.js";
import type { Wire } from "../../src/schema/values/wire.js";
import { Cached, gate, type IdKey, rejection, type User, user, users } from "../repositories/cache-family.js";
import { expectTtlWheneverKilled } from "../setup/killed-writes.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const never = () => Promise.reject(new Error("the loader was not to run"));

describe.each(topologies)("cache on $name", (topology) => {
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

  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const fresh = (): IdKey => ({ id: randomUUID() });
  const sent = (act: () => unknown) => sentCommands(topology, prefix, act);
  /** A cache as another process has it: nothing under way is shared. */
  const cached = (more: Partial<CacheFamily<User>> = {}) => new Cached<User>(runtime, { ...users, ...more });
  const negatives = (more: Partial<CacheFamily<User>> = {}) =>
    new Cached<User, null>(runtime, { ...users, negative: 120_000, ...more });
  const of = <V>(schema: z.ZodType<V>, wire: Wire, more: Partial<CacheFamily<V>> = {}) =>
    new Cached<V>(runtime, { ...(users as object), value: compileCodec(schema, wire), ...more } as CacheFamily<V>);
  const listen = async (act: () => unknown) => {
    const seen: string[] = [];
    const stop = onEvent(({ type, code }) => seen.push(code === undefined ? type : `${type} ${code}`));
    await act();
    stop();
    return seen;
  };

  test("a miss loads and stores with the TTL; a hit reads back what was stored", async () => {
    const cache = cached();
    const key = fresh();
    const name = cache.keyOf(key);
    const ann = { ...user("Ann"), motto: "" };
    expect(await cache.get(key)).toBeNull();
    const commands = await sent(async () => {
      expect(await cache.fetch(key, async () => ann)).toEqual(ann);
    });
    const stored = (await raw("GET", name)) as string;
    expect(commands).toEqual([
      ["GET", name],
      ["SET", name, stored, "NX", "GET", "PX", "60000"],
    ]);
    expect(readEnvelopeHead(stored)).toMatchObject({ kind: "value", version: 1, hardEnd: null });
    expect(superjson.parse(stored)).toEqual(ann);
    expect(await raw("PTTL", name)).toBeGreaterThan(50_000);
    expect(await raw("PTTL", name)).toBeLessThanOrEqual(60_000);
    expect(await sent(async () => expect(await cache.fetch(key, never)).toEqual(ann))).toEqual([["GET", name]]);
    expect(await cache.get(key)).toEqual(ann);
  });

  test("a fresh value is what a cached one is: no undeclared fields, defaults filled in, a copy for each", async () => {
    const cache = of(z.object({ name: z.string(), role: z.string().default("guest") }), "json");
    const key = fresh();
    const row = { name: "Ann", passwordHash: "secret" } as unknown as { name: string; role: string };
    const [one, two] = await Promise.all([cache.fetch(key, async () => row), cache.fetch(key, async () => row)]);
    expect(one).toEqual({ name: "Ann", role: "guest" });
    expect(two).toEqual(one);
    expect(two).not.toBe(one);
    expect(await cache.fetch(key, never)).toEqual(one);
  });

  test("each write has an id of its own", async () => {
    const cache = cached();
    const key = fresh();
    const ids = new Set<string | undefined>();
    for (let i = 0; i < 5; i++) {
      await cache.set(key, user("Ann"));
      ids.add(readEnvelopeHead((await raw("GET", cache.keyOf(key))) as string)?.id);
    }
    expect(ids.size).toBe(5);
  });

  test("C7 the same key has the same jitter, within its bound", async () => {
    const cache = cached({ ttl: { kind: "fixed", ms: 600_000, jitter: 300_000 } });
    const keys = Array.from({ length: 20 }, fresh);
    const stored = async (store: (key: IdKey) => Promise<unknown>) => {
      const commands = await sent(() => Promise.all(keys.map(store)));
      return new Map(commands.filter(([word]) => word === "SET").map((args) => [args[1], Number(args.at(-1))]));
    };
    const first = await stored((key) => cache.set(key, user("Ann")));
    for (const ms of first.values()) {
      expect(ms).toBeGreaterThanOrEqual(300_000);
      expect(ms).toBeLessThanOrEqual(600_000);
    }
    expect(first.size).toBe(20);
    expect(new Set(first.values()).size).toBeGreaterThan(15);
    // The same from another process, and from a fill.
    await cache.invalidateMany(keys);
    const again = await stored((key) =>
      cached({ ttl: { kind: "fixed", ms: 600_000, jitter: 300_000 } }).fetch(key, async () => user("Bob")),
    );
    expect(again).toEqual(first);
  });

  test("D1 a concurrent set during the load is not overwritten", async () => {
    const cache = cached();
    const key = fresh();
    const loading = gate<User>();
    const begun = gate();
    const fetched = cache.fetch(key, () => {
      begun.open();
      return loading.opened;
    });
    await begun.opened;
    // By another process: the load here knows nothing of it.
    await cached().set(key, user("new"));
    loading.open(user("old"));
    expect(await fetched).toEqual(user("old"));
    expect(await cache.get(key)).toEqual(user("new"));
    expect(cache.stats()).toMatchObject({ fills: 0, droppedFills: 1 });
  });

  test("D4 counters after a miss and a hit", async () => {
    const cache = cached();
    const key = fresh();
    await cache.fetch(key, async () => user("Ann"));
    await cache.fetch(key, never);
    expect(cache.stats()).toEqual({
      hits: 1,
      negatives: 0,
      misses: 1,
      errors: 0,
      loads: 1,
      joins: 0,
      loadFailures: 0,
      fills: 1,
      droppedFills: 0,
    });
    // A snapshot: what comes later is not in it, and it is the caller's.
    const before = cache.stats();
    await cache.get(key);
    expect(before.hits).toBe(1);
    expect(cache.stats().hits).toBe(2);
  });

  test("D5 null is not cached by default, nor what shouldCache refuses", async () => {
    const cache = cached();
    const key = fresh();
    expect(await cache.fetch(key, async () => null)).toBeNull();
    expect(await raw("EXISTS", cache.keyOf(key))).toBe(0);
    const shouldCache = ({ name }: User) => name !== "guest";
    expect(await cache.fetch(key, async () => user("guest"), { shouldCache })).toEqual(user("guest"));
    expect(await raw("EXISTS", cache.keyOf(key))).toBe(0);
    await cache.fetch(key, async () => user("Ann"), { shouldCache });
    expect(await raw("EXISTS", cache.keyOf(key))).toBe(1);
  });

  test("D11 three concurrent misses share one load, and all are fresh", async () => {
    const cache = cached();
    const key = fresh();
    let loads = 0;
    const loader = async () => {
      loads += 1;
      await sleep(50);
      return user("Ann");
    };
    const fetched = await Promise.all([1, 2, 3].map(() => cache.fetchEntry(key, loader)));
    expect(fetched).toEqual(Array(3).fill({ value: user("Ann"), source: "fresh" }));
    expect(loads).toBe(1);
    expect(cache.stats()).toMatchObject({ misses: 3, loads: 1, joins: 2, fills: 1 });
    expect(await cache.fetchEntry(key, never)).toEqual({ value: user("Ann"), source: "cache" });
    // Another key is another load.
    await Promise.all([fresh(), fresh()].map((other) => cache.fetch(other, loader)));
    expect(loads).toBe(3);
  });

  test("fetchMany: one load brings what is not cached, in the order of the keys", async () => {
    const cache = negatives();
    const keys = Array.from({ length: 6 }, fresh);
    await cache.set(keys[1]!, user("1"));
    await cache.fetch(keys[2]!, async () => null);
    const [begun, loading] = [gate(), gate<User>()];
    const alone = cache.fetch(keys[3]!, () => {
      begun.open();
      return loading.opened;
    });
    await begun.opened;
    const asked: (readonly IdKey[])[] = [];
    const loader = async (missing: readonly IdKey[]) => {
      asked.push(missing);
      loading.open(user("3"));
      return missing.map((key) => (key === keys[5] ? null : user(String(keys.indexOf(key)))));
    };
    // One key twice: it is loaded once, and each has a copy of its own.
    const found = await cache.fetchMany([...keys, keys[0]!], loader);
    expect(found.map((each) => each?.name)).toEqual(["0", "1", undefined, "3", "4", undefined, "0"]);
    expect(found[6]).not.toBe(found[0]);
    expect(asked).toEqual([[keys[0], keys[4], keys[5]]]);
    await alone;
    expect(await cache.fetchMany(keys, never)).toEqual(found.slice(0, 6));
    expect(await cache.lookup(keys[5]!)).toEqual({ status: "negative" });
    expect(await cache.fetchMany([], never)).toEqual([]);
    expect(cache.stats()).toMatchObject({ loads: 5, joins: 2, fills: 5 });
  });

  test("fetchMany: a list that its caller fills with other keys meanwhile brings no value under another's name", async () => {
    const cache = cached();
    const [asked, others] = [
      [fresh(), fresh()],
      [fresh(), fresh()],
    ];
    const batch = [...asked];
    const fetched = cache.fetchMany(batch, async (missing) => missing.map(({ id }) => user(id)));
    batch.splice(0, 2, ...others);
    const expected = asked.map(({ id }) => user(id));
    expect(await fetched).toEqual(expected);
    expect(await cache.getMany(asked)).toEqual(expected);
  });

  test("fetchMany: an invalidation during the load drops the fill of its key alone", async () => {
    const cache = cached();
    const keys = [fresh(), fresh()];
    const loader = async (missing: readonly IdKey[]) => {
      await cache.invalidate(keys[0]!);
      return missing.map(() => user("old"));
    };
    expect(await cache.fetchMany(keys, loader)).toEqual([user("old"), user("old")]);
    expect(await cache.getMany(keys)).toEqual([null, user("old")]);
  });

  test.each<[string, (missing: readonly IdKey[]) => Promise<User[]>, string]>([
    ["fails", () => Promise.reject(new Error("the database is down")), "the database is down"],
    ["brings too few", async () => [user("1")], '"loader" returned 1 values for 2 keys'],
    ["brings no list", async () => null as never, '"loader" returned no list for 2 keys'],
    ["brings undefined", async () => [undefined as never, undefined as never], '"loader" returned undefined'],
  ])("fetchMany: a loader that %s", async (_, loader, words) => {
    const cache = cached();
    const keys = [fresh(), fresh()];
    expect((await rejection(cache.fetchMany(keys, loader))).message).toContain(words);
    expect(await cache.getMany(keys)).toEqual([null, null]);
    expect(await cache.fetchMany(keys, async (missing) => missing.map(() => user("2")))).toHaveLength(2);
  });

  test("D12 a remembered null is read by another process without a load, and comes from the cache", async () => {
    const key = fresh();
    const name = negatives().keyOf(key);
    expect(await negatives().fetchEntry(key, async () => null)).toEqual({ value: null, source: "fresh" });
    expect(await raw("PTTL", name)).toBeGreaterThan(110_000);
    expect(await raw("PTTL", name)).toBeLessThanOrEqual(120_000);
    const other = negatives();
    expect(await other.fetchEntry(key, never)).toEqual({ value: null, source: "cache" });
    expect(await other.fetch(key, never)).toBeNull();
    expect(await other.get(key)).toBeNull();
    expect(other.stats()).toMatchObject({ negatives: 3, misses: 0, loads: 0 });
    // Other readers of superjson see null.
    expect(superjson.parse((await raw("GET", name)) as string)).toBeNull();
    await other.set(key, user("Ann"));
    expect(await other.fetch(key, never)).toEqual(user("Ann"));
    // A family that no longer remembers replaces what is there.
    await other.invalidate(key);
    await other.fetch(key, async () => null);
    expect(await cached().fetch(key, async () => user("Bob"))).toEqual(user("Bob"));
    expect(await cached().get(key)).toEqual(user("Bob"));
  });

  test("D14 a batched read skips what is malformed and what is remembered as none, and keeps the order", async () => {
    const cache = negatives({ pattern: "user:{many}:<id>" });
    const keys = Array.from({ length: 6 }, fresh);
    const names = keys.map((key) => cache.keyOf(key));
    await cache.set(keys[0]!, user("first"));
    await raw("SET", names[1]!, "{bad json");
    await cache.fetch(keys[2]!, async () => null);
    await raw("SET", names[3]!, superjson.stringify(user("no envelope")));
    await cache.set(keys[5]!, user("last"));
    let found: (User | null)[] = [];
    const commands = await sent(async () => {
      found = await cache.getMany(keys);
    });
    expect(found).toEqual([user("first"), null, null, null, null, user("last")]);
    // Nothing is asked about what is absent: a fill tells.
    expect(commands).toEqual([["MGET", ...names]]);
    expect(cache.stats()).toMatchObject({ hits: 2, negatives: 1, misses: 4 });
    const events = await listen(() => cache.getMany(keys));
    expect(events.sort()).toEqual(["hit", "hit", "hit", "miss", "miss", "miss", "undecodable", "undecodable"]);
    expect(await cache.getMany([])).toEqual([]);
    // Over all slots.
    const scattered = cached();
    await Promise.all(keys.map((key, i) => scattered.set(key, user(String(i)))));
    expect((await scattered.getMany(keys)).map((each) => each?.name)).toEqual(["0", "1", "2", "3", "4", "5"]);
  });

  test("D15 hit, negative, miss and error are told apart", async () => {
    const cache = negatives();
    const key = fresh();
    expect(await cache.lookup(key)).toEqual({ status: "miss" });
    await cache.fetch(key, async () => null);
    expect(await cache.lookup(key)).toEqual({ status: "negative" });
    await cache.set(key, user("Ann"));
    expect(await cache.lookup(key)).toEqual({ status: "hit", value: user("Ann") });
    await raw("SET", cache.keyOf(key), "{bad json");
    expect(await cache.lookup(key)).toEqual({ status: "miss" });
    await raw("DEL", cache.keyOf(key));
    await raw("RPUSH", cache.keyOf(key), "a list");
    expect(await cache.lookup(key)).toMatchObject({ status: "error", error: { code: "wrong-type" } });
    await expect(cache.lookup({ id: "no:id" })).rejects.toThrow(InvalidParameterError);
    const other = await topology.connect();
    const cut = new Cached(new Runtime(other.client, ["default"], { prefix }), users);
    await other.close();
    expect(await cut.lookup(key)).toMatchObject({
      status: "error",
      error: { code: expect.stringMatching(/^(unavailable|connection-lost)$/), family: "users", operation: "lookup" },
    });
    expect(cut.stats().errors).toBe(1);
  });

  test("D2 D3 D15 a client that is closed: the loader's value, and an invalidation that says so", async () => {
    const other = await topology.connect();
    const cut = new Cached(new Runtime(other.client, ["default"], { prefix }), { ...users, deadline: 500 });
    await other.close();
    const key = fresh();
    const events = await listen(async () => {
      expect(await cut.fetch(key, async () => user("Ann"))).toEqual(user("Ann"));
      expect(await cut.fetchEntry(key, async () => null)).toEqual({ value: null, source: "fresh" });
      expect(await cut.invalidate(key)).toEqual({ applied: false });
      expect(await cut.invalidateMany([key, fresh()])).toEqual({ applied: false });
    });
    expect(events.filter((event) => event.startsWith("degraded"))).toHaveLength(5);
    expect(cut.stats()).toMatchObject({ errors: 2, loads: 2, fills: 0 });
    expect(await rejection(cut.set(key, user("Ann")))).toMatchObject({ family: "users", operation: "set" });
    expect(await rejection(cut.get(key))).toMatchObject({ family: "users", operation: "get" });
    expect(await rejection(cut.getMany([key]))).toMatchObject({ family: "users", operation: "getMany" });
    expect(cut.stats()).toMatchObject({ errors: 4, misses: 0 });
  });

  test("invalidate removes the entry, the negative one too, and says that it was applied", async () => {
    const cache = negatives();
    const [one, two, three] = [fresh(), fresh(), fresh()];
    await cache.set(one, user("Ann"));
    await cache.fetch(two, async () => null);
    expect(await sent(() => cache.invalidate(one))).toEqual([["DEL", cache.keyOf(one)]]);
    expect(await cache.invalidate(one)).toEqual({ applied: true });
    expect(await cache.invalidateMany([one, two, three])).toEqual({ applied: true });
    expect(await cache.lookup(two)).toEqual({ status: "miss" });
    expect(await cache.invalidateMany([])).toEqual({ applied: true });
    await cache.set(one, user("Ann"));
    await expect(cache.invalidateMany([one, { id: "no:id" }])).rejects.toThrow(InvalidParameterError);
    expect(await cache.lookup(one)).toMatchObject({ status: "hit" });
  });

  describe("what is stored and is no value", () => {
    const head = { id: "0123456789abcdef", version: 1, hardEnd: null } as const;
    const body = '{"json":{"name":1}}';
    test.each([
      ["an empty text", ""],
      ["bare superjson", superjson.stringify(user("legacy"))],
      ["a value of another schema", writeEnvelope({ kind: "value", ...head }, body)],
      ["a value of an older version", writeEnvelope({ kind: "value", ...head, version: 0 }, body)],
      ["a negative entry where none is declared", writeEnvelope({ kind: "negative", ...head })],
    ])("%s is a miss, and replaced by what is loaded", async (_, stored) => {
      const cache = cached();
      const key = fresh();
      const name = cache.keyOf(key);
      await raw("SET", name, stored);
      expect(await cache.get(key)).toBeNull();
      expect(await cache.fetch(key, async () => user("Ann"))).toEqual(user("Ann"));
      expect(await cache.fetch(key, never)).toEqual(user("Ann"));
      expect(await raw("PTTL", name)).toBeGreaterThan(50_000);
      expect(cache.stats()).toMatchObject({ fills: 1 });
    });

    test("bytes that are no text are replaced too", async () => {
      const cache = cached();
      const key = fresh();
      const name = cache.keyOf(key);
      // SETBIT makes the byte 0x80, which no UTF-8 text begins with.
      await raw("SETBIT", name, "0", "1");
      expect(await cache.fetch(key, async () => user("Ann"))).toEqual(user("Ann"));
      expect(await cache.fetch(key, never)).toEqual(user("Ann"));
    });

    test.each([
      ["something else that is unreadable", "other"],
      ["nothing, since it was invalidated", undefined],
    ])("it is replaced only where it is exactly what was seen: now it is %s", async (_, now) => {
      const cache = cached();
      const key = fresh();
      const name = cache.keyOf(key);
      await raw("SET", name, "seen");
      const loader = async () => {
        if (now === undefined) await raw("DEL", name);
        else await raw("SET", name, now);
        return user("Ann");
      };
      expect(await cache.fetch(key, loader)).toEqual(user("Ann"));
      expect(await raw("GET", name)).toBe(now ?? null);
      expect(cache.stats()).toMatchObject({ fills: 0, droppedFills: 1 });
    });

    test.each([
      ["a value of a newer version", writeEnvelope({ kind: "value", ...head, version: 2 }, body)],
      ["the lease of a fill", writeEnvelope({ kind: "token", ...head })],
      ["a tombstone", writeEnvelope({ kind: "tombstone", ...head })],
      ["a kind of a newer Keywright", writeEnvelope({ kind: "token", ...head }).replace('"k":"t"', '"k":"z"')],
    ])("%s is loaded past, and never replaced", async (_, stored) => {
      const cache = cached();
      const key = fresh();
      await raw("SET", cache.keyOf(key), stored);
      const commands = await sent(async () => {
        expect(await cache.fetch(key, async () => user("Ann"))).toEqual(user("Ann"));
      });
      // A fill is not even tried.
      expect(commands).toEqual([["GET", cache.keyOf(key)]]);
      expect(await raw("GET", cache.keyOf(key))).toBe(stored);
      expect(await cache.lookup(key)).toEqual({ status: "miss" });
      await cache.set(key, user("Bob"));
      expect(await cache.get(key)).toEqual(user("Bob"));
    });

    test("a key of another type is a typed error, also where a batch took it for absent", async () => {
      const cache = cached({ pattern: "user:{type}:<id>" });
      const [key, other] = [fresh(), fresh()];
      await raw("RPUSH", cache.keyOf(key), "a list");
      const loader = async () => user("Ann");
      expect(await rejection(cache.fetch(key, loader))).toMatchObject({ code: "wrong-type", family: "users" });
      const [refused, fetched] = await Promise.all([rejection(cache.fetch(key, loader)), cache.fetch(other, loader)]);
      expect(refused).toMatchObject({ code: "wrong-type", operation: "fetch" });
      expect(fetched).toEqual(user("Ann"));
      expect(await raw("LRANGE", cache.keyOf(key), "0", "-1")).toEqual(["a list"]);
      expect(await cache.invalidate(key)).toEqual({ applied: true });
      expect(await cache.fetch(key, loader)).toEqual(user("Ann"));
    });
  });

  describe("loaders", () => {
    test("one that throws: the error goes to all who joined, nothing is stored, the next call loads again", async () => {
      const cache = negatives();
      const key = fresh();
      const refusal = new Error("the database is down");
      const calls = [1, 2, 3].map(() => rejection(cache.fetch(key, () => Promise.reject(refusal))));
      for (const error of await Promise.all(calls)) expect(error).toBe(refusal);
      const thrown = () => {
        throw refusal;
      };
      expect(await rejection(cache.fetch(key, thrown))).toBe(refusal);
      expect(await rejection(cache.fetch(key, async () => user("x"), { shouldCache: thrown }))).toBe(refusal);
      expect(await raw("EXISTS", cache.keyOf(key))).toBe(0);
      expect(cache.stats()).toMatchObject({ loads: 3, joins: 2, loadFailures: 3 });
      // A promise would count as true, and one that rejects would end the process.
      for (const shouldCache of [async () => false, () => Promise.reject(refusal), () => "no", () => undefined]) {
        const undecided = cache.fetch(key, async () => user("x"), { shouldCache: shouldCache as never });
        expect(await rejection(undecided)).toMatchObject({ code: "invalid-argument", field: "shouldCache" });
      }
      expect(await raw("EXISTS", cache.keyOf(key))).toBe(0);
      expect(await cache.fetch(key, async () => user("Ann"))).toEqual(user("Ann"));
    });

    test("D16 one that hangs frees its place at the deadline; what it brings later is dropped", async () => {
      const cache = cached({ loader: { deadline: 100 } });
      const key = fresh();
      const hung = gate<User>();
      let given: AbortSignal | undefined;
      const events = await listen(async () => {
        const error = await rejection(
          cache.fetch(key, (signal) => {
            given = signal;
            return hung.opened;
          }),
        );
        expect(error).toMatchObject({
          name: "LoaderDeadlineError",
          code: "loader-deadline",
          family: "users",
          operation: "fetch",
          deadline: 100,
          mayHaveBeenApplied: false,
        });
        expect(given?.aborted).toBe(true);
        expect(given?.reason).toBe(error);
      });
      expect(events).toContain("load-failed loader-deadline");
      expect(await cache.fetch(key, async () => user("new"))).toEqual(user("new"));
      hung.open(user("late"));
      await sleep(20);
      expect(await cache.get(key)).toEqual(user("new"));
      // One that fails late is no unhandled rejection.
      const failing = gate<User>();
      await cache.invalidate(key);
      await rejection(cache.fetch(key, () => failing.opened));
      failing.fail(new Error("late"));
      await sleep(20);
    });

    test.each([
      ["undefined", undefined, "Return the value, or null"],
      ["what the schema refuses", { name: 1 }, "name"],
      ["an invalid date", { name: "Ann", joined: new Date(Number.NaN) }, "joined"],
    ])("one that returns %s is a typed error, and nothing is stored", async (_, value, words) => {
      const cache = cached();
      const key = fresh();
      const error = await rejection(cache.fetch(key, async () => value as unknown as User));
      expect(error).toBeInstanceOf(value === undefined ? InvalidArgumentError : InvalidValueError);
      expect(error.message).toContain(words);
      expect(await raw("EXISTS", cache.keyOf(key))).toBe(0);
      expect(await cache.fetch(key, async () => user("Ann"))).toEqual(user("Ann"));
    });

    test("what is no loader, no parameter and no value is refused before anything is sent", async () => {
      const cache = cached();
      const key = fresh();
      expect(
        await sent(async () => {
          await expect(cache.fetch(key, undefined as never)).rejects.toThrow(InvalidArgumentError);
          await expect(cache.fetchEntry(key, user("Ann") as never)).rejects.toThrow(/"loader" is no function/);
          await expect(cache.fetch(key, never, { shouldCache: true as never })).rejects.toThrow(/"shouldCache" is no/);
          await expect(cache.fetchMany([key], undefined as never)).rejects.toThrow(/"loader" is missing/);
          await expect(cache.fetchMany([key, { id: "" }], never)).rejects.toThrow(InvalidParameterError);
          await expect(cache.fetch({ id: "no:id" }, never)).rejects.toThrow(InvalidParameterError);
          await expect(cache.set(key, { name: "Ann" } as User)).rejects.toThrow(InvalidValueError);
          await expect(cache.invalidate({ id: "" })).rejects.toThrow(InvalidParameterError);
        }),
      ).toEqual([]);
    });
  });

  describe("bare wires are stored byte for byte", () => {
    const person = z.object({ name: z.string(), motto: z.string().optional() });
    test.each<[Wire, z.ZodType, unknown, string]>([
      ["plain", person, { name: "Ann" }, '{"name":"Ann"}'],
      ["string", z.string(), "", ""],
      ["string", z.string(), "blue", "blue"],
      ["int", z.int(), 0, "0"],
      ["float", z.number(), 0.5, "0.5"],
      ["boolean01", z.boolean(), false, "0"],
    ])("%s", async (wire, schema, value, stored) => {
      const cache = of(schema, wire, { name: "bare" });
      const key = fresh();
      expect(await cache.fetch(key, async () => value)).toEqual(value);
      expect(await raw("GET", cache.keyOf(key))).toBe(stored);
      expect(await raw("PTTL", cache.keyOf(key))).toBeGreaterThan(50_000);
      expect(await cache.fetch(key, never)).toEqual(value);
      expect(await cache.getMany([key, fresh()])).toEqual([value, null]);
      await cache.set(key, value);
      expect(await raw("GET", cache.keyOf(key))).toBe(stored);
    });

    test("bytes", async () => {
      const cache = of(bytes(), "bytes", { name: "bare" });
      const key = fresh();
      const picture = Buffer.from([0xff, 0x00, 0x80]);
      const [one, two] = await Promise.all([1, 2].map(() => cache.fetch(key, async () => picture)));
      expect(Buffer.from(one!)).toEqual(picture);
      // A copy for each, and not the loader's.
      one![0] = 0;
      expect(two![0]).toBe(0xff);
      expect(Buffer.from(await cache.fetch(key, never))).toEqual(picture);
      expect(Buffer.from((await cache.get(key))!)).toEqual(picture);
    });

    test("what another program wrote is read, and what is no value is replaced", async () => {
      const cache = of(z.boolean(), "boolean01");
      const key = fresh();
      await raw("SET", cache.keyOf(key), "1");
      expect(await cache.fetch(key, never)).toBe(true);
      await raw("SET", cache.keyOf(key), "true");
      expect(await cache.fetch(key, async () => false)).toBe(false);
      expect(await raw("GET", cache.keyOf(key))).toBe("0");
    });
  });

  test.runIf(topology.takesLarge)("values of several megabytes", async () => {
    const cache = cached();
    const key = fresh();
    const large = { ...user("Ann"), motto: "é".repeat(3 * 2 ** 20) };
    expect((await cache.fetch(key, async () => large)).motto).toHaveLength(3 * 2 ** 20);
    expect((await cache.fetch(key, never)).motto).toBe(large.motto);
    await raw("SET", cache.keyOf(key), "x".repeat(5 * 2 ** 20));
    await cache.fetch(key, async () => large);
    expect((await cache.get(key))?.motto).toHaveLength(3 * 2 ** 20);
  });

  test("a start-up TTL is taken", async () => {
    const started = new Runtime(connection.client, ["default"], { prefix, ttl: { userTtl: "7m" } });
    const cache = new Cached(started, {
      ...users,
      ttl: { kind: "config", name: "userTtl", default: 60_000, max: 3_600_000 },
    });
    const key = fresh();
    await cache.fetch(key, async () => user("Ann"));
    expect(await raw("PTTL", cache.keyOf(key))).toBeGreaterThan(410_000);
  });

  test("inside a transaction there is get, and nothing that would pass by the loads under way", async () => {
    const cache = cached({ pattern: "user:{room}:<id>" });
    const [key, absent] = [fresh(), fresh()];
    await cache.set(key, user("Ann"));
    const { executor } = runtime.store(users);
    const members = { users: { repository: cache as never, whole: false, forbidden: new Set<string>() } };
    const scope = new Scope<Record<string, Record<string, (key: IdKey) => never>>>("room", {}, members, executor);
    const results = await scope.transaction((tx) => {
      expect(Object.keys(tx.users!)).toEqual(["get"]);
      return [tx.users!.get!(key), tx.users!.get!(absent)];
    });
    expect(results).toEqual([user("Ann"), null]);
  });

  test("what is fetched, filled and dropped are events", async () => {
    const cache = cached();
    const key = fresh();
    expect(await listen(() => cache.fetch(key, async () => user("Ann")))).toEqual(["miss", "ok", "fill"]);
    expect(await listen(() => cache.fetch(key, never))).toEqual(["hit"]);
    await raw("DEL", cache.keyOf(key));
    const during = async () => {
      await cache.invalidate(key);
      return user("Ann");
    };
    expect(await listen(() => cache.fetch(key, during))).toEqual(["miss", "ok", "fill-dropped"]);
    expect(await listen(() => rejection(cache.fetch(key, never)))).toEqual(["miss", "load-failed"]);
  });
});

describe("C2 a client that dies while it writes leaves no entry without a TTL", () => {
  const at = (runtime: Runtime) => new Cached(runtime, { ...users, pattern: "user:{<id>}" });
  const fill = (seen: string | undefined) => (runtime: Runtime, id: string) => {
    const cache = at(runtime);
    const { steps } = cache.plans;
    const plan = steps.fill(cache.keyOf({ id }), "fetch", steps.entries.encode("fetch", user("Ann")), seen);
    return runtime.store(users).executor.run(plan);
  };
  test("set", () => expectTtlWheneverKilled((runtime, id) => at(runtime).set({ id }, user("Ann"))));
  test("a fill", () => expectTtlWheneverKilled(fill(undefined)));
  test("a fill that replaces what did not decode", () => {
    const family: CacheFamily<string> = { ...users, pattern: "user:{<id>}", value: compileCodec(z.string(), "string") };
    return expectTtlWheneverKilled(fill("seen"), (runtime, id) => new Cached(runtime, family).set({ id }, "seen"));
  });
});
