import { setTimeout as sleep } from "node:timers/promises";
import { createClient, type RedisClientType } from "redis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DeadlineLane, Due } from "../../src/runtime/deadlines.js";
import type { DeadlineError } from "../../src/runtime/errors.js";
import type { Store } from "../../src/runtime/runtime.js";
import { startProxy, type TestRedis } from "../../src/testing/index.js";
import {
  block,
  duration,
  failure,
  family,
  hasOwnServers,
  noop,
  ownRedis,
  reader,
  reads,
  recordEvents,
  storeOf,
  until,
  writes,
} from "./support.js";

const deadline = 200;
/** A loaded machine may be late; a call without a deadline would take for ever. */
const slack = 600;
const quick = family({ deadline });

describe.skipIf(!hasOwnServers)("a Redis that hangs", () => {
  let redis: TestRedis;
  let client: RedisClientType;
  let store: Store;

  beforeEach(async () => {
    redis = await ownRedis();
    client = createClient({ url: redis.url }).on("error", noop) as RedisClientType;
    await client.connect();
    // Here every call is to be sent, however many hang: the breaker has tests of its own.
    store = storeOf(client, { breaker: false });
  });
  afterEach(async () => {
    client.destroy();
    await redis.stop();
  });

  test("a write ends by its deadline and may have been applied; a read may be repeated", async () => {
    redis.pause();
    const [write, read, batched] = await Promise.all([
      failure<DeadlineError>(store.executor.run(writes(["SET", "thing:1", "v"], quick))),
      failure<DeadlineError>(store.executor.run(reads(["GET", "thing:1"], quick))),
      failure<DeadlineError>(store.reads.get(reader(quick), "get", "thing:1")),
    ]);
    for (const error of [write, read, batched]) {
      expect(error).toMatchObject({ name: "DeadlineError", code: "deadline", deadline });
      expect(error.message).toContain("200 ms");
    }
    expect([write, read, batched].map((error) => error.mayHaveBeenApplied)).toEqual([true, false, false]);
    const took = await duration(store.executor.run(writes(["SET", "thing:1", "v"], quick)));
    expect(took).toBeGreaterThanOrEqual(deadline - 2);
    expect(took).toBeLessThan(deadline + slack);
    redis.resume();
  });

  test("late answers are dropped and counted, and no later call gets one", async () => {
    await client.set("thing:late", "old");
    const { events, stop } = recordEvents();
    redis.pause();
    await Promise.all([
      failure(store.executor.run(writes(["SET", "thing:w", "1"], quick))),
      failure(store.reads.get(reader(quick), "get", "thing:late")),
      failure(store.reads.get(reader(quick), "get", "thing:none")),
      failure(store.executor.transaction([writes(["SET", "thing:t", "1"], quick)])),
    ]);
    redis.resume();
    await until(() => events.filter(({ type }) => type === "late-reply").length === 4);
    stop();
    await client.set("thing:new", "new");
    expect(await store.reads.get(reader(), "get", "thing:new")).toBe("new");
    expect(
      await Promise.all(["late", "new", "none"].map((id) => store.reads.get(reader(), "get", `thing:${id}`))),
    ).toEqual(["old", "new", null]);
    expect(events.filter(({ type }) => type === "error").map(({ code }) => code)).toEqual(Array(4).fill("deadline"));
  });

  test("what the client has not written by the deadline is never written", async () => {
    redis.pause();
    // More than the connection takes: everything behind it waits in the client's queue.
    const heap = client.set("thing:heap", "x".repeat(32 * 2 ** 20));
    await sleep(50);
    // Every pass writes one command more, however much waits.
    const first = client.ping();
    await Promise.all([
      failure(store.executor.run(writes(["SET", "thing:write", "late"], quick))),
      failure(store.reads.get(reader(quick), "get", "thing:read")),
      failure(
        store.executor.transaction([
          writes(["SET", "{thing}:a", "late"], quick),
          writes(["SET", "{thing}:b", "late"], quick),
        ]),
      ),
    ]);
    redis.resume();
    await Promise.all([heap, first, client.ping()]);
    expect(await client.exists(["thing:write", "{thing}:a", "{thing}:b"])).toBe(0);
    expect(await client.info("commandstats")).not.toMatch(/cmdstat_(get|set):calls=[2-9]|cmdstat_get:calls=1/);
    expect(await store.executor.run(writes(["INCR", "thing:after"]))).toBe(1);
  });

  test("a plan can be run again after its deadline", async () => {
    const plan = writes(["INCR", "thing:again"], quick);
    redis.pause();
    await failure(store.executor.run(plan));
    redis.resume();
    await client.ping();
    expect(await store.executor.run(plan)).toBe(2);
  });

  test("the deadline of a batch holds for its splitting too", async () => {
    await client.set("thing:text", "v");
    await client.rPush("thing:list", "v");
    // MGET and EXISTS are answered; the GETs that follow are not.
    const real = store.executor.port.send.bind(store.executor.port);
    const asked: string[] = [];
    store.executor.port.send = async (key, args, binary) => {
      asked.push(args[0] as string);
      if (args[0] === "GET") redis.pause();
      const reply = await real(key, args, binary);
      if (args[0] === "MGET") await sleep(400);
      return reply;
    };
    const calls = ["text", "list", "none"].map((id) =>
      store.reads.get(reader(family({ deadline: 500 })), "get", `thing:${id}`),
    );
    const start = performance.now();
    const settled = await Promise.allSettled(calls);
    const took = performance.now() - start;
    redis.resume();
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(asked).toEqual(["MGET", "EXISTS", "GET", "GET"]);
    // With a deadline of their own they would end at 900 ms at the earliest.
    expect(took).toBeLessThan(850);
  });
});

