import { randomUUID } from "node:crypto";
import { startRedis } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type Coordinates,
  type GeoIndexFamily,
  GeoIndexRepository,
  type LengthUnit,
} from "../../src/repositories/geo-index.js";
import { Scope } from "../../src/repositories/scope.js";
import { type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import type { Plan } from "../../src/runtime/plan.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { str } from "../../src/schema/patterns/encode.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { expectTtlWheneverKilled } from "../setup/killed-writes.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

interface CityKey {
  readonly city: string;
}

class Places extends GeoIndexRepository<CityKey> {
  constructor(runtime: Runtime, family: GeoIndexFamily) {
    super(runtime, family, (k) => family.pattern.replace("<city>", str(k.city, "city")));
  }
}

const hour = 3_600_000;
const lasting: GeoIndexFamily = {
  name: "eventsGeo",
  kind: "geoIndex",
  pattern: "events:geo:{<city>}",
  store: "default",
  tier: "R3",
  deadline: 10_000,
  retries: 0,
  tagged: true,
  ttl: { kind: "persist", because: "events are removed by name" },
  expires: null,
  member: compileCodec(z.string().max(40), "string"),
};

const berlin = { longitude: 13.405, latitude: 52.52 };
const potsdam = { longitude: 13.0645, latitude: 52.3906 };
const paris = { longitude: 2.3522, latitude: 48.8566 };

/** Metres on Redis's sphere, by the haversine formula. */
function haversine(a: Coordinates, b: Coordinates): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const u = Math.sin(radians(b.latitude - a.latitude) / 2);
  const v = Math.sin(radians(b.longitude - a.longitude) / 2);
  const h = u * u + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * v * v;
  return 2 * 6_372_797.560856 * Math.asin(Math.sqrt(h));
}

const rejection = (call: Promise<unknown>) =>
  call.then(
    () => "it did not fail",
    (error) => error,
  );

