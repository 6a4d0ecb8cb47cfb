/** What each family answers while Redis is down, by the policy that it declares, and after it. */
import { createClient, createSentinel, type RedisClientType } from "redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { InvalidArgumentError, UndecodableValueError, WrongTypeError } from "../../src/runtime/errors.js";
import type { CallEvent } from "../../src/runtime/events.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { startProxy, startSentinel } from "../../src/testing/index.js";
import { failure, hasOwnServers, noop, ownRedis, recordEvents, until } from "../runtime/support.js";
import { answers, familiesOf, fill, one, whileDown, whileUp } from "./when-down-families.js";

/** Short where Redis gives no answer. What is to be answered is asked for until it is. */
const deadline = 400;

/** Asks until everything is as it was: breakers close, connections come back. */
async function rightAgain(all: ReturnType<typeof familiesOf>): Promise<void> {
  let last: unknown;
  await until(async () => {
    await fill(all);
    last = await answers(all);
    return JSON.stringify(last) === JSON.stringify(whileUp);
  }, 45_000).catch(() => expect(last).toEqual(whileUp));
}

/** Who was told what, of the calls since. */
function degradedOf(events: readonly unknown[]): Map<string, CallEvent["code"]> {
  const degraded = (events as CallEvent[]).filter(({ type }) => type === "degraded");
  return new Map(degraded.map(({ family, operation, code }) => [`${family}.${operation}`, code]));
}

/** Whose callers were told of an error. */
function errorsOf(events: readonly unknown[]): string[] {
  const failed = (events as CallEvent[]).filter(({ type }) => type === "error");
  return [...new Set(failed.map(({ family, operation }) => `${family}.${operation}`))].sort();
}

/** Every answer that is none of Redis's. */
const published = [
  "faint.recent",
  "history.recent",
  "loaded.fetch",
  "loaded.fetchMany",
  "note.get",
  "note.getMany",
  "online.isOnline",
  "online.onlineAmong",
  "open.consume",
  "places.distance",
  "places.near",
  "places.position",
  "room.count",
  "room.isOnline",
  "room.members",
  "room.onlineAmong",
  "shut.consume",
  "slid.get",
  "soft.fetch",
  "soft.get",
  "soft.getMany",
];

/** Every call that ends with an error. */
const failing = [
  "faint.length",
  "firm.recent",
  "hard.fetch",
  "history.recent",
  "loaded.get",
  "places.count",
  "strict.get",
  "strict.getMany",
  "sure.consume",
];

