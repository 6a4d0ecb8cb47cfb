import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RefusedError } from "../../src/runtime/errors.js";
import type { Store } from "../../src/runtime/runtime.js";
import { recordCommands, type TestRedis } from "../../src/testing/index.js";
import { countOne, script } from "./scripts-for-tests.js";
import { failure, hasOwnServers, noop, ownRedis, recordEvents, runs, storeOf, writes } from "./support.js";

// A server of its own: SCRIPT FLUSH would disturb others.
describe.skipIf(!hasOwnServers)("scripts", () => {
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

  test("go by their SHA-1, and whole, once, where the server does not know them", async () => {
    const record = await recordCommands(redis.url, { from: client });
    const { events, stop } = recordEvents();
    for (let i = 0; i < 3; i++) {
      expect(await store.executor.run(runs(countOne, ["thing:{s}"], ["1"]))).toBe(2 * i + 1);
      await client.scriptFlush();
      expect(await store.executor.run(runs(countOne, ["thing:{s}"], ["1"]))).toBe(2 * i + 2);
    }
    stop();
    await record.waitUntilQuiet();
    const sent = record.commands().map(([name]) => name);
    await record.stop();
    expect(sent.filter((name) => name === "EVALSHA")).toHaveLength(6);
    expect(sent.filter((name) => name === "EVAL")).toHaveLength(4);
    expect(events.filter(({ type }) => type === "script-loaded")).toHaveLength(4);
    expect(events.filter(({ type }) => type === "error")).toHaveLength(0);
  });

  test("flushed under load, each runs exactly once", async () => {
    let running = true;
    const flushing = (async () => {
      while (running) await client.scriptFlush();
    })();
    const results = await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        await new Promise((done) => setTimeout(done, i % 50));
        return store.executor.run(runs(countOne, ["thing:{load}"], ["1"]));
      }),
    );
    running = false;
    await flushing;
    expect(results.sort((x, y) => Number(x) - Number(y))).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  });

  test("go as EVAL inside MULTI, known or not", async () => {
    await client.scriptFlush();
    const record = await recordCommands(redis.url, { from: client });
    expect(
      await store.executor.transaction([runs(countOne, ["thing:{m}"], ["2"]), runs(countOne, ["thing:{m}"], ["3"])]),
    ).toEqual([2, 5]);
    await record.waitUntilQuiet();
    const sent = record.commands().map(([name]) => name);
    await record.stop();
    expect(sent).toEqual(["MULTI", "EVAL", "EVAL", "EXEC"]);
  });

  test("a script that itself answers NOSCRIPT is not sent for ever", async () => {
    const feigned = script("feigned", "return redis.error_reply('NOSCRIPT from the script')");
    const record = await recordCommands(redis.url, { from: client });
    const error = await failure<RefusedError>(store.executor.run(runs(feigned, ["thing:{f}"])));
    await record.waitUntilQuiet();
    expect(error).toMatchObject({ code: "refused", reply: "NOSCRIPT" });
    expect(record.commands().map(([name]) => name)).toEqual(["EVALSHA", "EVAL"]);
    await record.stop();
  });

  test("a script that ends in the middle may have changed something, and says so", async () => {
    const half = script("half", "redis.call('SET', KEYS[1], 'half')\nreturn redis.call('NOSUCH', KEYS[1])");
    const error = await failure<RefusedError>(store.executor.run(runs(half, ["thing:{half}"])));
    expect(error).toMatchObject({ code: "refused", mayHaveBeenApplied: true });
    expect(error.message).toContain("What it had changed before stays");
    const refused = await failure<RefusedError>(store.executor.run(writes(["SETRANGE", "thing:{half}", "-1", "x"])));
    expect(refused).toMatchObject({ code: "refused", reply: "ERR", mayHaveBeenApplied: false });
  });
});
