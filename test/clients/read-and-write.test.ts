/** Reads from a replica: what goes where, and what happens when the replica, or the primary, is gone. */
import { createClient, createCluster, createSentinel, type RedisClientType } from "redis";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { CappedListRepository } from "../../src/repositories/capped-list.js";
import { CounterRepository } from "../../src/repositories/counter.js";
import { ValueRepository } from "../../src/repositories/value.js";
import type { Clients } from "../../src/runtime/clients.js";
import { Runtime, type RuntimeOptions } from "../../src/runtime/runtime.js";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { recordCommands, startCluster, type TestRedis } from "../../src/testing/index.js";
import { Cached, type IdKey, user, users } from "../repositories/cache-family.js";
import { failure, hasOwnServers, noop, ownRedis, recordEvents, until } from "../runtime/support.js";

const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end();
});

async function connected(url: string): Promise<RedisClientType> {
  const client = createClient({ url, socket: { reconnectStrategy: 50 } }).on("error", noop) as RedisClientType;
  await client.connect();
  after.push(() => client.destroy());
  return client;
}

/** A primary and its replica, each with a client. */
async function replicated() {
  const primary = await ownRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  after.push(() => primary.stop());
  const replica = await ownRedis({ args: ["--replicaof", primary.host, String(primary.port)] });
  after.push(() => replica.stop());
  const [write, read] = await Promise.all([connected(primary.url), connected(replica.url)]);
  await until(async () => (await read.info("replication")).includes("master_link_status:up"));
  /** Ends when the replica has what the primary had when it was called. */
  const level = () => write.sendCommand(["WAIT", "1", "10000"]);
  return { primary, replica, write, read, level };
}

const common = { store: "default", tier: "R3", deadline: 10_000, retries: 0, tagged: false } as const;
const text = compileCodec<{ text: string }>(z.object({ text: z.string() }), "json");

/** A cache, values, a counter and a list; `staleReads` is what they say, or not. */
function repositories(clients: Clients, staleReads: boolean, options: RuntimeOptions = {}, deadline = 10_000) {
  const runtime = new Runtime(clients, ["default"], options);
  const ttl = { kind: "fixed", ms: 60_000 } as const;
  const key = (name: string) => (k: IdKey) => `{t}${name}:${k.id}`;
  const shared = { ...common, deadline, staleReads };
  return {
    store: runtime.store({ ...common, name: "", kind: "", pattern: "" }),
    users: new Cached(runtime, { ...users, pattern: "{t}user:<id>", deadline, staleReads }),
    topic: new ValueRepository<IdKey, { text: string }>(
      runtime,
      {
        ...shared,
        name: "topic",
        kind: "value",
        pattern: "{t}topic:<id>",
        ttl,
        overwrite: "restart",
        undecodable: "throw",
        value: text,
      },
      key("topic"),
    ),
    /** What reads as absent where Redis failed. */
    hint: new ValueRepository<IdKey, { text: string }>(
      runtime,
      {
        ...shared,
        name: "hint",
        kind: "value",
        pattern: "{t}hint:<id>",
        whenDown: "absent",
        ttl,
        overwrite: "restart",
        undecodable: "throw",
        value: text,
      },
      key("hint"),
    ),
    log: new CappedListRepository<IdKey, { text: string }, "whole">(
      runtime,
      {
        ...shared,
        name: "log",
        kind: "cappedList",
        pattern: "{t}log:<id>",
        whenDown: "absent",
        ttl,
        cap: 10,
        history: "whole",
        order: "newest-last",
        undecodable: "throw",
        fill: 10_000,
        item: text,
      },
      key("log"),
    ),
    visits: new CounterRepository<IdKey>(
      runtime,
      { ...shared, name: "visits", kind: "counter", pattern: "{t}visits:<id>", ttl },
      key("visits"),
    ),
  };
}

type Repositories = ReturnType<typeof repositories>;
const [a, b] = [{ id: "a" }, { id: "b" }];

/** Every way to write and to read, more than once. */
async function use({ users, topic, visits }: Repositories, level: () => Promise<unknown>): Promise<void> {
  await users.set(a, user("Ann"));
  await users.set(b, user("Bob"));
  await topic.set(a, { text: "one" });
  await topic.set(b, { text: "two" });
  await visits.increment(a);
  await level();
  expect(await users.get(a)).toEqual(user("Ann"));
  expect(await users.getMany([a, b])).toEqual([user("Ann"), user("Bob")]);
  expect(await users.fetch(a, async () => user("nobody"))).toEqual(user("Ann"));
  expect(await topic.get(a)).toEqual({ text: "one" });
  expect(await topic.getMany([a, b])).toEqual([{ text: "one" }, { text: "two" }]);
  expect(await visits.get(a)).toBe(1);
}

/** What needs the last value, or writes. */
async function useOfPrimary({ users, topic, visits }: Repositories): Promise<void> {
  expect(await topic.compareAndSet(a, { text: "one" }, { text: "three" })).toBe(true);
  expect(await topic.setIfAbsent(a, { text: "four" })).toBe(false);
  expect(await topic.take(b)).toEqual({ text: "two" });
  expect((await visits.peek(a)).value).toBe(1);
  expect(await users.invalidate(a)).toEqual({ applied: true });
  await visits.reset(a);
}

