import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type CacheFamily, CacheRepository } from "../../../src/repositories/cache.js";
import { type CappedListFamily, CappedListRepository } from "../../../src/repositories/capped-list.js";
import type { Runtime } from "../../../src/runtime/runtime.js";
import { keySlot } from "../../../src/schema/patterns/slot.js";
import { compileCodec } from "../../../src/schema/values/codec.js";
import { gate, type IdKey, type User, user, users } from "../../repositories/cache-family.js";
import { type Connection, uniquePrefix } from "../../setup/topologies.js";
import { instance, movedFrom, places } from "./moving.js";

const neighbours = [
  ["legacy", "purgeBoth"],
  ["purgeBoth", "purgeBoth"],
  ["purgeBoth", "writeNew"],
  ["writeNew", "writeNew"],
  ["writeNew", "new"],
].flatMap(([a, b]) =>
  a === b
    ? [[a, b]]
    : [
        [a, b],
        [b, a],
      ],
) as [string, string][];
/** Changes of legacy reach the old key alone, and those of new the new one: their neighbour reads the same key. */
const both = ["purgeBoth", "writeNew"];

class Users extends CacheRepository<IdKey, User> {
  constructor(runtime: Runtime, phase: string, more: Partial<CacheFamily<User>> = {}) {
    const moved = movedFrom("user:<id>", "users:{<id>}", "rebuildable", phase);
    super(runtime, { ...users, pattern: "users:{<id>}", tagged: true, moved, ...more }, ({ id }) => `users:{${id}}`);
  }
}

const feed: CappedListFamily<string, "whole"> = {
  name: "feed",
  kind: "cappedList",
  pattern: "feed:{<id>}",
  store: "default",
  tier: "R4",
  deadline: 10_000,
  retries: 0,
  tagged: true,
  ttl: { kind: "fixed", ms: 60_000 },
  cap: 5,
  history: "whole",
  order: "newest-last",
  undecodable: "throw",
  item: compileCodec<string>(z.string(), "string"),
};

class Feeds extends CappedListRepository<IdKey, string, "whole"> {
  constructor(runtime: Runtime, phase: string) {
    const moved = movedFrom("feed_of:<id>", "feed:{<id>}", "rebuildable", phase, ["fill"]);
    super(runtime, { ...feed, moved }, ({ id }) => `feed:{${id}}`);
  }
}

let ids = 0;
const fresh = (): IdKey => ({ id: `i${++ids}` });
const never = (): never => {
  throw new Error("loaded although it is cached");
};

describe.each(places)("what is rebuilt while it moves, on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let instances: Runtime[];

  beforeAll(async () => {
    connection = await connect();
    instances = [1, 2].map(() => instance(connection, { prefix }));
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  const usersIn = (place: 0 | 1, phase: string) => new Users(instances[place] as Runtime, phase);
  const feedsIn = (place: 0 | 1, phase: string) => new Feeds(instances[place] as Runtime, phase);
  const there = async (...keys: string[]) =>
    Promise.all(keys.map((key) => connection.send(["EXISTS", `${prefix}${key}`]) as Promise<number>));

  test.each(neighbours)(
    "a cache in %s beside %s: no read after a set or an invalidation finds what was before",
    async (a, b) => {
      const [one, other] = [usersIn(0, a), usersIn(1, b)];
      const key = fresh();
      expect(keySlot(`${prefix}user:${key.id}`)).not.toBe(keySlot(one.keyOf(key)));
      for (const [writer, reader] of [
        [one, other],
        [other, one],
        [one, one],
      ] as const) {
        expect(await one.fetch(key, async () => user("old"))).toBeDefined();
        expect(await other.fetch(key, async () => user("old"))).toEqual(user("old"));
        await writer.set(key, user("new"));
        expect(await reader.fetch(key, async () => user("new"))).toEqual(user("new"));
        expect(await writer.fetch(key, never)).toEqual(user("new"));
        expect(await writer.invalidate(key)).toEqual({ applied: true });
        expect(await reader.get(key)).toBeNull();
        expect(await writer.get(key)).toBeNull();
      }
    },
  );

  test.each(both)("an invalidation in %s removes both keys, a set the other one", async (phase) => {
    const key = fresh();
    const [old, its] = [`user:${key.id}`, `users:{${key.id}}`];
    for (const change of ["invalidate", "invalidateMany"] as const) {
      for (const name of [old, its]) await connection.send(["SET", `${prefix}${name}`, "stale", "PX", "60000"]);
      const cache = usersIn(0, phase);
      expect(await (change === "invalidate" ? cache.invalidate(key) : cache.invalidateMany([key]))).toEqual({
        applied: true,
      });
      expect(await there(old, its)).toEqual([0, 0]);
    }
    for (const name of [old, its]) await connection.send(["SET", `${prefix}${name}`, "stale", "PX", "60000"]);
    await usersIn(0, phase).set(key, user("ann"));
    expect(await there(old, its)).toEqual(phase === "purgeBoth" ? [1, 0] : [0, 1]);
    expect(await usersIn(0, phase).fetchEntry(key, never)).toEqual({ value: user("ann"), source: "cache" });
  });

  test.each(neighbours)("a list in %s beside %s: no read misses what was pushed", async (a, b) => {
    const [one, other] = [feedsIn(0, a), feedsIn(1, b)];
    const key = fresh();
    const rows: string[] = ["1"];
    const orElse = async () => rows.slice();
    for (const writer of [one, other, one, other]) {
      for (const reader of [one, other]) expect(await reader.recent(key, { orElse })).toEqual(rows);
      rows.push(String(rows.length + 1));
      await writer.push(key, rows.at(-1) as string);
      for (const reader of [other, one]) expect(await reader.recent(key, { orElse })).toEqual(rows.slice(-5));
    }
  });

  test.each(both.flatMap((filler) => both.map((changer) => [filler, changer] as const)))(
    "a push or a clear by %2$s kills the fill that %1$s has under way",
    async (filler, changer) => {
      for (const change of ["push", "clear"] as const) {
        const key = fresh();
        const [begun, loaded] = [gate(), gate<string[]>()];
        const read = feedsIn(0, filler).recent(key, {
          orElse: () => {
            begun.open();
            return loaded.opened;
          },
        });
        await begun.opened;
        const feeds = feedsIn(1, changer);
        await (change === "push" ? feeds.push(key, "2") : feeds.clear(key));
        loaded.open(["1"]);
        expect(await read).toEqual(["1"]);
        expect(await there(`feed_of:${key.id}`, `feed:{${key.id}}`)).toEqual([0, 0]);
        expect(await there(`{feed_of:${key.id}}:fill`, `feed:{${key.id}}:fill`)).toEqual([0, 0]);
      }
    },
  );

  test.each(both)("a clear in %s removes both lists", async (phase) => {
    const key = fresh();
    for (const each of ["legacy", "new"]) await feedsIn(0, each).recent(key, { orElse: async () => ["1"] });
    expect(await there(`feed_of:${key.id}`, `feed:{${key.id}}`)).toEqual([1, 1]);
    expect(await feedsIn(1, phase).clear(key)).toBe(true);
    expect(await there(`feed_of:${key.id}`, `feed:{${key.id}}`)).toEqual([0, 0]);
  });
});
