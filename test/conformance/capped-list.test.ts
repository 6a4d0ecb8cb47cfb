import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { startRedis } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { readOnly } from "../../src/repositories/access.js";
import {
  type CappedListFamily,
  CappedListRepository,
  type History,
  type RecentOptions,
} from "../../src/repositories/capped-list.js";
import { Scope } from "../../src/repositories/scope.js";
import { type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import type { Plan } from "../../src/runtime/plan.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { str } from "../../src/schema/patterns/encode.js";
import { bytes } from "../../src/schema/values/bytes.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { expectTtlWheneverKilled } from "../setup/killed-writes.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

interface RoomKey {
  readonly roomId: string;
}
interface Message {
  readonly id: number;
  readonly at: Date;
}

const day = 86_400_000;

class Lists<V = Message, H extends History = "whole"> extends CappedListRepository<RoomKey, V, H> {
  constructor(runtime: Runtime, family: CappedListFamily<V, H>) {
    super(runtime, family, (k) => family.pattern.replace("<roomId>", str(k.roomId, "roomId")));
  }
}

const whole: CappedListFamily<Message, "whole"> = {
  name: "messages",
  kind: "cappedList",
  pattern: "chat:messages:{<roomId>}",
  store: "default",
  tier: "R3",
  deadline: 10_000,
  retries: 0,
  tagged: true,
  ttl: { kind: "fixed", ms: day },
  cap: 100,
  history: "whole",
  order: "newest-last",
  undecodable: "throw",
  fill: 10_000,
  item: compileCodec(z.object({ id: z.int(), at: z.date() }), "superjson"),
};
const alone: CappedListFamily<Message, "recent"> = { ...whole, history: "recent" };

const message = (id: number): Message => ({ id, at: new Date(1_700_000_000_000 + id) });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
const failing = () => Promise.reject(new Error("the load was not to run"));
const rejection = (call: Promise<unknown>) =>
  call.then(
    () => "it did not fail",
    (error) => error,
  );

describe.each(topologies)("cappedList on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let runtime: Runtime;

  beforeAll(async () => {
    connection = await topology.connect();
    runtime = new Runtime(connection.client, ["default"], { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    // Companions of untagged lists begin with a brace.
    await connection.flushPrefix(`{${prefix}`);
    await connection.close();
  });

  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const room = (): RoomKey => ({ roomId: randomUUID() });
  const sent = (act: () => unknown) => sentCommands(topology, prefix, act);
  const wholes = (more: Partial<CappedListFamily<Message, "whole">> = {}) => new Lists(runtime, { ...whole, ...more });
  const recents = (more: Partial<CappedListFamily<Message, "recent">> = {}) =>
    new Lists(runtime, { ...alone, ...more });
  const listen = async (act: () => unknown) => {
    const seen: KeywrightEvent[] = [];
    const stop = onEvent((event) => seen.push(event));
    await act();
    stop();
    return seen.map(({ type }) => type);
  };

  test("I3 101 pushes leave the newest 100 for 24 h; read-through fills an absent list; the database stands in for Redis", async () => {
    const lists = wholes();
    const key = room();
    const name = lists.keyOf(key);
    // The database of the test, oldest first, and how often it was asked.
    const database = [message(0)];
    let loads = 0;
    const orElse = async () => {
      loads += 1;
      return database.slice(-100);
    };
    expect(await lists.recent(key)).toBeNull();
    expect(await lists.recent(key, { orElse })).toEqual([message(0)]);
    for (const each of range(1, 100)) {
      database.push(each);
      expect(await lists.push(key, each)).toBe(true);
    }
    expect(await raw("LLEN", name)).toBe(100);
    expect(await lists.recent(key, { orElse })).toEqual(range(1, 100));
    expect(loads).toBe(1);
    expect(await raw("PTTL", name)).toBeGreaterThan(day - 60_000);
    expect(await raw("PTTL", name)).toBeLessThanOrEqual(day);
    expect(await lists.recent(key, { limit: 3 })).toEqual(range(98, 100));
    // Expired: the next push must not pose as the whole history, and the next read fills it again.
    await raw("DEL", name);
    database.push(message(101));
    expect(await lists.push(key, message(101))).toBe(false);
    expect(await raw("EXISTS", name)).toBe(0);
    expect(await lists.recent(key, { limit: 2, orElse })).toEqual(range(100, 101));
    expect(loads).toBe(2);
    expect(await lists.recent(key)).toEqual(range(2, 101));
    expect(await raw("PTTL", name)).toBeGreaterThan(day - 60_000);
    expect(await raw("EXISTS", `${name}:fill`)).toBe(0);
    // Redis cannot be reached.
    const other = await topology.connect();
    const cut = new Lists(new Runtime(other.client, ["default"], { prefix }), { ...whole, deadline: 500 });
    await other.close();
    const events = await listen(async () => {
      expect(await cut.recent(key, { limit: 1, orElse })).toEqual([message(101)]);
    });
    expect(events).toContain("degraded");
    expect(loads).toBe(3);
    expect(await rejection(cut.recent(key))).toMatchObject({
      name: expect.stringMatching(/Error$/),
      family: "messages",
    });
  });

  test("a list that is its own truth: a push creates it, trims it and sets its TTL", async () => {
    const lists = recents({ cap: 3, ttl: { kind: "fixed", ms: 60_000 } });
    const key = room();
    const name = lists.keyOf(key);
    expect(await lists.recent(key)).toBeNull();
    expect(await lists.length(key)).toBe(0);
    expect(await lists.push(key, message(1))).toBe(true);
    expect(await lists.push(key, message(2), message(3), message(4))).toBe(true);
    expect(await lists.recent(key)).toEqual(range(2, 4));
    expect(await lists.recent(key, { limit: 50 })).toEqual(range(2, 4));
    // One push may be longer than the cap; equal items are items of their own.
    expect(await lists.push(key, ...range(5, 9), message(9))).toBe(true);
    expect(await lists.recent(key)).toEqual([message(8), message(9), message(9)]);
    expect(await lists.length(key)).toBe(3);
    for (const ttl of ["1000", "600000"]) {
      await raw("PEXPIRE", name, ttl);
      await lists.push(key, message(10));
      expect(await raw("PTTL", name)).toBeGreaterThan(50_000);
      expect(await raw("PTTL", name)).toBeLessThanOrEqual(60_000);
    }
    await raw("PERSIST", name);
    await lists.push(key, message(11));
    expect(await raw("PTTL", name)).toBeGreaterThan(50_000);
    expect(await lists.clear(key)).toBe(true);
    expect(await lists.clear(key)).toBe(false);
    expect(await lists.recent(key)).toBeNull();
  });

  test("without a TTL a list stays", async () => {
    const lists = recents({ ttl: { kind: "persist", because: "a test" } });
    const key = room();
    await lists.push(key, message(1));
    expect(await raw("PTTL", lists.keyOf(key))).toBe(-1);
  });

  test("one command each, and none for what is refused", async () => {
    const lists = wholes();
    const key = room();
    await lists.recent(key, { orElse: async () => range(1, 2) });
    const name = lists.keyOf(key);
    // The servers know the scripts then.
    await lists.push(key, message(2));
    await lists.clear(key);
    await lists.recent(key, { orElse: async () => range(1, 2) });
    const commands = await sent(async () => {
      await lists.push(key, message(3));
      await lists.recent(key, { limit: 2, orElse: failing });
      await lists.length(key);
      await lists.clear(key);
    });
    expect(commands.map(([command]) => command)).toEqual(["EVALSHA", "LRANGE", "LLEN", "EVALSHA"]);
    expect(commands[0]?.slice(2, 7)).toEqual(["2", name, `${name}:fill`, "100", String(day)]);
    expect(commands[1]).toEqual(["LRANGE", name, "-2", "-1"]);
    const refused = await sent(async () => {
      expect(await rejection(lists.push(key))).toMatchObject({ code: "invalid-argument", field: "items" });
      expect(await rejection(lists.push(key, message(1), { id: 0.5, at: new Date() }))).toMatchObject({
        code: "invalid-value",
        field: "items[1].id",
      });
      for (const limit of [0, -1, 1.5, Number.NaN, 1_000_001]) {
        expect(await rejection(lists.recent(key, { limit }))).toMatchObject({
          code: "invalid-argument",
          field: "limit",
        });
      }
      const bare = recents() as unknown as Lists<Message, "whole">;
      const options: RecentOptions<Message, "whole"> = { orElse: failing };
      expect(await rejection(bare.recent(key, options))).toMatchObject({ code: "invalid-argument", field: "orElse" });
      expect(await rejection(lists.recent({ roomId: "a:b" }))).toMatchObject({ code: "invalid-parameter" });
    });
    expect(refused).toEqual([]);
  });

  test("newest first: as it is read, as it is loaded, and never as it is stored", async () => {
    const lists = wholes({ order: "newest-first", cap: 3 });
    const key = room();
    const orElse = async () => range(1, 5).reverse();
    expect(await lists.recent(key, { limit: 2, orElse })).toEqual([message(5), message(4)]);
    expect(await lists.recent(key)).toEqual(range(3, 5).reverse());
    await lists.push(key, message(6));
    expect(await lists.recent(key, { limit: 2 })).toEqual([message(6), message(5)]);
    expect(await raw("LINDEX", lists.keyOf(key), "-1")).toBe(whole.item.encode(message(6)));
  });

  test("untagged lists have their fill token in their own slot; bytes are items too", async () => {
    const lists = new Lists<Uint8Array>(runtime, {
      ...whole,
      pattern: "chat:pictures:<roomId>",
      tagged: false,
      item: compileCodec(bytes(), "bytes"),
    });
    const key = room();
    const items = [Uint8Array.of(0, 255, 10), Uint8Array.of(), Uint8Array.of(1)];
    await lists.recent(key, { orElse: async () => items.slice(0, 2) });
    await lists.push(key, items[2] as Uint8Array);
    const read = async () => ((await lists.recent(key)) ?? []).map((item) => Uint8Array.from(item));
    expect(await read()).toEqual(items);
    await raw("DEL", lists.keyOf(key));
    const orElse = async () => {
      expect(await raw("PTTL", `{${lists.keyOf(key)}}:fill`)).toBeGreaterThan(0);
      return items;
    };
    await lists.recent(key, { orElse });
    expect(await read()).toEqual(items);
  });

  test("an item that does not decode is an error or left out, and always an event", async () => {
    const key = room();
    const lists = recents();
    await lists.push(key, message(1));
    await raw("RPUSH", lists.keyOf(key), "{nonsense");
    await lists.push(key, message(2));
    const events = await listen(async () => {
      expect(await rejection(lists.recent(key))).toMatchObject({
        code: "undecodable-value",
        mayHaveBeenApplied: false,
      });
      expect(await recents({ undecodable: "skip" }).recent(key)).toEqual(range(1, 2));
    });
    expect(events.filter((type) => type === "undecodable")).toHaveLength(2);
    expect(await lists.length(key)).toBe(3);
  });

  test("a reader's load stands in for a list that is absent, and stores nothing", async () => {
    const lists = wholes();
    const reading = readOnly(lists, Lists.writes, "search only reads messages");
    const key = room();
    const commands = await sent(async () => {
      expect(await reading.recent(key)).toBeNull();
      expect(await reading.recent(key, { limit: 2, orElse: async () => range(1, 3) })).toEqual(range(2, 3));
      expect(await rejection(reading.recent(key, { orElse: failing }))).toMatchObject({
        message: "the load was not to run",
      });
      expect(await rejection(reading.push(key, message(1)))).toMatchObject({ code: "forbidden" });
    });
    expect(commands.map(([command]) => command)).toEqual(["LRANGE", "LRANGE", "LRANGE"]);
    await lists.recent(key, { orElse: async () => range(1, 3) });
    expect(await reading.recent(key, { limit: 1, orElse: failing })).toEqual([message(3)]);
  });

  test("a cap of one holds the newest; items that encode equal are one in a whole history only", async () => {
    for (const [lists, filled] of [
      [wholes({ cap: 1 }), true],
      [recents({ cap: 1 }) as unknown as Lists, false],
    ] as const) {
      const key = room();
      if (filled) expect(await lists.recent(key, { orElse: async () => range(1, 2) })).toEqual([message(2)]);
      for (const id of [3, 4, 4]) {
        expect(await lists.push(key, message(id))).toBe(true);
        expect(await lists.recent(key)).toEqual([message(id)]);
      }
      expect(await lists.push(key, message(5), message(6))).toBe(true);
      expect(await lists.recent(key, { limit: 9 })).toEqual([message(6)]);
      expect(await lists.length(key)).toBe(1);
    }
    const [whole2, alone2] = [wholes(), recents()];
    const [a, b] = [room(), room()];
    await whole2.recent(a, { orElse: async () => [message(1)] });
    await whole2.push(a, message(2), message(2));
    await alone2.push(b, message(2), message(2));
    expect([await whole2.length(a), await alone2.length(b)]).toEqual([2, 2]);
  });

  test.runIf(topology.takesLarge)("items of 4 MiB, empty texts and absent optional fields", async () => {
    interface Note {
      readonly text: string;
      readonly by?: string | undefined;
    }
    const item = compileCodec(z.object({ text: z.string(), by: z.string().optional() }), "superjson");
    const notes = new Lists<Note>(runtime, { ...whole, item } as never);
    const key = room();
    const items: Note[] = [{ text: "" }, { text: "é".repeat(2 ** 21), by: "" }];
    expect(await notes.recent(key, { orElse: async () => items })).toEqual(items);
    expect(await notes.push(key, { text: "x".repeat(2 ** 22), by: undefined })).toBe(true);
    const read = (await notes.recent(key)) ?? [];
    expect(read.map(({ text }) => text.length)).toEqual([0, 2 ** 21, 2 ** 22]);
    expect(read.slice(0, 2)).toEqual(items);
    await notes.clear(key);
    const texts = new Lists<string, "recent">(runtime, { ...alone, item: compileCodec(z.string(), "string") } as never);
    await texts.push(key, "", "a", "");
    expect(await texts.recent(key)).toEqual(["", "a", ""]);
  });

  test("a key of another type is a WrongTypeError, and nothing is changed", async () => {
    const key = room();
    const name = wholes().keyOf(key);
    await raw("SET", name, "x");
    for (const lists of [wholes(), recents() as unknown as Lists]) {
      expect(await rejection(lists.push(key, message(1)))).toMatchObject({ code: "wrong-type" });
      expect(await rejection(lists.recent(key))).toMatchObject({ code: "wrong-type" });
      expect(await rejection(lists.length(key))).toMatchObject({ code: "wrong-type" });
    }
    expect(await rejection(wholes().recent(key, { orElse: failing }))).toMatchObject({ code: "wrong-type" });
    expect(await raw("GET", name)).toBe("x");
  });

  test("push, recent, length and clear go into one transaction of a scope", async () => {
    const { roomId } = room();
    const members = { messages: { repository: recents() as never, whole: true, forbidden: new Set<string>() } };
    const scope = new Scope<{ messages: Record<string, (...args: unknown[]) => Plan<unknown>> }>(
      "room",
      { roomId },
      members,
      runtime.store(whole).executor,
    );
    const results = await scope.transaction(({ messages: tx }) => [
      tx.push!(message(1), message(2)),
      tx.recent!({ limit: 1 }),
      tx.length!(),
      tx.clear!(),
      tx.recent!(),
    ]);
    expect(results).toEqual([true, [message(2)], 2, true, null]);
  });

  describe("a load that fills", () => {
    test("is void where something was pushed while it ran: what it loaded is returned, and nothing is stored", async () => {
      const lists = wholes();
      const key = room();
      const orElse = async () => {
        expect(await lists.push(key, message(3))).toBe(false);
        return range(1, 2);
      };
      expect(await lists.recent(key, { orElse })).toEqual(range(1, 2));
      expect(await lists.recent(key)).toBeNull();
      expect(await lists.recent(key, { orElse: async () => range(1, 3) })).toEqual(range(1, 3));
      expect(await lists.recent(key)).toEqual(range(1, 3));
    });

    test("is void after a clear, after its time, and where another load took its place", async () => {
      const lists = wholes({ fill: 300 });
      const key = room();
      const cleared = async () => {
        await lists.clear(key);
        return range(1, 2);
      };
      expect(await lists.recent(key, { orElse: cleared })).toEqual(range(1, 2));
      expect(await lists.recent(key)).toBeNull();
      const late = async () => {
        await sleep(400);
        return range(1, 2);
      };
      expect(await lists.recent(key, { orElse: late })).toEqual(range(1, 2));
      expect(await lists.recent(key)).toBeNull();
      const overtaken = async () => {
        await sleep(400);
        expect(await lists.recent(key, { orElse: async () => range(1, 3) })).toEqual(range(1, 3));
        return range(1, 2);
      };
      expect(await lists.recent(key, { orElse: overtaken })).toEqual(range(1, 2));
      expect(await lists.recent(key)).toEqual(range(1, 3));
    });

    test("is one at a time; the others return what they loaded, or the list once it is there", async () => {
      const lists = wholes();
      const key = room();
      const inside = async () => {
        expect(await lists.recent(key, { orElse: async () => range(1, 2) })).toEqual(range(1, 2));
        expect(await raw("EXISTS", lists.keyOf(key))).toBe(0);
        return range(1, 3);
      };
      expect(await lists.recent(key, { orElse: inside })).toEqual(range(1, 3));
      expect(await lists.recent(key, { orElse: failing })).toEqual(range(1, 3));
    });

    test("gives its token back where it fails, finds nothing, or loads what the schema refuses", async () => {
      const lists = wholes();
      const key = room();
      const token = `${lists.keyOf(key)}:fill`;
      expect(await rejection(lists.recent(key, { orElse: failing }))).toMatchObject({
        message: "the load was not to run",
      });
      expect(await raw("EXISTS", token)).toBe(0);
      expect(await lists.recent(key, { orElse: async () => [] })).toEqual([]);
      expect(await raw("EXISTS", token)).toBe(0);
      const bad = async () => [message(1), { id: 0.5, at: new Date() }];
      expect(await rejection(lists.recent(key, { orElse: bad }))).toMatchObject({ code: "invalid-value" });
      for (const nothing of [undefined, null, { rows: [] }]) {
        expect(await rejection(lists.recent(key, { orElse: async () => nothing as never }))).toMatchObject({
          code: "invalid-argument",
          field: "orElse",
        });
      }
      expect(await raw("EXISTS", token, lists.keyOf(key))).toBe(0);
    });

    test("may hold an item that is pushed after the fill: it is not stored twice", async () => {
      const lists = wholes();
      const key = room();
      await lists.recent(key, { orElse: async () => range(1, 3) });
      expect(await lists.push(key, message(3), message(4))).toBe(true);
      expect(await lists.push(key, message(4))).toBe(true);
      expect(await lists.recent(key)).toEqual(range(1, 4));
    });

    test("of more items than one command should carry", async () => {
      const lists = wholes({ cap: 5000 });
      const key = room();
      await lists.recent(key, { orElse: async () => range(1, 6000) });
      expect(await lists.recent(key)).toEqual(range(1001, 6000));
    });

    test("against pushes, expiries and clears in any order: never partial, never without a push, never twice", async () => {
      const lists = wholes({ cap: 10_000 });
      const seed = 7 + topologies.indexOf(topology);
      let state = seed;
      // Pauses from a seed (Lehmer's generator); the order of events is the server's all the same.
      const random = (n: number) => {
        state = (state * 48_271) % 2_147_483_647;
        return state % n;
      };
      const pause = async () => {
        for (let ticks = random(6); ticks > 0; ticks -= 1) await new Promise(setImmediate);
        if (random(3) === 0) await sleep(random(8));
      };
      for (let round = 0; round < 4; round += 1) {
        const key = room();
        const database: Message[] = [];
        const pushed: Message[] = [];
        let next = 0;
        let writing = 4;
        const writer = async () => {
          for (let i = 0; i < 25; i += 1) {
            const item = message(next++);
            await pause();
            database.push(item);
            await pause();
            await lists.push(key, item);
            pushed.push(item);
          }
          writing -= 1;
        };
        const check = (items: readonly Message[], before: readonly Message[]) => {
          const ids = new Set(items.map(({ id }) => id));
          expect(ids.size, `twice, seed ${seed}`).toBe(items.length);
          expect(
            before.filter(({ id }) => !ids.has(id)),
            `lost, seed ${seed}`,
          ).toEqual([]);
        };
        const reader = async () => {
          while (writing > 0) {
            const before = pushed.slice();
            const orElse = async () => {
              await pause();
              const rows = database.slice();
              await pause();
              return rows;
            };
            check(await lists.recent(key, { orElse }), before);
            await pause();
          }
        };
        const accident = async () => {
          while (writing > 0) {
            await sleep(5 + random(20));
            if (random(4) === 0) await lists.clear(key);
            else await raw("DEL", lists.keyOf(key));
          }
        };
        await Promise.all([writer(), writer(), writer(), writer(), reader(), reader(), reader(), accident()]);
        const list = await lists.recent(key);
        if (list !== null) check(list, database);
        // In the quiet after it a load fills, and nothing of the rush stands in its way.
        await lists.recent(key, { orElse: async () => database });
        check((await lists.recent(key)) ?? [], database);
      }
    });
  });
});

test("a push that finds no memory clears a whole history, which would lack the item", async ({ skip }) => {
  const server = await startRedis();
  skip(server.pid === undefined, "maxmemory is not set on a server that others use");
  const client = createClient({ url: server.url }).on("error", () => undefined) as RedisClientType;
  await client.connect();
  try {
    const lists = new Lists(new Runtime(client, ["default"]), whole);
    const key = { roomId: "1" };
    await lists.recent(key, { orElse: async () => range(1, 2) });
    await client.sendCommand(["CONFIG", "SET", "maxmemory", "1"]);
    expect(await rejection(lists.push(key, message(3)))).toMatchObject({ code: "refused", reply: "OOM" });
    expect(await client.exists(lists.keyOf(key))).toBe(0);
    // The load stands in: the token finds no memory either.
    expect(await lists.recent(key, { orElse: async () => range(1, 3) })).toEqual(range(1, 3));
  } finally {
    client.destroy();
    await server.stop();
  }
});

describe("C2 a client that dies while it writes leaves no list without a TTL", () => {
  const ttl = { kind: "fixed", ms: 60_000 } as const;
  test("push of a list that is its own truth", () =>
    expectTtlWheneverKilled((runtime, roomId) => new Lists(runtime, { ...alone, ttl }).push({ roomId }, message(1))));
  test("push to a whole history", () =>
    expectTtlWheneverKilled(
      (runtime, roomId) => new Lists(runtime, { ...whole, ttl }).push({ roomId }, message(2)),
      (runtime, roomId) =>
        new Lists(runtime, { ...whole, ttl }).recent({ roomId }, { orElse: async () => [message(1)] }),
    ));
});