const namesOf = (commands: string[][]) => [...new Set(commands.map(([name]) => name?.toUpperCase()))].sort();
const writing = ["DEL", "EVALSHA", "GETDEL", "SET"];

describe.skipIf(!hasOwnServers)("a client to write and one to read", () => {
  test("D8 the replica sees GET and MGET only; every write, and what must not be stale, is on the primary", async () => {
    const { primary, replica, write, read, level } = await replicated();
    const [onPrimary, onReplica] = await Promise.all([
      recordCommands(primary.url, { from: write }),
      recordCommands(replica.url, { from: read }),
    ]);
    const all = repositories({ write, read }, true);
    await use(all, level);
    await Promise.all([onPrimary.waitUntilQuiet(), onReplica.waitUntilQuiet()]);
    expect(namesOf(onReplica.commands())).toEqual(["GET", "MGET"]);
    expect(namesOf(onPrimary.commands())).not.toContain("GET");
    expect(namesOf(onPrimary.commands())).not.toContain("MGET");
    onReplica.clear();
    await useOfPrimary(all);
    // A miss is filled on the primary, whatever was read.
    await level();
    expect(await all.users.fetch(a, async () => user("Amy"))).toEqual(user("Amy"));
    await Promise.all([onPrimary.waitUntilQuiet(), onReplica.waitUntilQuiet()]);
    expect(namesOf(onReplica.commands())).toEqual(["GET"]);
    expect(namesOf(onPrimary.commands())).toEqual(expect.arrayContaining(writing));
    await Promise.all([onPrimary.stop(), onReplica.stop()]);
  });

  test("D8 without the permission, or without a read client, everything is on the primary", async () => {
    const { replica, write, read, level } = await replicated();
    const onReplica = await recordCommands(replica.url, { from: read });
    for (const all of [repositories({ default: { write, read } }, false), repositories({ write }, true)]) {
      await use(all, level);
      await useOfPrimary(all);
      await Promise.all([all.users.set(a, user("x")), all.visits.reset(a)]);
    }
    await onReplica.waitUntilQuiet();
    expect(onReplica.commands()).toEqual([]);
    await onReplica.stop();
  });

  test("D8 a missing primary is an error that names it", async () => {
    const read = createClient();
    const make = (clients: unknown) => () => new Runtime(clients as Clients, ["default"]);
    const misuse = (text: string) =>
      expect.objectContaining({ code: "misuse", message: expect.stringContaining(text) });
    expect(make({ read })).toThrow(misuse('the store "default" has no client of its primary: write is missing'));
    expect(make({ default: { read } })).toThrow(misuse("no client of its primary"));
    expect(make({ write: {}, read })).toThrow(misuse("write is no node-redis client"));
    expect(make({ write: read, read: {} })).toThrow(misuse("has a read that is no node-redis client"));
    const sentinel = createSentinel({ name: "main", sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }] });
    expect(make({ write: read, read: sentinel })).toThrow(misuse("createSentinel, which asks the primary"));
    // A store may have either name.
    read.on("error", noop);
    expect(() => new Runtime({ write: read, read } as Clients, ["write", "read"])).not.toThrow();
  });

  test("a replica that is gone, hangs, or cannot serve: the primary answers, with the event read-fallback", async () => {
    const { replica, write, read, level } = await replicated();
    const options: RuntimeOptions = { breaker: { failures: 2, coolDown: 100 } };
    const all = repositories({ write, read }, true, options, 1500);
    await all.topic.set(a, { text: "one" });
    await all.users.set(a, user("Ann"));
    await level();
    const { events, stop } = recordEvents();
    after.push(stop);
    const answers = async () => {
      expect(await all.topic.get(a)).toEqual({ text: "one" });
      expect(await all.users.fetch(a, async () => user("nobody"))).toEqual(user("Ann"));
    };
    const told = () =>
      [
        ...new Set(
          events
            .filter(({ family }) => family !== undefined)
            .map(({ type, code }) => (code ? `${type} ${code}` : type)),
        ),
      ].sort();

    // Its breaker is its own, and opens: then nothing is waited for, and the primary has the whole deadline.
    replica.pause();
    await answers();
    await until(() => all.store.breakers().some(({ state }) => state !== "closed"));
    await answers();
    expect(told()).toEqual(["hit", "read-fallback deadline", "read-fallback unavailable"]);
    expect(all.store.breakers()).toMatchObject([
      { node: "client", state: "closed", failures: 0 },
      { node: "read client" },
    ]);
    replica.resume();
    await until(() => all.store.breakers().every(({ state }) => state === "closed"));

    // It refuses as long as its primary is away, by its own word.
    events.length = 0;
    await read.sendCommand(["CONFIG", "SET", "replica-serve-stale-data", "no"]);
    await read.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
    await answers();
    expect(told()).toEqual(["hit", "read-fallback refused"]);

    events.length = 0;
    await replica.kill();
    await until(() => !read.isReady);
    await answers();
    expect(told()).toEqual(["hit", "read-fallback unavailable"]);
  });

  test("D8 an error that is not Redis's failure is the caller's, and is not asked for again", async () => {
    const { primary, write, read, level } = await replicated();
    const all = repositories({ write, read }, true);
    await write.set("{t}topic:a", "{broken");
    await write.rPush("{t}log:a", "{broken");
    await level();
    const onPrimary = await recordCommands(primary.url, { from: write });
    const { events, stop } = recordEvents();
    after.push(stop);
    const undecodable = { code: "undecodable-value" };
    expect(await failure(all.topic.get(a))).toMatchObject(undecodable);
    expect(await failure(all.log.recent(a))).toMatchObject(undecodable);
    expect(await failure(all.log.with({ retries: 1 }).recent(a))).toMatchObject(undecodable);
    expect(events.map(({ type }) => type)).not.toContain("read-fallback");
    await onPrimary.waitUntilQuiet();
    expect(onPrimary.commands()).toEqual([]);
    await onPrimary.stop();
  });

  test("D8 a cached entry that cannot be read counts as a miss, also from the replica", async () => {
    const { write, read, level } = await replicated();
    const all = repositories({ write, read }, true);
    await write.set("{t}user:a", "{broken");
    await all.users.set(b, user("Bob"));
    await level();
    const { events, stop } = recordEvents();
    after.push(stop);
    expect(await all.users.get(a)).toBeNull();
    expect(await all.users.get(b)).toEqual(user("Bob"));
    expect(events.flatMap(({ type }) => (type === "hit" || type === "miss" ? [type] : []))).toEqual(["miss", "hit"]);
  });

  test("D8 both gone: the error of the primary, by the deadline, or what stands in for an answer", async () => {
    const { primary, replica, write, read } = await replicated();
    const all = repositories({ write, read }, true, { breaker: false }, 600);
    primary.pause();
    replica.pause();
    const { events, stop } = recordEvents();
    after.push(stop);
    const told = () =>
      events.splice(0).flatMap(({ type, family }) => (family === undefined ? [] : [`${family} ${type}`]));
    // Each of the two reads had half of it.
    const half = { code: "deadline", deadline: 300, mayHaveBeenApplied: false };
    expect(await failure(all.topic.get(a))).toMatchObject(half);
    expect(told()).toEqual(["topic read-fallback", "topic error"]);
    expect(await failure(all.log.length(a))).toMatchObject(half);
    expect(told()).toEqual(["log read-fallback", "log error"]);
    expect(await all.hint.get(a)).toBeNull();
    expect(told()).toEqual(["hint read-fallback", "hint degraded"]);
    expect(await all.log.recent(a)).toBeNull();
    expect(told()).toEqual(["log read-fallback", "log degraded"]);
    primary.resume();
    replica.resume();
  });
});

