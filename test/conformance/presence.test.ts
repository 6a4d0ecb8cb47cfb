import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type PresenceFamily,
  PresenceRepository,
  type SubjectPresenceFamily,
  SubjectPresenceRepository,
} from "../../src/repositories/presence.js";
import { Scope } from "../../src/repositories/scope.js";
import { type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import type { Plan } from "../../src/runtime/plan.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { str } from "../../src/schema/patterns/encode.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

interface RoomKey {
  readonly roomId: string;
}
interface UserKey {
  readonly userId: string;
}

class Rooms extends PresenceRepository<RoomKey> {
  constructor(runtime: Runtime, family: PresenceFamily) {
    super(runtime, family, (k) => family.pattern.replace("<roomId>", str(k.roomId, "roomId")));
  }
}

class Users extends SubjectPresenceRepository<UserKey> {
  constructor(runtime: Runtime, family: SubjectPresenceFamily) {
    super(runtime, family, (k) => `presence:${str(k.userId, "userId")}`);
  }
}

const hour = 3_600_000;
const common = { kind: "presence", store: "default", tier: "R3", deadline: 10_000, retries: 0 } as const;

const usersFamily: SubjectPresenceFamily = {
  ...common,
  name: "userPresence",
  pattern: "presence:<userId>",
  tagged: false,
  ttl: { kind: "fixed", ms: 180_000 },
  heartbeat: 60_000,
  grace: 150_000,
};

const roomFamily: PresenceFamily = {
  ...common,
  name: "roomPresence",
  pattern: "chat:online:{<roomId>}",
  tagged: true,
  ttl: { kind: "fixed", ms: hour },
  heartbeat: 20_000,
  grace: 50_000,
  devices: false,
  member: compileCodec(z.string().min(1).max(40), "string"),
};

describe.each(topologies)("presence on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let runtime: Runtime;

  beforeAll(async () => {
    connection = await topology.connect();
    runtime = new Runtime(connection.client, ["default"], { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    // Companions of untagged places begin with a brace.
    await connection.flushPrefix(`{${prefix}`);
    await connection.close();
  });

  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const sent = (act: () => unknown) => sentCommands(topology, prefix, act);
  const room = (): RoomKey => ({ roomId: randomUUID() });
  const rejection = (call: Promise<unknown>) =>
    call.then(
      () => "it did not fail",
      (error) => error,
    );
  /** Milliseconds of the clock of the key's server. */
  const clock = async (key: string) => {
    const [seconds, micros] = (await connection.send(["TIME"], key)) as [string, string];
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  };

  describe.each([
    { form: "members", more: {} },
    { form: "members with devices", more: { devices: true } },
    {
      form: "members, untagged, with devices",
      more: { devices: true, tagged: false, pattern: "chat:online:<roomId>" },
    },
  ])("$form", ({ more }) => {
    const rooms = (again: Partial<PresenceFamily> = {}) => new Rooms(runtime, { ...roomFamily, ...more, ...again });
    /** As if the member had been seen last so long ago. */
    const seenAgo = async (places: Rooms, key: RoomKey, member: string, ms: number) => {
      const name = places.keyOf(key);
      await raw("ZADD", name, String((await clock(name)) - ms), member);
    };

    test("comes, stays and leaves; the first heartbeat and the last leave say so", async () => {
      const places = rooms();
      const key = room();
      expect(await places.isOnline(key, "ann")).toBe(false);
      expect(await places.members(key)).toEqual([]);
      expect(await places.count(key)).toBe(0);
      expect(await places.leave(key, "ann")).toBe(false);
      expect(await places.heartbeat(key, "ann")).toBe(true);
      expect(await places.heartbeat(key, "ann")).toBe(false);
      expect(await places.heartbeat(key, "bob")).toBe(true);
      expect(await places.isOnline(key, "ann")).toBe(true);
      expect((await places.members(key)).sort()).toEqual(["ann", "bob"]);
      expect(await places.count(key)).toBe(2);
      expect(await places.leave(key, "ann")).toBe(true);
      expect(await places.leave(key, "ann")).toBe(false);
      expect(await places.members(key)).toEqual(["bob"]);
      expect(await places.heartbeat(key, "ann")).toBe(true);
    });

    test("one missed heartbeat is no leave, two and a half are", async () => {
      const places = rooms();
      const key = room();
      await places.heartbeat(key, "here");
      await seenAgo(places, key, "missed-one", 40_000);
      await seenAgo(places, key, "gone", 50_001);
      expect(await places.onlineAmong(key, ["gone", "missed-one", "never", "here"])).toEqual(["missed-one", "here"]);
      expect(await places.isOnline(key, "missed-one")).toBe(true);
      expect(await places.isOnline(key, "gone")).toBe(false);
      expect(await places.members(key)).toEqual(["here", "missed-one"]);
      expect(await places.members(key, { limit: 1 })).toEqual(["here"]);
      expect(await places.count(key)).toBe(2);
      // Leaving when one is long gone is no news, and coming back is.
      await seenAgo(places, key, "gone-too", 50_001);
      expect(await places.leave(key, "gone-too")).toBe(false);
      await seenAgo(places, key, "gone-three", 50_001);
      expect(await places.heartbeat(key, "gone-three")).toBe(true);
      expect(await places.heartbeat(key, "missed-one")).toBe(false);
    });

    test("who was seen in the future is not present, and is swept", async () => {
      const places = rooms();
      const key = room();
      const name = places.keyOf(key);
      await places.heartbeat(key, "here");
      // A little ahead is the clock of a server that was the primary before.
      await seenAgo(places, key, "ahead", -10_000);
      await raw("ZADD", name, "+inf", "for-ever", "9000000000000000", "far", "-inf", "long-ago");
      await seenAgo(places, key, "set-back", -120_000);
      const stale = ["for-ever", "far", "set-back", "long-ago"];
      expect((await places.members(key)).sort()).toEqual(["ahead", "here"]);
      expect(await places.count(key)).toBe(2);
      expect(await places.onlineAmong(key, [...stale, "ahead"])).toEqual(["ahead"]);
      for (const member of stale) expect(await places.isOnline(key, member)).toBe(false);
      expect(await places.leave(key, "far")).toBe(false);
      expect(await places.heartbeat(key, "for-ever")).toBe(true);
      expect(await places.isOnline(key, "for-ever")).toBe(true);
      expect(((await raw("ZRANGE", name, "0", "-1")) as string[]).sort()).toEqual(["ahead", "for-ever", "here"]);
    });

    test("the time is the server's, and a heartbeat sets the TTL of the place in its own step", async () => {
      const places = rooms();
      const key = room();
      const name = places.keyOf(key);
      const before = await clock(name);
      await places.heartbeat(key, "ann");
      const score = Number(await raw("ZSCORE", name, "ann"));
      expect(score).toBeGreaterThanOrEqual(before);
      expect(score).toBeLessThanOrEqual(await clock(name));
      const keys = places.family.devices
        ? [name, places.family.tagged ? `${name}:devices` : `{${name}}:devices`]
        : [name];
      for (const each of keys) {
        await raw("PEXPIRE", each, "60000");
        await places.heartbeat(key, "ann");
        expect(await raw("PTTL", each)).toBeGreaterThan(hour - 60_000);
        expect(await raw("PTTL", each)).toBeLessThanOrEqual(hour);
        await raw("PERSIST", each);
        await places.heartbeat(key, "bob");
        expect(await raw("PTTL", each)).toBeGreaterThan(0);
      }
    });

    test("a heartbeat sweeps up to 100 members who went without leaving", async () => {
      const places = rooms();
      const key = room();
      const name = places.keyOf(key);
      const old = String((await clock(name)) - 60_000);
      const gone = Array.from({ length: 150 }, (_, i) => [old, `gone${i}`]).flat();
      await raw("ZADD", name, ...gone);
      await places.heartbeat(key, "ann");
      expect(await raw("ZCARD", name)).toBe(51);
      await places.heartbeat(key, "ann");
      expect(await raw("ZCARD", name)).toBe(1);
    });

    test("each question is one command, however many members it names", async () => {
      const places = rooms();
      const key = room();
      const members = Array.from({ length: 1000 }, (_, i) => `user${i}`);
      const now = String(await clock(places.keyOf(key)));
      const present = members.filter((_, i) => i % 2 === 0);
      await raw("ZADD", places.keyOf(key), ...present.flatMap((member) => [now, member]));
      // Every server knows the scripts then.
      await Promise.all([places.members(key), places.count(key), places.isOnline(key, "user0")]);
      const commands = await sent(async () => {
        expect(await places.onlineAmong(key, members)).toEqual(present);
        expect(await places.isOnline(key, "user0")).toBe(true);
        expect(await places.count(key)).toBe(500);
        expect(await places.members(key)).toHaveLength(500);
        expect(await places.onlineAmong(key, [])).toEqual([]);
      });
      expect(commands.map(([name]) => name)).toEqual(Array(4).fill("EVALSHA"));
    });

    test("members are stored as their own text", async () => {
      const places = rooms();
      const key = room();
      const odd = ["a:b", 'q"\\', "é😀", "a\u001fb", " ", "a\u0000"];
      for (const member of odd) await places.heartbeat(key, member);
      expect(((await raw("ZRANGE", places.keyOf(key), "0", "-1")) as string[]).sort()).toEqual([...odd].sort());
      expect((await places.members(key)).sort()).toEqual([...odd].sort());
      for (const member of odd) expect(await places.leave(key, member)).toBe(true);
      expect(await raw("EXISTS", places.keyOf(key))).toBe(0);
    });

    test("an entry that is no member is passed over, with an event", async () => {
      const places = rooms();
      const key = room();
      await places.heartbeat(key, "ann");
      await seenAgo(places, key, "x".repeat(41), 0);
      const events: KeywrightEvent[] = [];
      const stop = onEvent((event) => event.type === "undecodable" && events.push(event));
      expect(await places.members(key)).toEqual(["ann"]);
      stop();
      expect(events).toMatchObject([{ family: "roomPresence", operation: "members" }]);
    });

    test("a bad member, limit or parameter is never sent", async () => {
      const places = rooms();
      const key = room();
      const commands = await sent(async () => {
        for (const bad of ["", "x".repeat(41), "\ud800", 7 as never]) {
          for (const call of [
            () => places.heartbeat(key, bad),
            () => places.leave(key, bad),
            () => places.isOnline(key, bad),
            () => places.onlineAmong(key, ["ann", bad]),
          ]) {
            expect(await rejection(call())).toMatchObject({ code: "invalid-value", field: "member" });
          }
        }
        for (const limit of [0, -1, 1.5, Number.NaN]) {
          expect(await rejection(places.members(key, { limit }))).toMatchObject({ field: "limit" });
        }
        const nowhere = { roomId: "a:b" };
        for (const call of [
          () => places.heartbeat(nowhere, "ann"),
          () => places.leave(nowhere, "ann"),
          () => places.isOnline(nowhere, "ann"),
          () => places.onlineAmong(nowhere, []),
          () => places.members(nowhere),
          () => places.count(nowhere),
        ]) {
          expect(await rejection(call())).toMatchObject({ code: "invalid-parameter", field: "roomId" });
        }
      });
      expect(commands).toEqual([]);
    });

    test("a key of another type is a WrongTypeError, and stays as it is", async () => {
      const places = rooms();
      const key = room();
      await raw("SET", places.keyOf(key), "x");
      for (const call of [
        () => places.heartbeat(key, "ann"),
        () => places.leave(key, "ann"),
        () => places.isOnline(key, "ann"),
        () => places.onlineAmong(key, ["ann"]),
        () => places.members(key),
        () => places.count(key),
      ]) {
        expect(await rejection(call())).toMatchObject({ code: "wrong-type", family: "roomPresence" });
      }
      expect(await raw("GET", places.keyOf(key))).toBe("x");
    });
  });

  describe("devices", () => {
    const rooms = (more: Partial<PresenceFamily> = {}) => new Rooms(runtime, { ...roomFamily, devices: true, ...more });

    test("the leave of one leaves the others; the last takes the member along", async () => {
      const places = rooms();
      const key = room();
      expect(await places.heartbeat(key, "ann", "phone")).toBe(true);
      expect(await places.heartbeat(key, "ann", "laptop")).toBe(false);
      expect(await places.heartbeat(key, "bob", "phone")).toBe(true);
      expect(await places.members(key)).toHaveLength(2);
      expect(await places.count(key)).toBe(2);
      expect(await places.leave(key, "ann", "tablet")).toBe(false);
      expect(await places.leave(key, "ann", "phone")).toBe(false);
      expect(await places.leave(key, "ann", "phone")).toBe(false);
      expect(await places.isOnline(key, "ann")).toBe(true);
      expect(await places.leave(key, "ann", "laptop")).toBe(true);
      expect(await places.members(key)).toEqual(["bob"]);
      expect(await places.leave(key, "bob", "phone")).toBe(true);
      expect(await raw("EXISTS", places.keyOf(key), `${places.keyOf(key)}:devices`)).toBe(0);
    });

    test("a leave without a device takes all of the member's, and nobody else's", async () => {
      const places = rooms();
      const key = room();
      for (const member of ["ann", "anna"]) {
        for (const device of ["phone", "laptop", "1", "né"]) await places.heartbeat(key, member, device);
      }
      await places.heartbeat(key, "ann");
      expect(await places.leave(key, "ann")).toBe(true);
      expect(await places.members(key)).toEqual(["anna"]);
      expect(await raw("HKEYS", `${places.keyOf(key)}:devices`)).toEqual(["anna"]);
    });

    test("a heartbeat without a device is a device of its own", async () => {
      const places = rooms();
      const key = room();
      await places.heartbeat(key, "ann");
      await places.heartbeat(key, "ann", "phone");
      expect(await places.leave(key, "ann", "phone")).toBe(false);
      expect(await places.isOnline(key, "ann")).toBe(true);
      expect(await places.leave(key, "ann")).toBe(true);
    });

    test("after a leave the member stays only as long as its other devices were seen", async () => {
      const places = rooms();
      const key = room();
      const name = places.keyOf(key);
      const now = await clock(name);
      /** As if ann's other devices had been seen last so long ago, and she has just reported from her phone. */
      const othersSeenAgo = async (ages: Record<string, number>) => {
        const times = Object.entries(ages).map(([device, ms]) => [device, now - ms]);
        await raw("ZADD", name, String(now - Math.min(...Object.values(ages))), "ann");
        await raw("HSET", `${name}:devices`, "ann", JSON.stringify(Object.fromEntries(times)));
        await places.heartbeat(key, "ann", "phone");
      };
      await othersSeenAgo({ laptop: 5000, tablet: 9000 });
      expect(Number(await raw("ZSCORE", name, "ann"))).toBeGreaterThanOrEqual(now);
      expect(await places.leave(key, "ann", "phone")).toBe(false);
      expect(Number(await raw("ZSCORE", name, "ann"))).toBe(now - 5000);
      // A device that has missed its heartbeats holds nobody, whether a heartbeat or the leave itself finds it out.
      await raw("ZADD", name, String(now), "bob");
      await raw("HSET", `${name}:devices`, "bob", JSON.stringify({ phone: now, laptop: now - 50_001 }));
      expect(await places.leave(key, "bob", "phone")).toBe(true);
      await othersSeenAgo({ laptop: 50_001 });
      expect(await places.leave(key, "ann", "phone")).toBe(true);
      expect(await places.isOnline(key, "ann")).toBe(false);
      expect(await raw("EXISTS", name)).toBe(0);
      expect(await raw("EXISTS", `${name}:devices`)).toBe(0);
    });

    test("who was reported by a program that knows no devices is not taken along", async () => {
      const places = rooms();
      const key = room();
      const name = places.keyOf(key);
      await raw("ZADD", name, String(await clock(name)), "ann");
      expect(await places.leave(key, "ann", "phone")).toBe(false);
      expect(await places.heartbeat(key, "ann", "phone")).toBe(false);
      expect(await places.leave(key, "ann", "phone")).toBe(false);
      expect(await places.isOnline(key, "ann")).toBe(true);
    });

    test("the sweep takes their devices along", async () => {
      const places = rooms();
      const key = room();
      const name = places.keyOf(key);
      await places.heartbeat(key, "ann", "phone");
      await raw("ZADD", name, "1", "ann");
      await places.heartbeat(key, "bob", "phone");
      expect(await raw("HKEYS", `${name}:devices`)).toEqual(["bob"]);
    });

    test("a heartbeat forgets devices that are stale, or of the future", async () => {
      const places = rooms();
      const key = room();
      const name = places.keyOf(key);
      const now = await clock(name);
      await raw("ZADD", name, String(now), "ann");
      const devices = { old: now - 50_001, laptop: now - 5000, late: 9e15 };
      await raw("HSET", `${name}:devices`, "ann", JSON.stringify(devices));
      await places.heartbeat(key, "ann", "phone");
      const kept = JSON.parse((await raw("HGET", `${name}:devices`, "ann")) as string);
      expect(Object.keys(kept).sort()).toEqual(["laptop", "phone"]);
      await raw("HSET", `${name}:devices`, "ann", JSON.stringify({ phone: now, late: 9e15 }));
      expect(await places.leave(key, "ann", "phone")).toBe(true);
    });

    test("a leave never makes a place, which would have no TTL", async () => {
      const places = rooms();
      const key = room();
      const name = places.keyOf(key);
      await places.heartbeat(key, "ann", "phone");
      await places.heartbeat(key, "ann", "laptop");
      await raw("DEL", name);
      expect(await places.leave(key, "ann", "phone")).toBe(false);
      expect(await raw("EXISTS", name)).toBe(0);
      expect(await raw("PTTL", `${name}:devices`)).toBeGreaterThan(0);
    });

    test.each(["abc", "null", "5", '{"a":"x"}', "", "[]", '["x"]', '{"a":{}}'])(
      "devices that are none (%j) are undecodable, and stay",
      async (text) => {
        const places = rooms();
        const key = room();
        const name = places.keyOf(key);
        await places.heartbeat(key, "ann", "phone");
        const score = await raw("ZSCORE", name, "ann");
        await raw("HSET", `${name}:devices`, "ann", text);
        for (const call of [() => places.heartbeat(key, "ann", "phone"), () => places.leave(key, "ann", "phone")]) {
          expect(await rejection(call())).toMatchObject({ code: "undecodable-value", mayHaveBeenApplied: false });
        }
        expect(await raw("HGET", `${name}:devices`, "ann")).toBe(text);
        expect(await raw("ZSCORE", name, "ann")).toEqual(score);
        expect(await places.leave(key, "ann")).toBe(true);
        expect(await places.heartbeat(key, "ann", "phone")).toBe(true);
      },
    );

    test("a device is a short text, and only where the schema has devices", async () => {
      const places = rooms();
      const without = rooms({ devices: false });
      const commands = await sent(async () => {
        for (const device of ["", "x".repeat(257), "\udc00", 7 as never]) {
          for (const call of [
            () => places.heartbeat(room(), "ann", device),
            () => places.leave(room(), "ann", device),
          ]) {
            expect(await rejection(call())).toMatchObject({ code: "invalid-argument", field: "device" });
          }
        }
        expect(await rejection(without.heartbeat(room(), "ann", "phone"))).toMatchObject({ field: "device" });
      });
      expect(commands).toEqual([]);
    });
  });

  test("heartbeat, leave and questions go into one transaction of a scope", async () => {
    const places = new Rooms(runtime, { ...roomFamily, devices: true });
    const { roomId } = room();
    const members = { places: { repository: places as never, whole: true, forbidden: new Set<string>() } };
    const scope = new Scope<{ places: Record<string, (...args: string[]) => Plan<unknown>> }>(
      "room",
      { roomId },
      members,
      runtime.store(roomFamily).executor,
    );
    const results = await scope.transaction(({ places: tx }) => [
      tx.heartbeat!("ann", "phone"),
      tx.heartbeat!("bob"),
      tx.count!(),
      tx.leave!("bob"),
      tx.isOnline!("bob"),
      tx.members!(),
    ]);
    expect(results).toEqual([true, true, 2, true, false, ["ann"]]);
  });

  describe("subjects", () => {
    const users = () => new Users(runtime, usersFamily);
    const user = (): UserKey => ({ userId: randomUUID() });

    test('K4 a heartbeat holds presence:<userId> "1" for 3 min, each anew', async () => {
      const presence = users();
      const key = user();
      const name = presence.keyOf(key);
      expect(await presence.isOnline(key)).toBe(false);
      expect(await presence.heartbeat(key)).toBe(true);
      expect(await raw("GET", name)).toBe("1");
      await raw("PEXPIRE", name, "60000");
      expect(await presence.heartbeat(key)).toBe(false);
      expect(await raw("PTTL", name)).toBeGreaterThan(170_000);
      expect(await raw("PTTL", name)).toBeLessThanOrEqual(180_000);
      expect(await presence.isOnline(key)).toBe(true);
      expect(await presence.leave(key)).toBe(true);
      expect(await presence.leave(key)).toBe(false);
      expect(await presence.isOnline(key)).toBe(false);
    });

    test("K4 a batch of 1000 ids asks by slot, all at once", async () => {
      const presence = users();
      const keys = Array.from({ length: 1000 }, user);
      const online = keys.filter((_, i) => i % 10 === 3);
      await Promise.all(online.map((key) => presence.heartbeat(key)));
      const commands = await sent(async () => {
        const found = await presence.onlineAmong(keys);
        expect(found).toEqual(online);
        // The very objects: a set of them answers for each id.
        expect(found.every((key, i) => key === online[i])).toBe(true);
      });
      expect(commands.every(([name]) => ["GET", "MGET", "EXISTS"].includes(name as string))).toBe(true);
      if (topology.isCluster) {
        // Ids without a tag lie in nearly as many slots as there are ids: no command spans two.
        expect(commands.length).toBeLessThanOrEqual(1060);
      } else {
        expect(commands.filter(([name]) => name === "MGET")).toHaveLength(16);
        expect(commands.length).toBeLessThanOrEqual(32);
      }
      const asked = commands.filter(([name]) => name !== "EXISTS").flatMap(([, ...names]) => names);
      expect(asked.sort()).toEqual(keys.map((key) => presence.keyOf(key)).sort());
    });

    test("no ids, no command; a bad id is refused before the others are sent", async () => {
      const presence = users();
      const commands = await sent(async () => {
        expect(await presence.onlineAmong([])).toEqual([]);
        const bad = { userId: "a:b" };
        for (const call of [
          () => presence.onlineAmong([user(), bad]),
          () => presence.heartbeat(bad),
          () => presence.leave(bad),
          () => presence.isOnline(bad),
        ]) {
          expect(await rejection(call())).toMatchObject({ code: "invalid-parameter", field: "userId" });
        }
      });
      expect(commands).toEqual([]);
    });

    test("a key of another type is a WrongTypeError, and a heartbeat does not overwrite it", async () => {
      const presence = users();
      const key = user();
      await raw("RPUSH", presence.keyOf(key), "x");
      for (const call of [
        () => presence.heartbeat(key),
        () => presence.isOnline(key),
        () => presence.onlineAmong([user(), key]),
      ]) {
        expect(await rejection(call())).toMatchObject({ code: "wrong-type", family: "userPresence" });
      }
      expect(await raw("TYPE", presence.keyOf(key))).toBe("list");
    });
  });
});
