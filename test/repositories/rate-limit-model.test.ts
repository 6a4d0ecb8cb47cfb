import fc from "fast-check";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { RateLimitRepository } from "../../src/repositories/rate-limit.js";
import { Runtime } from "../../src/runtime/runtime.js";
import type { RateLimitAlgorithm } from "../../src/schema/kinds/rate-limit.js";
import { uniquePrefix } from "../setup/topologies.js";
import { algorithms, hour, Limits, subject } from "./rate-limit-family.js";

/**
 * A limit in memory, as plainly as it can be said, on a clock of its own: time passes only when `pass` is called. The
 * real one is taken along by moving what it stored into the past.
 */
interface Model {
  /** Whether the units were there, and are taken. Within milliseconds of a border `real` decides. */
  take(units: number, real: boolean): boolean;
  force(units: number): void;
  give(units: number): void;
  /** Units that are there, with their fraction. */
  left(): number;
  /** What a refund needs, right after a `take` that passed. */
  ticket(): unknown;
  refund(units: number, ticket: never): void;
  pass(ms: number): void;
}

const limit = 6;
const burst = 4;
/** A unit of a bucket comes back in an hour. */
const window = limit * hour;

/** What the seconds of a run may add to a bucket, in units. */
const drift = 0.005;

/** How far the present window of a sliding window has gone; the family's window is chosen for it. */
const phase = 0.375;

class FixedModel implements Model {
  count = 0;
  end = 0;
  number = 0;
  take(units: number) {
    if (this.count + units > limit) return false;
    this.force(units);
    return true;
  }
  force(units: number) {
    if (this.end === 0) {
      this.end = window;
      this.number += 1;
    }
    this.count = Math.min(limit, this.count + units);
  }
  give(units: number) {
    this.count = Math.max(0, this.count - units);
  }
  left() {
    return limit - this.count;
  }
  ticket() {
    return this.number;
  }
  refund(units: number, ticket: number) {
    if (ticket === this.number && this.end > 0) this.give(units);
  }
  pass(ms: number) {
    this.end = Math.max(0, this.end - ms);
    if (this.end === 0) this.count = 0;
  }
}

class SlidingModel implements Model {
  /** Units by the number of their window. */
  readonly windows = new Map<number, number>();
  now = 1000;
  of(number: number) {
    return this.windows.get(number) ?? 0;
  }
  used() {
    return this.of(this.now) + this.of(this.now - 1) * (1 - phase);
  }
  take(units: number) {
    if (this.used() + units > limit) return false;
    this.force(units);
    return true;
  }
  force(units: number) {
    this.windows.set(this.now, Math.min(limit, this.of(this.now) + units));
  }
  give(units: number) {
    const first = Math.min(units, this.of(this.now));
    this.windows.set(this.now, this.of(this.now) - first);
    this.refund(units - first, this.now - 1);
  }
  left() {
    return Math.max(0, limit - this.used());
  }
  ticket() {
    return this.now;
  }
  refund(units: number, number: number) {
    this.windows.set(number, Math.max(0, this.of(number) - units));
  }
  pass(ms: number) {
    this.now += Math.floor(ms / window);
  }
}

/** Both of the bucket kinds are the same limit, seen from two sides. */
class BucketModel implements Model {
  tokens = burst;
  now = 0;
  take(units: number, real: boolean) {
    const close = Math.abs(this.tokens - units) < drift;
    if (close ? !real : this.tokens < units) return false;
    this.force(units);
    return true;
  }
  force(units: number) {
    this.tokens = Math.max(0, this.tokens - units);
  }
  give(units: number) {
    this.tokens = Math.min(burst, this.tokens + units);
  }
  left() {
    return this.tokens;
  }
  ticket() {
    return this.now + (burst - this.tokens) * hour;
  }
  refund(units: number, full: number) {
    this.give(Math.max(0, Math.min(units, (full - this.now) / hour)));
  }
  pass(ms: number) {
    this.now += ms;
    this.give(ms / hour);
  }
}

const modelOf: Record<RateLimitAlgorithm, () => Model> = {
  "fixed-window": () => new FixedModel(),
  "sliding-window": () => new SlidingModel(),
  gcra: () => new BucketModel(),
  "token-bucket": () => new BucketModel(),
};

let client: RedisClientType;
let runtime: Runtime;
const prefix = uniquePrefix();

beforeAll(async () => {
  client = createClient({ url: inject("redis").url });
  client.on("error", () => undefined);
  await client.connect();
  runtime = new Runtime(client, ["default"], { prefix });
});
afterAll(() => client.destroy());

/** Moves what is stored `ms` into the past. */
async function age(algorithm: RateLimitAlgorithm, name: string, ms: number, length: number): Promise<void> {
  if ((await client.exists(name)) === 0) return;
  if (algorithm === "sliding-window") {
    await client.hSet(
      name,
      "start",
      String(Number(await client.hGet(name, "start")) - Math.floor(ms / window) * length),
    );
    return;
  }
  const end = await client.pExpireTime(name);
  if (end - ms <= Date.now()) {
    await client.del(name);
    return;
  }
  if (algorithm === "gcra") {
    const [whole, fraction] = ((await client.get(name)) as string).split(".");
    await client.set(name, `${Number(whole) - ms}.${fraction}`);
  }
  if (algorithm === "token-bucket") {
    await client.hSet(name, "at", String(Number(await client.hGet(name, "at")) - ms * 1000));
  }
  await client.pExpireAt(name, end - ms);
}

