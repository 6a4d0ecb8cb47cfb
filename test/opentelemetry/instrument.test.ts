import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { createClient, type RedisClientType } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { instrument } from "../../src/opentelemetry/index.js";
import type { Store } from "../../src/runtime/runtime.js";
import { starts } from "../../src/runtime/trace.js";
import type { TestRedis } from "../../src/testing/index.js";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";
import { countOne } from "../runtime/scripts-for-tests.js";
import {
  failure,
  family,
  hasOwnServers,
  noop,
  ownRedis,
  reader,
  runs,
  storeOf,
  until,
  writes,
} from "../runtime/support.js";

const spans = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const tracer = tracerProvider.getTracer("test");

function meters() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader_ = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader_] });
  const read = async () => {
    await meterProvider.forceFlush();
    return (
      exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
    );
  };
  return { meterProvider, read };
}

/** Runs it with a span of the caller's active; gives the spans that became its children. */
async function under(name: string, run: () => Promise<unknown>): Promise<ReadableSpan[]> {
  const parent = tracer.startSpan(name, {}, ROOT_CONTEXT);
  await context.with(trace.setSpan(ROOT_CONTEXT, parent), run).catch(noop);
  parent.end();
  return childrenOf(parent.spanContext().spanId);
}
const childrenOf = (id: string) => spans.getFinishedSpans().filter((span) => span.parentSpanContext?.spanId === id);

const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
  spans.reset();
});

