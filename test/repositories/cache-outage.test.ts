/** A cache whose Redis is stopped, hangs, or is full: callers get what their loaders bring. */
import { createClient, type RedisClientType } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onEvent } from "../../src/runtime/events.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { startProxy, type TestProxy, type TestRedis } from "../../src/testing/index.js";
import { hasOwnServers, noop, ownRedis, until } from "../runtime/support.js";
import { Cached, gate, rejection, type User, user, users } from "./cache-family.js";

/** Long enough for a busy machine to answer in, since what is prepared must not fail. */
const deadline = 1500;

describe.skipIf(!hasOwnServers)("a cache whose Redis fails", () => {
  let redis: TestRedis;
  let proxy: TestProxy;
  let client: RedisClientType;
  let cache: Cached<User>;
  let events: string[];
  let stop: () => void;

  beforeEach(async () => {
    redis = await ownRedis();
    proxy = await startProxy({ target: { host: "127.0.0.1", port: redis.port } });
    client = createClient({ url: proxy.url }).on("error", noop) as RedisClientType;
    await client.connect();
    cache = new Cached(new Runtime(client, ["default"]), { ...users, deadline });
    events = [];
    stop = onEvent(({ type, operation, code }) => events.push([type, operation, code].filter(Boolean).join(" ")));
  });
  afterEach(async () => {
    stop();
    client.destroy();
    await proxy.stop();
    await redis.stop();
  });

  const key = { id: "1" };
  const loader = async () => user("Ann");

  test("D2 D3 stopped: the loader's value, and an invalidation that resolves", async () => {
    await redis.stop();
    await until(() => !client.isReady);
    expect(await cache.fetch(key, loader)).toEqual(user("Ann"));
    expect(await cache.invalidate(key)).toEqual({ applied: false });
    expect(await cache.lookup(key)).toMatchObject({ status: "error", error: { code: "unavailable" } });
    expect(events).toContain("degraded fetch unavailable");
    expect(events).toContain("degraded invalidate unavailable");
    expect(cache.stats()).toMatchObject({ errors: 2, loads: 1, fills: 0 });
  });

  test("D2 stopped while the load ran: its value, and a warning in the place of the fill", async () => {
    const ends = async () => {
      await redis.stop();
      await until(() => !client.isReady);
      return user("Ann");
    };
    expect(await cache.fetch(key, ends)).toEqual(user("Ann"));
    expect(events).toContain("degraded fetch unavailable");
    expect(cache.stats()).toMatchObject({ errors: 0, loads: 1, fills: 0, droppedFills: 0 });
  });

  test("D2 D3 hung: the same by the deadline, and concurrent fetches share one load", async () => {
    await cache.set(key, user("cached"));
    proxy.blackhole(true);
    let loads = 0;
    const slow = async () => {
      loads += 1;
      return user("Ann");
    };
    const fetched = await Promise.all([1, 2, 3].map(() => cache.fetchEntry(key, slow)));
    expect(fetched).toEqual(Array(3).fill({ value: user("Ann"), source: "fresh" }));
    expect(loads).toBe(1);
    expect(await cache.invalidate(key)).toEqual({ applied: false });
    // Once for each read: the fill is not tried.
    expect(events.filter((event) => event === "degraded fetchEntry deadline")).toHaveLength(3);
    expect(events).toContain("degraded invalidate deadline");
    proxy.blackhole(false);
  });

  test("hung while the load ran: its value is returned, and the fill given up", async () => {
    const hang = async () => {
      proxy.blackhole(true);
      return user("Ann");
    };
    expect(await cache.fetch(key, hang)).toEqual(user("Ann"));
    expect(events).toContain("degraded fetch deadline");
    expect(cache.stats()).toMatchObject({ loads: 1, fills: 0, droppedFills: 0 });
    proxy.blackhole(false);
  });

  test("out of memory: reads, loads and invalidations go on", async () => {
    await cache.set(key, user("Ann"));
    const direct = createClient({ url: redis.url }).on("error", noop);
    await direct.connect();
    await direct.configSet("maxmemory", "1");
    const other = { id: "2" };
    expect(await cache.fetch(other, loader)).toEqual(user("Ann"));
    expect(events).toContain("degraded fetch refused");
    expect(await rejection(cache.set(other, user("Bob")))).toMatchObject({ code: "refused", reply: "OOM" });
    expect(await cache.get(key)).toEqual(user("Ann"));
    expect(await cache.invalidate(key)).toEqual({ applied: true });
    expect(await direct.dbSize()).toBe(0);
    direct.destroy();
  });

  test("who reads while Redis fails shares the load of one who read before", async () => {
    const [begun, loading] = [gate(), gate<User>()];
    const first = cache.fetch(key, () => {
      begun.open();
      return loading.opened;
    });
    await begun.opened;
    proxy.blackhole(true);
    const second = cache.fetch(key, () => Promise.reject(new Error("it was not to load")));
    await until(() => cache.stats().joins === 1);
    proxy.blackhole(false);
    loading.open(user("Ann"));
    expect(await Promise.all([first, second])).toEqual([user("Ann"), user("Ann")]);
    expect(cache.stats()).toMatchObject({ loads: 1, errors: 1, fills: 1 });
  });
});
