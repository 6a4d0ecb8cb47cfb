import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readOnly } from "../../src/repositories/access.js";
import { type RateLimitFamily, RateLimitPlans, RateLimitRepository } from "../../src/repositories/rate-limit.js";
import { consumeInOrder } from "../../src/repositories/rate-limit-order.js";
import { rateLimitFixedWindowTake } from "../../src/repositories/scripts.js";
import { ConnectionLostError, KeywrightError, RefusedError, UnavailableError } from "../../src/runtime/errors.js";
import { type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import { type Argument, withSource } from "../../src/runtime/plan.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { recordCommands, startProxy, startRedis, type TestRedis } from "../../src/testing/index.js";
import { algorithms, familyWith, hour, Limits, sleep, subject } from "./rate-limit-family.js";

/** A server of our own: these tests fill its memory, flush its scripts, stop and kill it. */
let server: TestRedis;
let client: RedisClientType;
let runtime: Runtime;

const connected = async (url: string): Promise<RedisClientType> => {
  const made: RedisClientType = createClient({ url, socket: { reconnectStrategy: false } });
  made.on("error", () => undefined);
  await made.connect();
  return made;
};

beforeAll(async () => {
  server = await startRedis();
  client = await connected(server.url);
  runtime = new Runtime(client, ["default"]);
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const limitsOf = (settings: Partial<RateLimitFamily> = {}) => new Limits(runtime, settings);

/** How many bytes a command has on the wire. */
function wireBytes(args: readonly Argument[]): number {
  const lengths = args.map((arg) => Buffer.byteLength(arg));
  return lengths.reduce((sum, length) => sum + `$${length}\r\n\r\n`.length + length, `*${args.length}\r\n`.length);
}

describe("the counter of other programs", () => {
  test("G1 INCR, the TTL of the first and PTTL are one script", async () => {
    const limits = limitsOf();
    const key = subject();
    await limits.consume(subject());
    const record = await recordCommands(server.url);
    const name = limits.keyOf(key);
    await limits.consume(key);
    await limits.consume(key);
    await record.waitUntilQuiet();
    const sent = record.entries().filter(({ args }) => args.includes(name));
    await record.stop();
    expect(sent.filter(({ viaLua }) => !viaLua).map(({ args }) => args[0])).toEqual(["EVALSHA", "EVALSHA"]);
    expect(sent.filter(({ viaLua }) => viaLua).map(({ args }) => args.slice(0, 5).join(" "))).toEqual([
      `GET ${name}`,
      `SET ${name} 1 PX ${hour}`,
      `PEXPIRETIME ${name}`,
      `GET ${name}`,
      `PTTL ${name}`,
      `INCRBY ${name} 1`,
      `PEXPIRETIME ${name}`,
    ]);
    expect(await client.get(name)).toBe("2");
    expect(await client.incr(name)).toBe(3);
    expect((await limits.peek(key)).remaining).toBe(7);
  });

  test("G1 a connection cut at any byte leaves no counter without its TTL", async () => {
    const proxy = await startProxy({ target: { host: server.host, port: server.port } });
    const names: string[] = [];
    let lost = 0;
    const consumeCutAfter = async (n: number, direction: "toServer" | "toClient") => {
      // What the call before did not use up must not break the handshake.
      proxy.cutAfterBytes(Number.MAX_SAFE_INTEGER, direction);
      const through = await connected(proxy.url);
      const limits = new Limits(new Runtime(through, ["default"]));
      const key = subject();
      names.push(limits.keyOf(key));
      proxy.cutAfterBytes(n, direction);
      await limits.consume(key).catch((error: unknown) => {
        expect(error).toBeInstanceOf(ConnectionLostError);
        expect((error as KeywrightError).mayHaveBeenApplied).toBe(true);
        lost += 1;
      });
      through.destroy();
    };
    const sample = limitsOf();
    await sample.consume(subject());
    const { args } = sample.plans.consume(sample.keyOf({ id: "s100" }));
    for (let n = 0; n < wireBytes(args) + 3; n += 1) await consumeCutAfter(n, "toServer");
    for (let n = 0; n < 40; n += 1) await consumeCutAfter(n, "toClient");
    // The same where the server does not know the script, which is then sent whole.
    const whole = wireBytes(args) + wireBytes(withSource(args, rateLimitFixedWindowTake));
    for (let n = wireBytes(args); n < whole; n += 211) {
      await client.scriptFlush();
      await consumeCutAfter(n, "toServer");
    }
    await proxy.stop();
    const ttls = await Promise.all(names.map((name) => client.pTTL(name)));
    expect(ttls.filter((ttl) => ttl === -1)).toEqual([]);
    expect(ttls.every((ttl) => ttl <= hour)).toBe(true);
    // Cuts before the end of the command did nothing, those in the reply came too late to undo anything.
    expect(ttls.filter((ttl) => ttl === -2).length).toBeGreaterThan(50);
    expect(ttls.filter((ttl) => ttl > 0).length).toBeGreaterThan(20);
    expect(lost).toBeGreaterThan(100);
  });

  test("G2 a counter that lost its TTL is healed, by a unit and by a denial", async () => {
    const limits = limitsOf();
    for (const [stored, verdict] of [
      ["4", { allowed: true, remaining: 5 }],
      ["99", { allowed: false, remaining: 0 }],
      ["-3", { allowed: true, remaining: 9 }],
    ] as const) {
      const key = subject();
      await client.set(limits.keyOf(key), stored);
      expect(await limits.peek(key)).toMatchObject({ remaining: Math.max(0, Math.min(10, 10 - Number(stored))) });
      const healed = await limits.consume(key);
      expect(healed).toMatchObject(verdict);
      expect(healed.resetMs).toBe(hour);
      const left = await client.pTTL(limits.keyOf(key));
      expect(left).toBeGreaterThan(hour - 10_000);
      expect(left).toBeLessThanOrEqual(hour);
    }
    const rewarded = subject();
    await client.set(limits.keyOf(rewarded), "4");
    await limits.reward(rewarded, 1);
    expect(await client.pTTL(limits.keyOf(rewarded))).toBeGreaterThan(0);
    // Other programs count on from nothing, not from below it.
    await limits.reward(rewarded, 100);
    expect(await client.get(limits.keyOf(rewarded))).toBe("0");
  });

  test("a window that was shortened applies to live counters", async () => {
    const limits = limitsOf();
    const key = subject();
    await client.set(limits.keyOf(key), "10", { expiration: { type: "EX", value: 86_400 } });
    expect((await limits.consume(key)).retryAfterMs).toBe(hour);
    expect(await client.pTTL(limits.keyOf(key))).toBeLessThanOrEqual(hour);
  });

  const minute = 60_000;
  test.each([
    ["register_ip", 5, hour],
    ["login_ip", 10, 15 * minute],
    ["api_ip", 600, minute],
    ["reset_password_ip", 5, hour],
    ["places:ratelimit", 100, hour],
  ])("G3 %s: %i in %i ms; one more is denied, and the window's end resets it", async (name, limit, window) => {
    const limits = limitsOf({ name, pattern: `${name}:<id>`, limit, window });
    const key = { id: "203.0.113.7" };
    const verdicts = await Promise.all(Array.from({ length: limit }, () => limits.consume(key)));
    expect(verdicts.map((verdict) => verdict.remaining)).toEqual(
      Array.from({ length: limit }, (_, i) => limit - 1 - i),
    );
    expect(await limits.consume(key)).toMatchObject({ allowed: false, remaining: 0 });
    expect(await client.get(`${name}:203.0.113.7`)).toBe(String(limit));
    expect(await client.pTTL(`${name}:203.0.113.7`)).toBeLessThanOrEqual(window);
    const short = limitsOf({ name, pattern: `short:${name}:<id>`, limit, window: 120 });
    let verdict = await short.consume(key, { cost: limit });
    for (let i = 0; verdict.allowed && i < 100; i++) verdict = await short.consume(key);
    expect(verdict.allowed).toBe(false);
    await sleep(verdict.retryAfterMs + 3);
    expect(await short.consume(key)).toMatchObject({ allowed: true, remaining: limit - 1 });
  });

  test("G3 places for each user: the limit of a call", async () => {
    const limits = limitsOf({ name: "places", pattern: "places:ratelimit:<id>", limit: 2, limitPerCall: 100 });
    const [free, paying] = [{ id: "free" }, { id: "paying" }];
    for (let i = 0; i < 2; i++) expect(await limits.consume(free)).toMatchObject({ allowed: true });
    expect(await limits.consume(free)).toMatchObject({ allowed: false, limit: 2 });
    for (let i = 0; i < 3; i++) expect(await limits.consume(paying, { limit: 50 })).toMatchObject({ allowed: true });
    expect(await limits.peek(paying, { limit: 50 })).toMatchObject({ limit: 50, remaining: 47 });
  });

  test.each([60_000, 24 * hour])("G4 the nth violation writes blocked:<reason> for %i ms", async (block) => {
    const ladder = { remember: 7 * 24 * hour, reason: "login-flood", steps: [{ violations: 3, block }] };
    const limits = limitsOf({ limit: 1, ladder });
    const key = subject();
    const name = limits.keyOf(key);
    await limits.consume(key);
    for (const violations of [1, 2]) {
      expect(await limits.consume(key)).toMatchObject({ allowed: false, violations, blocked: undefined });
      expect(await client.exists(`{${name}}:blocked`)).toBe(0);
    }
    const third = await limits.consume(key);
    expect(third).toMatchObject({ allowed: false, violations: 3, blocked: { reason: "login-flood" } });
    expect(await client.get(`{${name}}:blocked`)).toBe("blocked:login-flood");
    const left = await client.pTTL(`{${name}}:blocked`);
    expect(left).toBeGreaterThan(block - 10_000);
    expect(left).toBeLessThanOrEqual(block);
    expect(await client.get(`{${name}}:violations`)).toBe("3");
    const remembered = await client.pTTL(`{${name}}:violations`);
    expect(remembered).toBeGreaterThan(ladder.remember - 10_000);
    expect(remembered).toBeLessThanOrEqual(ladder.remember);
    // The block holds when the counter has ended, and no longer than it lasts.
    await client.del(name);
    expect(await limits.consume(key)).toMatchObject({ allowed: false, blocked: { reason: "login-flood" } });
    await client.pExpire(`{${name}}:blocked`, 1);
    await sleep(5);
    expect(await limits.consume(key)).toMatchObject({ allowed: true, blocked: undefined });
  });
});

describe("when Redis cannot answer", () => {
  const down = (whenDown: "allow" | "deny" | "throw", through = client, more: Partial<RateLimitFamily> = {}) =>
    new Limits(new Runtime(through, ["default"]), { whenDown, deadline: 100, ...more });

  /** For a Redis that does answer, on a busy machine too. */
  const patient = { deadline: 5000 };

  async function expectDegraded(through: RedisClientType) {
    const seen: KeywrightEvent[] = [];
    const stop = onEvent((event) => seen.push(event));
    const key = subject();
    const allowing = await down("allow", through).consume(key);
    expect(allowing).toMatchObject({ allowed: true, degraded: true, remaining: 0, retryAfterMs: 0 });
    expect(allowing.headers()).toEqual({ "RateLimit-Policy": '"login";q=10;w=3600', "RateLimit-Degraded": "?1" });
    const denying = await down("deny", through).consume(key);
    expect(denying).toMatchObject({ allowed: false, degraded: true });
    expect(denying.headers()).toMatchObject({ "Retry-After": "1", "RateLimit-Degraded": "?1" });
    expect(seen.filter(({ type }) => type === "degraded").map(({ operation }) => operation)).toEqual([
      "consume",
      "consume",
    ]);
    await expect(down("throw", through).consume(key)).rejects.toThrow(KeywrightError);
    // Bad arguments are never degraded, nor is what the caller must know of.
    await expect(down("allow", through).consume(key, { cost: 11 })).rejects.toThrow('"cost" is above 10');
    stop();
  }

  test("G6 a dead Redis is allowed or denied, as the family declares, and marked degraded", async () => {
    const dying = await startRedis();
    const through = await connected(dying.url);
    await down("throw", through, patient).consume(subject());
    await dying.kill();
    await expectDegraded(through);
    await expect(down("allow", through).block(subject(), "1m")).rejects.toThrow(UnavailableError);
    await expect(down("allow", through).reset(subject())).rejects.toThrow(UnavailableError);
    expect(await down("deny", through).peek(subject())).toMatchObject({ allowed: false, degraded: true });
    expect(await down("allow", through).penalty(subject(), 1)).toMatchObject({ degraded: true });
    through.destroy();
  });

  test("G6 a hung Redis is answered by the deadline", async () => {
    const hanging = await startRedis();
    const through = await connected(hanging.url);
    await down("throw", through, patient).consume(subject());
    hanging.pause();
    const begun = performance.now();
    await expectDegraded(through);
    expect(performance.now() - begun).toBeLessThan(2000);
    hanging.resume();
    through.destroy();
    await hanging.stop();
  });

  test("G6 a full Redis is degraded, and gives back, unblocks, resets and reads all the same", async () => {
    const full = await startRedis();
    const through = await connected(full.url);
    const key = subject();
    for (const algorithm of algorithms) {
      const limits = down("throw", through, { algorithm, pattern: `${algorithm}:<id>`, ...patient });
      await limits.consume(key, { cost: 5 });
      await limits.block(key, "1h");
    }
    await through.configSet("maxmemory", "1");
    await expectDegraded(through);
    for (const algorithm of algorithms) {
      const limits = down("throw", through, { algorithm, pattern: `${algorithm}:<id>`, ...patient });
      await expect(limits.consume(key)).rejects.toThrow(RefusedError);
      expect(await limits.peek(key)).toMatchObject({ blocked: { reason: "manual" } });
      expect(await limits.unblock(key)).toBe(true);
      expect(await limits.reward(key, 2)).toMatchObject({ remaining: 7 });
      expect(await limits.reset(key)).toBe(true);
    }
    through.destroy();
    await full.stop();
  });

  test("G6 several buckets in order: a limit whose Redis is dead stands for itself", async () => {
    const dying = await startRedis();
    const through = await connected(dying.url);
    await dying.kill();
    const address = limitsOf({ name: "byAddress", limit: 5 });
    const key = subject();
    const allowed = await consumeInOrder([
      { limit: address, key },
      { limit: down("allow", through), key },
    ]);
    expect(allowed).toMatchObject({ allowed: true, degraded: true, givenBack: true });
    expect(allowed.headers()).toEqual({
      "RateLimit-Policy": '"byAddress";q=5;w=3600, "login";q=10;w=3600',
      RateLimit: '"byAddress";r=4;t=3600',
      "RateLimit-Degraded": "?1",
    });
    const denied = await consumeInOrder([
      { limit: address, key },
      { limit: down("deny", through), key },
    ]);
    expect(denied).toMatchObject({ allowed: false, degraded: true, givenBack: true, denied: { index: 1 } });
    await expect(
      consumeInOrder([
        { limit: address, key },
        { limit: down("throw", through), key },
      ]),
    ).rejects.toThrow(UnavailableError);
    expect(await address.peek(key)).toMatchObject({ remaining: 4 });
    through.destroy();
  });

  test("what no outage explains is never hidden", async () => {
    await client.sendCommand(["ACL", "SETUSER", "narrow", "on", "nopass", "+@all", "~other:*"]);
    const url = new URL(server.url);
    url.username = "narrow";
    url.password = "x";
    const narrow = await connected(url.href);
    const refusal = await down("allow", narrow, patient)
      .consume(subject())
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RefusedError);
    expect((refusal as RefusedError).reply).toBe("NOPERM");
    narrow.destroy();
  });
});

describe("refunds", () => {
  const take = (limits: Limits, key: { id: string }, cost: number) =>
    RateLimitRepository.take(limits, limits.keyOf(key), { cost });
  const refund = (limits: Limits, key: { id: string }, cost: number, id: string) =>
    RateLimitRepository.refund(limits, limits.keyOf(key), { cost }, id);

  test("a fixed window gives back into the same window only", async () => {
    const limits = limitsOf();
    const key = subject();
    const { id } = await take(limits, key, 4);
    await refund(limits, key, 4, id);
    expect(await limits.peek(key)).toMatchObject({ remaining: 10 });
    const old = await take(limits, key, 4);
    await client.del(limits.keyOf(key));
    await sleep(2);
    await limits.consume(key, { cost: 6 });
    await refund(limits, key, 4, old.id);
    expect(await limits.peek(key)).toMatchObject({ remaining: 4 });
    await client.del(limits.keyOf(key));
    await refund(limits, key, 4, old.id);
    expect(await client.exists(limits.keyOf(key))).toBe(0);
  });

  test("a sliding window gives back into the very window, also when it is by now the one before", async () => {
    const limits = limitsOf({ algorithm: "sliding-window" });
    const key = subject();
    const name = limits.keyOf(key);
    const { id } = await take(limits, key, 4);
    const start = Number(await client.hGet(name, "start"));
    expect(id).toBe(String(start));
    // As it will be in the next window: what was taken now is then the earlier count.
    await client.hSet(name, { previous: 5, current: 3 });
    await refund(limits, key, 4, String(start - hour));
    expect(await client.hGetAll(name)).toEqual({ start: String(start), previous: "1", current: "3" });
    await refund(limits, key, 2, id);
    expect(await client.hGetAll(name)).toEqual({ start: String(start), previous: "1", current: "1" });
    await refund(limits, key, 9, String(start - 2 * hour));
    expect(await client.hGetAll(name)).toEqual({ start: String(start), previous: "1", current: "1" });
  });

  test.each(["gcra", "token-bucket"] as const)("%s gives back no more than is still missing", async (algorithm) => {
    const limits = limitsOf({ algorithm });
    const key = subject();
    const name = limits.keyOf(key);
    const unit = hour / 10;
    const { id } = await take(limits, key, 4);
    await refund(limits, key, 4, id);
    expect(await limits.peek(key)).toMatchObject({ remaining: 10 });
    // Three of four units have come back by time when the refund arrives; others were taken meanwhile.
    const earlier = await take(limits, key, 4);
    await client.del(name);
    await limits.consume(key, { cost: 6 });
    const ms = algorithm === "gcra";
    const [whole, fraction] = earlier.id.split(".");
    const shifted = String(Number(whole) - (ms ? 3 * unit : 3 * unit * 1000)) + (fraction ? `.${fraction}` : "");
    await refund(limits, key, 4, shifted);
    const { remaining, nextMs } = await limits.peek(key);
    expect([4, 5]).toContain(remaining);
    // A little less than one unit, by the time between: so the fifth is a moment away.
    if (remaining === 4) expect(nextMs).toBeLessThan(10_000);
    await refund(limits, key, 4, ms ? "1000000000000.5" : "1000000000000000");
    expect((await limits.peek(key)).remaining).toBeLessThanOrEqual(5);
  });
});

describe("in order", () => {
  test("bad arguments of any step are refused before anything is taken", async () => {
    const limits = limitsOf({ name: "byAddress" });
    const key = subject();
    await expect(
      consumeInOrder([
        { limit: limits, key },
        { limit: limits, key, cost: 11 },
      ]),
    ).rejects.toThrow('"cost" is above 10');
    await expect(consumeInOrder([])).rejects.toThrow("the list of limits is empty");
    const view = readOnly(limits, RateLimitRepository.writes, "it only reads");
    await expect(
      consumeInOrder([
        { limit: limits, key },
        { limit: view, key },
      ]),
    ).rejects.toThrow("may only read");
    expect(await client.exists(limits.keyOf(key))).toBe(0);
    expect(await limits.peek(key)).toMatchObject({ remaining: 10 });
  });

  test("an error midway gives back what was taken before", async () => {
    const first = limitsOf({ name: "first", pattern: "first:<id>" });
    const second = limitsOf({ name: "second", pattern: "second:<id>", whenDown: "allow" });
    const key = subject();
    await client.lPush(second.keyOf(key), "not a counter");
    const steps = [
      { limit: first, key, cost: 3 },
      { limit: second, key },
    ] as const;
    await expect(consumeInOrder(steps)).rejects.toThrow("another Redis type");
    expect(await first.peek(key)).toMatchObject({ remaining: 10 });
  });

  test("a refund that fails is told", async () => {
    const second = limitsOf({ name: "second", pattern: "second:<id>", limit: 1 });
    const key = subject();
    await second.consume(key);
    const through = await connected(server.url);
    const first = new Limits(new Runtime(through, ["default"]), { name: "first", pattern: "first:<id>" });
    const stop = onEvent((event) => {
      if (event.family === "second") through.destroy();
    });
    const denied = await consumeInOrder([
      { limit: first, key },
      { limit: second, key },
    ]);
    stop();
    expect(denied).toMatchObject({ allowed: false, givenBack: false, denied: { family: "second" } });
  });
});

describe("the server's clock was set back", () => {
  test.each(["sliding-window", "gcra", "token-bucket"] as const)("%s denies no longer for it", async (algorithm) => {
    const limits = limitsOf({ algorithm });
    const key = subject();
    const name = limits.keyOf(key);
    await limits.consume(key, { cost: 10 });
    const ahead = 100 * hour;
    if (algorithm === "gcra") await client.set(name, String(Date.now() + ahead));
    else if (algorithm === "token-bucket") await client.hSet(name, { at: String((Date.now() + ahead) * 1000) });
    else await client.hSet(name, { start: String(Date.now() + ahead) });
    const denial = await limits.consume(key);
    expect(denial).toMatchObject({ allowed: false, remaining: 0 });
    expect(denial.resetMs).toBeLessThanOrEqual(2 * hour);
    expect(await client.pTTL(name)).toBeGreaterThan(0);
    expect(await client.pTTL(name)).toBeLessThanOrEqual(2 * hour);
    // What is stored is of now again, so that it ends as told.
    const stored =
      algorithm === "gcra"
        ? Number(await client.get(name)) - hour
        : algorithm === "token-bucket"
          ? Number(await client.hGet(name, "at")) / 1000
          : Number(await client.hGet(name, "start"));
    expect(stored).toBeLessThanOrEqual(Date.now() + 1000);
  });
});

describe("a block that lost its TTL", () => {
  beforeEach(() => client.flushAll());

  test("ends after 366 days", async () => {
    const limits = limitsOf();
    const key = subject();
    const block = `{${limits.keyOf(key)}}:blocked`;
    await client.set(block, "by hand");
    const peeked = await limits.peek(key);
    expect(peeked).toMatchObject({ allowed: false, blocked: { reason: "by hand" }, retryAfterMs: 366 * 24 * hour });
    expect(await limits.consume(key)).toMatchObject({ allowed: false, blocked: { reason: "by hand" } });
    expect(await client.pTTL(block)).toBeGreaterThan(365 * 24 * hour);
    expect(await client.dbSize()).toBe(1);
  });
});

test("a transaction offers the operations, and only those", () => {
  const names = Object.getOwnPropertyNames(RateLimitPlans.prototype).filter((name) => name !== "constructor");
  expect(names.sort()).toEqual(["block", "consume", "peek", "penalty", "reset", "reward", "unblock"]);
  const plans = new RateLimitPlans(familyWith({}));
  expect(plans.peek("k").writes).toBe(false);
  for (const plan of [
    plans.consume("k"),
    plans.penalty("k", 1),
    plans.reward("k", 1),
    plans.block("k", 1),
    plans.reset("k"),
  ]) {
    expect(plan.writes).toBe(true);
  }
});
