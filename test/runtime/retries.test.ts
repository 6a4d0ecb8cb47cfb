import { createClient, type RedisClientType } from "redis";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { KeywrightError, TransactionError } from "../../src/runtime/errors.js";
import type { Family, Tier } from "../../src/runtime/family.js";
import type { Store } from "../../src/runtime/runtime.js";
import { runTransaction } from "../../src/runtime/transaction.js";
import { tierProfiles } from "../../src/schema/profile.js";
import { startProxy, type TestProxy, type TestRedis } from "../../src/testing/index.js";
import {
  failure,
  family,
  hasOwnServers,
  noop,
  ownRedis,
  reader,
  reads,
  recordEvents,
  storeOf,
  writes,
} from "./support.js";

const tiers = Object.keys(tierProfiles) as Tier[];
const twice = family({ retries: 2 });
/** For a client that takes its time to connect again. */
const often = family({ retries: 4 });

describe.skipIf(!hasOwnServers)("attempts", () => {
  let redis: TestRedis;
  let proxy: TestProxy;
  let client: RedisClientType;
  let store: Store;
  beforeEach(async () => {
    redis = await ownRedis();
    proxy = await startProxy({ target: redis });
    client = createClient({ url: proxy.url, socket: { reconnectStrategy: 5 } }).on("error", noop) as RedisClientType;
    await client.connect();
    store = storeOf(client, { breaker: false });
    await client.set("thing:1", "v");
    // The longest pause that there is, so that a client is connected again when it ends.
    vi.spyOn(Math, "random").mockReturnValue(0.999);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    client.destroy();
    await proxy.stop();
    await redis.stop();
  });

  /** Runs the call, whose first attempt loses its connection; gives the attempts' ends too. */
  async function cutOnce<T>(call: () => Promise<T>) {
    const { events, stop } = recordEvents();
    // Sent, and not answered: the connection breaks at the first byte of the answer.
    proxy.cutAfterBytes(0, "toClient");
    const outcome = await call().then(
      (value) => ({ value }),
      (error: KeywrightError) => ({ error }),
    );
    stop();
    const retried = events.flatMap(({ type, code }) => (type === "retry" ? [code] : []));
    // A busy machine may connect again only after the second pause: that attempt was not sent.
    const sent = retried.filter((code) => code !== "unavailable");
    return { ...outcome, retried: sent };
  }

  const calls = async () => {
    const direct = createClient({ url: redis.url });
    await direct.connect();
    const stats = await direct.info("commandstats");
    direct.destroy();
    return (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  };

  test("a read whose connection is lost is asked again, alone, in a batch and in a transaction", async () => {
    const one = await cutOnce(() => store.executor.run(reads(["GET", "thing:1"], often)));
    expect(one).toEqual({ value: "v", retried: ["connection-lost"] });
    const batch = await cutOnce(() =>
      Promise.all(["1", "2", "3"].map((id) => store.reads.get(reader(often), "get", `thing:${id}`))),
    );
    expect(batch).toEqual({ value: ["v", null, null], retried: ["connection-lost"] });
    const both = await cutOnce(() => store.executor.transaction([reads(["GET", "thing:1"], often)]));
    expect(both).toEqual({ value: ["v"], retried: ["connection-lost"] });
    expect((await calls())("mget")).toBe(2);
  });

  test("the retry of a batch is told of the operation whose attempt failed", async () => {
    const { events, stop } = recordEvents();
    proxy.cutAfterBytes(0, "toClient");
    await Promise.all([1, 2].map((n) => store.reads.get(reader(often), "fetch", `thing:${n}`)));
    stop();
    const operations = events.flatMap(({ type, operation }) => (type === "retry" ? [operation] : []));
    expect(new Set(operations)).toEqual(new Set(["fetch"]));
  });

  test("an answer whose reading throws is no failure of Redis: nothing stands in for it, and nothing is sent anew", async () => {
    const fault = (): never => {
      throw new TypeError("v");
    };
    const of = family({ retries: 2 });
    const read = { ...reads(["GET", "thing:1"], of), decode: fault };
    const wrote = { ...writes(["SET", "thing:1", "v"], of), decode: fault };
    const standIn = (): null => null;
    const errors = await Promise.all([
      failure(store.executor.run(read, standIn)),
      failure(store.reads.get({ family: of, read: fault, standIn }, "get", "thing:1")),
      failure(store.executor.run(wrote)),
      failure<TransactionError>(runTransaction("thing", store.executor, [wrote], [wrote]) as Promise<unknown>).then(
        ({ outcomes }) => (outcomes[0] as { error: KeywrightError }).error,
      ),
    ]);
    const expected = { code: "undecodable-value", issues: [{ path: "", message: "made what reads it throw" }] };
    expect(errors).toMatchObject([
      { ...expected, mayHaveBeenApplied: false },
      { ...expected, mayHaveBeenApplied: false },
      { ...expected, mayHaveBeenApplied: true },
      { ...expected, mayHaveBeenApplied: true },
    ]);
    for (const error of errors) expect(error.cause).toBeUndefined();
  });

  test("a write that may have been applied is not, however many retries it has", async () => {
    for (const call of [
      () => store.executor.run(writes(["INCR", "thing:n"], twice)),
      () => store.executor.transaction([reads(["GET", "{thing}:1"], twice), writes(["INCR", "{thing}:n"], twice)]),
    ]) {
      const { retried, ...outcome } = await cutOnce(call);
      expect(outcome).toMatchObject({ error: { code: "connection-lost", mayHaveBeenApplied: true } });
      expect(retried).toEqual([]);
      await vi.waitUntil(() => client.isReady, { timeout: 10_000 });
    }
    expect((await calls())("incr")).toBe(2);
  });

  test("what was not sent is sent when the client is connected again", async () => {
    const lost = new Promise((done) => client.once("reconnecting", done));
    proxy.cut();
    await lost;
    expect(client.isReady).toBe(false);
    const { events, stop } = recordEvents();
    const results = await Promise.all([
      store.executor.run(writes(["INCR", "thing:n"], often)),
      store.reads.get(reader(often), "get", "thing:1"),
      store.executor.transaction([writes(["INCR", "thing:m"], often)]),
    ]);
    stop();
    expect(results).toEqual([1, "v", [1]]);
    const retries = events.filter(({ type }) => type === "retry");
    expect(retries.length).toBeGreaterThanOrEqual(3);
    expect(new Set(retries.map(({ code }) => code))).toEqual(new Set(["unavailable"]));
  });

  test("a refusal that passes is tried again, so often and no more; another refusal is not", async () => {
    await client.configSet("replica-serve-stale-data", "no");
    await client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
    const attempts = async (of: Family, call: (of: Family) => Promise<unknown>) => {
      const { events, stop } = recordEvents();
      const error = await failure<KeywrightError & { reply: string }>(call(of));
      stop();
      const refused = events.filter(({ type, code }) => type === "retry" && code === "refused");
      return [error.reply, refused.length];
    };
    const ways: readonly (readonly [string, (of: Family) => Promise<unknown>])[] = [
      ["READONLY", (of) => store.executor.run(writes(["INCR", "thing:n"], of))],
      ["MASTERDOWN", (of) => store.executor.run(reads(["GET", "thing:1"], of))],
      ["MASTERDOWN", (of) => store.reads.get(reader(of), "get", "thing:1")],
    ];
    for (const [reply, call] of ways) {
      for (const retries of [0, 1, 2]) expect(await attempts(family({ retries }), call)).toEqual([reply, retries]);
    }
    const batch = () => Promise.all(["1", "2"].map((id) => store.reads.get(reader(twice), "get", `thing:${id}`)));
    expect(await attempts(twice, batch)).toEqual(["MASTERDOWN", 2]);

    const later = store.executor.run(writes(["INCR", "thing:n"], twice));
    await client.sendCommand(["REPLICAOF", "NO", "ONE"]);
    expect(await later).toBe(1);
    expect(await attempts(twice, (of) => store.executor.run(reads(["NOSUCH", "thing:1"], of)))).toEqual(["ERR", 0]);
  });

  test("a retry that would begin after the deadline is not waited for", async () => {
    const short = family({ retries: 7, deadline: 60 });
    client.destroy();
    const { events, stop } = recordEvents();
    const errors = await Promise.all([
      failure<KeywrightError>(store.executor.run(writes(["INCR", "thing:n"], short))),
      failure<KeywrightError>(store.reads.get(reader(short), "get", "thing:1")),
    ]);
    stop();
    expect(errors.map(({ code }) => code)).toEqual(["unavailable", "unavailable"]);
    // 25 ms, and then it would be 100.
    expect(events.filter(({ type }) => type === "retry")).toHaveLength(2);
  });

  test("reads of one tick with other retries are other batches", async () => {
    await Promise.all([0, 1, 2, 1].map((retries) => store.reads.get(reader(family({ retries })), "get", "thing:1")));
    const count = await calls();
    expect([count("get"), count("mget")]).toEqual([2, 1]);
  });

  test("L3 blackholed, a call of each tier ends by the tier's deadline, and none is sent twice", async () => {
    const ended: Promise<readonly [Tier, KeywrightError, number]>[] = [];
    proxy.blackhole(true);
    const { events, stop } = recordEvents();
    for (const tier of tiers) {
      const of = family({ tier, ...tierProfiles[tier] });
      for (const call of [
        () => store.executor.run(writes(["INCR", `thing:${tier}`], of)),
        () => store.reads.get(reader(of), "get", "thing:1"),
        () => store.executor.transaction([writes(["INCR", `thing:t${tier}`], of)]),
      ]) {
        const began = performance.now();
        ended.push(failure<KeywrightError>(call()).then((error) => [tier, error, performance.now() - began] as const));
      }
    }
    const last = await Promise.all(ended);
    stop();
    for (const [tier, error, ms] of last) {
      expect(error).toMatchObject({ code: "deadline", deadline: tierProfiles[tier].deadline });
      expect(ms).toBeGreaterThanOrEqual(tierProfiles[tier].deadline - 5);
      // A process that stands still gives its calls their deadline once more, and no longer.
      expect(ms).toBeLessThan(tierProfiles[tier].deadline * 2 + 600);
    }
    expect(events.filter(({ type }) => type === "retry")).toEqual([]);
    proxy.blackhole(false);
    await vi.waitUntil(async () => store.breakers()[0]?.inFlight === 0, { timeout: 10_000 });
    const count = await calls();
    expect(count("incr")).toBe(10);
  });

  test.each(tiers)(
    "L3 %s: a read whose connection is lost is asked again as often as the tier says, R0 never",
    async (tier) => {
      const of = family({ tier, ...tierProfiles[tier], deadline: 5000 });
      const real = store.executor.port.send.bind(store.executor.port);
      store.executor.port.send = (key, args, binary) => {
        proxy.cutAfterBytes(0, "toClient");
        return real(key, args, binary);
      };
      for (const call of [
        () => store.executor.run(reads(["GET", "thing:1"], of)),
        () => store.reads.get(reader(of), "get", "thing:1"),
      ]) {
        await vi.waitUntil(() => client.isReady, { timeout: 10_000 });
        const { events, stop } = recordEvents();
        // Lost, or not yet connected again: each is an attempt.
        expect((await failure<KeywrightError>(call())).code).toMatch(/^(connection-lost|unavailable)$/);
        stop();
        expect(events.filter(({ type }) => type === "retry")).toHaveLength(tierProfiles[tier].retries);
      }
    },
  );
});

test("L3 the tiers: R0 500 ms without a retry, to R4 2 s with two", () => {
  expect(tierProfiles).toEqual({
    R0: { deadline: 500, retries: 0 },
    R1: { deadline: 500, retries: 1 },
    R2: { deadline: 1000, retries: 1 },
    R3: { deadline: 1500, retries: 2 },
    R4: { deadline: 2000, retries: 2 },
  });
});
