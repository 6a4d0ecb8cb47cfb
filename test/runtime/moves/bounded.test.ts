import { startProxy } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { RateLimitFamily } from "../../../src/repositories/rate-limit.js";
import { consumeInOrder } from "../../../src/repositories/rate-limit-order.js";
import { bounded } from "../../../src/runtime/moves/bounded.js";
import type { Plan } from "../../../src/runtime/plan.js";
import { Runtime } from "../../../src/runtime/runtime.js";
import { keySlot } from "../../../src/schema/patterns/slot.js";
import { algorithms, hour, Limits, type SubjectKey, sleep, subject } from "../../repositories/rate-limit-family.js";
import { sentCommands } from "../../setup/sent-commands.js";
import { type Connection, uniquePrefix } from "../../setup/topologies.js";
import { instance, movedFrom, moveOf, places } from "./moving.js";

const [from, to] = ["login_ip:<id>", "rate:{login:<id>}"];
const ladder = { remember: hour, steps: [{ violations: 2, block: 60_000 }], reason: "too-many" };

function limitsIn(phase: string, runtime: Runtime, settings: Partial<RateLimitFamily> = {}): Limits {
  const moved = movedFrom(from, to, "bounded", phase, ["blocked", "violations"]);
  return new Limits(
    runtime,
    { limit: 4, pattern: to, tagged: true, moved, ...settings },
    ({ id }) => `rate:{login:${id}}`,
  );
}

