import { randomUUID } from "node:crypto";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MisuseError, WrongTypeError } from "../../../src/runtime/errors.js";
import type { Family } from "../../../src/runtime/family.js";
import { handoff } from "../../../src/runtime/moves/handoff.js";
import { markKey } from "../../../src/runtime/moves/mark-key.js";
import type { Plan } from "../../../src/runtime/plan.js";
import { Twins } from "../../../src/schema/moves/index.js";
import { keySlot } from "../../../src/schema/patterns/slot.js";
import { sentCommands } from "../../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../../setup/topologies.js";
import { hasOwnServers, ownRedis } from "../support.js";
import { drive, fill, type Id, type Instance, instance, moveOf, type Phase, phases } from "./moving-families.js";

const fresh = (): Id => ({ id: randomUUID() });
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** Phases that may run side by side, in the order of the move. */
const pairs = [
  ["legacy", "follow"],
  ["follow", "promote"],
  ["promote", "new"],
] as const;
const places = topologies.filter(({ name }) => name === "single" || name === "cluster");

describe.each(places)("handoff on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let at: Readonly<Record<Phase, Instance>>;

  beforeAll(async () => {
    connection = await topology.connect();
    at = Object.fromEntries(phases.map((phase) => [phase, instance(connection.client, prefix, phase)])) as typeof at;
  });
  afterAll(async () => {
    await Promise.all((await connection.keysWith(prefix)).map((key) => connection.send(["UNLINK", key])));
    await connection.close();
  });

  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const newKey = (name: string, { id }: Id) => `${prefix}new:${name}:{${id}}`;
  const oldKey = (name: string, { id }: Id) => `${prefix}old:${name}:${id}`;
  const keysOf = ({ id }: Id) =>
    connection.keysWith(id).then((keys) => keys.map((key) => key.replace(id, "ID")).sort());
  const deadline = (key: string) => raw("PEXPIRETIME", key) as Promise<number>;
  const filled = (name: keyof Instance, key: Id, steps?: number) => {
    const { family } = at.promote[name] as { family: Family };
    return fill(at.promote, family, prefix, newKey(name, key), steps);
  };
  /** The calls by instances of both phases in turn, all at once. */
  const mixed = async <T>(pair: readonly [Phase, Phase], n: number, call: (at: Instance, i: number) => Promise<T>) =>
    Promise.all(range(n).map((i) => call(at[pair[i % 2] as Phase], i)));

  test("both keys lie in slots of their own", () => {
    const slots = range(50)
      .map(fresh)
      .map((key) => [keySlot(oldKey("value", key)), keySlot(newKey("value", key))]);
    expect(slots.some(([from, to]) => from !== to)).toBe(true);
    const key = fresh();
    expect(keySlot(markKey(oldKey("value", key)))).toBe(keySlot(oldKey("value", key)));
    expect(keySlot(markKey(newKey("value", key)))).toBe(keySlot(newKey("value", key)));
  });

  describe("kinds through all phases, each side by side with the next", () => {
    test("counter: the sum is exact, the deadline that of the first increment", async () => {
      const key = fresh();
      await at.legacy.counter.increment(key);
      const ends = await deadline(oldKey("counter", key));
      let sum = 1;
      for (const pair of pairs) {
        if (pair[1] === "new") await filled("counter", key);
        const values = await mixed(pair, 40, ({ counter }) => counter.increment(key).then(({ value }) => value));
        expect(values.sort((a, b) => a - b)).toEqual(range(40).map((i) => sum + 1 + i));
        sum += 40;
        for (const phase of pair) expect(await at[phase].counter.get(key)).toBe(sum);
      }
      expect(await deadline(newKey("counter", key))).toBe(ends);
      expect(await raw("EXISTS", oldKey("counter", key))).toBe(0);
    });

    test("counter without a TTL: no deadline on the other side either", async () => {
      const key = fresh();
      await at.follow.total.increment(key, 5);
      await at.promote.total.increment(key, 2);
      expect(await at.follow.total.peek(key)).toEqual({ value: 7, ttlMs: null });
      expect(await deadline(newKey("total", key))).toBe(-1);
      expect(await deadline(markKey(oldKey("total", key)))).toBeGreaterThan(0);
      expect(await deadline(markKey(newKey("total", key)))).toBeGreaterThan(0);
    });

    test("value: setIfAbsent, compareAndSet and take have one winner", async () => {
      for (const pair of pairs) {
        const key = fresh();
        const wins = (answers: unknown[]) => answers.filter((answer) => answer !== false && answer !== null);
        const set = await mixed(pair, 20, ({ value }, i) => value.setIfAbsent(key, `v${i}`));
        expect(wins(set), pair.join()).toHaveLength(1);
        const stored = (await at[pair[0]].value.get(key)) as string;
        expect(await at[pair[1]].value.get(key)).toBe(stored);
        const swapped = await mixed(pair, 20, ({ value }, i) => value.compareAndSet(key, stored, `w${i}`));
        expect(wins(swapped), pair.join()).toHaveLength(1);
        const next = `w${swapped.indexOf(true)}`;
        const taken = await mixed(pair, 20, ({ value }) => value.take(key));
        expect(wins(taken), pair.join()).toEqual([next]);
        for (const phase of pair) expect(await at[phase].value.get(key)).toBeNull();
      }
    });

    test("value: what was deleted does not come back, whoever writes, reads or fills", async () => {
      for (const pair of pairs) {
        const key = fresh();
        await at.legacy.value.set(key, "first");
        if (pair[1] === "new") await filled("value", key);
        expect(await at[pair[1]].value.delete(key)).toBe(true);
        if (pair[0] !== "legacy") await filled("value", key);
        for (const phase of pair) {
          expect(await at[phase].value.get(key)).toBeNull();
          expect(await at[phase].value.replace(key, "again")).toBe(false);
          expect(await at[phase].value.delete(key)).toBe(false);
        }
      }
    });

    test("session: loaded, saved, touched and rotated; its hard end and its deadline stay", async () => {
      const [key, next] = [fresh(), fresh()];
      await at.legacy.session.create(key, { user: "ann" });
      expect(await at.follow.session.load(key)).toEqual({ user: "ann" });
      const ends = await deadline(oldKey("session", key));
      expect(await at.promote.session.load(key)).toEqual({ user: "ann" });
      expect(await filled("session", key)).toBe("copied");
      expect(await deadline(newKey("session", key))).toBe(ends);
      expect(await at.follow.session.save(key, { user: "ann2" })).toBe(true);
      expect(await at.promote.session.touch(key)).toBe(true);
      expect(await at.promote.session.rotate(key, next)).toBe(true);
      expect(await at.follow.session.load(key)).toBeNull();
      for (const phase of ["follow", "promote", "new"] as const)
        expect(await at[phase].session.load(next)).toEqual({ user: "ann2" });
      expect(await at.follow.session.destroy(next)).toBe(true);
      expect(await at.promote.session.load(next)).toBeNull();
    });

    test("token: consumed once, rotated, its deadline stays", async () => {
      const [key, next] = [fresh(), fresh()];
      await at.follow.token.issue(key, "grant");
      const ends = await deadline(oldKey("token", key));
      expect(await at.promote.token.rotate(key, next)).toBe(true);
      expect(await deadline(newKey("token", next))).toBe(ends);
      expect(await at.follow.token.peek(next)).toBe("grant");
      const consumed = await mixed(["follow", "promote"], 20, ({ token }) => token.consume(next));
      expect(consumed.filter((value) => value !== null)).toEqual(["grant"]);
      expect(await at.follow.token.peek(key)).toBeNull();
    });

    test("token: one that nobody issued leaves no key, however often it is presented", async () => {
      const key = fresh();
      for (const guess of range(3)) expect(await at.promote.token.consume(key), String(guess)).toBeNull();
      expect(await at.promote.token.revoke(key)).toBe(false);
      expect(await keysOf(key)).toEqual([]);
      // Beside another of the same: one of them may have to leave its seal, and none may lose the token.
      await Promise.all(range(10).map(() => at.promote.token.consume(key)));
      await at.follow.token.issue(key, "grant");
      expect(await at.promote.token.consume(key)).toBe("grant");
    });

    test("code: attempts, cooldown and deadlines go over", async () => {
      const key = fresh();
      expect(await at.legacy.code.issue(key, "424242")).toEqual({ issued: true });
      expect(await at.follow.code.verify(key, "1")).toMatchObject({ reason: "wrong", attemptsLeft: 3 });
      const before = await Promise.all(
        [oldKey("code", key), `{${oldKey("code", key)}}:attempts`, `{${oldKey("code", key)}}:cooldown`].map(deadline),
      );
      expect(await at.promote.code.verify(key, "2")).toMatchObject({ reason: "wrong", attemptsLeft: 2 });
      const name = newKey("code", key);
      expect(await Promise.all([name, `${name}:attempts`, `${name}:cooldown`].map(deadline))).toEqual(before);
      expect(await at.follow.code.issue(key, "1")).toMatchObject({ issued: false });
      expect(await at.follow.code.verify(key, "3")).toMatchObject({ reason: "wrong", attemptsLeft: 1 });
      expect(await at.promote.code.verify(key, "424242")).toEqual({ verified: true });
      for (const phase of ["follow", "promote", "new"] as const)
        expect(await at[phase].code.verify(key, "424242")).toMatchObject({ reason: "absent" });
    });

    test("code: of many wrong attempts at once no more are let through than there are", async () => {
      for (const pair of pairs.slice(1)) {
        const key = fresh();
        await at.follow.code.issue(key, "424242");
        if (pair[1] === "new") await filled("code", key);
        const outcomes = await mixed(pair, 20, ({ code }) => code.verify(key, "0"));
        const reasons = outcomes.map((outcome) => (outcome.verified ? "verified" : outcome.reason));
        expect(reasons.filter((reason) => reason === "wrong")).toHaveLength(3);
        expect(reasons.filter((reason) => reason === "too-many-attempts")).toHaveLength(1);
      }
    });

    test("cappedList: every item once, each instance's in its order", async () => {
      const key = fresh();
      const pushed: string[] = [];
      for (const pair of pairs) {
        if (pair[1] === "new") await filled("log", key);
        for (const i of range(10)) {
          const item = `${pair.join()}${i}`;
          pushed.push(item);
          await at[pair[i % 2] as Phase].log.push(key, item);
        }
        for (const phase of pair) expect(await at[phase].log.recent(key)).toEqual(pushed);
        const both = await Promise.all(
          pair.map(async (phase) => {
            const own = range(10).map((i) => `${phase} of ${pair.join()} ${i}`);
            for (const item of own) await at[phase].log.push(key, item);
            return own;
          }),
        );
        const all = (await at[pair[1]].log.recent(key)) as string[];
        expect(all.slice(0, pushed.length)).toEqual(pushed);
        for (const own of both) expect(all.filter((item) => own.includes(item))).toEqual(own);
        expect(all).toHaveLength(pushed.length + 20);
        pushed.splice(0, pushed.length, ...all);
      }
    });

    test("cappedList: a push through another phase keeps a load from filling what lacks the item", async () => {
      const key = fresh();
      const loaded = await at.follow.history.recent(key, {
        async orElse() {
          expect(await at.promote.history.push(key, "late")).toBe(false);
          return ["early"];
        },
      });
      expect(loaded).toEqual(["early"]);
      expect(await at.promote.history.recent(key)).toBeNull();
      expect(await at.promote.history.recent(key, { orElse: async () => ["early", "late"] })).toEqual([
        "early",
        "late",
      ]);
      for (const phase of ["follow", "promote", "new"] as const)
        expect(await at[phase].history.recent(key)).toEqual(["early", "late"]);
    });

    test("presence: members and their devices, and subjects", async () => {
      const key = fresh();
      const [all, mine] = [range(30).map((i) => `m${i}`), fresh()];
      for (const [n, pair] of pairs.entries()) {
        if (pair[1] === "new") await filled("room", key);
        await mixed(pair, 10, ({ room }, i) => room.heartbeat(key, all[n * 10 + i] as string, "phone"));
        for (const phase of pair)
          expect((await at[phase].room.members(key)).sort()).toEqual(all.slice(0, n * 10 + 10).sort());
      }
      await at.promote.room.heartbeat(key, "m0", "laptop");
      expect(await at.new.room.leave(key, "m0", "phone")).toBe(false);
      expect(await at.promote.room.leave(key, "m0", "laptop")).toBe(true);
      expect(await at.promote.room.isOnline(key, "m0")).toBe(false);
      expect(await at.legacy.online.heartbeat(mine)).toBe(true);
      expect(await at.promote.online.heartbeat(mine)).toBe(false);
      expect(await at.follow.online.onlineAmong([mine, key])).toEqual([mine]);
      expect(await at.follow.online.leave(mine)).toBe(true);
      expect(await at.promote.online.isOnline(mine)).toBe(false);
    });

    test("geoIndex: every member, with its end where it has one", async () => {
      const key = fresh();
      const where = (i: number) => ({ longitude: 10 + i / 10, latitude: 50 });
      for (const name of ["places", "map"] as const) {
        for (const [n, pair] of pairs.entries()) {
          if (pair[1] === "new") await filled(name, key);
          await mixed(pair, 10, (one, i) => one[name].add(key, `m${n * 10 + i}`, where(n * 10 + i)));
          for (const phase of pair) expect(await at[phase][name].count(key)).toBe(n * 10 + 10);
        }
        expect((await at.promote[name].position(key, "m3"))?.longitude).toBeCloseTo(10.3, 3);
        expect(await at.promote[name].remove(key, "m3")).toBe(true);
        expect(await at.new[name].position(key, "m3")).toBeNull();
      }
      expect(await raw("ZCARD", `${newKey("places", key)}:ends`)).toBe(29);
    });
  });

  test("M7 an unfilled new key never has a part of what the old one has: it takes over all before it changes", async () => {
    const [list, room, map] = [fresh(), fresh(), fresh()];
    await at.follow.log.push(list, "a", "b");
    await at.follow.room.heartbeat(room, "ann");
    await at.follow.map.add(map, "ulm", { longitude: 10, latitude: 48.4 });
    expect(await raw("EXISTS", newKey("log", list))).toBe(0);
    await at.promote.log.push(list, "c");
    await at.promote.room.heartbeat(room, "bob");
    await at.promote.map.add(map, "bonn", { longitude: 7.1, latitude: 50.7 });
    expect(await raw("LRANGE", newKey("log", list), "0", "-1")).toEqual(["a", "b", "c"]);
    expect(await raw("ZRANGE", newKey("room", room), "0", "-1")).toEqual(["ann", "bob"]);
    expect(await raw("ZRANGE", newKey("map", map), "0", "-1")).toEqual(["ulm", "bonn"]);
    // Where only the old key was sealed when its instance ended, everybody else takes over before it answers.
    for (const [phase, act] of [
      ["follow", (one: Instance, key: Id) => one.log.push(key, "d")],
      ["promote", (one: Instance, key: Id) => one.log.push(key, "d")],
    ] as const) {
      const key = fresh();
      await at.follow.log.push(key, "a", "b", "c");
      expect(await filled("log", key, 1)).toBe("crashed");
      expect(await raw("EXISTS", newKey("log", key))).toBe(0);
      await act(at[phase], key);
      expect(await raw("LRANGE", newKey("log", key), "0", "-1")).toEqual(["a", "b", "c", "d"]);
    }
  });

  describe("after a crash", () => {
    const change = (i: Instance, key: Id) =>
      handoff.steps(
        moveOf(i.counter.family, prefix, "promote", i.runtime.instance),
        i.counter.plans.increment(newKey("counter", key)),
      );

    test.each([1, 2])("an operation that ended after step %i is healed by the next, of either phase", async (steps) => {
      for (const next of ["follow", "promote"] as const) {
        const key = fresh();
        await at.follow.counter.increment(key, 10);
        const { runtime, counter } = at.promote;
        expect(await drive(runtime, counter.family, change(at.promote, key), steps)).toBe("crashed");
        const applied = steps === 1 ? 10 : 11;
        expect(await at[next].counter.get(key)).toBe(applied);
        expect((await at[next].counter.increment(key)).value).toBe(applied + 1);
        expect(await raw("GET", markKey(oldKey("counter", key)))).toBe("a");
        expect(await at.new.counter.get(key)).toBe(applied + 1);
      }
    });

    test.each([1, 2])("a fill that ended after step %i is healed by the next fill", async (steps) => {
      const key = fresh();
      await at.follow.counter.increment(key, 10);
      expect(await filled("counter", key, steps)).toBe("crashed");
      expect(await filled("counter", key)).toBe(steps === 1 ? "copied" : "newer");
      expect(await filled("counter", key)).toBe("same");
      expect(await at.new.counter.get(key)).toBe(10);
      expect(await raw("GET", markKey(oldKey("counter", key)))).toBe("a");
    });

    test("a seal that kept its state does not bring back what was deleted since", async () => {
      const key = fresh();
      await at.follow.counter.increment(key, 10);
      expect(await filled("counter", key, 2)).toBe("crashed");
      expect(await at.new.counter.reset(key)).toBe(true);
      expect(await at.promote.counter.get(key)).toBe(0);
      expect(await at.follow.counter.get(key)).toBe(0);
      expect(await raw("EXISTS", newKey("counter", key))).toBe(0);
    });

    test("what expired while it was in the seal is gone", async () => {
      const key = fresh();
      await at.follow.value.set(key, "short");
      await raw("PEXPIRE", oldKey("value", key), "30");
      expect(await filled("value", key, 1)).toBe("crashed");
      await new Promise((done) => setTimeout(done, 40));
      expect(await at.follow.value.get(key)).toBeNull();
      expect(await raw("EXISTS", newKey("value", key))).toBe(0);
    });
  });

  test("fill: copied, then the same; what only the new keys have is sealed, so that follow finds it", async () => {
    const [key, other] = [fresh(), fresh()];
    await at.legacy.value.set(key, "x");
    expect(await filled("value", key)).toBe("copied");
    expect(await filled("value", key)).toBe("same");
    await at.new.value.set(other, "y");
    expect(await at.promote.value.get(other)).toBe("y");
    expect(await at.follow.value.get(other)).toBeNull();
    expect(await filled("value", other)).toBe("absent");
    expect(await at.follow.value.get(other)).toBe("y");
    expect(await at.promote.value.setIfAbsent(other, "z")).toBe(false);
  });

  test("reads write nothing, and what nobody stored leaves nothing", async () => {
    const [key, none] = [fresh(), fresh()];
    await at.legacy.counter.increment(key);
    for (const phase of phases.slice(0, 3)) {
      expect(await at[phase].counter.get(key)).toBe(1);
      expect(await at[phase].counter.peek(none)).toEqual({ value: 0, ttlMs: null });
    }
    expect(await keysOf(key)).toEqual([oldKey("counter", { id: "ID" })]);
    expect(await keysOf(none)).toEqual([]);
  });

  test("steps: one while the old key is the authority, two after it was sealed, three to hand over", async () => {
    const key = fresh();
    const sent = async (act: () => Promise<unknown>) => {
      await act(); // Its scripts are known then.
      return (await sentCommands(topology, key.id, act)).length;
    };
    expect(await sent(() => at.follow.counter.increment(key))).toBe(1);
    expect(await sent(() => at.promote.counter.get(key))).toBe(1);
    await at.promote.counter.increment(fresh());
    const first = await sentCommands(topology, key.id, () => at.promote.counter.increment(key));
    expect(first.filter(([name]) => name === "EVALSHA")).toHaveLength(3);
    expect(await sent(() => at.promote.counter.increment(key))).toBe(2);
    expect(await sent(() => at.follow.counter.increment(key))).toBe(2);
    expect(await sent(() => at.promote.counter.get(key))).toBe(2);
    expect(await sent(() => at.new.counter.increment(key))).toBe(1);
    expect(at.promote.runtime.moving.get("counter")?.counts.oldReads).toBeGreaterThan(0);
  });

  test("bytes that are no text, and a state of megabytes", async () => {
    const key = fresh();
    const all = Buffer.from(range(256));
    await at.follow.blob.set(key, all);
    expect(await at.promote.blob.get(key)).toEqual(all);
    expect(await at.promote.blob.getAndTouch(key)).toEqual(all);
    expect(await at.follow.blob.get(key)).toEqual(all);
    expect(await at.promote.blob.compareAndSet(key, all, all.subarray(1))).toBe(true);
    const large = fresh();
    const value = Buffer.alloc(3 << 20, "é\u0000x");
    await at.follow.blob.set(large, value);
    expect(await at.promote.blob.take(large).then((taken) => value.equals(taken as Uint8Array))).toBe(true);
  });

  test("operations of more arguments than Lua unpacks at once", async () => {
    const key = fresh();
    const items = range(9000).map((i) => String(i));
    await at.follow.log.push(key, ...items);
    await at.promote.log.push(key, ...items);
    expect(await at.follow.log.length(key)).toBe(18_000);
  });

  test("a key of another type goes over as it is, and is refused there as before", async () => {
    const key = fresh();
    await raw("RPUSH", oldKey("counter", key), "x");
    await expect(at.follow.counter.increment(key)).rejects.toThrow(WrongTypeError);
    await expect(at.promote.counter.increment(key)).rejects.toThrow(WrongTypeError);
    await expect(at.follow.counter.get(key)).rejects.toThrow(WrongTypeError);
    expect(await raw("LRANGE", newKey("counter", key), "0", "-1")).toEqual(["x"]);
  });

  test("roll-back to follow: what was handed over stays at the new keys, the rest at the old ones", async () => {
    const [over, old] = [fresh(), fresh()];
    for (const key of [over, old]) await at.follow.counter.increment(key);
    await at.promote.counter.increment(over);
    for (const key of [over, old]) await at.follow.counter.increment(key);
    expect(await raw("GET", newKey("counter", over))).toBe("3");
    expect(await raw("GET", oldKey("counter", old))).toBe("2");
  });

  test("an operation on keys of several places is refused before anything is sent", async () => {
    const [a, b] = [fresh(), fresh()];
    const plan = { ...at.promote.value.plans.delete(newKey("value", a)), keys: [a, b].map((k) => newKey("value", k)) };
    const { store } = at.promote.value as unknown as { store: { executor: { run(plan: Plan<unknown>): unknown } } };
    await expect(store.executor.run(plan)).rejects.toThrow(MisuseError);
  });
});