describe.each(topologies)("geoIndex on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let runtime: Runtime;

  beforeAll(async () => {
    connection = await topology.connect();
    runtime = new Runtime(connection.client, ["default"], { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    // Companions of untagged indexes begin with a brace.
    await connection.flushPrefix(`{${prefix}`);
    await connection.close();
  });

  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const city = (): CityKey => ({ city: randomUUID() });
  const sent = (act: () => unknown) => sentCommands(topology, prefix, act);
  const places = (more: Partial<GeoIndexFamily> = {}) => new Places(runtime, { ...lasting, ...more });

  test.runIf(topology.takesLarge)(
    "K7 10,000 events: GEOADD in batches, GEOSEARCH finds what GEORADIUS and the haversine find; no TTL; remove",
    async () => {
      const index = places();
      const key = city();
      const name = index.keyOf(key);
      let state = 42;
      const random = () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      };
      const entries = Array.from({ length: 10_000 }, (_, i) => ({
        member: `event-${i}`,
        longitude: berlin.longitude + (random() - 0.5) * 2,
        latitude: berlin.latitude + (random() - 0.5) * 1.2,
      }));
      const adding = await sent(async () => {
        expect(await index.addMany(key, entries)).toBe(10_000);
      });
      expect(adding.map(([command]) => command)).toEqual(Array(10).fill("GEOADD"));
      expect(adding.every((args) => args.length === 2 + 3 * 1000)).toBe(true);
      expect(await index.addMany(key, entries.slice(0, 1500))).toBe(0);
      expect(await index.count(key)).toBe(10_000);
      expect(await raw("PTTL", name)).toBe(-1);

      for (const [radius, unit, metres] of [
        [500, "m", 500],
        [5, "km", 5000],
        [20, "mi", 20 * 1609.34],
        [80_000, "ft", 80_000 * 0.3048],
        [300, "km", 300_000],
      ] as [number, LengthUnit, number][]) {
        const found = await index.near(key, berlin, { radius, unit });
        const { longitude, latitude } = berlin;
        const old = (await raw(
          "GEORADIUS_RO",
          name,
          String(longitude),
          String(latitude),
          String(radius),
          unit,
          "WITHDIST",
          "ASC",
        )) as [string, string][];
        expect(found.map(({ member, distance }) => [member, distance])).toEqual(
          old.map(([member, distance]) => [member, Number(distance)]),
        );
        // The geohash moves a place by less than a metre: only the very edge may differ.
        const members = new Set(found.map(({ member }) => member));
        for (const entry of entries) {
          const distance = haversine(berlin, entry);
          if (Math.abs(distance - metres) > 1) expect(members.has(entry.member), entry.member).toBe(distance < metres);
        }
        const byMember = new Map(entries.map((entry) => [entry.member, entry]));
        for (const each of found.slice(0, 200)) {
          const entry = byMember.get(each.member) as Coordinates;
          expect(Math.abs((each.distance * metres) / radius - haversine(berlin, entry))).toBeLessThan(1);
          expect(haversine(each, entry)).toBeLessThan(1);
        }
      }
      const nearest = await index.near(key, berlin, { radius: 300, unit: "km", limit: 5 });
      expect(nearest).toEqual((await index.near(key, berlin, { radius: 300, unit: "km" })).slice(0, 5));
      const first = nearest[0]?.member as string;
      expect(await index.remove(key, first)).toBe(true);
      expect(await index.remove(key, first)).toBe(false);
      expect(await index.position(key, first)).toBeNull();
      const again = await index.near(key, berlin, { radius: 300, unit: "km", limit: 4 });
      expect(again).toEqual(nearest.slice(1));
    },
  );

  describe.each([
    { form: "lasting members", more: {} },
    { form: "members that expire", more: { expires: hour, ttl: { kind: "fixed", ms: hour } } },
    {
      form: "members that expire, untagged",
      more: { expires: hour, tagged: false, pattern: "events:geo:<city>" },
    },
  ] as { form: string; more: Partial<GeoIndexFamily> }[])("$form", ({ more }) => {
    test("are added, moved, found, measured and removed", async () => {
      const index = places(more);
      const key = city();
      const search = { radius: 50, unit: "km" } as const;
      expect(await index.near(key, berlin, search)).toEqual([]);
      expect(await index.near(key, { member: "ann" }, search)).toEqual([]);
      expect(await index.position(key, "ann")).toBeNull();
      expect(await index.distance(key, "ann", "bob", "m")).toBeNull();
      expect(await index.remove(key, "ann")).toBe(false);
      expect(await index.count(key)).toBe(0);
      expect(await index.add(key, "ann", berlin)).toBe(true);
      expect(await index.add(key, "ann", paris)).toBe(false);
      expect(await index.add(key, "ann", berlin)).toBe(false);
      expect(
        await index.addMany(key, [
          { member: "bob", ...potsdam },
          { member: "ann", ...berlin },
          { member: "çem 😀", ...paris },
        ]),
      ).toBe(2);
      expect(await index.addMany(key, [])).toBe(0);
      expect(await index.count(key)).toBe(3);

      const near = await index.near(key, berlin, search);
      expect(near.map(({ member }) => member)).toEqual(["ann", "bob"]);
      expect(near[0]?.distance).toBeLessThan(0.001);
      expect(near[1]?.distance).toBeCloseTo(haversine(berlin, potsdam) / 1000, 2);
      expect(near[1]?.longitude).toBeCloseTo(potsdam.longitude, 4);
      expect(near[1]?.latitude).toBeCloseTo(potsdam.latitude, 4);
      const members = async (...[centre, options]: [Parameters<Places["near"]>[1], Parameters<Places["near"]>[2]]) =>
        (await index.near(key, centre, options)).map(({ member }) => member);
      expect(await members({ member: "bob" }, search)).toEqual(["bob", "ann"]);
      expect(await members({ member: "bob" }, { ...search, order: "farthest-first", limit: 1 })).toEqual(["ann"]);
      expect(await members({ member: "dan" }, search)).toEqual([]);
      expect(await members(berlin, { ...search, limit: 1 })).toEqual(["ann"]);
      expect(await members(berlin, { radius: 2000, unit: "mi", order: "farthest-first" })).toEqual([
        "çem 😀",
        "bob",
        "ann",
      ]);
      // 23 km west and 14 km south.
      expect(await members(berlin, { box: { width: 50, height: 30 }, unit: "km" })).toEqual(["ann", "bob"]);
      expect(await members(berlin, { box: { width: 50, height: 20 }, unit: "km" })).toEqual(["ann"]);

      const apart = (await index.distance(key, "ann", "çem 😀", "km")) as number;
      expect(apart).toBeCloseTo(haversine(berlin, paris) / 1000, 1);
      expect(await index.distance(key, "ann", "dan", "km")).toBeNull();
      expect((await index.position(key, "bob"))?.latitude).toBeCloseTo(potsdam.latitude, 4);
      expect(await index.remove(key, "bob")).toBe(true);
      expect(await members(berlin, search)).toEqual(["ann"]);
      expect(await index.count(key)).toBe(2);
    });

    test("at the edges of the map", async () => {
      const index = places(more);
      const key = city();
      const edges: Coordinates[] = [
        { longitude: 180, latitude: 85.05112878 },
        { longitude: -180, latitude: -85.05112878 },
        { longitude: 0, latitude: 0 },
        { longitude: 1e-7, latitude: -1e-7 },
      ];
      expect(
        await index.addMany(
          key,
          edges.map((edge, i) => ({ member: `m${i}`, ...edge })),
        ),
      ).toBe(4);
      expect(await index.near(key, { longitude: 0, latitude: 0 }, { radius: 1e9, unit: "km" })).toHaveLength(4);
      expect(await index.near(key, { longitude: 0, latitude: 0 }, { radius: 0.5, unit: "m" })).toHaveLength(2);
      // Redis itself would keep the first with a geohash that no search finds.
      const corner = await index.near(key, edges[0] as Coordinates, { radius: 1, unit: "m" });
      expect(corner.map(({ member }) => member)).toEqual(["m0"]);
      // Over the date line.
      await index.add(key, "fiji", { longitude: 179.9, latitude: -17 });
      const samoa = { longitude: -179.9, latitude: -17 };
      expect((await index.near(key, samoa, { radius: 30, unit: "km" })).map(({ member }) => member)).toEqual(["fiji"]);
    });

    test("what cannot be is refused, and nothing is sent", async () => {
      const index = places(more);
      const key = city();
      const commands = await sent(async () => {
        const refused = async (call: Promise<unknown>, field: string, code = "invalid-argument") =>
          expect(await rejection(call), field).toMatchObject({ code, field, family: "eventsGeo" });
        for (const longitude of [180.000001, -181, Number.NaN, Number.POSITIVE_INFINITY, "13" as never]) {
          await refused(index.add(key, "ann", { longitude, latitude: 0 }), "longitude");
          await refused(index.near(key, { longitude, latitude: 0 }, { radius: 1, unit: "m" }), "longitude");
        }
        for (const latitude of [85.05112879, -85.06, 90, Number.NaN, undefined as never]) {
          await refused(index.add(key, "ann", { longitude: 0, latitude }), "latitude");
        }
        // The last of many spoils all: none is sent.
        const many = Array.from({ length: 2500 }, (_, i) => ({ member: `m${i}`, ...berlin }));
        await refused(
          index.addMany(key, [...many, { member: "last", longitude: 0, latitude: 86 }]),
          "entries[2500].latitude",
        );
        await refused(index.addMany(key, [...many, { member: "", ...berlin }]), "entries[2500].member");
        await refused(index.add(key, "", berlin), "member");
        await refused(index.position(key, ""), "member");
        await refused(index.remove(key, ""), "member");
        await refused(index.near(key, { member: "" }, { radius: 1, unit: "m" }), "member");
        await refused(index.add(key, "x".repeat(41), berlin), "member", "invalid-value");
        for (const radius of [0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1.1e9]) {
          await refused(index.near(key, berlin, { radius, unit: "km" }), "radius");
        }
        await refused(index.near(key, berlin, { box: { width: 0, height: 1 }, unit: "km" }), "box.width");
        await refused(index.near(key, berlin, { box: { width: 1, height: Number.NaN }, unit: "km" }), "box.height");
        await refused(index.near(key, berlin, { unit: "km" } as never), "radius");
        await refused(
          index.near(key, berlin, { radius: 1, box: { width: 1, height: 1 }, unit: "m" } as never),
          "radius",
        );
        await refused(index.near(key, berlin, { radius: 1, unit: "yd" as never }), "unit");
        await refused(index.distance(key, "a", "b", "KM" as never), "unit");
        await refused(index.near(key, berlin, { radius: 1, unit: "m", order: "random" as never }), "order");
        for (const limit of [0, -1, 1.5]) {
          await refused(index.near(key, berlin, { radius: 1, unit: "m", limit }), "limit");
        }
        await refused(index.near(key, berlin, undefined as never), "unit");
        await refused(index.near(key, undefined as never, { radius: 1, unit: "m" }), "longitude");
        await refused(index.near(key, "ann" as never, { radius: 1, unit: "m" }), "longitude");
        await refused(index.add(key, "ann", undefined as never), "longitude");
        await refused(index.addMany(key, [undefined as never]), "entries[0].longitude");
        await refused(index.addMany(key, undefined as never), "entries");
        await refused(index.add(key, undefined as never, berlin), "member", "invalid-value");
        await refused(index.near({ city: "a:b" }, berlin, { radius: 1, unit: "m" }), "city", "invalid-parameter");
      });
      expect(commands).toEqual([]);
    });

    test("a key of another type is a WrongTypeError, and nothing is changed", async () => {
      const index = places(more);
      const key = city();
      const name = index.keyOf(key);
      await raw("SET", name, "x");
      for (const call of [
        () => index.add(key, "ann", berlin),
        () => index.near(key, berlin, { radius: 1, unit: "km" }),
        () => index.near(key, { member: "ann" }, { radius: 1, unit: "km" }),
        () => index.position(key, "ann"),
        () => index.remove(key, "ann"),
        () => index.count(key),
      ]) {
        expect(await rejection(call())).toMatchObject({ code: "wrong-type" });
      }
      expect(await raw("GET", name)).toBe("x");
    });

    test("add, near, position, distance, count and remove go into one transaction of a scope", async () => {
      if (more.tagged === false) return;
      const key = city();
      const members = { geo: { repository: places(more) as never, whole: true, forbidden: new Set<string>() } };
      const scope = new Scope<{ geo: Record<string, (...args: unknown[]) => Plan<unknown>> }>(
        "city",
        key,
        members,
        runtime.store(lasting).executor,
      );
      const results = await scope.transaction(({ geo: tx }) => [
        tx.add!("ann", berlin),
        tx.addMany!([{ member: "bob", ...potsdam }]),
        tx.near!({ member: "ann" }, { radius: 1, unit: "km" }),
        tx.distance!("ann", "ann", "m"),
        tx.position!("dan"),
        tx.remove!("bob"),
        tx.count!(),
      ]);
      expect(results).toEqual([true, 1, [expect.objectContaining({ member: "ann", distance: 0 })], 0, null, true, 1]);
    });
  });

  // One server and a Cluster: the search is Redis's own on all.
  test.runIf(topology.takesLarge)(
    "near the poles and over the date line a search finds what the haversine finds",
    async () => {
      const index = places();
      const key = city();
      let state = 11;
      const random = () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      };
      const latitude = (i: number) =>
        i % 2 === 0 ? (random() - 0.5) * 170 : (random() < 0.5 ? -1 : 1) * (80 + random() * 5);
      const entries = Array.from({ length: 800 }, (_, i) => ({
        member: `m${i}`,
        longitude: (random() - 0.5) * 360,
        latitude: latitude(i),
      }));
      await index.addMany(key, entries);
      for (const latitude of [85.05112878, -85.05112878, 84, -60, 0]) {
        for (const longitude of [180, -180, 179.5, 0]) {
          for (const radius of [300, 3000, 12_000, 20_100]) {
            const centre = { longitude, latitude };
            const found = new Set((await index.near(key, centre, { radius, unit: "km" })).map(({ member }) => member));
            const wrong = entries.filter((entry) => {
              const beyond = haversine(centre, entry) - radius * 1000;
              return Math.abs(beyond) >= 2 && found.has(entry.member) !== beyond < 0;
            });
            expect(wrong, `within ${radius} km of ${longitude}, ${latitude}`).toEqual([]);
          }
        }
      }
    },
  );

  test("a sweep never takes a member that was added again", async () => {
    const index = places({ expires: hour });
    const key = city();
    const ends = `${index.keyOf(key)}:ends`;
    const many = Array.from({ length: 60 }, (_, i) => ({ member: `m${i}`, ...berlin }));
    await index.addMany(key, many);
    await raw("ZADD", ends, ...many.flatMap(({ member }) => ["1000", member]));
    const swept: Promise<number>[] = [];
    const added = many.filter((_, i) => i % 2 === 0);
    await Promise.all(
      added.map(async ({ member }) => {
        swept.push(index.sweep(key, { limit: 1 }));
        await index.add(key, member, paris);
      }),
    );
    await Promise.all(swept);
    while ((await index.sweep(key)) > 0);
    const there = await Promise.all(many.map(async ({ member }) => (await index.position(key, member)) !== null));
    expect(there).toEqual(many.map((_, i) => i % 2 === 0));
    expect([await raw("ZCARD", index.keyOf(key)), await raw("ZCARD", ends)]).toEqual([added.length, added.length]);
  });

  test("where the ends hold another type, a call is a WrongTypeError, and nothing is changed", async () => {
    const index = places({ expires: hour, ttl: { kind: "fixed", ms: hour } });
    const key = city();
    const name = index.keyOf(key);
    await index.add(key, "ann", berlin);
    await raw("PEXPIRE", name, "60000");
    await raw("SET", `${name}:ends`, "x");
    for (const call of [
      () => index.add(key, "bob", paris),
      () => index.addMany(key, [{ member: "ann", ...paris }]),
      () => index.remove(key, "ann"),
      () => index.sweep(key),
      () => index.near(key, berlin, { radius: 1, unit: "km" }),
      () => index.position(key, "ann"),
      () => index.count(key),
    ]) {
      expect(await rejection(call())).toMatchObject({ code: "wrong-type", mayHaveBeenApplied: false });
    }
    expect(await raw("ZRANGE", name, "0", "-1")).toEqual(["ann"]);
    expect((await places().position(key, "ann"))?.latitude).toBeCloseTo(berlin.latitude, 4);
    expect(await raw("PTTL", name)).toBeLessThanOrEqual(60_000);
  });

  test("a start-up TTL that is shorter than a member lives is refused when the repository is made", () => {
    const ttl = { kind: "config", name: "nearbyTtl", default: hour, max: 24 * hour } as const;
    const given = (nearbyTtl: string) => new Runtime(connection.client, ["default"], { prefix, ttl: { nearbyTtl } });
    const make = (nearbyTtl: string) => new Places(given(nearbyTtl), { ...lasting, ttl, expires: 60_000 });
    expect(() => make("59s")).toThrow(expect.objectContaining({ code: "misuse", family: "eventsGeo" }));
    expect(make("1m").family.expires).toBe(60_000);
  });

  test.runIf(topology.takesLarge)("a member of 4 MiB", async () => {
    const index = places({ member: compileCodec(z.string(), "string"), expires: hour });
    const key = city();
    const member = "é".repeat(2 ** 21);
    expect(await index.add(key, member, berlin)).toBe(true);
    const found = await index.near(key, { member }, { radius: 1, unit: "m" });
    expect(found.map((each) => each.member === member)).toEqual([true]);
    expect(await index.remove(key, member)).toBe(true);
  });

  test("a member that its schema refuses is left out, with an event", async () => {
    const key = city();
    const index = places({ member: compileCodec(z.string().startsWith("e-"), "string") });
    await index.add(key, "e-1", berlin);
    await raw("GEOADD", index.keyOf(key), "13.405", "52.52", "stranger");
    const seen: KeywrightEvent[] = [];
    const stop = onEvent((event) => seen.push(event));
    const found = await index.near(key, berlin, { radius: 1, unit: "km" });
    stop();
    expect(found.map(({ member }) => member)).toEqual(["e-1"]);
    expect(seen.filter(({ type, family }) => type === "undecodable" && family === "eventsGeo")).toHaveLength(1);
  });

  test("every add sets the TTL of the index and of its ends, in its own step", async () => {
    const index = places({ expires: 60_000, ttl: { kind: "fixed", ms: hour } });
    const key = city();
    const name = index.keyOf(key);
    for (const act of [
      () => index.add(key, "ann", berlin),
      () => index.addMany(key, [{ member: "bob", ...potsdam }]),
    ]) {
      await raw("DEL", name);
      await raw("DEL", `${name}:ends`);
      await act();
      for (const each of [name, `${name}:ends`]) {
        expect(await raw("PTTL", each)).toBeGreaterThan(hour - 60_000);
        expect(await raw("PTTL", each)).toBeLessThanOrEqual(hour);
        await raw("PERSIST", each);
        await act();
        expect(await raw("PTTL", each)).toBeGreaterThan(hour - 60_000);
      }
    }
    const plain = places({ ttl: { kind: "fixed", ms: hour } });
    const other = city();
    await plain.add(other, "ann", berlin);
    expect(await raw("PTTL", plain.keyOf(other))).toBeGreaterThan(hour - 60_000);
    expect(await rejection(plain.sweep(other))).toMatchObject({ code: "misuse" });
  });

  test("members end by the server's clock: they are in no answer, and a sweep removes them", async () => {
    const index = places({ expires: hour });
    const key = city();
    const name = index.keyOf(key);
    const ends = `${name}:ends`;
    const many = Array.from({ length: 2500 }, (_, i) => ({
      member: `m${i}`,
      longitude: berlin.longitude + i / 1e5,
      latitude: berlin.latitude,
    }));
    await index.addMany(key, many);
    const [seconds] = (await connection.send(["TIME"], name)) as [string];
    const score = Number(await raw("ZSCORE", ends, "m0"));
    expect(score).toBeGreaterThan(Number(seconds) * 1000 + hour - 60_000);
    expect(score).toBeLessThan(Number(seconds) * 1000 + hour + 60_000);
    // As if the nearest 2,000 had been added long ago.
    const old = many.slice(0, 2000).flatMap(({ member }, i) => [String(1000 + i), member]);
    await raw("ZADD", ends, ...old);
    const search = { radius: 100, unit: "km" } as const;
    const names = async (limit: number) =>
      (await index.near(key, berlin, { ...search, limit })).map(({ member }) => member);
    expect(await names(2)).toEqual(["m2000", "m2001"]);
    expect(await index.near(key, berlin, search)).toHaveLength(500);
    expect(await index.near(key, { member: "m0" }, search)).toEqual([]);
    expect((await index.near(key, { member: "m2400" }, { ...search, limit: 1 }))[0]?.member).toBe("m2400");
    expect(await index.position(key, "m0")).toBeNull();
    expect(await index.distance(key, "m0", "m2400", "m")).toBeNull();
    expect(await index.distance(key, "m2400", "m0", "m")).toBeNull();
    expect(await index.count(key)).toBe(500);
    expect(await index.remove(key, "m1")).toBe(false);
    expect(await raw("ZSCORE", ends, "m1")).toBeNull();
    expect(await raw("ZCARD", name)).toBe(2499);
    // Who comes back is there again, and is not swept.
    expect(await index.add(key, "m0", paris)).toBe(false);
    expect(await index.position(key, "m0")).not.toBeNull();
    expect(await index.sweep(key, { limit: 300 })).toBe(300);
    expect(await raw("ZCARD", name)).toBe(2199);
    expect(await raw("ZCARD", ends)).toBe(2199);
    expect(await index.sweep(key, { limit: 10_000 })).toBe(1698);
    expect(await index.sweep(key)).toBe(0);
    expect(await raw("ZCARD", name)).toBe(501);
    expect(await raw("ZCARD", ends)).toBe(501);
    expect(await index.count(key)).toBe(501);
    for (const limit of [0, 100_001, 0.5]) {
      expect(await rejection(index.sweep(key, { limit }))).toMatchObject({ code: "invalid-argument", field: "limit" });
    }
  });
});