describe.each(places)("limits that move, on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let instances: Runtime[];

  beforeAll(async () => {
    connection = await topology.connect();
    instances = [1, 2].map(() => instance(connection, { prefix }));
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  const first = (phase: string, settings?: Partial<RateLimitFamily>) =>
    limitsIn(phase, instances[0] as Runtime, settings);
  const second = (phase: string, settings?: Partial<RateLimitFamily>) =>
    limitsIn(phase, instances[1] as Runtime, settings);
  const oldKey = ({ id }: SubjectKey) => `${prefix}login_ip:${id}`;
  const newKey = ({ id }: SubjectKey) => `${prefix}rate:{login:${id}}`;
  /** Units that are taken at each of the keys. */
  async function taken(key: SubjectKey, settings: Partial<RateLimitFamily> = {}): Promise<[old: number, its: number]> {
    const left = await Promise.all(["legacy", "new"].map((phase) => first(phase, settings).peek(key)));
    return left.map(({ limit, remaining }) => limit - remaining) as [number, number];
  }

  describe.each(algorithms)("%s", (algorithm) => {
    test.each([
      ["legacy", "both"],
      ["both", "both"],
      ["both", "new"],
    ])("M5 %s beside %s: of many at once no more than the limit pass, one by one exactly the limit", async (a, b) => {
      const [one, other] = [first(a, { algorithm }), second(b, { algorithm })];
      const key = subject();
      expect(keySlot(oldKey(key))).not.toBe(keySlot(newKey(key)));
      const many = await Promise.all(Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? one : other).consume(key)));
      const admitted = many.filter(({ allowed }) => allowed).length;
      expect(admitted).toBeLessThanOrEqual(4);
      expect(admitted).toBeGreaterThan(0);
      const next = subject();
      const verdicts: boolean[] = [];
      for (let i = 0; i < 6; i++) verdicts.push((await (i % 2 === 0 ? one : other).consume(next)).allowed);
      expect(verdicts).toEqual([true, true, true, true, false, false]);
    });

    test("where the new key denies, the old one gets its units back, and no denial takes any", async () => {
      const key = subject();
      for (let i = 0; i < 3; i++) await second("new", { algorithm }).consume(key);
      const denied = await first("both", { algorithm }).consume(key, { cost: 2 });
      expect(denied).toMatchObject({ allowed: false, remaining: 1 });
      expect(await taken(key, { algorithm })).toEqual([0, 3]);
      expect(await first("both", { algorithm }).consume(key)).toMatchObject({ allowed: true, remaining: 0 });
      expect(await taken(key, { algorithm })).toEqual([1, 4]);
    });

    test("where the old key denies, the new one counts nothing", async () => {
      const key = subject();
      for (let i = 0; i < 4; i++) await second("legacy", { algorithm }).consume(key);
      const sent = await sentCommands(topology, prefix, async () => {
        expect(await first("both", { algorithm }).consume(key)).toMatchObject({ allowed: false, remaining: 0 });
      });
      expect(sent).toHaveLength(1);
      expect(await taken(key, { algorithm })).toEqual([4, 0]);
    });

    test("penalty, reward and reset reach both keys, and a peek tells the stricter", async () => {
      const key = subject();
      const both = first("both", { algorithm });
      await second("legacy", { algorithm }).consume(key);
      expect(await both.peek(key)).toMatchObject({ allowed: true, remaining: 3 });
      expect(await both.penalty(key, 2)).toMatchObject({ allowed: true, remaining: 1 });
      expect(await taken(key, { algorithm })).toEqual([3, 2]);
      expect(await both.reward(key, 1)).toMatchObject({ remaining: 2 });
      expect(await taken(key, { algorithm })).toEqual([2, 1]);
      expect(await both.reset(key)).toBe(true);
      expect(await taken(key, { algorithm })).toEqual([0, 0]);
      expect(await both.reset(key)).toBe(false);
    });

    test("several limits in order: a later denial gives both keys of an earlier one their units back", async () => {
      const both = first("both", { algorithm });
      const [key, full] = [subject(), subject()];
      for (let i = 0; i < 4; i++) await both.consume(full);
      const verdict = await consumeInOrder([
        { limit: both, key, cost: 2 },
        { limit: both, key: full },
      ]);
      expect(verdict).toMatchObject({ allowed: false, givenBack: true, denied: { index: 1 } });
      expect(await taken(key, { algorithm })).toEqual([0, 0]);
      const passed = await consumeInOrder([{ limit: both, key, cost: 2 }]);
      expect(passed.allowed).toBe(true);
      expect(await taken(key, { algorithm })).toEqual([2, 2]);
    });
  });

  test("a refund reaches the window of its taking only", async () => {
    const key = subject();
    for (let i = 0; i < 4; i++) await second("new").consume(key);
    const both = first("both");
    const steps = bounded.steps(moveOf(both, instances[0] as Runtime), both.plans.consume(both.keyOf(key)));
    const { executor } = (instances[0] as Runtime).store(both.family);
    const old = await executor.run(steps.next().value as Plan<unknown>);
    // Meanwhile its window ends, and another one begins.
    await connection.send(["DEL", oldKey(key)]);
    await sleep(5);
    await second("legacy").consume(key);
    const its = await executor.run(steps.next(old).value as Plan<unknown>);
    const refund = steps.next(its).value as Plan<unknown>;
    expect(refund).toMatchObject({ operation: "refund", keys: [oldKey(key), `{${oldKey(key)}}:blocked`] });
    await executor.run(refund);
    expect(steps.next().value).toMatchObject({ allowed: false });
    expect(await connection.send(["GET", oldKey(key)])).toBe("1");
  });

  test("a block on either key denies, and unblock ends both", async () => {
    const key = subject();
    const both = first("both");
    await second("legacy").block(key, "1m", "card-testing");
    expect(await both.consume(key)).toMatchObject({ allowed: false, blocked: { reason: "card-testing" } });
    expect(await both.peek(key)).toMatchObject({ allowed: false, blocked: { reason: "card-testing" } });
    expect(await both.unblock(key)).toBe(true);
    await second("new").block(key, "1m", "abuse");
    expect(await both.consume(key)).toMatchObject({ allowed: false, blocked: { reason: "abuse" } });
    expect(await taken(key)).toEqual([0, 4]);
    await both.block(key, "2m");
    for (const phase of ["legacy", "both", "new"]) {
      expect(await first(phase).consume(key)).toMatchObject({ allowed: false, blocked: { reason: "manual" } });
    }
    expect(await both.unblock(key)).toBe(true);
    expect(await both.unblock(key)).toBe(false);
    expect(await both.consume(key)).toMatchObject({ allowed: true, remaining: 3 });
  });

  test("a ladder climbs on both keys, so that its block holds in each phase", async () => {
    const key = subject();
    const both = first("both", { ladder, limit: 1 });
    expect(await both.consume(key)).toMatchObject({ allowed: true });
    expect(await both.consume(key)).toMatchObject({ allowed: false, violations: 1, blocked: undefined });
    expect(await both.consume(key)).toMatchObject({ allowed: false, violations: 2, blocked: { reason: "too-many" } });
    for (const phase of ["legacy", "new"]) {
      expect(await second(phase, { ladder, limit: 1 }).peek(key)).toMatchObject({ violations: 2, allowed: false });
    }
    // A denial by the old key alone leaves no units at the new one.
    const other = subject();
    await second("legacy", { ladder, limit: 1 }).consume(other);
    expect(await both.consume(other)).toMatchObject({ allowed: false, violations: 1 });
    expect(await taken(other, { ladder, limit: 1 })).toEqual([1, 0]);
  });

  test("the steps of each phase are these commands", async () => {
    const commands = async (phase: string, act: (limits: Limits) => Promise<unknown>) => {
      const sent = await sentCommands(topology, prefix, () => act(first(phase)));
      return sent.map(([name, , , key]) => [name, key]);
    };
    const key = subject();
    const [o, n] = [
      ["EVALSHA", oldKey(key)],
      ["EVALSHA", newKey(key)],
    ];
    // All scripts are known to the servers from here on.
    for (const phase of ["legacy", "new"]) await first(phase).consume(key);
    expect(await commands("legacy", (limits) => limits.consume(key))).toEqual([o]);
    expect(new Set(await commands("both", (limits) => limits.consume(key)))).toEqual(new Set([o, n]));
    expect(await commands("new", (limits) => limits.consume(key))).toEqual([n]);
  });

  test("WRONGTYPE at the new key is told as what may have been applied, and is no denial", async () => {
    const key = subject();
    await connection.send(["RPUSH", newKey(key), "x"]);
    await expect(first("both", { whenDown: "allow" }).consume(key)).rejects.toMatchObject({ code: "wrong-type" });
  });
});

