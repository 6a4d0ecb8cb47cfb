/** That the chaos harness finds what it looks for. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { faults } from "../chaos/faults/index.js";
import { canonical, History, type Loss } from "../chaos/history.js";
import { Load, type Repository } from "../chaos/load.js";
import { pairs } from "../chaos/plan.js";
import { topologyNames } from "../chaos/servers.js";
import { Standstills } from "../chaos/standstills.js";
import { sumOf } from "../chaos/tally.js";
import type { Step } from "../model/answers.js";
import { Draw } from "../model/draw.js";
import { samplesOfRooms } from "../model/rooms.js";

const set = (value: string): Step<unknown> => ({
  name: `set ${value}`,
  call: async () => undefined,
  next: () => [[undefined, value]],
});
const get: Step<unknown> = { name: "get", reads: true, call: async () => undefined, next: (state) => [[state, state]] };

describe("a history", () => {
  test("takes what was acknowledged, and nothing else", () => {
    const history = new History(null);
    expect(history.answered(get, null)).toBe("right");
    expect(history.answered(set("a"), undefined)).toBe("right");
    expect(history.answered(get, null)).toBe("wrong");
    expect(history.answered(get, "b")).toBe("wrong");
    expect(history.answered(get, "a")).toBe("right");
  });

  test("takes a write whose outcome is open or not, and later too", () => {
    const history = new History(null);
    history.open(set("a"));
    expect(history.answered(get, null)).toBe("right");
    expect(history.answered(set("b"), undefined)).toBe("right");
    expect(history.answered(get, "a")).toBe("right");
    expect(history.answered(get, null)).toBe("wrong");
  });

  test("knows a step that stopped halfway", () => {
    const history = new History("a");
    history.open({ ...set("c"), partial: () => ["b"] });
    expect(history.answered(get, "b")).toBe("right");
  });

  test("tells a lost write from a wrong answer", () => {
    const written = () => {
      const history = new History(null);
      for (const value of ["a", "b"]) history.answered(set(value), undefined);
      return history;
    };
    const withLoss = (loss: Loss) => {
      const history = written();
      history.mayHaveLost(loss);
      return history;
    };
    expect(withLoss("recent").answered(get, "a")).toBe("lost");
    expect(withLoss("recent").answered(get, "b")).toBe("right");
    expect(withLoss("everything").answered(get, "a")).toBe("wrong");
    expect(withLoss("everything").answered(get, null)).toBe("lost");
    expect(withLoss("recent").answered(get, "c")).toBe("wrong");
    expect(withLoss("nothing").answered(get, null)).toBe("wrong");
  });

  test("bears a loss that shows later, and only one", () => {
    const add = (value: string): Step<unknown> => ({
      name: "add",
      call: async () => undefined,
      next: (state) => [[undefined, [...(state as string[]), value]]],
    });
    const history = new History([]);
    history.answered(add("a"), undefined);
    history.mayHaveLost("everything");
    expect(history.answered(add("b"), undefined)).toBe("right");
    expect(history.answered(get, ["b"])).toBe("lost");
    history.mayHaveLost("everything");
    expect(history.answered(get, [])).toBe("wrong");
  });

  test("compares data whatever the order of its properties", () => {
    expect(canonical({ a: 1, b: new Date(0) })).toBe(canonical({ b: new Date(0), a: 1 }));
    expect(canonical(Buffer.from("a"))).toBe(canonical(new Uint8Array([97])));
    expect(canonical(undefined)).not.toBe(canonical(null));
  });
});

describe("the load", () => {
  /** A repository of values, which keeps them here, except for what the test replaces. */
  async function counted(broken: Record<string, unknown>, ms = 300) {
    const stored = new Map<string, unknown>();
    const name = (key: unknown) => JSON.stringify(key);
    const repository = {
      family: { name: "topic", kind: "value", deadline: 40, ttl: { kind: "fixed", ms: 1 } },
      get: async (key: unknown) => stored.get(name(key)) ?? null,
      getMany: async (keys: unknown[]) => keys.map((key) => stored.get(name(key)) ?? null),
      getAndTouch: async (key: unknown) => stored.get(name(key)) ?? null,
      set: async (key: unknown, value: unknown) => void stored.set(name(key), value),
      setIfAbsent: async (key: unknown, value: unknown) =>
        !stored.has(name(key)) && stored.set(name(key), value) !== undefined,
      replace: async (key: unknown, value: unknown) =>
        stored.has(name(key)) && stored.set(name(key), value) !== undefined,
      take: async (key: unknown) => {
        const value = stored.get(name(key)) ?? null;
        stored.delete(name(key));
        return value;
      },
      delete: async (key: unknown) => stored.delete(name(key)),
      ...broken,
    };
    const standstills = new Standstills();
    const repositories = [[repository as unknown as Repository, samplesOfRooms.topic!] as const];
    const load = new Load({ repositories, workersPerFamily: 4, draw: new Draw(1), standstills });
    load.start();
    await sleep(ms);
    await load.stop(200);
    standstills.stop();
    return { sum: sumOf(load.counts.values()), findings: load.findings, recovery: load.recovery(0).get("value") };
  }

  test("finds nothing where all is well", async () => {
    const { sum, findings, recovery } = await counted({});
    expect(findings).toEqual([]);
    expect(sum).toMatchObject({ failed: 0, late: 0, wrong: 0, misdelivered: 0 });
    expect(sum.calls).toBeGreaterThan(10);
    expect(recovery).toBeGreaterThan(0);
  });

  test("finds a wrong answer, an error that is none of an outage, and what belongs to another key", async () => {
    expect((await counted({ set: async () => undefined })).sum.wrong).toBeGreaterThan(0);
    const throws = async () => {
      throw new TypeError("x is not a function");
    };
    expect((await counted({ get: throws })).sum.wrong).toBeGreaterThan(0);
    let last: unknown = null;
    const others = {
      set: async (_: unknown, value: unknown) => {
        last = value;
      },
      get: async () => last,
      getAndTouch: async () => last,
    };
    expect((await counted(others, 600)).sum.misdelivered).toBeGreaterThan(0);
  });

  test("finds a call that is late, and one that never ends", async () => {
    const late = await counted({ set: () => sleep(400) }, 600);
    expect(late.sum.late).toBeGreaterThan(0);
    const never = await counted({ get: () => new Promise(() => undefined) });
    expect(never.findings.join()).toContain("no answer for");
    expect(never.recovery).toBeUndefined();
  });
});

describe("the plan", () => {
  test("has every fault once before any twice, and each on all of its topologies", () => {
    const all = pairs(faults, new Draw(1));
    expect(new Set(all.slice(0, faults.length).map(({ fault }) => fault.name)).size).toBe(faults.length);
    for (const fault of faults) {
      const on = all.filter((pair) => pair.fault === fault).map(({ topology }) => topology);
      expect(on.sort()).toEqual([...fault.on].sort());
    }
    expect(pairs(faults, new Draw(1), ["reset", "cluster"])).toMatchObject([{ topology: "cluster" }]);
  });

  test("refuses a name that is none, and says which there are", () => {
    expect(() => pairs(faults, new Draw(1), ["sigterm"])).toThrow(/sigterm.*There are: .*sigkill.*cluster/);
    expect(topologyNames).toContain("cluster");
  });
});