test.runIf(hasOwnServers)(
  "out of memory: what frees memory is handed over, and runs; what needs more is refused whole",
  async () => {
    const redis = await ownRedis();
    const client = createClient({ url: redis.url }).on("error", () => undefined) as RedisClientType;
    await client.connect();
    try {
      const prefix = uniquePrefix();
      const [follow, promote] = [instance(client, prefix, "follow"), instance(client, prefix, "promote")];
      const [key, other] = [fresh(), fresh()];
      await follow.token.issue(key, "grant");
      await follow.counter.increment(key);
      await follow.room.heartbeat(key, "ann");
      await follow.counter.increment(other);
      await client.configSet("maxmemory", "1");
      expect(await promote.token.consume(key)).toBe("grant");
      expect(await promote.counter.reset(key)).toBe(true);
      expect(await promote.room.leave(key, "ann")).toBe(true);
      const error = await promote.counter.increment(other).catch((problem: unknown) => problem);
      expect(error).toMatchObject({ code: "refused", reply: "OOM", mayHaveBeenApplied: false });
      expect(await follow.counter.get(other)).toBe(1);
      await client.configSet("maxmemory", "0");
      expect((await promote.counter.increment(other)).value).toBe(2);
    } finally {
      client.destroy();
      await redis.stop();
    }
  },
);

test("keys whose patterns have other parameters are not of one place", () => {
  const at = { from: 0, to: 0 } as const;
  const moved = [
    { from: "stream:<room>:<token>", to: "stream:{<room>}:<token>", prefixAt: at },
    { companion: "current", from: "current:<room>", to: "current:{<room>}", prefixAt: at },
  ];
  expect(() => new Twins(moved)).toThrow("have other parameters");
});