test.each(["allow", "deny"] as const)(
  "a connection that breaks between the keys gives the declared answer (%s), and has counted too much at most",
  async (whenDown) => {
    const prefix = uniquePrefix();
    const { hostname, port } = new URL(inject("redis").url);
    const direct = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
    await direct.connect();
    const proxy = await startProxy({ target: { host: hostname, port: Number(port) } });
    const whole = new Runtime(direct, ["default"], { prefix });
    const degraded = { allowed: whenDown === "allow", degraded: true };
    await limitsIn("both", whole).consume(subject());
    const counts = new Set<string>();
    try {
      for (let bytes = 0; ; bytes += 40) {
        const key = subject();
        const url = inject("redis").url.replace(/:\d+$/, `:${proxy.port}`);
        const cut = createClient({ url, socket: { reconnectStrategy: false } }).on("error", () => undefined);
        proxy.cutAfterBytes(Number.POSITIVE_INFINITY, "toServer");
        await cut.connect();
        proxy.cutAfterBytes(bytes, "toServer");
        const limits = limitsIn("both", new Runtime(cut as RedisClientType, ["default"], { prefix }), { whenDown });
        const verdict = await limits.consume(key);
        if (cut.isOpen) cut.destroy();
        const read = await Promise.all(["legacy", "new"].map((phase) => limitsIn(phase, whole).peek(key)));
        const [old, its] = read.map(({ remaining }) => 4 - remaining) as [number, number];
        expect(its).toBeLessThanOrEqual(old);
        counts.add(`${old} ${its}`);
        if (!verdict.degraded) {
          expect([old, its]).toEqual([1, 1]);
          break;
        }
        expect(verdict).toMatchObject(degraded);
      }
      expect(counts).toContain("1 0");
    } finally {
      await proxy.stop();
      const keys = await direct.keys(`*${prefix}*`);
      if (keys.length > 0) await direct.unlink(keys);
      direct.destroy();
    }
  },
);
