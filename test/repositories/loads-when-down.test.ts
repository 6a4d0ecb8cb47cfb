/** How many loads stand in for a Redis that is stopped. */
import { createClient, type RedisClientType } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CappedListFamily, CappedListRepository } from "../../src/repositories/capped-list.js";
import { Runtime } from "../../src/runtime/runtime.js";
import type { TestRedis } from "../../src/testing/index.js";
import { hasOwnServers, noop, ownRedis, recordEvents, until } from "../runtime/support.js";
import { Cached, gate, rejection, type User, user, users } from "./cache-family.js";
import { text } from "./when-down-families.js";

class Messages extends CappedListRepository<{ readonly id: string }, string, "whole"> {
  constructor(runtime: Runtime, fill: number) {
    const family: CappedListFamily<string, "whole"> = {
      name: "messages",
      kind: "cappedList",
      pattern: "m:<id>",
      store: "default",
      tier: "R3",
      deadline: 5000,
      retries: 0,
      tagged: false,
      ttl: { kind: "fixed", ms: 60_000 },
      cap: 10,
      history: "whole",
      order: "newest-last",
      undecodable: "throw",
      fill,
      item: text,
    };
    super(runtime, family, (k) => `m:${k.id}`);
  }
}

/** Loads that end when the test says so. */
class Source {
  readonly begun: string[] = [];
  readonly #gates = new Map<string, ReturnType<typeof gate<User>>>();
  most = 0;
  #running = 0;

