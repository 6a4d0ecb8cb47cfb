import { createClient, type RedisClientType } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { events, publish } from "../../src/runtime/events.js";
import { collectMetrics, type Metrics, type OperationMetrics } from "../../src/runtime/metrics.js";
import type { Store } from "../../src/runtime/runtime.js";
import type { TestRedis } from "../../src/testing/index.js";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";
import { failure, family, hasOwnServers, noop, ownRedis, reader, storeOf, until, writes } from "./support.js";

const counting: Metrics[] = [];
const collect = (...options: Parameters<typeof collectMetrics>): Metrics => {
  const metrics = collectMetrics(...options);
  counting.push(metrics);
  return metrics;
};
afterEach(() => {
  for (const metrics of counting.splice(0)) metrics.stop();
});

const of = (metrics: Metrics, name: string, operation: string): OperationMetrics | undefined =>
  metrics.snapshot().operations.find((each) => each.family === name && each.operation === operation);

describe.skipIf(!hasOwnServers)("metrics of a service", () => {
  let redis: TestRedis;
  let client: RedisClientType;
  let store: Store;
  beforeAll(async () => {
    redis = await ownRedis();
    client = createClient({ url: redis.url }).on("error", noop) as RedisClientType;
    await client.connect();
    store = storeOf(client, { breaker: { failures: 2, coolDown: 50 } });
  });
  afterAll(async () => {
    client.destroy();
    await redis.stop();
  });

  test("L7 a snapshot has hits and misses, errors by code, and latency, by family with its pattern", async () => {
    const metrics = collect();
    const repositories = createRepositories(client);
    await repositories.topic.set({ roomId: 1 }, { text: "Redis", since: new Date(0) });
    await Promise.all([1, 1, 2, 1].map((roomId) => repositories.topic.get({ roomId })));
    await client.set("chat:topic:{3}", "no topic");
    await failure(repositories.topic.get({ roomId: 3 }));
    await client.rPush("chat:topic:{4}", "x");
    await failure(repositories.topic.get({ roomId: 4 }));
    const get = of(metrics, "topic", "get")!;
    expect(get).toMatchObject({
      pattern: "chat:topic:{<roomId:int>}",
      calls: { ok: 0, hit: 3, miss: 1, error: 2 },
      errors: { "undecodable-value": 1, "wrong-type": 1 },
      events: { undecodable: 1 },
      latency: { count: 6 },
      loads: { count: 0 },
    });
    expect(get.latency.sum).toBeGreaterThan(0);
    expect(get.latency.buckets.at(-1)!.count).toBeLessThanOrEqual(6);
    expect(of(metrics, "topic", "set")).toMatchObject({ calls: { ok: 1, error: 0 }, latency: { count: 1 } });
    const text = metrics.prometheus();
    expect(text).toContain('keywright_calls_total{family="topic",operation="get",outcome="hit"} 3\n');
    expect(text).toContain('keywright_errors_total{family="topic",operation="get",code="wrong-type"} 1\n');
    expect(text).toContain('keywright_call_duration_seconds_count{family="topic",operation="get"} 6\n');
    expect(text).toContain('keywright_family_info{family="topic",pattern="chat:topic:{<roomId:int>}"} 1\n');
    expect(text).not.toContain("no topic");
  });

  test("L7 retries, late replies and breakers", async () => {
    const metrics = collect();
    const quick = family({ deadline: 100 });
    redis.pause();
    for (let i = 0; i < 3; i++) await failure(store.executor.run(writes(["INCR", "thing:n"], quick)));
    expect(of(metrics, "thing", "incr")).toMatchObject({
      calls: { error: 3 },
      errors: { deadline: 2, unavailable: 1 },
      // What was refused at once took no time worth a bucket.
      latency: { count: 2 },
    });
    expect(metrics.snapshot().breakers).toMatchObject([{ store: "default", node: "client", opened: 1 }]);
    expect(metrics.prometheus()).toContain('keywright_breaker_open{store="default",node="client"} 1\n');
    redis.resume();
    await until(() => store.breakers()[0]?.state === "closed");
    await until(() => of(metrics, "thing", "incr")?.events["late-reply"] === 2);
    expect(metrics.prometheus()).toContain('keywright_breaker_open{store="default",node="client"} 0\n');
    expect(metrics.prometheus()).toContain('keywright_breaker_opened_total{store="default",node="client"} 1\n');
    const retrying = family({ retries: 1 });
    await client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
    await failure(store.executor.run(writes(["INCR", "thing:n"], retrying)));
    await client.sendCommand(["REPLICAOF", "NO", "ONE"]);
    expect(of(metrics, "thing", "incr")?.events.retry).toBe(1);
  });

  test("L7 a call that the family answers for Redis is degraded, no error, and its time is counted", async () => {
    const metrics = collect();
    const standing = { ...reader(family({ deadline: 100 })), standIn: () => null };
    redis.pause();
    expect(await store.reads.get(standing, "get", "thing:n")).toBeNull();
    redis.resume();
    const get = of(metrics, "thing", "get")!;
    expect(get).toMatchObject({ calls: { miss: 0, degraded: 1, error: 0 }, errors: {}, latency: { count: 1 } });
    expect(get.latency.sum).toBeGreaterThan(0);
    expect(metrics.prometheus()).toContain('{family="thing",operation="get",outcome="degraded"} 1\n');
    await until(() => of(metrics, "thing", "get")?.events["late-reply"] === 1);
  });

  test("what stops counts no longer, and can be read", async () => {
    const metrics = collect();
    await store.reads.get(reader(), "get", "thing:none");
    metrics.stop();
    await store.reads.get(reader(), "get", "thing:none");
    expect(of(metrics, "thing", "get")?.calls.miss).toBe(1);
    expect(events.hasSubscribers).toBe(false);
  });
});