/** The id of a taking, as it is when `ms` have passed. */
function aged(algorithm: RateLimitAlgorithm, id: string, ms: number, length: number): string {
  const [whole, fraction = "0"] = id.split(".");
  switch (algorithm) {
    case "fixed-window":
      return String(Number(whole) - ms);
    case "sliding-window":
      return String(Number(whole) - Math.floor(ms / window) * length);
    case "gcra":
      return `${Number(whole) - ms}.${fraction}`;
    case "token-bucket":
      return String(Number(whole) - ms * 1000);
  }
}

type Step =
  | { readonly act: "take" | "force" | "give" | "peek"; readonly units: number }
  | { readonly act: "refund"; readonly which: number }
  | { readonly act: "pass"; readonly ms: number };

const units = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant("take" as const), units }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("force" as const), units }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("give" as const), units }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("peek" as const), units }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("refund" as const), which: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("pass" as const),
      ms: fc.integer({ min: 1, max: 60 }).map((n) => n * (hour / 8)),
    }),
  },
);

test.each(algorithms)("%s does what its model does", async (algorithm) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      // A window so long that now lies at the phase for the whole test, three windows after 1970.
      const length = algorithm === "sliding-window" ? Math.round(Date.now() / (3 + phase)) : window;
      const limits = new Limits(runtime, { algorithm, limit, window: length, burst });
      const key = subject();
      const name = limits.keyOf(key);
      const model = modelOf[algorithm]();
      const taken: { readonly units: number; id: string; readonly ticket: unknown }[] = [];
      for (const one of steps) {
        switch (one.act) {
          case "take": {
            const { verdict, id } = await RateLimitRepository.take(limits, name, { cost: one.units });
            const expected = model.take(one.units, verdict.allowed);
            expect(verdict.allowed).toBe(expected);
            expect(verdict.retryAfterMs === 0).toBe(expected);
            if (expected) taken.push({ units: one.units, id, ticket: model.ticket() });
            break;
          }
          case "force":
            await limits.penalty(key, one.units);
            model.force(one.units);
            break;
          case "give":
            await limits.reward(key, one.units);
            model.give(one.units);
            break;
          case "peek": {
            const verdict = await limits.peek(key, { cost: one.units });
            expect(verdict.allowed).toBe(verdict.remaining >= one.units);
            break;
          }
          case "refund": {
            const [back] = taken.splice(one.which % Math.max(1, taken.length), 1);
            if (back === undefined) break;
            await RateLimitRepository.refund(limits, name, { cost: back.units }, back.id);
            model.refund(back.units, back.ticket as never);
            break;
          }
          case "pass":
            await age(algorithm, name, one.ms, length);
            for (const each of taken) each.id = aged(algorithm, each.id, one.ms, length);
            model.pass(one.ms);
            break;
        }
        // Asked first: a key that is gone then has nothing left that would come back.
        const left = await client.pTTL(name);
        const { remaining, resetMs } = await limits.peek(key);
        expect([Math.floor(model.left() - drift), Math.floor(model.left() + drift)]).toContain(remaining);
        // -1 is a key without a TTL; 0 is the last millisecond of one.
        expect(left).not.toBe(-1);
        expect(left).toBeLessThanOrEqual(algorithm === "sliding-window" ? 2 * length : window);
        // What is missing comes back before its key ends, or with it.
        if (resetMs > 0 && algorithm !== "sliding-window") expect(Math.abs(resetMs - left)).toBeLessThan(2000);
        if (left === -2) expect(resetMs).toBe(0);
      }
      await client.del(name);
    }),
    { numRuns: 40, interruptAfterTimeLimit: 3000, markInterruptAsFailure: false },
  );
});

/**
 * Why a refund is bounded: with it, a subject never has more than if the refunded units had never been taken. (A fixed
 * window begins with its first unit, also where that is given back; there the window's end is the bound.)
 */
test.each([
  ["sliding window", () => new SlidingModel()],
  ["bucket", () => new BucketModel()],
] as [string, () => Model][])("a refund of a %s credits nothing that was taken later", (_, make) => {
  const other = fc.oneof(
    fc.record({ act: fc.constant("take" as const), units }),
    fc.record({ act: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 60 }).map((n) => n * (hour / 8)) }),
  );
  fc.assert(
    fc.property(fc.array(other, { maxLength: 6 }), units, fc.array(other, { maxLength: 12 }), (before, cost, after) => {
      const [real, without] = [make(), make()];
      const both = (one: (typeof before)[number]) => {
        if (one.act === "pass") for (const model of [real, without]) model.pass(one.ms);
        else if (real.take(one.units, true)) without.force(one.units);
      };
      before.forEach(both);
      if (!real.take(cost, true)) return;
      const ticket = real.ticket() as never;
      after.forEach(both);
      real.refund(cost, ticket);
      expect(real.left()).toBeLessThanOrEqual(without.left() + 2 * drift);
    }),
    { numRuns: 2000 },
  );
});
