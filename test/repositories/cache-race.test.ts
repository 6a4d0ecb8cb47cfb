/** Loads, invalidations and sets that meet in one process, over every kind of client. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Flights } from "../../src/repositories/cache-flight.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";
import { Cached, gate, type IdKey, users } from "./cache-family.js";

const versions = { ...users, name: "versions", value: compileCodec(z.int(), "json") };

/** A load that the test holds: `begun` when it runs, and it brings what `loading` is opened with. */
function heldLoad() {
  const [begun, loading] = [gate(), gate<number>()];
  const loader = () => {
    begun.open();
    return loading.opened;
  };
  return { begun: begun.opened, bring: loading.open, loader };
}

describe.each(topologies)("a cache in one process on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;

  beforeAll(async () => {
    connection = await topology.connect();
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  const fresh = (): IdKey => ({ id: randomUUID() });
  /** A cache over a runtime of its own, so that a test can hold up what it sends. */
  const cached = () => {
    const runtime = new Runtime(connection.client, ["default"], { prefix });
    return { cache: new Cached(runtime, versions), port: runtime.store(versions).executor.port };
  };
  const exists = (name: string) => connection.send(["EXISTS", name]);

  test.each([
    ["invalidate", (cache: Cached<number>, key: IdKey) => cache.invalidate(key)],
    ["invalidateMany", (cache: Cached<number>, key: IdKey) => cache.invalidateMany([key])],
  ])("%s during a load: nothing is stored, and no later reader joins it", async (_, invalidate) => {
    const { cache } = cached();
    const key = fresh();
    const old = heldLoad();
    const earlier = [cache.fetch(key, old.loader), cache.fetch(key, old.loader)];
    await old.begun;
    expect(await invalidate(cache, key)).toEqual({ applied: true });
    // The old load runs on, and this reader has its own.
    const later = heldLoad();
    const reader = cache.fetch(key, later.loader);
    await later.begun;
    later.bring(2);
    expect(await reader).toBe(2);
    old.bring(1);
    expect(await Promise.all(earlier)).toEqual([1, 1]);
    expect(await cache.get(key)).toBe(2);
    expect(cache.stats()).toMatchObject({ loads: 2, joins: 1, fills: 1, droppedFills: 1 });
  });

  test("an invalidated load stores nothing, also where the key stays absent", async () => {
    const { cache } = cached();
    const key = fresh();
    const old = heldLoad();
    const earlier = cache.fetch(key, old.loader);
    await old.begun;
    await cache.invalidate(key);
    old.bring(1);
    expect(await earlier).toBe(1);
    expect(await exists(cache.keyOf(key))).toBe(0);
  });

  test("set during a load: it stays, and no later reader joins the load, even where the value has gone again", async () => {
    const { cache } = cached();
    const key = fresh();
    const old = heldLoad();
    const earlier = cache.fetch(key, old.loader);
    await old.begun;
    await cache.set(key, 2);
    await connection.send(["DEL", cache.keyOf(key)]);
    expect(await cache.fetch(key, async () => 3)).toBe(3);
    await connection.send(["DEL", cache.keyOf(key)]);
    old.bring(1);
    expect(await earlier).toBe(1);
    expect(await exists(cache.keyOf(key))).toBe(0);
  });

  test.each(["fill", "set"])(
    "an invalidation waits for a %s that is on its way, which could come after it",
    async (of) => {
      const { cache, port } = cached();
      const key = fresh();
      // A slow connection of a pool: the SET arrives when the DEL that was sent after it has long been answered.
      const send = port.send.bind(port);
      const [leaving, held] = [gate(), gate()];
      const asked: unknown[] = [];
      port.send = async (name, args, binary) => {
        if (args[0] === "SET") {
          leaving.open();
          await held.opened;
        }
        asked.push(args[0]);
        return send(name, args, binary);
      };
      const write = of === "set" ? cache.set(key, 1) : cache.fetch(key, async () => 1);
      await leaving.opened;
      let applied: unknown;
      const invalidations = [1, 2].map(async () => {
        applied = await cache.invalidate(key);
      });
      await sleep(50);
      expect(applied).toBeUndefined();
      held.open();
      await Promise.all([write, ...invalidations]);
      expect(applied).toEqual({ applied: true });
      expect(await exists(cache.keyOf(key))).toBe(0);
      expect(asked.slice(-3)).toEqual(["SET", "DEL", "DEL"]);
    },
  );

  test("of sets that are called one after the other the last stays, though its connection is the faster", async () => {
    const { cache, port } = cached();
    const key = fresh();
    const send = port.send.bind(port);
    const held = gate();
    let sets = 0;
    port.send = async (name, args, binary) => {
      if (args[0] === "SET") {
        sets += 1;
        if (sets === 1) await held.opened;
      }
      return send(name, args, binary);
    };
    const writes = [cache.set(key, 1), cache.set(key, 2), cache.set(key, 3)];
    await sleep(20);
    held.open();
    await Promise.all(writes);
    // The second had not been sent when the third took its place.
    expect(sets).toBe(2);
    expect(await cache.get(key)).toBe(3);
    // One that fails holds up none.
    port.send = async (name, args, binary) => {
      if (args[0] === "SET" && String(args[2]).endsWith(',"json":4}')) throw new Error("cut off");
      return send(name, args, binary);
    };
    const [failed] = await Promise.allSettled([cache.set(key, 4), cache.set(key, 5)]);
    expect(failed).toMatchObject({ status: "rejected", reason: { code: "connection-lost" } });
    expect(await cache.get(key)).toBe(5);
    // Who was to be sent fails with the one that took its place.
    const lost = await Promise.allSettled([cache.set(key, 6), cache.set(key, 7), cache.set(key, 4)]);
    expect(lost.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(await cache.get(key)).toBe(6);
  });

  test("a set and a fill that meet an older DEL: what was read before the set does not come back", async () => {
    const { cache, port } = cached();
    const key = fresh();
    const send = port.send.bind(port);
    const held = { DEL: gate(), fill: gate(), set: gate() };
    const left = { DEL: gate(), fill: gate(), set: gate() };
    port.send = async (name, args, binary) => {
      const what = args[0] === "DEL" ? "DEL" : args[0] !== "SET" ? undefined : args.includes("NX") ? "fill" : "set";
      if (what !== undefined) {
        left[what].open();
        await held[what].opened;
      }
      return send(name, args, binary);
    };
    const invalidation = cache.invalidate(key);
    const reader = cache.fetch(key, async () => 1);
    await left.fill.opened;
    const write = cache.set(key, 2);
    held.set.open();
    // What a set that did not wait for the fill would have answered by now.
    const early = await Promise.race([write.then(() => "set"), sleep(50)]);
    held.DEL.open();
    await invalidation;
    held.fill.open();
    await Promise.all([reader, write]);
    expect(early).toBeUndefined();
    expect(await cache.get(key)).toBe(2);
    // Nor is anything filled while a set is on its way.
    await cache.invalidate(key);
    held.set = gate();
    left.set = gate();
    const later = cache.set(key, 4);
    await left.set.opened;
    expect(await cache.fetch(key, async () => 3)).toBe(3);
    expect(await exists(cache.keyOf(key))).toBe(0);
    held.set.open();
    await later;
    expect(await cache.get(key)).toBe(4);
  });

  test("a reader never gets what is older than an acknowledged write", { timeout: 60_000 }, async () => {
    const { cache } = cached();
    for (let seed = 1; seed <= 3; seed += 1) {
      let state = seed * 7919;
      const random = (below: number) => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return state % below;
      };
      const pause = () => sleep(random(4));
      const key = fresh();
      let committed = 0;
      let acknowledged = 0;
      let writing = true;
      const writer = async () => {
        for (let i = 0; i < 60; i += 1) {
          await pause();
          committed += 1;
          if (random(3) === 0) await cache.set(key, committed);
          else expect(await cache.invalidate(key)).toEqual({ applied: true });
          acknowledged = committed;
        }
        writing = false;
      };
      const reader = async () => {
        while (writing) {
          const before = acknowledged;
          const loader = async () => {
            const row = committed;
            await pause();
            return row;
          };
          expect(await cache.fetch(key, loader), `seed ${seed}`).toBeGreaterThanOrEqual(before);
          if (random(2) === 0) await pause();
        }
      };
      await Promise.all([writer(), reader(), reader(), reader(), reader()]);
      expect(await cache.fetch(key, async () => committed)).toBe(committed);
    }
    // The rush had hits, shared loads and dropped fills, or it has shown nothing.
    const { hits, joins, fills, droppedFills } = cache.stats();
    for (const count of [hits, joins, fills, droppedFills]) expect(count).toBeGreaterThan(0);
  });
});

describe("flights", () => {
  test("a key is held only while something is under way there", async () => {
    const flights = new Flights<number>();
    const [load, write] = [gate<number>(), gate<number>()];
    const result = flights.start("a", () => load.opened);
    const written = flights.write("b", write.opened);
    expect(flights.size).toBe(2);
    expect(flights.joinable("a")).toBe(result);
    const waited = flights.revoke("b");
    expect(flights.revoke("a")).toBeUndefined();
    expect(flights.joinable("a")).toBeUndefined();
    expect(flights.size).toBe(1);
    write.fail(new Error("no"));
    await Promise.all([waited, expect(written).rejects.toThrow("no")]);
    load.open(1);
    expect(await result).toBe(1);
    expect(flights.size).toBe(0);
    expect(flights.revoke("a")).toBeUndefined();
    const sent: string[] = [];
    const answers = [gate(), gate()];
    const set = (name: string) => flights.set("c", () => answers[sent.push(name) - 1]!.opened);
    const sets = [set("first"), set("second"), set("third")];
    expect(sent).toEqual(["first"]);
    answers[0]!.open();
    await sets[0];
    expect(sent).toEqual(["first", "third"]);
    expect(flights.size).toBe(1);
    answers[1]!.open();
    await Promise.all(sets);
    expect(flights.size).toBe(0);
    await expect(flights.start("a", () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(flights.size).toBe(0);
  });

  test("an old load that ends leaves the new one joinable", async () => {
    const flights = new Flights<number>();
    const [old, young] = [gate<number>(), gate<number>()];
    const first = flights.start("a", () => old.opened);
    flights.revoke("a");
    const second = flights.start("a", () => young.opened);
    old.open(1);
    await first;
    expect(flights.joinable("a")).toBe(second);
    young.open(2);
    await second;
    expect(flights.size).toBe(0);
  });
});
