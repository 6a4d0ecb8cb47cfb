import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { startRedis } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { readOnly } from "../../src/repositories/access.js";
import { Scope } from "../../src/repositories/scope.js";
import { sessionCreate, sessionEnd } from "../../src/repositories/scripts.js";
import { type SessionFamily, SessionRepository } from "../../src/repositories/session.js";
import { type Owner, ownerOfValue } from "../../src/repositories/session-owner.js";
import { entryGrace } from "../../src/repositories/session-steps.js";
import {
  AlreadyExistsError,
  InvalidArgumentError,
  InvalidParameterError,
  InvalidValueError,
  MisuseError,
  UndecodableValueError,
  WrongTypeError,
} from "../../src/runtime/errors.js";
import { type KeywrightEvent, onEvent } from "../../src/runtime/events.js";
import type { Plan } from "../../src/runtime/plan.js";
import { Runtime } from "../../src/runtime/runtime.js";
import type { Script } from "../../src/runtime/script.js";
import { hex, str } from "../../src/schema/patterns/encode.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import { readEnvelopeHead, writeEnvelope } from "../../src/schema/values/envelope.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

interface Key {
  readonly token: string;
}

const user = z.object({
  userId: z.string().nullable(),
  note: z.string().optional(),
  at: z.date().optional(),
});
type User = z.infer<typeof user>;

type Family = SessionFamily<User, string>;

class Sessions extends SessionRepository<Key, User, string> {
  constructor(runtime: Runtime, family: Family) {
    super(runtime, family, (k) => `session:web:${hex(k.token, "token")}`);
  }
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const plain: Family = {
  name: "webSession",
  kind: "session",
  pattern: "session:web:<token:hex>",
  store: "default",
  tier: "R1",
  deadline: 10_000,
  retries: 0,
  tagged: false,
  ttl: { kind: "sliding", ms: 30 * minute, max: day },
  owners: undefined,
  value: compileCodec(user, "superjson") as Family["value"],
};
const owned: Family = {
  ...plain,
  owners: {
    pattern: "session:web:owner:<userId>",
    key: (owner) => `session:web:owner:${str(owner, "userId")}`,
    of: (value) => value.userId,
  },
};

const fresh = (): Key => ({ token: randomBytes(16).toString("hex") });
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Why each of the calls failed; one that did not is told as such. */
async function rejections(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) => (result.status === "rejected" ? result.reason : "it did not fail"));
}