describe("the text format of Prometheus", () => {
  test("HELP and TYPE, cumulative buckets in seconds, escaped labels", () => {
    const metrics = collect({ buckets: [0.001, 0.1] });
    const odd = family({ name: "odd", pattern: 'a"b\\c\n<id>' });
    publish("hit", odd, "get", { ms: 0.5 });
    publish("miss", odd, "get", { ms: 50 });
    publish("error", odd, "get", { ms: 5000, code: "deadline" });
    publish("degraded", odd, "fetch", { code: "deadline" });
    publish("fill", odd, "fetch", { ms: 20 });
    expect(metrics.prometheus()).toBe(
      String.raw`# HELP keywright_calls_total Calls by how they ended: ok, hit, miss, degraded or error.
# TYPE keywright_calls_total counter
keywright_calls_total{family="odd",operation="fetch",outcome="degraded"} 1
keywright_calls_total{family="odd",operation="get",outcome="hit"} 1
keywright_calls_total{family="odd",operation="get",outcome="miss"} 1
keywright_calls_total{family="odd",operation="get",outcome="error"} 1
# HELP keywright_errors_total Errors that callers got, by code.
# TYPE keywright_errors_total counter
keywright_errors_total{family="odd",operation="get",code="deadline"} 1
# HELP keywright_events_total What happened beside the outcome of calls: retry, late-reply and others.
# TYPE keywright_events_total counter
keywright_events_total{family="odd",operation="fetch",type="fill"} 1
# HELP keywright_call_duration_seconds From the call to its end.
# TYPE keywright_call_duration_seconds histogram
keywright_call_duration_seconds_bucket{family="odd",operation="get",le="0.001"} 1
keywright_call_duration_seconds_bucket{family="odd",operation="get",le="0.1"} 2
keywright_call_duration_seconds_bucket{family="odd",operation="get",le="+Inf"} 3
keywright_call_duration_seconds_sum{family="odd",operation="get"} 5.0505
keywright_call_duration_seconds_count{family="odd",operation="get"} 3
# HELP keywright_load_duration_seconds Loads of caches, from their begin.
# TYPE keywright_load_duration_seconds histogram
keywright_load_duration_seconds_bucket{family="odd",operation="fetch",le="0.001"} 0
keywright_load_duration_seconds_bucket{family="odd",operation="fetch",le="0.1"} 1
keywright_load_duration_seconds_bucket{family="odd",operation="fetch",le="+Inf"} 1
keywright_load_duration_seconds_sum{family="odd",operation="fetch"} 0.02
keywright_load_duration_seconds_count{family="odd",operation="fetch"} 1
# HELP keywright_family_info The pattern of each family.
# TYPE keywright_family_info gauge
keywright_family_info{family="odd",pattern="a\"b\\c\n<id>"} 1
`,
    );
    expect(metrics.contentType).toContain("version=0.0.4");
    expect(collect().prometheus()).toBe("");
  });

  test("series are bounded: what is too many is counted as other", () => {
    const metrics = collect({ maxSeries: 3 });
    for (let i = 0; i < 100; i++) publish("ok", family({ name: `family${i}` }), "set", { ms: 1 });
    const { operations } = metrics.snapshot();
    expect(operations.map(({ family: name, calls }) => [name, calls.ok])).toEqual([
      ["family0", 1],
      ["family1", 1],
      ["family2", 1],
      ["other", 97],
    ]);
  });

  test.each([
    [{ buckets: [] }],
    [{ buckets: [1, 1] }],
    [{ buckets: [0] }],
    [{ buckets: [Number.NaN] }],
    [{ maxSeries: 0 }],
  ])("%j is refused", (options) => {
    expect(() => collectMetrics(options)).toThrow(
      expect.objectContaining({ code: "misuse", family: "collectMetrics" }),
    );
  });
});