describe.skipIf(!hasOwnServers)("a process that stands still", () => {
  let redis: TestRedis;
  let client: RedisClientType;
  let store: Store;

  beforeEach(async () => {
    redis = await ownRedis();
    client = createClient({ url: redis.url }).on("error", noop) as RedisClientType;
    await client.connect();
    // Here every call is to be sent, however many hang: the breaker has tests of its own.
    store = storeOf(client, { breaker: false });
  });
  afterEach(async () => {
    client.destroy();
    await redis.stop();
  });

  test("answers that came while it stood still are no deadline errors", async () => {
    const calls = Array.from({ length: 500 }, (_, i) => store.executor.run(writes(["INCR", `thing:${i}`], quick)));
    calls.push(store.reads.get(reader(quick), "get", "thing:none"));
    // They are written now, and answered while the loop is busy.
    await new Promise((done) => setImmediate(done));
    block(1000);
    const results = await Promise.all(calls);
    expect(results.slice(0, 500)).toEqual(Array(500).fill(1));
  });

  test("calls that it could not write before it stood still get their time", async () => {
    const proxy = await startProxy({ target: redis });
    const far = createClient({ url: proxy.url }).on("error", noop);
    await far.connect();
    // The answer comes 60 ms after the call is written, which is when the process goes on.
    proxy.delay(30);
    const call = storeOf(far as never).executor.run(writes(["INCR", "thing:unwritten"], quick));
    block(1000);
    expect(await call).toBe(1);
    far.destroy();
    await proxy.stop();
  });

  test("but a Redis that hangs is told, not much later", async () => {
    redis.pause();
    const call = store.executor.run(writes(["INCR", "thing:hangs"], quick));
    block(400);
    expect(await duration(call)).toBeLessThan(deadline + slack);
    await expect(call).rejects.toMatchObject({ code: "deadline" });
    redis.resume();
  });
});

describe("lanes", () => {
  class Entry extends Due {
    readonly ended: Entry[];
    constructor(ended: Entry[]) {
      super();
      this.ended = ended;
    }
    expire(): void {
      this.ended.push(this);
    }
  }

  test("end in the order of their beginning, and those that were removed not at all", async () => {
    const lane = new DeadlineLane(30);
    const ended: Entry[] = [];
    const entries = Array.from({ length: 6 }, () => new Entry(ended));
    for (const entry of entries) lane.add(entry);
    for (const i of [0, 3, 5]) lane.remove(entries[i] as Entry);
    lane.remove(entries[3] as Entry);
    await until(() => ended.length === 3);
    expect(ended).toEqual([entries[1], entries[2], entries[4]]);
    expect(entries.every(({ waiting }) => !waiting)).toBe(true);
    await sleep(60);
    lane.add(entries[0] as Entry);
    await until(() => ended.length === 4);
  });

  test("an entry that is added by one that ends has its whole time", async () => {
    const lane = new DeadlineLane(50);
    const ended: Entry[] = [];
    const second = new Entry(ended);
    let began = 0;
    class First extends Entry {
      override expire(): void {
        began = performance.now();
        lane.add(second);
      }
    }
    lane.add(new First(ended));
    await until(() => ended.length === 1);
    expect(performance.now() - began).toBeGreaterThanOrEqual(49);
  });
});
