import { inspect } from "node:util";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { recommendedClientOptions } from "../../src/clients/recommended-options.js";
import { events as channel, type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import type { Store } from "../../src/runtime/runtime.js";
import type { TestRedis } from "../../src/testing/index.js";
import { countOne, script } from "./scripts-for-tests.js";
import {
  family,
  hasOwnServers,
  noop,
  ownRedis,
  reader,
  reads,
  recordEvents,
  runs,
  storeOf,
  writes,
} from "./support.js";

describe.skipIf(!hasOwnServers)("events", () => {
  let redis: TestRedis;
  let client: RedisClientType;
  let store: Store;
  beforeAll(async () => {
    redis = await ownRedis();
    client = createClient({ url: redis.url }).on("error", noop) as RedisClientType;
    await client.connect();
    store = storeOf(client);
  });
  afterAll(async () => {
    client.destroy();
    await redis.stop();
  });

  /** The types of the events while it runs. */
  const during = async (run: () => Promise<unknown>): Promise<KeywrightEvent["type"][]> => {
    const { events, stop } = recordEvents();
    await run().catch(noop);
    stop();
    return events.map(({ type }) => type);
  };

  test("one for each outcome", async () => {
    await client.set("thing:a", "v");
    await client.rPush("thing:list", "v");
    const get = (id: string, of = family()) => store.reads.get(reader(of), "get", `thing:${id}`);
    expect(await during(() => get("a"))).toEqual(["hit"]);
    expect(await during(() => get("none"))).toEqual(["miss"]);
    expect(await during(() => get("a", family({ tier: "R0" })))).toEqual(["hit"]);
    expect(await during(() => get("none", family({ tier: "R0" })))).toEqual(["miss"]);
    expect(await during(() => get("list"))).toEqual(["error"]);
    expect((await during(() => Promise.allSettled([get("a"), get("none"), get("list")]))).sort()).toEqual([
      "error",
      "hit",
      "miss",
    ]);
    expect(await during(() => store.executor.run(writes(["SET", "thing:b", "v"])))).toEqual(["ok"]);
    expect(await during(() => store.executor.run(writes(["INCR", "thing:b"])))).toEqual(["error"]);
    await client.scriptFlush();
    expect(await during(() => store.executor.run(runs(countOne, ["thing:n"], ["1"])))).toEqual(["script-loaded", "ok"]);
    expect(await during(() => store.executor.run(runs(countOne, ["thing:n"], ["1"])))).toEqual(["ok"]);
    expect(await during(() => store.executor.transaction([reads(["GET", "thing:a"])]))).toEqual(["ok"]);
    await client.sendCommand(["ACL", "SETUSER", "reader", "on", ">pass", "~thing:a", "+@all"]);
    const limited = createClient({
      url: redis.url,
      username: "reader",
      password: "pass",
      // Else it would be told of, among what is looked at here.
      ...recommendedClientOptions("client"),
    }).on("error", noop);
    await limited.connect();
    const its = storeOf(limited as never);
    const settled: PromiseSettledResult<unknown>[] = [];
    expect(
      await during(async () => {
        settled.push(
          ...(await Promise.allSettled(["a", "b"].map((id) => its.reads.get(reader(), "get", `thing:${id}`)))),
        );
      }),
    ).toEqual(["batch-split", "hit", "error"]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    limited.destroy();
  });

  test("say family, operation, pattern, how long it took and which error", async () => {
    const { events, stop } = recordEvents();
    await store.reads.get(reader(family({ name: "other", pattern: "other:<x>" })), "peek", "other:1");
    await store.executor.run(writes(["INCR", "thing:list"])).catch(noop);
    stop();
    expect(events[0]).toEqual({
      type: "miss",
      family: "other",
      operation: "peek",
      pattern: "other:<x>",
      ms: expect.any(Number),
    });
    expect(events[1]).toMatchObject({ type: "error", family: "thing", operation: "incr", code: "wrong-type" });
    for (const { ms } of events) expect(ms! >= 0 && ms! < 5000).toBe(true);
  });

  test("neither they nor errors show a key or a value", async () => {
    const [key, value] = ["thing:{key-marker}", "value-marker"];
    const { events, stop } = recordEvents();
    const broken = script("broken", "return redis.call('HSET', KEYS[1], ARGV[1])");
    const failed = await Promise.allSettled([
      store.executor.run(writes(["SET", key, value])),
      store.executor.run(writes(["INCR", key])),
      store.executor.run(writes(["NOSUCH", key, value])),
      store.executor.run(writes(["SET", key, value, "NOSUCH", value])),
      store.executor.run(writes(["LPUSH", key, value])),
      store.executor.run(runs(broken, [key], [value])),
      store.executor.run({ ...reads(["MGET", key, value]), keys: [key, value] }),
      store.reads.get(reader(), "get", key),
      store.executor.transaction([writes(["SET", key, value]), writes(["NOSUCH", key, value])]),
      store.executor.transaction([writes(["SET", key, value]), writes(["LPUSH", key, value])]),
    ]);
    redis.pause();
    const quick = family({ deadline: 100 });
    failed.push(
      ...(await Promise.allSettled([
        store.executor.run(writes(["SET", key, value], quick)),
        store.reads.get(reader(quick), "get", key),
      ])),
    );
    redis.resume();
    // The late replies are in.
    await client.ping();
    stop();
    const reasons = failed.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Error] : []));
    expect(reasons.length).toBe(9);
    for (const error of reasons)
      expect(inspect(error, { depth: 9 }).replaceAll(import.meta.url, "")).not.toContain("marker");
    expect(JSON.stringify(events)).not.toContain("marker");
    expect(events.length).toBeGreaterThan(8);
  });

  test("a listener that throws harms nobody", async () => {
    let heard = 0;
    const stopThrowing = onEvent(() => {
      heard += 1;
      throw new Error("from a listener");
    });
    const { events, stop } = recordEvents();
    const values = await Promise.all(["a", "none", "a"].map((id) => store.reads.get(reader(), "get", `thing:${id}`)));
    stopThrowing();
    stop();
    expect(values).toEqual(["v", null, "v"]);
    expect(heard).toBe(3);
    expect(events).toHaveLength(3);
    await store.reads.get(reader(), "get", "thing:a");
    expect(heard).toBe(3);
  });

  test("nothing is built while nobody listens", async () => {
    expect(channel.hasSubscribers).toBe(false);
    const publish = vi.spyOn(channel, "publish");
    await store.reads.get(reader(), "get", "thing:a");
    await Promise.allSettled([1, 2].map(() => store.reads.get(reader(), "get", "thing:list")));
    await store.executor.run(writes(["INCR", "thing:list"])).catch(noop);
    await client.scriptFlush();
    await store.executor.run(runs(countOne, ["thing:n"], ["1"]));
    await store.executor.transaction([writes(["SET", "thing:b", "v"])]);
    expect(publish).not.toHaveBeenCalled();
    publish.mockRestore();
  });
});