describe.each(topologies)("session on $name", (topology) => {
  const prefix = uniquePrefix();
  let connection: Connection;
  let runtime: Runtime;

  beforeAll(async () => {
    connection = await topology.connect();
    runtime = new Runtime(connection.client, ["default"], { prefix });
  });
  afterAll(async () => {
    await connection.flushPrefix(prefix);
    await connection.close();
  });

  const of = (more: Partial<Family> = {}) => new Sessions(runtime, { ...plain, ...more });
  const ofOwners = (more: Partial<Family> = {}) => new Sessions(runtime, { ...owned, ...more });
  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const sent = (act: () => unknown) => sentCommands(topology, prefix, act);
  const left = async (sessions: Sessions, key: Key) => (await raw("PTTL", sessions.keyOf(key))) as number;
  const headOf = async (sessions: Sessions, key: Key) =>
    readEnvelopeHead((await raw("GET", sessions.keyOf(key))) as string);
  const ann: User = { userId: "ann" };
  /** Owned sessions whose first call of a script (or those that `when` names) waits for `act`. All is real but the moment. */
  const overtaking = (
    script: Script,
    act: (plan: Plan<unknown>) => Promise<Plan<unknown> | undefined>,
    when?: (plan: Plan<unknown>) => boolean,
  ) => {
    const own = new Runtime(connection.client, ["default"], { prefix });
    const { executor } = own.store(owned);
    const run = executor.run.bind(executor);
    let waits = true;
    executor.run = async <T>(plan: Plan<T>): Promise<T> => {
      if (plan.script !== script || !(when?.(plan) ?? waits)) return run(plan);
      waits = false;
      return run(((await act(plan)) ?? plan) as Plan<T>);
    };
    return new Sessions(own, owned);
  };
  const indexOf = (owner: string) => `${prefix}session:web:owner:${owner}`;
  const indexed = async (owner: string) => (await raw("ZRANGE", indexOf(owner), "0", "-1")) as string[];
  /** As if all had been entered long ago. */
  const age = async (owner: string) => {
    for (const name of await indexed(owner)) {
      await raw("ZADD", indexOf(owner), String(Date.now() + day - 10 * minute), name);
    }
  };
  /** A session as it may be found where its TTL was lost. */
  const ended = (value = '{"json":{"userId":"ann"}}') =>
    writeEnvelope({ kind: "value", id: "0123456789abcdef", version: 1, hardEnd: Date.now() - 5000 }, value);

  test("create, load, save, destroy: the value in the envelope, with its hard end, in any of its shapes", async () => {
    const sessions = of();
    const values: User[] = [
      { userId: "ann", note: "x", at: new Date(1_700_000_000_123) },
      { userId: "", note: "" },
      { userId: null },
      { userId: "é😀\u0000" },
    ];
    for (const value of values) {
      const key = fresh();
      expect(await sessions.load(key)).toBeNull();
      const before = Date.now();
      await sessions.create(key, value);
      expect(await sessions.load(key)).toEqual(value);
      expect(await sessions.loadAndTouch(key)).toEqual(value);
      const head = await headOf(sessions, key);
      expect(head).toMatchObject({ kind: "value", version: 1 });
      expect(Math.abs((head?.hardEnd as number) - before - day)).toBeLessThan(minute);
      expect(await sessions.save(key, { userId: "ben" })).toBe(true);
      expect(await sessions.load(key)).toEqual({ userId: "ben" });
      const after = await headOf(sessions, key);
      expect(after?.hardEnd).toBe(head?.hardEnd);
      expect(after?.id).not.toBe(head?.id);
      expect(await sessions.destroy(key)).toBe(true);
      expect(await sessions.destroy(key)).toBe(false);
      expect(await sessions.load(key)).toBeNull();
    }
  });

  test("any superjson reader reads what is stored", async () => {
    const sessions = of();
    const key = fresh();
    const value = { userId: "ann", at: new Date(1_700_000_000_123) };
    await sessions.create(key, value);
    const { parse } = (await import("superjson")).default;
    expect(parse((await raw("GET", sessions.keyOf(key))) as string)).toEqual(value);
  });

  test("as json, the value stands in the envelope as it is", async () => {
    const sessions = of({ value: compileCodec(z.object({ userId: z.string() }), "json") as never });
    const key = fresh();
    await sessions.create(key, ann);
    expect(JSON.parse((await raw("GET", sessions.keyOf(key))) as string).json).toEqual(ann);
    expect(await sessions.loadAndTouch(key)).toEqual(ann);
    await sessions.save(key, { userId: "ben" });
    expect(await sessions.load(key)).toEqual({ userId: "ben" });
  });

  test.runIf(topology.takesLarge)("carries 4 MiB", async () => {
    const sessions = of();
    const [key, next] = [fresh(), fresh()];
    const note = "é".repeat(2 ** 21);
    await sessions.create(key, { userId: "ann", note });
    expect((await sessions.loadAndTouch(key))?.note === note).toBe(true);
    expect(await sessions.save(key, { userId: "ben", note })).toBe(true);
    expect(await sessions.rotate(key, next)).toBe(true);
    expect((await sessions.load(next))?.note === note).toBe(true);
    await sessions.destroy(next);
  });

  test("every operation but those on owners is one command", async () => {
    const sessions = of();
    const key = fresh();
    await sessions.create(fresh(), ann);
    await sessions.rotate(fresh(), fresh());
    // Scripts become known to the servers.
    await Promise.all([sessions.load(key), sessions.loadAndTouch(key), sessions.touch(key), sessions.save(key, ann)]);
    const commands = await sent(async () => {
      await sessions.create(key, ann);
      await sessions.load(key);
      await sessions.loadAndTouch(key);
      await sessions.save(key, ann);
      await sessions.touch(key);
      await sessions.destroy(key);
    });
    // EVAL where a node of the Cluster has not met the script.
    expect(commands.filter(([name]) => name !== "EVAL").map(([name]) => name)).toEqual([
      ...Array(5).fill("EVALSHA"),
      "DEL",
    ]);
  });

  test("a token that is taken is an error, and the session stays", async () => {
    for (const sessions of [of(), ofOwners()]) {
      const key = fresh();
      await sessions.create(key, ann);
      await expect(sessions.create(key, { userId: "ben" })).rejects.toBeInstanceOf(AlreadyExistsError);
      expect(await sessions.load(key)).toEqual(ann);
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, () => sessions.create({ token: "ab".repeat(8) + key.token }, ann)),
      );
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    }
  });

  test("no operation makes a session where there is none", async () => {
    for (const sessions of [of(), ofOwners()]) {
      const key = fresh();
      expect(await sessions.load(key)).toBeNull();
      expect(await sessions.loadAndTouch(key)).toBeNull();
      expect(await sessions.save(key, ann)).toBe(false);
      expect(await sessions.touch(key)).toBe(false);
      expect(await sessions.rotate(key, fresh())).toBe(false);
      expect(await raw("EXISTS", sessions.keyOf(key))).toBe(0);
    }
  });

  describe("TTL", () => {
    test("load does not slide; loadAndTouch, touch and save do", async () => {
      const sessions = of();
      const key = fresh();
      await sessions.create(key, ann);
      expect(await left(sessions, key)).toBeGreaterThan(29 * minute);
      expect(await left(sessions, key)).toBeLessThanOrEqual(30 * minute);
      await raw("PEXPIRE", sessions.keyOf(key), "60000");
      await sessions.load(key);
      expect(await left(sessions, key)).toBeLessThanOrEqual(60_000);
      const accesses = [() => sessions.loadAndTouch(key), () => sessions.touch(key), () => sessions.save(key, ann)];
      for (const access of accesses) {
        await raw("PEXPIRE", sessions.keyOf(key), "60000");
        await access();
        expect(await left(sessions, key)).toBeGreaterThan(29 * minute);
        await raw("PERSIST", sessions.keyOf(key));
        await access();
        expect(await left(sessions, key)).toBeGreaterThan(29 * minute);
      }
    });

    test("a fixed TTL is the hard end, which nothing prolongs", async () => {
      const sessions = of({ ttl: { kind: "fixed", ms: hour } });
      const key = fresh();
      await sessions.create(key, ann);
      const end = (await raw("PEXPIRETIME", sessions.keyOf(key))) as number;
      expect((await headOf(sessions, key))?.hardEnd).toBe(end);
      await sessions.loadAndTouch(key);
      await sessions.touch(key);
      await sessions.save(key, { userId: "ben" });
      expect(await raw("PEXPIRETIME", sessions.keyOf(key))).toBe(end);
    });

    test("{ config }: what start-up gives", async () => {
      const ttl = { kind: "config", name: "webTtl", default: minute, max: hour } as const;
      const given = new Runtime(connection.client, ["default"], { prefix, ttl: { webTtl: "30m" } });
      const sessions = new Sessions(given, { ...plain, ttl });
      const key = fresh();
      await sessions.create(key, ann);
      expect(await left(sessions, key)).toBeGreaterThan(29 * minute);
    });

    test("to the millisecond: it ends at its sliding TTL, and at its hard end whoever touches it", async () => {
      const sliding = of({ ttl: { kind: "sliding", ms: 150, max: 5000 } });
      const idle = fresh();
      await sliding.create(idle, ann);
      const hard = of({ ttl: { kind: "sliding", ms: 400, max: 700 } });
      const busy = fresh();
      await hard.create(busy, ann);
      const end = (await headOf(hard, busy))?.hardEnd as number;
      const deadline = Date.now() + 5000;
      while ((await hard.loadAndTouch(busy)) !== null && Date.now() < deadline) {
        expect((await raw("PEXPIRETIME", hard.keyOf(busy))) as number).toBeLessThanOrEqual(end);
        await pause(20);
      }
      expect(Date.now()).toBeGreaterThanOrEqual(end - 50);
      expect(Date.now()).toBeLessThan(end + 2000);
      expect(await sliding.load(idle)).toBeNull();
    });

    test("endsAt: earlier than the maximum counts, later does not, past is an error", async () => {
      for (const sessions of [of(), ofOwners()]) {
        const [early, late, past] = [fresh(), fresh(), fresh()] as const;
        const soon = Date.now() + 10 * minute;
        await sessions.create(early, ann, { endsAt: new Date(soon) });
        expect((await headOf(sessions, early))?.hardEnd).toBe(soon);
        expect(await raw("PEXPIRETIME", sessions.keyOf(early))).toBe(soon);
        await sessions.touch(early);
        expect(await raw("PEXPIRETIME", sessions.keyOf(early))).toBe(soon);
        await sessions.create(late, ann, { endsAt: Date.now() + 10 * day });
        expect((await headOf(sessions, late))?.hardEnd as number).toBeLessThan(Date.now() + day + minute);
        for (const endsAt of [0, Date.now() - 60_000, new Date(5)]) {
          await expect(sessions.create(past, ann, { endsAt })).rejects.toBeInstanceOf(InvalidArgumentError);
        }
        expect(await sessions.load(past)).toBeNull();
        const refused = [Number.NaN, -1, 1.5, new Date(Number.NaN), 1e15];
        const commands = await sent(async () => {
          for (const error of await rejections(refused.map((endsAt) => sessions.create(past, ann, { endsAt })))) {
            expect(error).toBeInstanceOf(InvalidArgumentError);
          }
        });
        expect(commands).toEqual([]);
      }
    });

    test("a session past its hard end is absent, also where its TTL was lost", async () => {
      const sessions = of();
      const key = fresh();
      const acts: [act: () => Promise<unknown>, result: unknown][] = [
        [() => sessions.load(key), null],
        [() => sessions.loadAndTouch(key), null],
        [() => sessions.touch(key), false],
        [() => sessions.save(key, ann), false],
        [() => sessions.rotate(key, fresh()), false],
        [() => sessions.create(key, ann), undefined],
      ];
      for (const [act, result] of acts) {
        await raw("SET", sessions.keyOf(key), ended());
        expect(await act()).toEqual(result);
      }
      expect(await sessions.load(key)).toEqual(ann);
    });

    // One server and a Cluster: the scripts are the same on all.
    test.runIf(topology.takesLarge)(
      "after any sequence of operations PTTL exceeds neither the sliding TTL nor the hard end",
      async () => {
        const ttl = { kind: "sliding", ms: 2000, max: 3000 } as const;
        const operations = fc.array(
          fc.constantFrom("create", "early", "load", "loadAndTouch", "save", "touch", "rotate", "destroy", "persist"),
          { maxLength: 12 },
        );
        await fc.assert(
          fc.asyncProperty(operations, fc.boolean(), async (list, withOwner) => {
            const sessions = withOwner ? ofOwners({ ttl }) : of({ ttl });
            let key = fresh();
            let hardEnd: number | undefined;
            for (const operation of list) {
              if (operation === "create" || operation === "early") {
                const options = operation === "early" ? { endsAt: Date.now() + 1000 } : undefined;
                await sessions.create(key, ann, options).catch(() => undefined);
              } else if (operation === "save") await sessions.save(key, { userId: "ben" });
              else if (operation === "rotate") {
                const next = fresh();
                if (await sessions.rotate(key, next)) {
                  expect(await raw("EXISTS", sessions.keyOf(key))).toBe(0);
                  key = next;
                }
              } else if (operation === "persist") {
                await raw("PERSIST", sessions.keyOf(key));
                await sessions.touch(key);
              } else await sessions[operation](key);
              const end = (await headOf(sessions, key).catch(() => undefined))?.hardEnd ?? undefined;
              const expires = (await raw("PEXPIRETIME", sessions.keyOf(key))) as number;
              const ms = await left(sessions, key);
              if (ms === -2) {
                hardEnd = undefined;
                continue;
              }
              expect(ms).toBeGreaterThanOrEqual(0);
              expect(ms).toBeLessThanOrEqual(ttl.ms);
              expect(expires).toBeLessThanOrEqual(end as number);
              if (hardEnd !== undefined && operation !== "create" && operation !== "early") expect(end).toBe(hardEnd);
              hardEnd = end;
            }
          }),
          { numRuns: 40 },
        );
      },
    );
  });

  describe("rotate", () => {
    test("the new token takes over value, hard end and remaining time; the old one is gone", async () => {
      for (const sessions of [of(), ofOwners()]) {
        const [key, next] = [fresh(), fresh()] as const;
        const value = { userId: "ann", at: new Date(7) };
        await sessions.create(key, value);
        await raw("PEXPIRE", sessions.keyOf(key), "60000");
        const [end, expires] = [(await headOf(sessions, key))?.hardEnd, await raw("PEXPIRETIME", sessions.keyOf(key))];
        expect(await sessions.rotate(key, next)).toBe(true);
        expect(await sessions.load(key)).toBeNull();
        expect(await sessions.load(next)).toEqual(value);
        expect((await headOf(sessions, next))?.hardEnd).toBe(end);
        expect(await raw("PEXPIRETIME", sessions.keyOf(next))).toBe(expires);
        expect(await sessions.save(key, value)).toBe(false);
        expect(await sessions.rotate(key, fresh())).toBe(false);
      }
    });

    test("onto a taken token is an error, onto itself too, and the old one stays", async () => {
      const sessions = of();
      const [key, other] = [fresh(), fresh()] as const;
      await sessions.create(key, ann);
      await sessions.create(other, { userId: "ben" });
      await expect(sessions.rotate(key, other)).rejects.toBeInstanceOf(AlreadyExistsError);
      await expect(sessions.rotate(key, key)).rejects.toBeInstanceOf(InvalidArgumentError);
      expect(await sessions.load(key)).toEqual(ann);
      expect(await sessions.load(other)).toEqual({ userId: "ben" });
    });

    test("of several callers one wins, and one session is left", async () => {
      const sessions = ofOwners();
      const key = fresh();
      const owner = randomUUID();
      await sessions.create(key, { userId: owner });
      const next = Array.from({ length: 8 }, fresh);
      const won = await Promise.all(next.map((to) => sessions.rotate(key, to)));
      expect(won.filter(Boolean)).toHaveLength(1);
      const there = await Promise.all(next.map((to) => sessions.load(to)));
      expect(there.map((value) => value !== null)).toEqual(won);
      expect(await sessions.load(key)).toBeNull();
      expect((await sessions.list(owner)).length).toBe(1);
    });

    test("what a newer schema added to the value goes over too", async () => {
      const wider = of({ value: compileCodec(user.extend({ device: z.string() }), "superjson") as never });
      const [key, next] = [fresh(), fresh()];
      const at = new Date(1_700_000_000_123);
      await wider.create(key, { ...ann, at, device: "phone" } as User);
      expect(await of().rotate(key, next)).toBe(true);
      expect(await wider.load(next)).toEqual({ ...ann, at, device: "phone" });
    });

    test("a session that is touched in its last moment is rotated all the same", async () => {
      const sessions = of();
      const [key, next] = [fresh(), fresh()];
      await sessions.create(key, ann);
      // As if it had been read a second before it was to expire, touched after that, and stored two seconds later.
      const slow = overtaking(sessionCreate, async (plan) => ({
        ...plan,
        args: [...plan.args.slice(0, -1), String(Date.now() - 1000)],
      }));
      expect(await slow.rotate(key, next)).toBe(true);
      expect(await sessions.load(key)).toBeNull();
      expect(await sessions.load(next)).toEqual(ann);
    });

    test("while the session is saved no value is lost, and while it is destroyed it does not come back", async () => {
      const sessions = of();
      for (let i = 0; i < 20; i++) {
        const [key, next] = [fresh(), fresh()] as const;
        await sessions.create(key, ann);
        const [rotated, saved] = await Promise.all([sessions.rotate(key, next), sessions.save(key, { userId: "ben" })]);
        expect(rotated).toBe(true);
        expect((await sessions.load(next))?.userId).toBe(saved ? "ben" : "ann");
        const last = fresh();
        const [again, destroyed] = await Promise.all([sessions.rotate(next, last), sessions.destroy(next)]);
        expect(await sessions.load(next)).toBeNull();
        expect(again).toBe(!destroyed);
        expect((await sessions.load(last)) !== null).toBe(again);
      }
    });
  });

  test("trap: a late save, touch or rotation never brings a destroyed session back", async () => {
    let resurrections = 0;
    for (const sessions of [of(), ofOwners()]) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const key = fresh();
          await sessions.create(key, ann);
          const read = (await sessions.load(key)) as User;
          const late = [
            () => sessions.save(key, { ...read, note: "late" }),
            () => sessions.save(key, { userId: "ben" }),
            () => sessions.touch(key),
            () => sessions.loadAndTouch(key),
          ];
          const first = late.slice(0, i % 5).map((act) => act());
          const destroyed = sessions.destroy(key);
          await Promise.all([...first, destroyed, ...late.map((act) => act())]);
          expect(await destroyed).toBe(true);
          if ((await sessions.load(key)) !== null || (await raw("EXISTS", sessions.keyOf(key))) !== 0) {
            resurrections += 1;
          }
        }),
      );
    }
    expect(resurrections).toBe(0);
  });

  describe("owners", () => {
    test("lists the sessions of an owner, rotated ones by their new token, and no others", async () => {
      const sessions = ofOwners();
      const [owner, other] = [randomUUID(), randomUUID()] as const;
      const keys = Array.from({ length: 5 }, fresh);
      for (const key of keys) await sessions.create(key, { userId: owner });
      await sessions.create(fresh(), { userId: other });
      await sessions.create(fresh(), { userId: null });
      const [first, second, third] = keys as [Key, Key, Key];
      const next = fresh();
      await sessions.rotate(first, next);
      await sessions.destroy(second);
      await sessions.save(third, { userId: owner, note: "x" });
      const listed = await sessions.list(owner);
      expect(listed.map(({ name }) => name).sort()).toEqual(
        [next, ...keys.slice(2)].map((key) => sessions.keyOf(key)).sort(),
      );
      for (const { name, value, endsAt } of listed) {
        expect(value.userId).toBe(owner);
        expect(endsAt.getTime()).toBe(readEnvelopeHead((await raw("GET", name)) as string)?.hardEnd);
      }
      expect(await sessions.list(other)).toHaveLength(1);
      expect(await sessions.list(randomUUID())).toEqual([]);
    });

    test("the index has a TTL of the maximum, and its scores are no earlier than the hard ends", async () => {
      const sessions = ofOwners();
      const owner = randomUUID();
      const keys = Array.from({ length: 3 }, fresh);
      for (const [i, key] of keys.entries()) {
        await sessions.create(key, { userId: owner }, i === 1 ? { endsAt: Date.now() + hour } : {});
      }
      const ms = (await raw("PTTL", indexOf(owner))) as number;
      expect(ms).toBeGreaterThan(day - minute);
      expect(ms).toBeLessThanOrEqual(day);
      for (const key of keys) {
        const score = Number(await raw("ZSCORE", indexOf(owner), sessions.keyOf(key)));
        expect(score).toBeGreaterThanOrEqual((await headOf(sessions, key))?.hardEnd as number);
      }
    });

    test("a session that changes its owner is the new one's, and only theirs", async () => {
      const sessions = ofOwners();
      const [from, to] = [randomUUID(), randomUUID()] as const;
      const key = fresh();
      await sessions.create(key, { userId: null });
      expect(await sessions.save(key, { userId: from })).toBe(true);
      expect(await sessions.list(from)).toHaveLength(1);
      expect(await sessions.save(key, { userId: to })).toBe(true);
      expect(await sessions.list(from)).toEqual([]);
      expect(await sessions.destroyAll(from)).toBe(0);
      expect((await sessions.list(to)).map(({ value }) => value)).toEqual([{ userId: to }]);
      expect(await sessions.save(key, { userId: null })).toBe(true);
      expect(await sessions.list(to)).toEqual([]);
      expect(await sessions.destroyAll(to)).toBe(0);
      expect(await sessions.load(key)).toEqual({ userId: null });
    });

    test("entries of ended sessions are taken out, those entered lately only when no session can follow", async () => {
      const sessions = ofOwners();
      const owner = randomUUID();
      const keys = Array.from({ length: 3 }, fresh);
      for (const key of keys) await sessions.create(key, { userId: owner });
      await sessions.destroy(keys[0] as Key);
      await sessions.list(owner);
      expect(await indexed(owner)).toHaveLength(3);
      await age(owner);
      expect(await sessions.list(owner)).toHaveLength(2);
      expect(await indexed(owner)).toHaveLength(2);
      // Those that are past their end go when the next session is created.
      await raw("ZADD", indexOf(owner), "5", "old", "6", "older");
      await sessions.create(fresh(), { userId: owner });
      expect(await indexed(owner)).toHaveLength(3);
      await age(owner);
      expect(await sessions.destroyAll(owner)).toBe(3);
      expect(await raw("EXISTS", indexOf(owner))).toBe(0);
    });

    test("a session that was entered too long ago is neither created nor handed over", async () => {
      const sessions = ofOwners();
      const key = fresh();
      const { steps } = sessions.plans;
      const text = steps.wrap(steps.encode("create", ann), undefined);
      const long = Date.now() - entryGrace - 5000;
      await expect(runPlan(sessions, steps.create(sessions.keyOf(key), text, undefined, long))).rejects.toMatchObject({
        code: "refused",
        reply: "LATE",
      });
      expect(await sessions.load(key)).toBeNull();
      await sessions.create(key, ann);
      await expect(runPlan(sessions, steps.save(sessions.keyOf(key), text, long))).rejects.toMatchObject({
        reply: "LATE",
      });
      expect(await sessions.load(key)).toEqual(ann);
    });

    test("a crash after the first step leaves an entry without a session, never the reverse", async () => {
      const sessions = ofOwners();
      const owner = randomUUID();
      const key = fresh();
      // The session's key holds a list: the second step fails.
      await raw("RPUSH", sessions.keyOf(key), "x");
      await expect(sessions.create(key, { userId: owner })).rejects.toBeInstanceOf(AlreadyExistsError);
      expect(await indexed(owner)).toEqual([sessions.keyOf(key)]);
      await expect(sessions.destroyAll(owner)).resolves.toBe(0);
      expect(await raw("LRANGE", sessions.keyOf(key), "0", "-1")).toEqual(["x"]);
    });

    test("a session is ended by its listed name, by its owner only", async () => {
      const sessions = ofOwners();
      const [owner, other] = [randomUUID(), randomUUID()] as const;
      await sessions.create(fresh(), { userId: owner });
      await sessions.create(fresh(), { userId: other });
      const name = (await sessions.list(owner))[0]?.name as string;
      expect(await sessions.destroyListed(other, name)).toBe(false);
      expect(await sessions.destroyListed(owner, "")).toBe(false);
      expect(await sessions.destroyListed(owner, `${prefix}else`)).toBe(false);
      expect(await sessions.destroyListed(owner, name)).toBe(true);
      expect(await sessions.destroyListed(owner, name)).toBe(false);
      expect(await sessions.list(owner)).toEqual([]);
      expect(await sessions.list(other)).toHaveLength(1);
    });

    test("a session that does not decode is passed over by list, with an event, and ended by destroyAll", async () => {
      const sessions = ofOwners();
      const owner = randomUUID();
      const [good, bad] = [fresh(), fresh()] as const;
      await sessions.create(good, { userId: owner });
      await sessions.create(bad, { userId: owner });
      const stored = (await raw("GET", sessions.keyOf(bad))) as string;
      await raw("SET", sessions.keyOf(bad), stored.replace(/"json":.*$/, '"json":{}}'), "KEEPTTL");
      const events: KeywrightEvent[] = [];
      const stop = onEvent((event) => event.type === "undecodable" && events.push(event));
      expect((await sessions.list(owner)).map(({ name }) => name)).toEqual([sessions.keyOf(good)]);
      stop();
      expect(events).toHaveLength(1);
      expect(await sessions.destroyAll(owner)).toBe(2);
    });

    test.runIf(topology.takesLarge)(
      "signs out 10,000 sessions in bounded batches, and tells how many",
      { timeout: 120_000 },
      async () => {
        const sessions = ofOwners({ deadline: 30_000 });
        const owner = randomUUID();
        const other = fresh();
        await sessions.create(other, ann);
        for (let i = 0; i < 20; i++) {
          await Promise.all(Array.from({ length: 500 }, () => sessions.create(fresh(), { userId: owner })));
        }
        expect(await raw("ZCARD", indexOf(owner))).toBe(10_000);
        const listed = await sessions.list(owner);
        expect(new Set(listed.map(({ name }) => name)).size).toBe(10_000);
        expect(await sessions.destroyListed(owner, listed[0]?.name as string)).toBe(true);
        await sessions.create(fresh(), { userId: owner });
        expect(await sessions.destroyAll(owner)).toBe(10_000);
        expect(await sessions.list(owner)).toEqual([]);
        expect(await sessions.destroyAll(owner)).toBe(0);
        expect(await sessions.load(other)).toEqual(ann);
      },
    );

    test("while sessions are created and signed out, none lives unlisted", async () => {
      const sessions = ofOwners();
      const owner = randomUUID();
      const keys = Array.from({ length: 60 }, fresh);
      const creating = keys.map(async (key, i) => {
        await pause(i % 12);
        await sessions.create(key, { userId: owner });
      });
      const ending = Array.from({ length: 6 }, async (_, i) => {
        await pause(i * 2);
        return sessions.destroyAll(owner);
      });
      await Promise.all([...creating, ...ending]);
      const alive: string[] = [];
      for (const key of keys) if ((await sessions.load(key)) !== null) alive.push(sessions.keyOf(key));
      expect((await sessions.list(owner)).map(({ name }) => name).sort()).toEqual(alive.sort());
      expect(await sessions.destroyAll(owner)).toBe(alive.length);
    });

    test("a sign-out and a list between the two steps of create leave its entry", async () => {
      const sessions = ofOwners();
      const value = { userId: randomUUID() };
      const name = sessions.keyOf(fresh());
      const owner = ownerOfValue(sessions.family, prefix, "create", value) as Owner;
      const { steps } = sessions.plans;
      const indexedAt = (await runPlan(sessions, steps.index("create", owner, name))) as number;
      expect(await sessions.destroyAll(value.userId)).toBe(0);
      expect(await sessions.list(value.userId)).toEqual([]);
      const text = steps.wrap(steps.encode("create", value), owner);
      await runPlan(sessions, steps.create(name, text, undefined, indexedAt));
      expect((await sessions.list(value.userId)).map((each) => each.name)).toEqual([name]);
    });

    test("a session that is rotated while its owner is signed out everywhere does not get away", async () => {
      const sessions = ofOwners();
      const owner = randomUUID();
      const [key, next] = [fresh(), fresh()];
      await sessions.create(key, { userId: owner });
      // Behind the page that listed the old token, before it is ended.
      const overtaken = overtaking(sessionEnd, async () => {
        expect(await sessions.rotate(key, next)).toBe(true);
        return undefined;
      });
      expect(await overtaken.destroyAll(owner)).toBe(1);
      expect(await sessions.load(next)).toBeNull();
      expect(await sessions.list(owner)).toEqual([]);
    });

    test("sessions that are rotated again and again end all the same", async () => {
      const sessions = ofOwners();
      const owner = randomUUID();
      const first = Array.from({ length: 10 }, fresh);
      for (const key of first) await sessions.create(key, { userId: owner });
      const rotating = first.map(async (from) => {
        let key = from;
        for (let i = 0; i < 1000; i += 1) {
          const next = fresh();
          if (!(await sessions.rotate(key, next))) return [key, next];
          key = next;
        }
        throw new Error("it was never ended");
      });
      const [keys] = await Promise.all([Promise.all(rotating), sessions.destroyAll(owner)]);
      for (const key of keys.flat()) expect(await sessions.load(key)).toBeNull();
      expect(await sessions.list(owner)).toEqual([]);
    });

    test("a sign-out that is overtaken by a rotation each time says so", async () => {
      const sessions = ofOwners();
      for (const times of [9, 10]) {
        const owner = randomUUID();
        let key = fresh();
        await sessions.create(key, { userId: owner });
        let rotations = 0;
        const overtaken = overtaking(
          sessionEnd,
          async () => {
            const next = fresh();
            expect(await sessions.rotate(key, next)).toBe(true);
            key = next;
            rotations += 1;
            return undefined;
          },
          (plan) => rotations < times && plan.keys.includes(sessions.keyOf(key)),
        );
        if (times < 10) expect(await overtaken.destroyAll(owner)).toBe(1);
        else {
          await expect(overtaken.destroyAll(owner)).rejects.toMatchObject({
            code: "refused",
            reply: "BUSY",
            mayHaveBeenApplied: true,
          });
        }
        expect(rotations).toBe(times);
        expect((await sessions.load(key)) === null).toBe(times < 10);
      }
    });

    test("a key of another type under an entry is no session: list passes it over, and takes the entry out", async () => {
      const sessions = ofOwners();
      const owner = randomUUID();
      await sessions.create(fresh(), { userId: owner });
      const stranger = sessions.keyOf(fresh());
      await raw("RPUSH", stranger, "x");
      await raw("ZADD", indexOf(owner), String(Date.now() + hour), stranger);
      await age(owner);
      expect(await sessions.list(owner)).toHaveLength(1);
      expect(await indexed(owner)).not.toContain(stranger);
      expect(await raw("LRANGE", stranger, "0", "-1")).toEqual(["x"]);
    });

    test("an entry of another program that never ends keeps nobody from signing in, and the index its TTL", async () => {
      const sessions = ofOwners();
      const owner = randomUUID();
      await raw("ZADD", indexOf(owner), "inf", "stranger", "1e300", "");
      const key = fresh();
      await sessions.create(key, { userId: owner });
      expect(await raw("PTTL", indexOf(owner))).toBeGreaterThan(0);
      expect((await sessions.list(owner)).map(({ name }) => name)).toEqual([sessions.keyOf(key)]);
      expect(await sessions.destroyAll(owner)).toBe(1);
    });

    test("a session from before the schema knew owners is entered with its next save", async () => {
      const owner = randomUUID();
      const key = fresh();
      await of().create(key, { userId: owner });
      const sessions = ofOwners();
      expect(await sessions.loadAndTouch(key)).toEqual({ userId: owner });
      expect(await sessions.list(owner)).toEqual([]);
      expect(await sessions.save(key, { userId: owner })).toBe(true);
      expect((await sessions.list(owner)).map(({ name }) => name)).toEqual([sessions.keyOf(key)]);
    });

    test("a family without owners has none to ask for", async () => {
      const sessions = of();
      for (const error of await rejections([
        sessions.list("ann"),
        sessions.destroyAll("ann"),
        sessions.destroyListed("ann", "x"),
      ])) {
        expect(error).toBeInstanceOf(MisuseError);
      }
    });
  });

  test("create, load, loadAndTouch, save, touch and destroy go into one transaction of a scope", async () => {
    type Offered = Record<"plain" | "owned", Record<string, (...args: unknown[]) => Plan<unknown>>>;
    class Tagged extends SessionRepository<Key, User, string> {
      constructor(family: Family) {
        super(runtime, { ...family, tagged: true }, (k) => `session:${family.owners ? "o" : "p"}:{${k.token}}`);
      }
    }
    const member = (family: Family) => ({
      repository: new Tagged(family) as never,
      whole: true,
      forbidden: new Set<string>(),
    });
    const scope = () =>
      new Scope<Offered>("one", fresh(), { plain: member(plain), owned: member(owned) }, runtime.store(plain).executor);
    const results = await scope().transaction(({ plain: tx }) => [
      tx.create!(ann),
      tx.load!(),
      tx.save!({ userId: "ben" }),
      tx.loadAndTouch!(),
      tx.touch!(),
      tx.destroy!(),
      tx.touch!(),
    ]);
    expect(results).toEqual([undefined, ann, true, { userId: "ben" }, true, true, false]);
    // The owner's index lies in another slot.
    await expect(scope().transaction(({ owned: tx }) => [tx.create!(ann)])).rejects.toBeInstanceOf(MisuseError);
    const key = fresh();
    const tagged = new Tagged(owned);
    await tagged.create(key, ann);
    const own = new Scope<Offered>("one", key, { owned: member(owned) }, runtime.store(plain).executor);
    const refused = await own
      .transaction(({ owned: tx }) => [tx.save!({ userId: "ben" }), tx.save!({ userId: "ann", note: "x" }), tx.load!()])
      .catch((error) => error);
    expect(refused.outcomes).toMatchObject([
      { ok: false, error: { code: "misuse" } },
      { ok: true, value: true },
      { ok: true, value: { userId: "ann", note: "x" } },
    ]);
  });

  test("a reader loads, and nothing else", async () => {
    const sessions = ofOwners();
    const key = fresh();
    await sessions.create(key, ann);
    const reading = readOnly(sessions, Sessions.writes, "chat only reads sessions");
    expect(await reading.load(key)).toEqual(ann);
    for (const error of await rejections([reading.loadAndTouch(key), reading.list("ann"), reading.destroyAll("ann")])) {
      expect(error).toMatchObject({ code: "forbidden" });
    }
    expect(await sessions.load(key)).toEqual(ann);
  });

  describe("what is refused", () => {
    test("a value, parameter or owner that the schema refuses is never sent", async () => {
      const sessions = ofOwners();
      const bad = { userId: 5 } as never;
      const commands = await sent(async () => {
        for (const error of await rejections([of().create(fresh(), bad), of().save(fresh(), bad)])) {
          expect(error).toMatchObject({ constructor: InvalidValueError, field: "userId", mayHaveBeenApplied: false });
        }
        const key = { token: "no hex" };
        for (const error of await rejections([
          sessions.create(key, ann),
          sessions.load(key),
          sessions.loadAndTouch(key),
          sessions.save(key, ann),
          sessions.touch(key),
          sessions.rotate(key, fresh()),
          sessions.rotate(fresh(), key),
          sessions.destroy(key),
          sessions.create(fresh(), { userId: "a:b" }),
          sessions.create(fresh(), { userId: "" }),
          sessions.save(fresh(), { userId: "a b" }),
          sessions.list("a:b"),
          sessions.destroyAll(""),
        ])) {
          expect(error).toBeInstanceOf(InvalidParameterError);
        }
        for (const name of [undefined, null, 5, {}]) {
          expect(await rejections([sessions.destroyListed("ann", name as never)])).toMatchObject([
            { code: "invalid-argument", field: "name" },
          ]);
        }
        const throwing = ofOwners({
          owners: {
            ...(owned.owners as NonNullable<Family["owners"]>),
            of: () => {
              throw new Error("no");
            },
          },
        });
        await expect(throwing.create(fresh(), ann)).rejects.toBeInstanceOf(InvalidArgumentError);
      });
      expect(commands).toEqual([]);
    });

    test("a key of another type is a WrongTypeError, and stays as it is", async () => {
      const sessions = of();
      const key = fresh();
      await raw("RPUSH", sessions.keyOf(key), "x");
      for (const error of await rejections([
        sessions.load(key),
        sessions.loadAndTouch(key),
        sessions.save(key, ann),
        sessions.touch(key),
        sessions.rotate(key, fresh()),
      ])) {
        expect(error).toBeInstanceOf(WrongTypeError);
      }
      await raw("SET", indexOf("carl"), "x");
      for (const error of await rejections([
        ofOwners().create(fresh(), { userId: "carl" }),
        ofOwners().list("carl"),
        ofOwners().destroyAll("carl"),
      ])) {
        expect(error).toBeInstanceOf(WrongTypeError);
      }
      expect(await raw("LRANGE", sessions.keyOf(key), "0", "-1")).toEqual(["x"]);
    });

    const head = { id: "0123456789abcdef", version: 1 } as const;
    const later = Date.now() + hour;
    test.each([
      "",
      "ann",
      '{"json":{"userId":"ann"}}',
      writeEnvelope({ ...head, kind: "value", hardEnd: null }, '{"json":{"userId":"ann"}}'),
      writeEnvelope({ ...head, kind: "tombstone", hardEnd: later }),
      writeEnvelope({ ...head, kind: "value", hardEnd: later }, '{"json":{"userId":"ann"}}').replace(
        '"x":"0',
        '"x":"y',
      ),
      // Cut off in the middle of the hard end: what is left of it must not pass for an early one.
      writeEnvelope({ ...head, kind: "value", hardEnd: later }).slice(0, 61),
      writeEnvelope({ ...head, kind: "value", hardEnd: later }).slice(0, 69),
      writeEnvelope({ ...head, kind: "value", hardEnd: 1_000_000 }).replace('"x":"0', '"y":"0'),
    ])("what is no session is an error that changes nothing: %j", async (stored) => {
      const sessions = of();
      const key = fresh();
      await raw("SET", sessions.keyOf(key), stored, "PX", "60000");
      for (const error of await rejections([
        sessions.load(key),
        sessions.loadAndTouch(key),
        sessions.save(key, ann),
        sessions.touch(key),
        sessions.rotate(key, fresh()),
      ])) {
        expect(error).toBeInstanceOf(UndecodableValueError);
      }
      await expect(sessions.create(key, ann)).rejects.toBeInstanceOf(AlreadyExistsError);
      expect(await raw("GET", sessions.keyOf(key))).toBe(stored);
      expect(await left(sessions, key)).toBeLessThanOrEqual(60_000);
      expect(await sessions.destroy(key)).toBe(true);
    });
  });
});