describe.skipIf(!hasOwnServers)("while Redis is down", () => {
  const setUp = async () => {
    const redis = await ownRedis();
    onTestFinished(() => redis.stop());
    const proxy = await startProxy({ target: { host: "127.0.0.1", port: redis.port } });
    onTestFinished(() => proxy.stop());
    const client = createClient({
      url: proxy.url,
      socket: { socketTimeout: 2000, connectTimeout: 1000, reconnectStrategy: 50 },
      pingInterval: 500,
    }).on("error", noop) as RedisClientType;
    await client.connect();
    onTestFinished(() => client.destroy());
    const runtime = new Runtime(client, ["default"]);
    return { redis, proxy, client, runtime, all: familiesOf(runtime, deadline) };
  };

  test("L5 no answer: each family answers as it declares by its deadline, and is right again afterwards", async () => {
    const { redis, all } = await setUp();
    await rightAgain(all);
    redis.pause();
    const { events, stop } = recordEvents();
    const given = await answers(all);
    stop();
    expect(given).toEqual(whileDown);
    const degraded = degradedOf(events);
    expect([...degraded.keys()].sort()).toEqual(published);
    expect([...new Set(degraded.values())]).toEqual(["deadline"]);
    // Who got an answer got no error: no call is counted as both.
    expect(errorsOf(events)).toEqual(failing);
    // The breaker is open now: nothing is sent, and the answers are the same.
    const again = recordEvents();
    expect(await answers(all)).toEqual(whileDown);
    again.stop();
    expect(errorsOf(again.events)).toEqual(failing);
    expect([...degradedOf(again.events)].sort()).toEqual(published.map((each) => [each, "unavailable"]));
    // Of a write nobody knows.
    expect(await failure(all.note.set(one, "x"))).toMatchObject({ code: "unavailable" });
    redis.resume();
    await rightAgain(all);
  });

  test("L5 reset: connections that break under the calls, and none to be had after them", async () => {
    const { proxy, runtime, all } = await setUp();
    const slow = familiesOf(runtime, 20_000);
    await rightAgain(all);
    const store = runtime.store(all.note.family);
    const inFlight = () => store.breakers().some(({ inFlight }) => inFlight > 0);
    proxy.blackhole(true);
    const { events, stop } = recordEvents();
    const given = answers(slow);
    await until(inFlight);
    await new Promise((done) => setImmediate(done));
    proxy.cut();
    expect(await given).toEqual({ ...whileDown, sure: expect.stringMatching(/^error/) });
    stop();
    const degraded = degradedOf(events);
    expect([...degraded.keys()].sort()).toEqual(published);
    expect([...degraded.values()]).toContain("connection-lost");
    // What connects meanwhile finds silence; the answers stay those.
    expect(await answers(all)).toEqual(whileDown);
    proxy.blackhole(false);
    await rightAgain(all);
  });

  test("L5 failover: the primary behind a Sentinel is killed, and its replica takes over", async () => {
    const { name, sentinelRootNodes, nodes, stop } = await startSentinel({ downAfter: 3000 });
    onTestFinished(stop);
    const client = createSentinel({
      name,
      sentinelRootNodes,
      scanInterval: 500,
      replicaPoolSize: 0,
      nodeClientOptions: { socket: { socketTimeout: 2000, connectTimeout: 1000 }, pingInterval: 500 },
    }).on("error", noop);
    await client.connect();
    onTestFinished(() => void client.destroy());
    const all = familiesOf(new Runtime(client as never, ["default"]), deadline);
    await rightAgain(all);
    await nodes[0]?.kill();
    expect(await answers(all)).toEqual(whileDown);
    await rightAgain(all);
  });

  test("never for a mistake of the caller, or for what is stored", async () => {
    const { client, runtime } = await setUp();
    const all = familiesOf(runtime, 10_000);
    await client.set("{down}:note:1", "longer than the schema allows");
    expect(await failure(all.note.get(one))).toBeInstanceOf(UndecodableValueError);
    await client.del("{down}:note:1");
    await client.lPush("{down}:note:1", "x");
    expect(await failure(all.note.get(one))).toBeInstanceOf(WrongTypeError);
    await client.set("{down}:room:1", "x");
    expect(await failure(all.room.members(one))).toBeInstanceOf(WrongTypeError);
    await client.hSet("{down}:note:bytes", "a", "b");
    expect(await failure(all.note.getMany([{ id: "bytes" }]))).toBeInstanceOf(WrongTypeError);
    expect(await failure(all.places.position(one, ""))).toBeInstanceOf(InvalidArgumentError);
    await client.set("{down}:history:1", "x");
    expect(await failure(all.history.recent(one, { orElse: async () => ["x"] }))).toBeInstanceOf(WrongTypeError);
  });

  test("another profile keeps the policy; a transaction has none", async () => {
    const { redis, runtime } = await setUp();
    const { note, room } = familiesOf(runtime, 20_000);
    redis.pause();
    expect(await note.with({ deadline: "50ms" }).get(one)).toBeNull();
    expect(await room.with({ deadline: "50ms" }).members(one)).toEqual([]);
    const plan = { ...note.plans.get("{down}:note:1"), family: { ...note.family, deadline: 50 } };
    const { executor } = runtime.store(note.family);
    expect(await failure(executor.transaction([plan]))).toMatchObject({ family: "note" });
    redis.resume();
  });

  test("a list that stands in is the caller's own", async () => {
    const { redis, runtime } = await setUp();
    const { room } = familiesOf(runtime, 50);
    redis.pause();
    (await room.members(one)).push("Ann");
    expect(await room.members(one)).toEqual([]);
    redis.resume();
  });
});