describe.skipIf(!hasOwnServers)("the replicas of a Cluster", () => {
  test.each(["the same cluster client", "a second one"])(
    "D8 with %s to read, replicas see GET and MGET only, primaries all writes",
    async (which) => {
      const servers = await startCluster();
      after.push(() => servers.stop());
      const make = async (useReplicas: boolean) => {
        const cluster = createCluster({ rootNodes: servers.rootNodes, useReplicas }).on("error", noop);
        await cluster.connect();
        after.push(() => cluster.destroy());
        return cluster;
      };
      const read = await make(true);
      const write = which === "a second one" ? await make(false) : read;
      const shard = read.slots[keySlot("{t}")] as unknown as {
        master: { port: number };
        replicas: { port: number; client: RedisClientType }[];
      };
      const replica = shard.replicas[0]!;
      const ofPort = (port: number) => servers.nodes.find((node) => node.port === port) as unknown as TestRedis;
      const onReplica = await recordCommands(ofPort(replica.port).url, { from: replica.client });
      const onPrimary = await recordCommands(ofPort(shard.master.port).url);
      const all = repositories({ write, read }, true);
      await use(all, () => write.sendCommand("{t}", false, ["WAIT", "1", "10000"]));
      await useOfPrimary(all);
      await Promise.all([onPrimary.waitUntilQuiet(), onReplica.waitUntilQuiet()]);
      expect(namesOf(onReplica.commands())).toEqual(["GET", "MGET"]);
      const primaryNames = namesOf(onPrimary.commands());
      expect(primaryNames).toEqual(expect.arrayContaining(writing));
      expect(primaryNames).not.toContain("GET");
      expect(primaryNames).not.toContain("MGET");
      await Promise.all([onPrimary.stop(), onReplica.stop()]);

      // Without it, its primary answers.
      await all.topic.set(b, { text: "five" });
      await ofPort(replica.port).kill();
      await until(async () => (await all.topic.get(b))?.text === "five");
      expect(all.store.breakers().length).toBeGreaterThan(0);
    },
    60_000,
  );
});