  readonly load = async (id: string): Promise<User> => {
    this.begun.push(id);
    this.#running += 1;
    this.most = Math.max(this.most, this.#running);
    const one = gate<User>();
    this.#gates.set(id, one);
    try {
      return await one.opened;
    } finally {
      this.#running -= 1;
    }
  };

  end(id: string): void {
    this.#gates.get(id)?.open(user(id));
  }
}

const ids = ["a", "b", "c", "d", "e"];

describe.skipIf(!hasOwnServers)("loads that stand in for a stopped Redis", () => {
  let redis: TestRedis;
  let client: RedisClientType;
  let runtime: Runtime;
  let source: Source;

  beforeEach(async () => {
    redis = await ownRedis();
    client = createClient({ url: redis.url }).on("error", noop) as RedisClientType;
    await client.connect();
    runtime = new Runtime(client, ["default"], { loadsWhenDown: 2 });
    source = new Source();
  });
  afterEach(async () => {
    client.destroy();
    await redis.stop();
  });

  const stopRedis = async () => {
    await redis.stop();
    await until(() => !client.isReady);
  };
  const cached = (loaderDeadline = 30_000) =>
    new Cached<User>(runtime, { ...users, loader: { deadline: loaderDeadline } });
  const waiting = (n: number) => until(() => runtime.loadsWhenDown.load.waiting === n);

  test("L5 so many at once, the others in line; readers of one key share one place", async () => {
    await stopRedis();
    const cache = cached();
    const fetches = ids.flatMap((id) => [1, 2].map(() => cache.fetch({ id }, () => source.load(id))));
    await waiting(3);
    expect(source.begun).toEqual(["a", "b"]);
    source.end("b");
    await until(() => source.begun.length === 3);
    expect(source.begun).toEqual(["a", "b", "c"]);
    for (const id of ["a", "c", "d", "e"]) {
      await until(() => source.begun.includes(id));
      source.end(id);
    }
    expect((await Promise.all(fetches)).map(({ name }) => name)).toEqual(ids.flatMap((id) => [id, id]));
    expect(source.most).toBe(2);
    expect(cache.stats()).toMatchObject({ loads: 5, joins: 5 });
    expect(runtime.loadsWhenDown.load).toEqual({ running: 0, waiting: 0 });
  });

  test("who finds no place by the loader's deadline is told so, and nothing was loaded", async () => {
    await stopRedis();
    const [patient, hasty] = [cached(), cached(100)];
    const held = ["a", "b"].map((id) => patient.fetch({ id }, () => source.load(id)));
    await until(() => source.begun.length === 2);
    const { events, stop } = recordEvents();
    expect(await rejection(hasty.fetch({ id: "c" }, () => source.load("c")))).toMatchObject({
      name: "OverloadedError",
      code: "overloaded",
      message:
        "users.fetch: Redis is down, and 2 loads stand in for it, which is the most; this one found no place within 100 ms. Nothing was loaded. Answer without it, or give createRepositories a larger loadsWhenDown if the source bears it.",
      mayHaveBeenApplied: false,
      inFlight: 2,
    });
    stop();
    expect(events).toContainEqual(expect.objectContaining({ type: "load-failed", code: "overloaded" }));
    expect(source.begun).toEqual(["a", "b"]);
    for (const id of ["a", "b"]) source.end(id);
    await Promise.all(held);
  });

  test("a load that fails, throws at once or is too slow gives its place back", async () => {
    await stopRedis();
    const cache = cached(100);
    const failing = [
      () => Promise.reject(new Error("the database is down")),
      () => {
        throw new Error("at once");
      },
      () => new Promise<User>(noop),
      () => new Promise<User>(noop),
    ];
    const outcomes = await Promise.all(
      failing.map((loader, i) => rejection(cache.fetch({ id: `${i}` }, loader as () => Promise<User>))),
    );
    expect(outcomes.map(({ name }) => name)).toEqual(["Error", "Error", "LoaderDeadlineError", "LoaderDeadlineError"]);
    await until(() => runtime.loadsWhenDown.load.running === 0);
    expect(await cached().fetch({ id: "a" }, async () => user("a"))).toEqual(user("a"));
  });

  test("a load of many keys takes one place", async () => {
    await stopRedis();
    const cache = cached();
    const many = cache.fetchMany(
      ids.map((id) => ({ id })),
      async (keys) => {
        expect(runtime.loadsWhenDown.load).toEqual({ running: 1, waiting: 0 });
        return keys.map(({ id }) => user(id));
      },
    );
    expect((await many).map(({ name }) => name)).toEqual(ids);
  });

  test("the families of a service share the places, lists among them", async () => {
    await stopRedis();
    const [cache, messages] = [cached(), new Messages(runtime, 100)];
    const held = ["a", "b"].map((id) => cache.fetch({ id }, () => source.load(id)));
    await until(() => source.begun.length === 2);
    const orElse = async () => {
      source.begun.push("list");
      return ["Hi"];
    };
    expect(await rejection(messages.recent({ id: "1" }, { orElse }))).toMatchObject({
      code: "overloaded",
      family: "messages",
      operation: "recent",
    });
    expect(source.begun).toEqual(["a", "b"]);
    const later = new Messages(runtime, 30_000).recent({ id: "1" }, { orElse });
    await waiting(1);
    source.end("a");
    expect(await later).toEqual(["Hi"]);
    source.end("b");
    await Promise.all(held);
    expect(runtime.loadsWhenDown.load).toEqual({ running: 0, waiting: 0 });
  });

  test("a list's load that never ends holds its place for as long as a fill may take", async () => {
    await stopRedis();
    const messages = new Messages(runtime, 50);
    let begun = 0;
    const orElse = () => {
      begun += 1;
      return new Promise<string[]>(noop);
    };
    for (const id of ["1", "2"]) void messages.recent({ id }, { orElse });
    await until(() => begun === 2);
    await until(() => runtime.loadsWhenDown.load.running === 0);
    await expect(messages.recent({ id: "1" }, { orElse: async () => ["Hi"] })).resolves.toEqual(["Hi"]);
  });

  test("loads of what is not cached are not bounded while Redis answers", async () => {
    const cache = cached();
    const fetches = ids.map((id) => cache.fetch({ id }, () => source.load(id)));
    await until(() => source.begun.length === 5);
    for (const id of ids) source.end(id);
    await Promise.all(fetches);
    expect(source.most).toBe(5);
  });
});
