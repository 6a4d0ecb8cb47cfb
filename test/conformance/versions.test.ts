/** Two versions of a schema side by side, as in a rolling deploy: values, tokens and caches. */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { CacheFamily } from "../../src/repositories/cache.js";
import { TokenRepository } from "../../src/repositories/token.js";
import { type ValueFamily, ValueRepository } from "../../src/repositories/value.js";
import type { TransactionError } from "../../src/runtime/errors.js";
import { type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { runTransaction } from "../../src/runtime/transaction.js";
import { sha256, str } from "../../src/schema/patterns/encode.js";
import { type Codec, compileCodec } from "../../src/schema/values/codec.js";
import { readEnvelopeHead } from "../../src/schema/values/envelope.js";
import { upgradeFrom } from "../../src/schema/values/upgrade.js";
import { createRepositories, type Repositories } from "../fixtures/composed/generated/redis/index.js";
import { Cached, type IdKey } from "../repositories/cache-family.js";
import { Invites, type StreamKey, streamFamily } from "../repositories/token-families.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const oldShape = z.object({ theme: z.string(), at: z.date() });
const newShape = z.object({ themes: z.array(z.string()).min(1), at: z.date() });
type Old = z.infer<typeof oldShape>;
type New = z.infer<typeof newShape>;
const upgrades = { 1: upgradeFrom(oldShape, ({ theme, at }) => ({ themes: [theme], at })) };
const at = new Date("2026-03-04T05:06:07.089Z");
const older = (theme: string): Old => ({ theme, at });
const newer = (...themes: string[]): New => ({ themes, at });
const newerError = expect.objectContaining({
  code: "undecodable-value",
  mayHaveBeenApplied: false,
  message: expect.stringMatching(/newer version than 1.*deploy that version/),
});

const base = {
  store: "default",
  tier: "R3",
  deadline: 10_000,
  retries: 0,
  tagged: false,
  ttl: { kind: "fixed", ms: 60_000 },
} as const;

class Values<V> extends ValueRepository<IdKey, V> {
  constructor(runtime: Runtime, value: Codec<V>, more: Partial<ValueFamily<V>> = {}) {
    const family = { ...base, name: "settings", kind: "value", pattern: "settings:{<id>}" } as const;
    const rest = { overwrite: "restart", undecodable: "throw", value, ...more } as const;
    super(runtime, { ...family, ...rest }, (k) => `settings:{${str(k.id, "id")}}`);
  }
}

describe.each(topologies)("two versions side by side on $name", (topology) => {
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

  const fresh = (): IdKey => ({ id: randomUUID() });
  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const stored = (name: string) => raw("GET", name) as Promise<string>;
  const listen = async (act: () => Promise<unknown>) => {
    const seen: KeywrightEvent[] = [];
    const stop = onEvent((event) => seen.push(event));
    await act();
    stop();
    return seen.filter(({ type }) => type === "newer-version").map(({ operation }) => operation);
  };

  describe("value", () => {
    const oldCodec = compileCodec(oldShape, "superjson");
    const newCodec = compileCodec(newShape, "superjson");
    const first = (more: Partial<ValueFamily<Old>> = {}) => new Values(runtime, oldCodec, { version: 1, ...more });
    const second = (more: Partial<ValueFamily<New>> = {}) =>
      new Values(runtime, newCodec, { version: 2, upgrades, ...more });

    test("an older value is upgraded by reads, which rewrite nothing, and stored anew by a write", async () => {
      const [key, v1, v2] = [fresh(), first(), second()];
      await v1.set(key, older("dark"));
      const text = await stored(v2.keyOf(key));
      expect(readEnvelopeHead(text)?.version).toBe(1);
      expect(await v2.get(key)).toEqual(newer("dark"));
      expect(await v2.getMany([key])).toEqual([newer("dark")]);
      expect(await v2.getAndTouch(key)).toEqual(newer("dark"));
      expect(await stored(v2.keyOf(key))).toBe(text);
      expect(await v2.replace(key, newer("light"))).toBe(true);
      expect(readEnvelopeHead(await stored(v2.keyOf(key)))?.version).toBe(2);
    });

    test.each(["restart", "keep"] as const)(
      "a newer value is never overwritten by an older version (%s)",
      async (overwrite) => {
        const [key, v1, v2] = [fresh(), first({ overwrite }), second({ overwrite })];
        await v2.set(key, newer("a", "b"));
        const text = await stored(v2.keyOf(key));
        const told = await listen(async () => {
          await expect(v1.get(key)).rejects.toEqual(newerError);
          await expect(v1.set(key, older("c"))).rejects.toEqual(newerError);
          await expect(v1.replace(key, older("c"))).rejects.toEqual(newerError);
          await expect(v1.take(key)).rejects.toEqual(newerError);
          await expect(v1.getAndTouch(key)).rejects.toEqual(newerError);
        });
        expect(told).toEqual(["get", "set", "replace", "take", "getAndTouch"]);
        expect(await v1.setIfAbsent(key, older("c"))).toBe(false);
        expect(await v1.compareAndSet(key, older("a"), older("c"))).toBe(false);
        expect(await stored(v2.keyOf(key))).toBe(text);
        // These need no reading.
        expect(await v1.touch(key)).toBe(true);
        expect(await v1.delete(key)).toBe(true);
      },
    );

    test("an upgrade whose check throws is a value that does not decode, and no outage that may be answered for", async () => {
      const key = fresh();
      await first().set(key, older("dark"));
      const broken = oldShape.refine(() => {
        throw new TypeError("dark");
      });
      const values = second({ upgrades: { 1: upgradeFrom(broken, () => newer("x")) }, whenDown: "absent" });
      expect(await values.get(key).catch((thrown: unknown) => thrown)).toMatchObject({
        code: "undecodable-value",
        mayHaveBeenApplied: false,
        issues: [{ path: "", message: "made a check of version 1 throw" }],
      });
    });

    test("a family that declares a miss reads a newer value as absent, and leaves it there all the same", async () => {
      const [key, v1, v2] = [fresh(), first({ undecodable: "miss" }), second()];
      await v2.set(key, newer("a"));
      expect(await v1.get(key)).toBeNull();
      expect(await v1.take(key)).toBeNull();
      await expect(v1.set(key, older("c"))).rejects.toEqual(newerError);
      expect(await v2.get(key)).toEqual(newer("a"));
    });

    test("compareAndSet and take know an older value, upgraded", async () => {
      const [key, v1, v2] = [fresh(), first(), second()];
      await v1.set(key, older("dark"));
      expect(await v2.compareAndSet(key, newer("other"), newer("light"))).toBe(false);
      expect(await v2.compareAndSet(key, newer("dark"), newer("light"))).toBe(true);
      expect(await v2.get(key)).toEqual(newer("light"));
      // The text is the same at every write, so one round trip compares it.
      const sent = await sentCommands(topology, prefix, () => v2.compareAndSet(key, newer("light"), newer("dark")));
      expect(sent.filter(([word]) => word === "EVALSHA" || word === "EVAL")).toHaveLength(1);
      await v1.delete(key);
      await v1.set(key, older("dim"));
      expect(await v2.take(key)).toEqual(newer("dim"));
      expect(await v2.take(key)).toBeNull();
    });

    test("values from before the family had a version are of version 1", async () => {
      const [key, bare, v1, v2] = [fresh(), new Values(runtime, oldCodec), first(), second()];
      await bare.set(key, older("bare"));
      expect(await v1.get(key)).toEqual(older("bare"));
      expect(await v2.get(key)).toEqual(newer("bare"));
      expect(await v2.compareAndSet(key, newer("bare"), newer("x"))).toBe(true);
      expect(await bare.delete(key)).toBe(true);
    });

    test("without a version the bare text is stored, by a plain SET", async () => {
      const [key, bare] = [fresh(), new Values(runtime, compileCodec(z.object({ a: z.int() }), "json"))];
      const sent = await sentCommands(topology, prefix, () => bare.set(key, { a: 1 }));
      expect(sent).toEqual([["SET", bare.keyOf(key), '{"a":1}', "PX", "60000"]]);
      const versioned = new Values(runtime, compileCodec(z.object({ a: z.int() }), "json"), { version: 3 });
      await versioned.set(key, { a: 2 });
      expect(await stored(bare.keyOf(key))).toBe(
        '{"kw":{"k":"v","i":"0000000000000000","n":"0003","x":"000000000000000"},"json":{"a":2}}',
      );
      expect(await versioned.take(key)).toEqual({ a: 2 });
    });

    test("the TTL is that of the family: started anew, kept, none", async () => {
      const ttlOf = async (key: IdKey) => (await raw("PTTL", second().keyOf(key))) as number;
      const [restart, keep] = [second(), second({ overwrite: "keep" })];
      const [key, other, third] = [fresh(), fresh(), fresh()];
      for (const one of [key, other]) {
        await raw("SET", restart.keyOf(one), "{}", "PX", "9000");
      }
      await restart.set(key, newer("a"));
      expect(await ttlOf(key)).toBeGreaterThan(50_000);
      await keep.set(other, newer("a"));
      expect(await ttlOf(other)).toBeLessThanOrEqual(9000);
      expect(await keep.replace(third, newer("a"))).toBe(false);
      await keep.set(third, newer("a"));
      expect(await ttlOf(third)).toBeGreaterThan(50_000);
      const forever = second({ ttl: { kind: "persist", because: "a test" } });
      await forever.set(third, newer("b"));
      expect(await ttlOf(third)).toBe(-1);
      // A key that lost its TTL gets it back.
      await keep.set(third, newer("c"));
      expect(await ttlOf(third)).toBeGreaterThan(50_000);
    });

    test("in a transaction an older version leaves it too, and the others are applied", async () => {
      const [key, v1, v2] = [fresh(), first(), second()];
      await v2.set(key, newer("a"));
      const name = v1.keyOf(key);
      const plans = [v1.plans.set(name, older("b")), v1.plans.take(name), v1.plans.touch(name)];
      const error = await runTransaction("settings", runtime.store(v1.family).executor, plans, plans).catch((e) => e);
      expect(error).toMatchObject({ code: "transaction" });
      expect((error as TransactionError).outcomes).toEqual([
        { ok: false, error: newerError },
        { ok: false, error: newerError },
        { ok: true, value: true },
      ]);
      expect(await v2.get(key)).toEqual(newer("a"));
    });

    test("both versions write at once: what is stored never goes back a version", async () => {
      const [key, v1, v2] = [fresh(), first(), second()];
      await v1.set(key, older("first"));
      const writes = Array.from({ length: 60 }, (_, i) =>
        i % 3 === 0
          ? v2.set(key, newer(`new${i}`)).then(() => "new")
          : v1.set(key, older(`old${i}`)).then(
              () => "old",
              (error: { code: string }) => error.code,
            ),
      );
      const ended = await Promise.all(writes);
      for (const [i, end] of ended.entries())
        expect(i % 3 === 0 ? ["new"] : ["old", "undecodable-value"]).toContain(end);
      expect(await v2.get(key)).toEqual(newer(expect.stringMatching(/^new/) as never));
      await expect(v1.set(key, older("late"))).rejects.toEqual(newerError);
    });

    test("an upgraded value is what the upgrade makes of what the older version reads", async () => {
      const [v1, v2] = [first(), second()];
      const text = fc.string({ unit: "grapheme" });
      await fc.assert(
        fc.asyncProperty(text, fc.date({ noInvalidDate: true }), async (theme, when) => {
          const key = fresh();
          await v1.set(key, { theme, at: when });
          const read = (await v1.get(key)) as Old;
          expect(await v2.get(key)).toStrictEqual({ themes: [read.theme], at: read.at });
        }),
        { numRuns: 60 },
      );
    });
  });

  describe("token", () => {
    const oldToken = { version: 1, value: compileCodec(oldShape, "superjson") } as never;
    const newToken = { version: 2, upgrades, value: compileCodec(newShape, "superjson") } as never;
    const first = () => new Invites(runtime, oldToken);
    const second = () => new Invites(runtime, newToken);
    const draw = () => ({ token: randomUUID() });

    test("an older token is upgraded when it is read; a newer one stays for who can read it", async () => {
      const [one, two] = [draw(), draw()];
      const [v1, v2] = [first(), second()];
      await v1.issue(one, older("a") as never);
      expect(await v2.peek(one)).toEqual(newer("a"));
      expect(await v2.consume(one)).toEqual(newer("a"));
      expect(await v2.consume(one)).toBeNull();
      await v2.issue(two, newer("b") as never);
      const told = await listen(async () => {
        await expect(v1.peek(two)).rejects.toEqual(newerError);
        await expect(v1.consume(two)).rejects.toEqual(newerError);
      });
      expect(told).toEqual(["peek", "consume"]);
      expect(await v2.consume(two)).toEqual(newer("b"));
    });

    test("a rotation by an older version carries a newer token along as it is", async () => {
      const [one, two] = [draw(), draw()];
      const [v1, v2] = [first(), second()];
      await v2.issue(one, newer("b") as never);
      expect(await v1.rotate(one, two)).toBe(true);
      expect(await v2.consume(two)).toEqual(newer("b"));
      await v2.issue(one, newer("c") as never);
      expect(await v1.revoke(one)).toBe(true);
    });

    test("what does not decode is gone after consume, as without a version", async () => {
      const [one, v2] = [draw(), second()];
      await raw("SET", v2.keyOf(one), "nonsense", "PX", "60000");
      await expect(v2.consume(one)).rejects.toMatchObject({ code: "undecodable-value", mayHaveBeenApplied: true });
      expect(await raw("EXISTS", v2.keyOf(one))).toBe(0);
    });

    test("one that is current: a newer one is not consumed by an older version", async () => {
      class Streams extends TokenRepository<StreamKey, never, "token"> {
        constructor(more: object) {
          const key = (k: StreamKey) => `stream:token:{session:${str(k.sessionId, "s")}}:${sha256(k.token, "token")}`;
          super(runtime, { ...streamFamily, ...more } as never, key);
        }
      }
      const [v1, v2] = [new Streams(oldToken), new Streams(newToken)];
      const [one, two] = [draw(), draw()].map(({ token }) => ({ token, sessionId: "s1" })) as [StreamKey, StreamKey];
      await v2.issue(one, newer("b") as never);
      await expect(v1.peek(one)).rejects.toEqual(newerError);
      await expect(v1.consume(one)).rejects.toEqual(newerError);
      expect(await v2.peek(one)).toEqual(newer("b"));
      // To supersede one needs no reading.
      await v1.issue(two, older("c") as never);
      expect(await v2.peek(one)).toBeNull();
      expect(await v2.consume(two)).toEqual(newer("c"));
      expect(await v2.consume(two)).toBeNull();
    });
  });

  describe("cache", () => {
    const family = {
      ...base,
      name: "themes",
      kind: "cache",
      pattern: "themes:<id>",
      loader: { deadline: 30_000 },
    } as const;
    const oldCache = { ...family, negative: 60_000, value: compileCodec(oldShape, "superjson"), version: 1 };
    const newCache = { ...family, negative: 60_000, value: compileCodec(newShape, "superjson"), version: 2, upgrades };
    const first = () => new Cached<Old, null>(runtime, oldCache as CacheFamily<Old>);
    const second = (more: object = {}) => new Cached<New, null>(runtime, { ...newCache, ...more } as CacheFamily<New>);
    const never = () => Promise.reject(new Error("the loader was not to run"));

    test("an older entry is a hit, upgraded", async () => {
      const [key, v2] = [fresh(), second()];
      await first().set(key, older("a"));
      const text = await stored(v2.keyOf(key));
      expect(await v2.fetch(key, never)).toEqual(newer("a"));
      expect(await v2.getMany([key])).toEqual([newer("a")]);
      expect(await stored(v2.keyOf(key))).toBe(text);
    });

    test("an older entry that nothing upgrades is a miss, and replaced by the load", async () => {
      const [key, v2] = [fresh(), second({ upgrades: {} })];
      await first().set(key, older("a"));
      expect(await v2.get(key)).toBeNull();
      expect(await v2.fetch(key, async () => newer("b"))).toEqual(newer("b"));
      expect(readEnvelopeHead(await stored(v2.keyOf(key)))?.version).toBe(2);
    });

    test("a newer entry is loaded past and never replaced; an older set removes it, since it is out of date", async () => {
      const [key, v1, v2] = [fresh(), first(), second()];
      await v2.set(key, newer("b"));
      const text = await stored(v2.keyOf(key));
      const told = await listen(async () => {
        expect(await v1.fetch(key, async () => older("from the database"))).toEqual(older("from the database"));
        expect(await v1.lookup(key)).toEqual({ status: "miss" });
      });
      expect(told).toEqual(["get", "get"]);
      expect(await stored(v2.keyOf(key))).toBe(text);
      expect(await listen(() => v1.set(key, older("c")))).toEqual(["set"]);
      expect(await raw("EXISTS", v2.keyOf(key))).toBe(0);
      await v1.set(key, older("d"));
      expect(await v2.fetch(key, never)).toEqual(newer("d"));
      expect(await raw("PTTL", v2.keyOf(key))).toBeGreaterThan(50_000);
    });

    test("a newer negative entry is passed over too, an older one holds", async () => {
      const [key, other, v1, v2] = [fresh(), fresh(), first(), second()];
      expect(await v2.fetch(key, async () => null)).toBeNull();
      expect(await v1.fetch(key, async () => older("x"))).toEqual(older("x"));
      expect(await v2.lookup(key)).toEqual({ status: "negative" });
      expect(await v1.fetch(other, async () => null)).toBeNull();
      expect(await v2.fetch(other, never)).toBeNull();
    });

    test("both versions fetch, set and invalidate at once: no version reads another's shape, no newer entry is replaced", async () => {
      const keys = [fresh(), fresh(), fresh()];
      const [v1, v2] = [first(), second()];
      const acts = Array.from({ length: 120 }, (_, i) => {
        const key = keys[i % 3] as IdKey;
        switch (i % 5) {
          case 0:
            return v2.fetch(key, async () => newer("n"));
          case 1:
            return v1.fetch(key, async () => older("o"));
          case 2:
            return i % 2 === 0 ? v2.set(key, newer("n")) : v1.set(key, older("o"));
          case 3:
            return v1.get(key);
          default:
            return i % 2 === 0 ? v2.get(key) : v2.invalidate(key);
        }
      });
      const read = await Promise.all(acts);
      for (const [i, value] of read.entries()) {
        if (i % 5 === 0) expect([newer("n"), newer("o")]).toContainEqual(value);
        if (i % 5 === 1) expect(value).toEqual(older("o"));
        if (i % 5 === 3) expect([null, older("o")]).toContainEqual(value);
      }
    });
  });

  test("generated repositories know their version and its upgrades", async () => {
    const clients = { default: connection.client, ledger: connection.client };
    const generated: Repositories = createRepositories(clients, { prefix });
    const [userId, token] = [randomUUID(), randomUUID()];
    const text = (codec: Codec<Old>) => codec.encode(older("dark")) as string;
    const bare = text(compileCodec(oldShape, "superjson"));
    await raw("SET", generated.settings.keyOf({ userId }), bare, "PX", "60000");
    await raw("SET", generated.invitation.keyOf({ token }), bare, "PX", "60000");
    expect(await generated.settings.get({ userId })).toEqual(newer("dark"));
    expect(await generated.invitation.consume({ token })).toEqual(newer("dark"));
    await generated.themes.set({ userId }, newer("x"));
    expect(readEnvelopeHead(await stored(generated.themes.keyOf({ userId })))).toMatchObject({ version: 2 });
  });
});
