import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeywrightError, RefusedError, TransactionError } from "../../src/runtime/errors.js";
import type { Plan } from "../../src/runtime/plan.js";
import { Runtime, type Store } from "../../src/runtime/runtime.js";
import { runTransaction } from "../../src/runtime/transaction.js";
import { recordCommands, type TestRedis } from "../../src/testing/index.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";
import { countOne } from "./scripts-for-tests.js";
import {
  failure,
  family,
  hasOwnServers,
  noop,
  ownRedis,
  reads,
  recordEvents,
  runs,
  storeOf,
  writes,
} from "./support.js";

const transaction = (store: Store, listed: Plan<unknown>[], made: Plan<unknown>[] = listed) =>
  runTransaction("room", store.executor, made, listed);

describe.each(topologies)("a transaction on $name", ({ connect }) => {
  const prefix = uniquePrefix();
  const key = (name: string) => `${prefix}{t}:${name}`;
  let connection: Connection;
  let store: Store;
  beforeAll(async () => {
    connection = await connect();
    store = new Runtime(connection.client as never, ["default"]).store(family());
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  test("gives the decoded results in order", async () => {
    const doubled = { ...writes(["INCRBY", key("n"), "4"]), decode: (reply: unknown) => Number(reply) * 2 };
    expect(
      await transaction(store, [
        writes(["SET", key("a"), "1"]),
        doubled,
        runs(countOne, [key("n")], ["3"]),
        reads(["GET", key("a")]),
        reads(["GET", key("none")]),
      ]),
    ).toEqual(["OK", 8, 7, "1", null]);
    expect(await transaction(store, [])).toEqual([]);
  });

  test("one failing operation: the outcomes hold the results of the others, which were applied", async () => {
    await connection.send(["RPUSH", key("list"), "x"]);
    const { events, stop } = recordEvents();
    const error = await failure<TransactionError>(
      transaction(store, [writes(["SET", key("b"), "1"]), writes(["INCR", key("list")]), writes(["INCR", key("c")])]),
    );
    stop();
    expect(error).toMatchObject({ name: "TransactionError", code: "transaction", mayHaveBeenApplied: true });
    expect(error.message).toContain("1 of 3 operations failed");
    expect(error.outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.code))).toEqual([
      "OK",
      "wrong-type",
      1,
    ]);
    expect(await connection.send(["GET", key("b")])).toBe("1");
    expect(events).toMatchObject([{ type: "error", code: "transaction", operation: "transaction" }]);
  });

  test("what is refused before it is sent changes nothing", async () => {
    const [listed, left] = [writes(["SET", key("d"), "1"]), writes(["SET", key("e"), "1"])];
    const cases: [string, () => Promise<unknown>][] = [
      ["was built but is not in the returned list", () => transaction(store, [listed], [listed, left])],
      ["its tx did not build", () => transaction(store, [listed, left], [listed])],
      ["listed twice", () => transaction(store, [listed, listed])],
      ["did not return a list", () => transaction(store, Promise.resolve([listed]) as never, [listed])],
      ["bytes", () => transaction(store, [listed, { ...reads(["GET", key("d")]), binary: true }])],
    ];
    for (const [words, run] of cases) {
      const error = await failure<KeywrightError>(run());
      expect(error).toMatchObject({ name: "MisuseError", code: "misuse", family: "room", mayHaveBeenApplied: false });
      expect(error.message).toContain(words);
      expect(error.message).toContain("Nothing was sent");
    }
    expect(await connection.send(["EXISTS", key("d")])).toBe(0);
  });

  test("many at once keep to themselves", async () => {
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        transaction(store, [writes(["SET", key(`many${i}`), `${i}`]), reads(["GET", key(`many${i}`)])]),
      ),
    );
    expect(results).toEqual(Array.from({ length: 60 }, (_, i) => ["OK", `${i}`]));
  });
});

describe.skipIf(!hasOwnServers)("a transaction that Redis drops", () => {
  let redis: TestRedis;
  let admin: RedisClientType;
  beforeAll(async () => {
    redis = await ownRedis();
    admin = createClient({ url: redis.url }).on("error", noop) as RedisClientType;
    await admin.connect();
  });
  afterAll(async () => {
    admin.destroy();
    await redis.stop();
  });

  async function asUser(name: string, rules: string[]): Promise<{ store: Store; end(): void }> {
    await admin.sendCommand(["ACL", "SETUSER", name, "on", ">pass", ...rules]);
    const client = createClient({ url: redis.url, username: name, password: "pass" }).on("error", noop);
    await client.connect();
    return { store: storeOf(client as never), end: () => client.destroy() };
  }

  test("out of memory: nothing applied, and the error says so", async () => {
    await admin.set("{x}:big", "x".repeat(100_000));
    await admin.configSet({ maxmemory: "1", "maxmemory-policy": "noeviction" });
    const error = await failure<RefusedError>(
      transaction(storeOf(admin), [writes(["DEL", "{x}:big"]), writes(["SET", "{x}:a", "1"])]),
    );
    await admin.configSet("maxmemory", "0");
    expect(error).toMatchObject({ name: "RefusedError", code: "refused", reply: "OOM", mayHaveBeenApplied: false });
    expect(error.message).toContain("the transaction was dropped");
    expect(error.message).toContain("Nothing was applied");
    expect(await admin.exists("{x}:big")).toBe(1);
  });

  test("a key that the user may not touch: nothing applied, and the error says so", async () => {
    const user = await asUser("limited", ["~{y}:mine", "+@all"]);
    const error = await failure<RefusedError>(
      transaction(user.store, [writes(["SET", "{y}:mine", "1"]), writes(["SET", "{y}:theirs", "1"])]),
    );
    user.end();
    expect(error).toMatchObject({ reply: "NOPERM", mayHaveBeenApplied: false });
    expect(error.message).toContain("Nothing was applied");
    expect(await admin.exists(["{y}:mine", "{y}:theirs"])).toBe(0);
  });

  test("a user who may not use MULTI: the operations run one by one, and the error says so", async () => {
    const user = await asUser("single", ["~*", "+@all", "-multi"]);
    const error = await failure<RefusedError>(transaction(user.store, [writes(["SET", "{z}:a", "1"])]));
    user.end();
    expect(error).toMatchObject({ reply: "NOPERM", mayHaveBeenApplied: true });
    expect(error.message).toContain("Grant both MULTI and EXEC");
    expect(await admin.get("{z}:a")).toBe("1");
  });

  test("a WATCH of the caller on the same connection", async () => {
    const watcher = admin.duplicate().on("error", noop);
    await watcher.connect();
    await watcher.watch("{w}:a");
    await admin.set("{w}:a", "changed");
    const error = await failure<RefusedError>(transaction(storeOf(watcher as never), [writes(["SET", "{w}:b", "1"])]));
    expect(error).toMatchObject({ reply: "WATCH", mayHaveBeenApplied: false });
    expect(await admin.exists("{w}:b")).toBe(0);
    watcher.destroy();
  });

  test("takes one round trip, MULTI to EXEC", async () => {
    const record = await recordCommands(redis.url, { from: admin });
    await transaction(storeOf(admin), [writes(["SET", "{v}:a", "1"]), reads(["GET", "{v}:a"])]);
    await record.waitUntilQuiet();
    expect(record.commands()).toEqual([["MULTI"], ["SET", "{v}:a", "1"], ["GET", "{v}:a"], ["EXEC"]]);
    await record.stop();
  });
});
