import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GeoIndexRepository } from "../../../src/repositories/geo-index.js";
import { collection } from "../../../src/runtime/moves/collection.js";
import { markKey } from "../../../src/runtime/moves/mark-key.js";
import { Move } from "../../../src/runtime/moves/move.js";
import type { Plan } from "../../../src/runtime/plan.js";
import { Runtime } from "../../../src/runtime/runtime.js";
import { strategies, Twins } from "../../../src/schema/moves/index.js";
import { type Connection, topologies, uniquePrefix } from "../../setup/topologies.js";
import { recordEvents } from "../support.js";
import { drive, type Id, movedPatterns, text } from "./moving-families.js";

const { phases } = strategies.collection;
const markTtl = 30 * 24 * 3_600_000;
const where = (longitude: number) => ({ longitude, latitude: 1 });
const fresh = (): Id => ({ id: randomUUID() });
const places = topologies.filter(({ name }) => name === "single" || name === "cluster");

describe.each(places)("collection on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let at: Readonly<Record<string, GeoIndexRepository<Id>>>;
  let runtime: Runtime;

  const index = (phase: string) =>
    new GeoIndexRepository<Id>(
      runtime,
      {
        name: "map",
        kind: "geoIndex",
        pattern: "new:map:{<id>}",
        store: "default",
        tier: "R2",
        deadline: 20_000,
        retries: 0,
        tagged: true,
        ttl: { kind: "fixed", ms: 1_800_000 },
        expires: null,
        member: text,
        moved: { strategy: "collection", phase, keys: movedPatterns("map"), markTtl },
      },
      ({ id }) => `new:map:{${id}}`,
    );

  beforeAll(async () => {
    connection = await topology.connect();
    runtime = new Runtime(connection.client as never, ["default"], { prefix });
    at = Object.fromEntries(phases.map((phase) => [phase, index(phase)]));
  });
  afterAll(async () => {
    await Promise.all((await connection.keysWith(prefix)).map((key) => connection.send(["UNLINK", key])));
    await connection.close();
  });

  const map = (phase: string) => at[phase] as GeoIndexRepository<Id>;
  const newKey = ({ id }: Id) => `${prefix}new:map:{${id}}`;
  const oldKey = ({ id }: Id) => `${prefix}old:map:${id}`;
  const members = (key: string) => connection.send(["ZRANGE", key, "0", "-1"]).then((all) => (all as string[]).sort());
  const fillOf = (key: Id) => {
    const { family } = map("mirror");
    const twins = new Twins(movedPatterns("map"), prefix);
    const counts = { oldReads: 0, mirrorFailures: 0, lostJoins: 0 };
    const move = new Move(family, { phase: "mirror", markTtl }, "every", twins, "00000000", counts);
    const unit = twins.unitOf(newKey(key)) as { old: string[]; new: string[] };
    return collection.fill(move, unit);
  };
  const fill = (key: Id, steps = 9) => drive(runtime, map("mirror").family, fillOf(key), steps);

  test("a read of flipped that the old key answers is published, as it is counted", async () => {
    const key = fresh();
    await map("legacy").add(key, "a", where(1));
    const recorded = recordEvents();
    expect(await map("flipped").position(key, "a")).not.toBeNull();
    recorded.stop();
    expect(recorded.events.filter(({ type }) => type === "old-key-read")).toHaveLength(1);
  });

  test("every member through all phases, each side by side with the next", async () => {
    const key = fresh();
    const all: string[] = [];
    for (const [i, to] of phases.entries()) {
      if (i === 0) continue;
      const pair = [phases[i - 1] as string, to];
      if (to === "settled") await fill(key);
      const added = Array.from({ length: 10 }, (_, n) => `${to}${n}`);
      const came = await Promise.all(added.map((member, n) => map(pair[n % 2] as string).add(key, member, where(n))));
      expect(came).toEqual(added.map(() => true));
      all.push(...added);
      for (const phase of pair) {
        expect(await map(phase).count(key), phase).toBe(all.length);
        const last = await map(phase).position(key, `${to}7`);
        expect(last?.longitude).toBeCloseTo(7, 3);
      }
      const gone = all.shift() as string;
      expect(await map(pair[i % 2] as string).remove(key, gone)).toBe(true);
      for (const phase of pair) expect(await map(phase).position(key, gone), phase).toBeNull();
    }
    expect(await members(newKey(key))).toEqual(all.sort());
  });

  test("M7 the new key has no part of the old one where it is read: it is filled whole, or absent", async () => {
    const key = fresh();
    await map("legacy").addMany(key, [
      { member: "a", ...where(1) },
      { member: "b", ...where(2) },
    ]);
    await map("mirror").add(key, "c", where(3));
    expect(await members(newKey(key))).toEqual([]);
    expect(await fill(key, 1)).toBe("crashed");
    await map("mirror").add(key, "d", where(4));
    expect(await members(newKey(key))).toEqual(["d"]);
    expect(await map("flipped").count(key)).toBe(4);
    await map("mirror").remove(key, "a");
    expect(await fill(key)).toBe("copied");
    expect(await fill(key)).toBe("same");
    expect(await members(newKey(key))).toEqual(["b", "c", "d"]);
    expect(await map("flipped").count(key)).toBe(3);
    const deadlines = [oldKey(key), newKey(key)].map((each) => connection.send(["PEXPIRETIME", each]));
    const [old, own] = await Promise.all(deadlines);
    expect(own).toBe(old);
    expect(await connection.send(["PTTL", markKey(newKey(key))])).toBeGreaterThan(0);
  });

  test("what is removed and added while a fill is under way is not undone by its older snapshot", async () => {
    const key = fresh();
    for (const member of ["a", "b"]) await map("mirror").add(key, member, where(1));
    const steps = fillOf(key);
    const send = (plan: unknown) => runtime.store(map("mirror").family).executor.run(plan as Plan<unknown>);
    const snapshot = steps.next(await send(steps.next().value));
    const join = steps.next(await send(snapshot.value));
    await map("mirror").remove(key, "a");
    await map("mirror").add(key, "b", where(5));
    expect(steps.next(await send(join.value)).done).toBe(true);
    expect(await members(newKey(key))).toEqual(["b"]);
    expect((await map("flipped").position(key, "b"))?.longitude).toBeCloseTo(5, 3);
  });

  test("a change in flipped fills what was not; what was removed does not come back with a later fill", async () => {
    const key = fresh();
    await map("mirror").add(key, "a", where(1));
    await map("flipped").add(key, "b", where(2));
    expect(await members(newKey(key))).toEqual(["a", "b"]);
    await map("new").remove(key, "a");
    await fill(key);
    expect(await members(newKey(key))).toEqual(["b"]);
    expect(await map("settled").remove(key, "a")).toBe(false);
    expect(await map("settled").add(key, "a", where(1))).toBe(true);
    expect(await map("settled").count(key)).toBe(2);
  });
});
