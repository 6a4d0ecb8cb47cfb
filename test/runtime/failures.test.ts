import { createClient } from "redis";
import { createClient as createClient5 } from "redis5";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeywrightError, RefusedError } from "../../src/runtime/errors.js";
import { failureOf, serverReply } from "../../src/runtime/failure.js";
import type { TestRedis } from "../../src/testing/index.js";
import { family, hasOwnServers, noop, ownRedis } from "./support.js";

type Client = ReturnType<typeof createClient>;

describe.skipIf(!hasOwnServers).each([
  ["redis 6", createClient],
  ["redis 5", createClient5 as unknown as typeof createClient],
] as const)("what a rejection means, %s", (_, create) => {
  let redis: TestRedis;
  let replica: TestRedis;
  const open: Client[] = [];
  const connect = async (options: Parameters<typeof createClient>[0]): Promise<Client> => {
    const client = create(options).on("error", noop) as Client;
    await client.connect();
    open.push(client);
    return client;
  };
  const failed = async (client: Client, ...args: string[]): Promise<unknown> =>
    client.sendCommand(args).then(
      () => expect.fail(`${args[0]} succeeded`),
      (error: unknown) => error,
    );

  beforeAll(async () => {
    redis = await ownRedis();
    replica = await ownRedis({
      args: ["--replicaof", "127.0.0.1", String(redis.port), "--replica-serve-stale-data", "no"],
    });
  });
  afterAll(async () => {
    for (const client of open) if (client.isOpen) client.destroy();
    await Promise.all([redis.stop(), replica.stop()]);
  });

  test("by Redis's own errors", async () => {
    const client = await connect({ url: redis.url });
    await client.rPush("list", "x");
    await client.set("text", "text");
    await client.set("most", "9223372036854775807");
    await client.sendCommand(["ACL", "SETUSER", "limited", "on", ">pass", "~mine", "+@all", "-getdel"]);
    const limited = await connect({ url: redis.url, username: "limited", password: "pass" });
    const nobody = await connect({ url: replica.url });
    await client.configSet("maxmemory", "1");
    const oom = await failed(client, "SET", "a", "b");
    await client.configSet("maxmemory", "0");
    await client.configSet("min-replicas-to-write", "9");
    const noReplicas = await failed(client, "SET", "a", "b");
    await client.configSet("min-replicas-to-write", "0");

    const table: [unknown, string, string, Partial<RefusedError>?][] = [
      [await failed(client, "INCR", "list"), "WRONGTYPE", "wrong-type"],
      [await failed(client, "EVAL", "return redis.call('INCR', KEYS[1])", "1", "list"), "WRONGTYPE", "wrong-type"],
      [await failed(client, "INCR", "text"), "ERR", "undecodable-value"],
      [await failed(client, "INCR", "most"), "ERR", "out-of-range"],
      [oom, "OOM", "refused", { reply: "OOM" }],
      [noReplicas, "NOREPLICAS", "refused", { reply: "NOREPLICAS" }],
      [await failed(limited, "GET", "theirs"), "NOPERM", "refused", { reply: "NOPERM" }],
      [await failed(limited, "GETDEL", "mine"), "NOPERM", "refused", { reply: "NOPERM" }],
      [await failed(client, "EVALSHA", "0".repeat(40), "0"), "NOSCRIPT", "refused", { reply: "NOSCRIPT" }],
      [await failed(nobody, "SET", "a", "b"), "READONLY", "refused", { reply: "READONLY" }],
      [await failed(client, "NOSUCH", "a"), "ERR", "refused", { reply: "ERR" }],
    ];
    for (const [error, reply, code, more] of table) {
      expect([serverReply(error), (error as Error).message]).toEqual([reply, (error as Error).message]);
      const told = failureOf(error, family(), "operation", true);
      expect(told).toMatchObject({ code, family: "thing", operation: "operation", mayHaveBeenApplied: false, ...more });
      expect(told.message).toMatch(/^thing\.operation: .*\. [A-Z].*\.$/);
    }
    // Its primary is gone: it may not answer from what it has.
    await nobody.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
    const down = await failed(nobody, "GET", "a");
    expect(failureOf(down, family(), "get", false)).toMatchObject({ code: "refused", reply: "MASTERDOWN" });
  });

  test("a busy script", async () => {
    const client = await connect({ url: redis.url });
    const other = await connect({ url: redis.url });
    await client.configSet("busy-reply-threshold", "20");
    const running = failed(client, "EVAL", "while true do end", "0");
    await new Promise((done) => setTimeout(done, 100));
    const busy = await failed(other, "GET", "a");
    await other.sendCommand(["SCRIPT", "KILL"]);
    await running;
    expect(failureOf(busy, family(), "get", false)).toMatchObject({ code: "refused", reply: "BUSY" });
  });

  test("by the client's errors: sent or not sent", async () => {
    const client = await connect({ url: redis.url });
    const blocked = failed(client, "BLPOP", "none", "0");
    await new Promise((done) => setTimeout(done, 50));
    client.destroy();
    expect(failureOf(await blocked, family(), "take", true)).toMatchObject({
      code: "connection-lost",
      mayHaveBeenApplied: true,
    });
    expect(failureOf(await failed(client, "GET", "a"), family(), "get", true)).toMatchObject({
      code: "unavailable",
      mayHaveBeenApplied: false,
    });
    const offline = create({ socket: { port: 1, reconnectStrategy: 10_000 }, disableOfflineQueue: true });
    offline.on("error", noop);
    offline.connect().catch(noop);
    expect(failureOf(await failed(offline as Client, "GET", "a"), family(), "get", true)).toMatchObject({
      code: "unavailable",
    });
    offline.destroy();
    const full = await connect({ url: redis.url, commandsQueueMaxLength: 10 });
    const sent = await Promise.allSettled(Array.from({ length: 11 }, () => full.sendCommand(["PING"])));
    expect(failureOf((sent[10] as PromiseRejectedResult).reason, family(), "get", true)).toMatchObject({
      code: "unavailable",
    });
  });

  test("no error shows a key or a value, its cause included", async () => {
    const client = await connect({ url: redis.url });
    const told: KeywrightError = failureOf(
      await failed(client, "NOSUCH", "key-marker", "value-marker"),
      family(),
      "x",
      true,
    );
    const { inspect } = await import("node:util");
    expect(inspect(told)).not.toContain("marker");
    expect(inspect(told)).toContain("unknown command");
  });
});