describe.skipIf(!hasOwnServers)("OpenTelemetry", () => {
  const manager = new AsyncLocalStorageContextManager();
  let redis: TestRedis;
  let client: RedisClientType;
  let store: Store;
  beforeAll(async () => {
    context.setGlobalContextManager(manager.enable());
    redis = await ownRedis();
    client = createClient({ url: redis.url, database: 3 }).on("error", noop) as RedisClientType;
    await client.connect();
    store = storeOf(client, { breaker: { failures: 2, coolDown: 50 } });
  });
  afterAll(async () => {
    client.destroy();
    await redis.stop();
    context.disable();
  });
  const traced = () => after.push(instrument({ tracerProvider, meterProvider: false }));

  test("a span by the conventions, the caller's child, without key and value", async () => {
    traced();
    const repositories = createRepositories(client);
    const value = { text: "value-marker", since: new Date(0) };
    const found = await under("request", async () => {
      await repositories.topic.set({ roomId: 424242 }, value);
      await repositories.topic.get({ roomId: 424242 });
      await repositories.topic.get({ roomId: 434343 });
    });
    expect(found.map(({ name, kind }) => [name, kind])).toEqual([
      ["SET topic", SpanKind.CLIENT],
      ["GET topic", SpanKind.CLIENT],
      ["GET topic", SpanKind.CLIENT],
    ]);
    expect(found[0]?.attributes).toEqual({
      "db.system.name": "redis",
      "db.namespace": "3",
      "db.operation.name": "SET",
      "db.query.summary": "SET topic",
      "server.address": "127.0.0.1",
      "server.port": redis.port,
      "keywright.family": "topic",
      "keywright.operation": "set",
      "keywright.outcome": "ok",
      "keywright.pattern": "chat:topic:{<roomId:int>}",
      "keywright.store": "default",
    });
    expect(found.map(({ attributes }) => attributes["keywright.outcome"])).toEqual(["ok", "hit", "miss"]);
    expect(found.map(({ status }) => status.code)).toEqual(Array(3).fill(SpanStatusCode.UNSET));
    const all = JSON.stringify(
      found.map(({ attributes, events, name, status }) => ({ attributes, events, name, status })),
    );
    expect(all).not.toMatch(/value-marker|4[23]4[23]4[23]/);
  });

  test("reads of two callers that leave in one command have each their own parent", async () => {
    traced();
    const get = (id: string) => () => store.reads.get(reader(), "get", `thing:${id}`);
    await client.set("thing:a", "v");
    const [a, b] = await Promise.all([under("a", get("a")), under("b", get("b"))]);
    expect([a, b].map((each) => each.map(({ attributes }) => attributes["keywright.outcome"]))).toEqual([
      ["hit"],
      ["miss"],
    ]);
    // It was one command: otherwise this shows nothing.
    expect(a[0]?.attributes["keywright.batch.size"]).toBe(2);
    expect(a[0]?.parentSpanContext?.spanId).not.toBe(b[0]?.parentSpanContext?.spanId);
  });

  test("calls that a timer ends by their deadline, and calls that are refused at once", async () => {
    traced();
    const quick = family({ deadline: 100 });
    redis.pause();
    const written = await under("write", () => store.executor.run(writes(["INCR", "thing:n"], quick)));
    const read = await under("read", () => store.reads.get(reader(quick), "get", "thing:n"));
    const refused = await under("refused", () => store.executor.run(writes(["INCR", "thing:n"], quick)));
    redis.resume();
    await until(() => store.breakers()[0]?.state === "closed");
    for (const [[span], type] of [
      [written, "deadline"],
      [read, "deadline"],
      [refused, "unavailable"],
    ] as const) {
      expect(span?.attributes["error.type"]).toBe(type);
      expect(span?.status).toMatchObject({ code: SpanStatusCode.ERROR, message: expect.stringMatching(/^thing\./) });
      expect(span?.events).toMatchObject([{ name: "exception" }]);
    }
  });

  test("errors of Redis by its own word; scripts, transactions, retries", async () => {
    traced();
    await client.rPush("thing:list", "x");
    const [wrong] = await under("wrong", () => store.executor.run(writes(["INCR", "thing:list"])));
    expect(wrong?.attributes).toMatchObject({ "error.type": "wrong-type", "db.operation.name": "INCR" });
    const [script] = await under("script", () => store.executor.run(runs(countOne, ["thing:n"], ["1"])));
    expect(script).toMatchObject({
      name: "EVALSHA thing",
      attributes: { "db.operation.name": "EVALSHA", "db.stored_procedure.name": countOne.name },
    });
    const both = () => store.executor.transaction([writes(["INCR", "thing:{t}n"]), writes(["INCR", "thing:{t}m"])]);
    const [transaction] = await under("transaction", both);
    expect(transaction?.attributes).toMatchObject({ "db.operation.name": "MULTI", "db.operation.batch.size": 2 });
    expect(transaction?.status.code).toBe(SpanStatusCode.UNSET);
    const half = () => store.executor.transaction([writes(["INCR", "thing:list"]), writes(["SET", "thing:list", "1"])]);
    const [failed] = await under("failed", half);
    expect(failed?.attributes["error.type"]).toBe("transaction");
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
    await client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
    const [retried] = await under("retried", () =>
      store.executor.run(writes(["INCR", "thing:n"], family({ retries: 1 }))),
    );
    await client.sendCommand(["REPLICAOF", "NO", "ONE"]);
    expect(retried?.attributes).toMatchObject({
      "error.type": "READONLY",
      "db.response.status_code": "READONLY",
      "keywright.retries": 1,
    });
  });

  test("durations in seconds by the conventions, and what happens beside", async () => {
    const { meterProvider, read } = meters();
    after.push(() => meterProvider.shutdown());
    after.push(instrument({ tracerProvider: false, meterProvider }));
    await client.set("thing:a", "v");
    await Promise.all([1, 2].map(() => store.reads.get(reader(), "get", "thing:a")));
    await failure(store.executor.run(writes(["SET", "thing:a", "v", "NOSUCH"])));
    await client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
    await failure(store.executor.run(writes(["INCR", "thing:n"], family({ retries: 1 }))));
    await client.sendCommand(["REPLICAOF", "NO", "ONE"]);
    const found = await read();
    const duration = found.find(({ descriptor }) => descriptor.name === "db.client.operation.duration");
    expect(duration?.descriptor.unit).toBe("s");
    if (duration?.dataPointType !== DataPointType.HISTOGRAM) throw new Error("no histogram");
    expect(duration.dataPoints[0]?.value.buckets.boundaries).toEqual([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]);
    const rows = duration.dataPoints.map(({ attributes, value }) => [
      attributes["db.operation.name"],
      attributes["keywright.outcome"],
      attributes["error.type"],
      value.count,
    ]);
    expect(rows).toEqual([
      ["GET", "hit", undefined, 2],
      ["SET", "error", "ERR", 1],
      ["INCR", "error", "READONLY", 1],
    ]);
    const { attributes, value } = duration.dataPoints[0]!;
    expect(attributes).toMatchObject({ "db.system.name": "redis", "db.namespace": "3", "keywright.family": "thing" });
    // Seconds, and not milliseconds.
    expect(value.sum! > 0 && value.sum! < 10).toBe(true);
    const events = found.find(({ descriptor }) => descriptor.name === "keywright.events");
    expect(events?.dataPoints).toMatchObject([
      { value: 1, attributes: { "keywright.event": "retry", "error.type": "refused", "keywright.family": "thing" } },
    ]);
  });

  test("when it stops nobody listens; a call that was begun before it has no span and harms nothing", async () => {
    expect(starts.hasSubscribers).toBe(false);
    const call = store.reads.get(reader(), "get", "thing:a");
    const stop = instrument({ tracerProvider, meterProvider: false });
    await call;
    stop();
    expect(starts.hasSubscribers).toBe(false);
    expect(spans.getFinishedSpans()).toEqual([]);
  });

  test("a provider that throws harms no call", async () => {
    const broken = {
      getTracer: () => ({
        startSpan() {
          throw new Error("broken");
        },
      }),
    };
    after.push(instrument({ tracerProvider: broken as never, meterProvider: false }));
    await store.executor.run(writes(["SET", "thing:a", "v"]));
    expect(await store.reads.get(reader(), "get", "thing:a")).toBe("v");
  });

  test("a meter that throws leaves no span open", async () => {
    const broken = () => {
      throw new Error("broken");
    };
    let [begun, ended] = [0, 0];
    const tracer = {
      startSpan() {
        begun += 1;
        return { isRecording: () => false, end: () => (ended += 1) };
      },
    };
    const meter = { createHistogram: () => ({ record: broken }), createCounter: () => ({ add: broken }) };
    after.push(
      instrument({
        tracerProvider: { getTracer: () => tracer } as never,
        meterProvider: { getMeter: () => meter } as never,
      }),
    );
    await store.executor.run(writes(["SET", "thing:a", "v"]));
    expect([begun, ended]).toEqual([1, 1]);
  });
});