test("without memory sessions are read, touched, listed and ended; what stores is refused and changes nothing", async ({
  skip,
}) => {
  const server = await startRedis();
  skip(server.pid === undefined, "maxmemory is not set on a server that others use");
  const client = createClient({ url: server.url }).on("error", () => undefined) as RedisClientType;
  await client.connect();
  try {
    const sessions = new Sessions(new Runtime(client, ["default"]), owned);
    const [first, ...rest] = Array.from({ length: 5 }, fresh) as [Key, Key, Key, Key, Key];
    for (const key of [first, ...rest]) await sessions.create(key, { userId: "ann" });
    await client.sendCommand(["CONFIG", "SET", "maxmemory", "1"]);
    for (const error of await rejections([
      sessions.create(fresh(), { userId: "ann" }),
      sessions.create(fresh(), { userId: null }),
      sessions.save(first, { userId: "ann", note: "x" }),
      sessions.rotate(first, fresh()),
    ])) {
      expect(error).toMatchObject({ code: "refused", reply: "OOM", mayHaveBeenApplied: false });
    }
    expect(await sessions.load(first)).toEqual({ userId: "ann" });
    expect(await sessions.loadAndTouch(first)).toEqual({ userId: "ann" });
    expect(await sessions.touch(first)).toBe(true);
    const listed = await sessions.list("ann");
    expect(listed).toHaveLength(5);
    expect(await sessions.destroy(first)).toBe(true);
    expect(await sessions.destroyListed("ann", sessions.keyOf(rest[0]))).toBe(true);
    expect(await sessions.destroyAll("ann")).toBe(3);
    expect(await sessions.list("ann")).toEqual([]);
  } finally {
    client.destroy();
    await server.stop();
  }
});

/** Runs a step by itself, as its operation would. */
function runPlan(sessions: Sessions, plan: unknown): Promise<unknown> {
  return (sessions as unknown as { run(plan: unknown): Promise<unknown> }).run(plan);
}