test("without memory members are found, removed and swept, and an add changes nothing", async ({ skip }) => {
  const server = await startRedis();
  skip(server.pid === undefined, "maxmemory is not set on a server that others use");
  const client = createClient({ url: server.url }).on("error", () => undefined) as RedisClientType;
  await client.connect();
  try {
    for (const more of [{}, { expires: hour }]) {
      const index = new Places(new Runtime(client, ["default"]), { ...lasting, ...more });
      const key = { city: randomUUID() };
      await index.addMany(
        key,
        ["ann", "bob", "old"].map((member) => ({ member, ...berlin })),
      );
      await client.zAdd(`${index.keyOf(key)}:ends`, { score: 1000, value: "old" });
      await client.sendCommand(["CONFIG", "SET", "maxmemory", "1"]);
      for (const call of [index.add(key, "ann", paris), index.addMany(key, [{ member: "dan", ...paris }])]) {
        expect(await rejection(call)).toMatchObject({ code: "refused", reply: "OOM", mayHaveBeenApplied: false });
      }
      expect((await index.position(key, "ann"))?.latitude).toBeCloseTo(berlin.latitude, 4);
      expect(await index.remove(key, "ann")).toBe(true);
      if ("expires" in more) expect(await index.sweep(key)).toBe(1);
      else expect(await index.remove(key, "old")).toBe(true);
      const found = await index.near(key, { member: "bob" }, { radius: 1, unit: "km" });
      expect(found.map(({ member }) => member)).toEqual(["bob"]);
      expect(await index.count(key)).toBe(1);
      await client.sendCommand(["CONFIG", "SET", "maxmemory", "0"]);
    }
  } finally {
    client.destroy();
    await server.stop();
  }
});

describe("C2 a client that dies while it writes leaves no index without a TTL", () => {
  const ttl = { kind: "fixed", ms: 60_000 } as const;
  test("add", () =>
    expectTtlWheneverKilled((runtime, id) =>
      new Places(runtime, { ...lasting, ttl }).add({ city: id }, "ann", berlin),
    ));
  test("addMany of members that expire", () =>
    expectTtlWheneverKilled((runtime, id) =>
      new Places(runtime, { ...lasting, ttl, expires: 30_000 }).addMany({ city: id }, [
        { member: "ann", ...berlin },
        { member: "bob", ...paris },
      ]),
    ));
});
