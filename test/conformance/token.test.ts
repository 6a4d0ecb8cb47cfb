import { createHash, randomBytes, randomUUID } from "node:crypto";
import { startRedis } from "keywright/testing";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { IssueWithTtlOptions } from "../../src/repositories/token.js";
import type { CodeKeys } from "../../src/repositories/token-code.js";
import {
  AlreadyExistsError,
  InvalidArgumentError,
  InvalidParameterError,
  InvalidValueError,
  MisuseError,
  UndecodableValueError,
  WrongTypeError,
} from "../../src/runtime/errors.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { runTransaction } from "../../src/runtime/transaction.js";
import { bytes } from "../../src/schema/index.js";
import { keySlot } from "../../src/schema/patterns/slot.js";
import { compileCodec } from "../../src/schema/values/codec.js";
import {
  Codes,
  type Grant,
  type InviteKey,
  Invites,
  type inviteFamily,
  PlainCodes,
  type StreamKey,
  Streams,
  type streamFamily,
} from "../repositories/token-families.js";
import { sentCommands } from "../setup/sent-commands.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const minute = 60_000;
const day = 24 * 60 * minute;
const ann: Grant = { userId: "ann" };
const ben: Grant = { userId: "ben" };
const secret = (): string => randomBytes(16).toString("base64url");
const fresh = (): InviteKey => ({ token: secret() });
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
const many = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
/** The same repository in the types of one whose callers choose the TTL. */
const perCall = (tokens: Invites) => tokens as unknown as Invites<"perCall">;
const upTo = { kind: "upTo", ms: day } as const;

describe.each(topologies)("token on $name", (topology) => {
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

  const raw = (...args: [string, ...string[]]) => connection.send(args);
  const sent = (act: () => unknown) => sentCommands(topology, prefix, act);
  const left = async (key: string) => (await raw("PTTL", key)) as number;
  const there = async (key: string) => (await raw("EXISTS", key)) === 1;

  describe("with a value", () => {
    const invites = (more: Partial<typeof inviteFamily> = {}) => new Invites(runtime, more);

    test("issue, peek, consume: what it stands for, once; the secret is not in Redis", async () => {
      const tokens = invites();
      const values: Grant[] = [
        { userId: "ann", note: "x", at: new Date(1_700_000_000_123) },
        { userId: "", note: "" },
        { userId: "é😀\u0000" },
      ];
      for (const value of values) {
        const key = fresh();
        expect(await tokens.peek(key)).toBeNull();
        expect(await tokens.issue(key, value)).toBeUndefined();
        expect(tokens.keyOf(key)).toBe(`${prefix}invite:${digest(key.token)}`);
        expect(await tokens.peek(key)).toEqual(value);
        expect(await left(tokens.keyOf(key))).toBeGreaterThan(minute - 10_000);
        expect(await left(tokens.keyOf(key))).toBeLessThanOrEqual(minute);
        expect(await tokens.consume(key)).toEqual(value);
        expect(await tokens.consume(key)).toBeNull();
        expect(await tokens.peek(key)).toBeNull();
        expect(await there(tokens.keyOf(key))).toBe(false);
      }
    });

    test("of 50 that consume at once one gets it", async () => {
      const tokens = invites();
      for (let round = 0; round < 5; round++) {
        const key = fresh();
        await tokens.issue(key, ann);
        const got = await Promise.all(many(50, () => tokens.consume(key)));
        expect(got.filter((value) => value !== null)).toEqual([ann]);
      }
    });

    test("revoke ends it; a key that is taken is an error, and stays", async () => {
      const tokens = invites();
      const key = fresh();
      await tokens.issue(key, ann);
      await expect(tokens.issue(key, ben)).rejects.toBeInstanceOf(AlreadyExistsError);
      await expect(tokens.issue(key, ben, { notBeyond: Date.now() + minute })).rejects.toBeInstanceOf(
        AlreadyExistsError,
      );
      expect(await tokens.peek(key)).toEqual(ann);
      expect(await tokens.revoke(key)).toBe(true);
      expect(await tokens.revoke(key)).toBe(false);
      expect(await tokens.consume(key)).toBeNull();
    });

    test("one command each", async () => {
      const tokens = invites();
      const key = fresh();
      const commands = await sent(async () => {
        await tokens.issue(key, ann);
        await tokens.peek(key);
        await tokens.consume(key);
        await tokens.revoke(key);
      });
      expect(commands.map(([name]) => name)).toEqual(["SET", "GET", "GETDEL", "DEL"]);
    });

    test.runIf(topology.takesLarge)("4 MiB, and bytes that are no text, through rotations too", async () => {
      const tokens = invites();
      const [key, next] = [fresh(), fresh()];
      const note = "é".repeat(2 ** 21);
      await tokens.issue(key, { userId: "ann", note });
      expect(await tokens.rotate(key, next)).toBe(true);
      expect((await tokens.consume(next))?.note === note).toBe(true);
      const binary = new Invites(runtime, { value: compileCodec(bytes(), "bytes") } as never);
      const content = Uint8Array.from({ length: 256 }, (_, i) => i);
      const [first, second] = [fresh(), fresh()];
      await binary.issue(first, content as never);
      expect(Buffer.from((await binary.peek(first)) as never)).toEqual(Buffer.from(content));
      expect(await binary.rotate(first, second)).toBe(true);
      expect(Buffer.from((await binary.consume(second)) as never)).toEqual(Buffer.from(content));
    });

    describe("when it expires", () => {
      test("the schema's TTL; the caller ends it earlier, and not later", async () => {
        const tokens = invites();
        const [early, late] = [fresh(), fresh()];
        const soon = Date.now() + 20_000;
        await tokens.issue(early, ann, { notBeyond: new Date(soon) });
        expect(await raw("PEXPIRETIME", tokens.keyOf(early))).toBe(soon);
        await tokens.issue(late, ann, { notBeyond: Date.now() + day });
        expect(await left(tokens.keyOf(late))).toBeLessThanOrEqual(minute);
        for (const options of [{ ttl: "5s" }, { expiresAt: soon }] as const) {
          await expect(perCall(tokens).issue(fresh(), ann, options)).rejects.toBeInstanceOf(InvalidArgumentError);
        }
      });

      test("{ upTo }: the caller says it, by ttl or expiresAt", async () => {
        const tokens = perCall(invites({ ttl: upTo }));
        const [a, b, c] = [fresh(), fresh(), fresh()] as const;
        await tokens.issue(a, ann, { ttl: "5m" });
        expect(await left(tokens.keyOf(a))).toBeLessThanOrEqual(5 * minute);
        expect(await left(tokens.keyOf(a))).toBeGreaterThan(4 * minute);
        const at = Date.now() + 7 * minute;
        await tokens.issue(b, ann, { expiresAt: new Date(at) });
        expect(await raw("PEXPIRETIME", tokens.keyOf(b))).toBe(at);
        await tokens.issue(c, ann, { expiresAt: at, notBeyond: at - minute });
        expect(await raw("PEXPIRETIME", tokens.keyOf(c))).toBe(at - minute);
      });

      test("{ config }: what start-up gives", async () => {
        const given = new Runtime(connection.client, ["default"], { prefix, ttl: { inviteTtl: "30m" } });
        const ttl = { kind: "config", name: "inviteTtl", default: minute, max: day } as const;
        const tokens = new Invites(given, { ttl });
        const key = fresh();
        await tokens.issue(key, ann);
        expect(await left(tokens.keyOf(key))).toBeGreaterThan(29 * minute);
      });

      test("what has passed, or is later than the schema allows, is an error, and stores nothing", async () => {
        for (const tokens of [perCall(invites({ ttl: upTo }))]) {
          for (const options of [
            { expiresAt: Date.now() - minute },
            { expiresAt: 0 },
            { ttl: "5m", notBeyond: new Date(5) },
            { expiresAt: Date.now() + day + minute },
          ]) {
            const key = fresh();
            const error = await tokens
              .issue(key, ann, options as IssueWithTtlOptions)
              .catch((reason: unknown) => reason);
            expect(error).toBeInstanceOf(InvalidArgumentError);
            expect(error).toMatchObject({
              family: "invite",
              field: "notBeyond" in options ? "notBeyond" : "expiresAt",
              mayHaveBeenApplied: false,
            });
            expect(await there(tokens.keyOf(key))).toBe(false);
          }
          const refused = [
            {},
            { ttl: "5m", expiresAt: Date.now() + minute },
            { ttl: "2d" },
            { ttl: 0 },
            { ttl: "soon" },
            { expiresAt: Number.NaN },
            { expiresAt: new Date(Number.NaN) },
            { ttl: "5m", notBeyond: -1 },
            { ttl: "5m", notBeyond: 1.5 },
          ];
          const commands = await sent(async () => {
            for (const options of refused) {
              await expect(tokens.issue(fresh(), ann, options as IssueWithTtlOptions)).rejects.toBeInstanceOf(
                InvalidArgumentError,
              );
            }
          });
          expect(commands).toEqual([]);
        }
      });

      test("to the millisecond, and then it is absent", async () => {
        const tokens = perCall(invites({ ttl: upTo }));
        const key = fresh();
        await tokens.issue(key, ann, { ttl: 80 });
        await expect.poll(() => there(tokens.keyOf(key))).toBe(false);
        expect(await tokens.consume(key)).toBeNull();
        expect(await tokens.rotate(key, fresh())).toBe(false);
      });
    });

    describe("rotate", () => {
      test("what it stands for and its deadline go over; the old one is gone", async () => {
        const tokens = invites();
        const [key, next] = [fresh(), fresh()];
        await tokens.issue(key, ann);
        await raw("PEXPIRE", tokens.keyOf(key), "30000");
        const deadline = await raw("PEXPIRETIME", tokens.keyOf(key));
        expect(await tokens.rotate(key, next)).toBe(true);
        expect(await raw("PEXPIRETIME", tokens.keyOf(next))).toBe(deadline);
        expect(await tokens.consume(key)).toBeNull();
        expect(await tokens.rotate(key, fresh())).toBe(false);
        expect(await tokens.consume(next)).toEqual(ann);
      });

      test("one that lost its TTL gets it back", async () => {
        const tokens = invites();
        const [key, next] = [fresh(), fresh()];
        await tokens.issue(key, ann);
        await raw("PERSIST", tokens.keyOf(key));
        expect(await tokens.rotate(key, next)).toBe(true);
        expect(await left(tokens.keyOf(next))).toBeGreaterThan(0);
      });

      test("onto a taken token is an error, onto itself too, and the old one stays", async () => {
        const tokens = invites();
        const [key, other] = [fresh(), fresh()];
        await tokens.issue(key, ann);
        await tokens.issue(other, ben);
        await expect(tokens.rotate(key, other)).rejects.toBeInstanceOf(AlreadyExistsError);
        await expect(tokens.rotate(key, key)).rejects.toBeInstanceOf(InvalidArgumentError);
        expect(await tokens.peek(key)).toEqual(ann);
        expect(await tokens.peek(other)).toEqual(ben);
      });

      test("of several callers one wins, and one token is left", async () => {
        const tokens = invites();
        for (let round = 0; round < 5; round++) {
          const key = fresh();
          await tokens.issue(key, ann);
          const next = many(8, fresh);
          const won = await Promise.all(next.map((to) => tokens.rotate(key, to)));
          expect(won.filter(Boolean)).toHaveLength(1);
          const found = await Promise.all(next.map((to) => tokens.consume(to)));
          expect(found.map((value) => value !== null)).toEqual(won);
          expect(await tokens.consume(key)).toBeNull();
        }
      });

      test("consumed, revoked or superseded between its steps: the other wins, and nothing is left of the new one", async () => {
        const other = invites();
        const meanwhile: ((key: InviteKey) => Promise<unknown>)[] = [
          (key) => other.consume(key),
          (key) => other.revoke(key),
          (key) => other.rotate(key, { token: `${key.token}x` }),
        ];
        for (const act of meanwhile) {
          // After the read, and after the new one was created. On one server a tag is not needed: slots decide.
          for (const step of [1, 2]) {
            const tokens = invites();
            const [key, next] = [fresh(), fresh()];
            expect(keySlot(tokens.keyOf(key)) === keySlot(tokens.keyOf(next))).toBe(false);
            await other.issue(key, ann);
            tokens.before = async (at) => (at === step ? act(key) : undefined);
            expect(await tokens.rotate(key, next)).toBe(false);
            expect(await there(tokens.keyOf(next))).toBe(false);
            expect(await there(tokens.keyOf(key))).toBe(false);
          }
        }
      });

      test("is never without both", async () => {
        const tokens = invites();
        const [key, next] = [fresh(), fresh()];
        await tokens.issue(key, ann);
        const seen: boolean[] = [];
        tokens.before = async (step) => {
          if (step < 2) return;
          seen.push((await there(tokens.keyOf(key))) || (await there(tokens.keyOf(next))));
        };
        await tokens.rotate(key, next);
        expect(seen.length).toBeGreaterThan(0);
        expect(seen).not.toContain(false);
      });
    });

    test("what does not decode is told, and consumed only by consume", async () => {
      const tokens = invites();
      const key = fresh();
      await raw("SET", tokens.keyOf(key), "{", "PX", "60000");
      const peeked = await tokens.peek(key).catch((reason: unknown) => reason);
      expect(peeked).toBeInstanceOf(UndecodableValueError);
      expect(peeked).toMatchObject({ mayHaveBeenApplied: false });
      expect(await there(tokens.keyOf(key))).toBe(true);
      const error = await tokens.consume(key).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UndecodableValueError);
      expect(error).toMatchObject({ mayHaveBeenApplied: true });
      expect(await there(tokens.keyOf(key))).toBe(false);
    });

    test("bad input and keys of another type are errors that change nothing", async () => {
      const tokens = invites();
      const commands = await sent(async () => {
        for (const token of ["", undefined, 7, "\ud800"]) {
          await expect(tokens.consume({ token } as never)).rejects.toBeInstanceOf(InvalidParameterError);
        }
        await expect(tokens.issue(fresh(), { userId: 7 } as never)).rejects.toBeInstanceOf(InvalidValueError);
        await expect(tokens.revokeCurrent(undefined as never)).rejects.toBeInstanceOf(MisuseError);
      });
      expect(commands).toEqual([]);
      const key = fresh();
      await raw("RPUSH", tokens.keyOf(key), "x");
      await expect(tokens.consume(key)).rejects.toBeInstanceOf(WrongTypeError);
      await expect(tokens.peek(key)).rejects.toBeInstanceOf(WrongTypeError);
      await expect(tokens.rotate(key, fresh())).rejects.toBeInstanceOf(WrongTypeError);
      await expect(tokens.issue(key, ann)).rejects.toBeInstanceOf(AlreadyExistsError);
      expect(await raw("TYPE", tokens.keyOf(key))).toBe("list");
      await tokens.revoke(key);
    });
  });

  describe("with a current one", () => {
    const streams = (more: Partial<typeof streamFamily> = {}) => new Streams(runtime, more);
    const session = () => `s${randomUUID()}`;
    const of = (sessionId: string): StreamKey => ({ sessionId, token: secret() });
    const pointerOf = (sessionId: string) => `${prefix}stream:current:{session:${sessionId}}`;

    test("A14 of 50 parallel consumes exactly one gets the payload, and pointer and token are gone", async () => {
      const tokens = streams();
      for (let round = 0; round < 5; round++) {
        const key = of(session());
        await tokens.issue(key, ann);
        expect(await raw("GET", pointerOf(key.sessionId))).toBe(digest(key.token));
        const got = await Promise.all(many(50, () => tokens.consume(key)));
        expect(got.filter((value) => value !== null)).toEqual([ann]);
        expect(await there(pointerOf(key.sessionId))).toBe(false);
        expect(await there(tokens.keyOf(key))).toBe(false);
      }
    });

    test("A15 a newer one supersedes and removes the older; rotate moves the pointer and removes the old", async () => {
      const tokens = streams();
      const id = session();
      const [first, second, third] = [of(id), of(id), of(id)];
      await tokens.issue(first, ann);
      await tokens.issue(second, ben);
      expect(await there(tokens.keyOf(first))).toBe(false);
      expect(await tokens.consume(first)).toBeNull();
      expect(await tokens.rotate(first, of(id))).toBe(false);
      expect(await tokens.peek(second)).toEqual(ben);
      const deadline = await raw("PEXPIRETIME", tokens.keyOf(second));
      expect(await tokens.rotate(second, third)).toBe(true);
      expect(await raw("GET", pointerOf(id))).toBe(digest(third.token));
      expect(await raw("PEXPIRETIME", tokens.keyOf(third))).toBe(deadline);
      expect(await raw("PEXPIRETIME", pointerOf(id))).toBe(deadline);
      expect(await there(tokens.keyOf(second))).toBe(false);
      expect(await tokens.consume(second)).toBeNull();
      expect(await tokens.consume(third)).toEqual(ben);
      expect(await there(pointerOf(id))).toBe(false);
    });

    test("A9 the token expires with what remains of its session, the pointer with it", async () => {
      const tokens = streams({ ttl: { kind: "fixed", ms: 5 * minute } });
      const [long, short] = [of(session()), of(session())];
      await tokens.issue(long, ann, { notBeyond: Date.now() + day });
      const end = Date.now() + 40_000;
      await tokens.issue(short, ann, { notBeyond: end });
      for (const key of [tokens.keyOf(long), pointerOf(long.sessionId)]) {
        expect(await left(key)).toBeLessThanOrEqual(5 * minute);
        expect(await left(key)).toBeGreaterThan(4 * minute);
      }
      for (const key of [tokens.keyOf(short), pointerOf(short.sessionId)]) {
        expect(await raw("PEXPIRETIME", key)).toBe(end);
      }
      const over = of(short.sessionId);
      await expect(tokens.issue(over, ben, { notBeyond: Date.now() - 1 })).rejects.toBeInstanceOf(InvalidArgumentError);
      expect(await tokens.peek(short)).toEqual(ann);
    });

    test("one that is issued without an older one is one call, else two; the others are one each", async () => {
      const tokens = streams();
      const id = session();
      const [key, next] = [of(id), of(id)];
      await tokens.issue(of(session()), ann);
      const calls = async (act: () => unknown) => (await sent(act)).filter(([name]) => name !== "EVAL").length;
      const warm = of(session());
      // Scripts become known to the servers.
      for (let i = 0; i < 8; i++) {
        const each = of(session());
        await tokens.issue(each, ann);
        await tokens.peek(each);
        await tokens.rotate(each, { ...each, token: secret() });
        await tokens.consume(each);
        await tokens.revoke(each);
      }
      expect(await calls(() => tokens.issue(warm, ann))).toBeLessThanOrEqual(1);
      expect(await calls(() => tokens.issue(key, ann))).toBe(1);
      expect(await calls(() => tokens.issue(next, ann))).toBe(2);
      expect(await calls(() => tokens.peek(next))).toBe(1);
      expect(await calls(() => tokens.consume(next))).toBe(1);
    });

    test("many issue at once: one is live in the end, and of all the others nothing is left", async () => {
      const tokens = streams();
      const id = session();
      const keys = many(30, () => of(id));
      await Promise.all(keys.map((key, i) => tokens.issue(key, { userId: String(i) })));
      const live = await Promise.all(keys.map((key) => tokens.peek(key)));
      expect(live.filter((value) => value !== null)).toHaveLength(1);
      const present = await Promise.all(keys.map((key) => there(tokens.keyOf(key))));
      expect(present).toEqual(live.map((value) => value !== null));
    });

    test("consume, rotate and issue at once: every payload is had once at most", async () => {
      const tokens = streams();
      for (let round = 0; round < 10; round++) {
        const id = session();
        const [key, next, other] = [of(id), of(id), of(id)];
        await tokens.issue(key, ann);
        const [consumed, rotated] = await Promise.all([
          tokens.consume(key),
          tokens.rotate(key, next),
          tokens.issue(other, ben),
        ]);
        const later = await tokens.consume(next);
        const payloads = [consumed, later].filter((value) => value !== null);
        expect(payloads.length).toBeLessThanOrEqual(1);
        if (consumed !== null) expect(rotated).toBe(false);
        expect(await tokens.consume(key)).toBeNull();
      }
    });

    test("sessions do not meet", async () => {
      const tokens = streams();
      const [a, b] = [of(session()), of(session())];
      await tokens.issue(a, ann);
      await tokens.issue(b, ben);
      expect(await tokens.consume({ sessionId: b.sessionId, token: a.token })).toBeNull();
      await expect(tokens.rotate(a, b)).rejects.toBeInstanceOf(InvalidArgumentError);
      expect(await tokens.peek(a)).toEqual(ann);
      expect(await tokens.peek(b)).toEqual(ben);
    });

    test("revoke and revokeCurrent end it; one that is no longer current is no reason to end the current", async () => {
      const tokens = streams();
      const id = session();
      const [old, key, next] = [of(id), of(id), of(id)];
      await tokens.issue(old, ann);
      await tokens.issue(key, ben);
      expect(await tokens.revoke(old)).toBe(false);
      expect(await tokens.peek(key)).toEqual(ben);
      expect(await tokens.revoke(key)).toBe(true);
      expect(await there(pointerOf(id))).toBe(false);
      expect(await tokens.revokeCurrent({ sessionId: id })).toBe(false);
      await tokens.issue(next, ben);
      expect(await tokens.revokeCurrent({ sessionId: id })).toBe(true);
      expect(await tokens.consume(next)).toBeNull();
      expect(await there(tokens.keyOf(next))).toBe(false);
      expect(await there(pointerOf(id))).toBe(false);
      await expect(tokens.revokeCurrent({ sessionId: "" })).rejects.toBeInstanceOf(InvalidParameterError);
    });

    test("A16 what a pointer holds leads to no key of another pattern: it is replaced", async () => {
      const tokens = streams();
      const foreign = Buffer.from([0xff, 0xfe]).toString("latin1");
      for (const held of ["}{other}:x", "*", "", "no digest", foreign]) {
        const key = of(session());
        await raw("SET", pointerOf(key.sessionId), held, "PX", "60000");
        expect(await tokens.consume(key)).toBeNull();
        await tokens.issue(key, ann);
        expect(await raw("GET", pointerOf(key.sessionId))).toBe(digest(key.token));
        await raw("SET", pointerOf(key.sessionId), held, "PX", "60000");
        expect(await tokens.revokeCurrent({ sessionId: key.sessionId })).toBe(false);
      }
      const key = of(session());
      await raw("RPUSH", pointerOf(key.sessionId), "x");
      await expect(tokens.issue(key, ann)).rejects.toBeInstanceOf(WrongTypeError);
      await expect(tokens.consume(key)).rejects.toBeInstanceOf(WrongTypeError);
      await raw("DEL", pointerOf(key.sessionId));
    });

    test("what does not decode is told; a taken token is an error that leaves the live one", async () => {
      const tokens = streams();
      const id = session();
      const [key, taken] = [of(id), of(id)];
      await tokens.issue(key, ann);
      await raw("SET", tokens.keyOf(taken), "{}", "PX", "60000");
      await expect(tokens.issue(taken, ben)).rejects.toBeInstanceOf(AlreadyExistsError);
      await expect(tokens.rotate(key, taken)).rejects.toBeInstanceOf(AlreadyExistsError);
      await expect(tokens.issue(key, ben)).rejects.toBeInstanceOf(AlreadyExistsError);
      expect(await tokens.peek(key)).toEqual(ann);
      await raw("SET", tokens.keyOf(key), "{", "PX", "60000");
      await expect(tokens.peek(key)).rejects.toBeInstanceOf(UndecodableValueError);
      await expect(tokens.consume(key)).rejects.toMatchObject({
        name: "UndecodableValueError",
        mayHaveBeenApplied: true,
      });
      expect(await there(pointerOf(id))).toBe(false);
    });

    test("bytes as a payload", async () => {
      const tokens = new Streams(runtime, { value: compileCodec(bytes(), "bytes") } as never);
      const id = session();
      const [key, next] = [of(id), of(id)];
      const content = Uint8Array.from({ length: 256 }, (_, i) => i);
      await tokens.issue(key, content as never);
      await tokens.rotate(key, next);
      expect(Buffer.from((await tokens.peek(next)) as never)).toEqual(Buffer.from(content));
      expect(Buffer.from((await tokens.consume(next)) as never)).toEqual(Buffer.from(content));
    });

    test("in a transaction: consume, peek, revoke; not issue, which finds the older one out first", async () => {
      const tokens = streams();
      const key = of(session());
      await tokens.issue(key, ann);
      const keys = tokens.keysFor(key, "consume");
      const { executor } = runtime.store(tokens.family);
      const listed = [tokens.plans.peek(keys), tokens.plans.consume(keys), tokens.plans.revoke(keys)];
      expect(await runTransaction("session", executor, listed, listed)).toEqual([ann, ann, false]);
      expect(() => tokens.plans.issue(keys, ann)).toThrow(MisuseError);
    });
  });

  describe("with a code", () => {
    const codes = () => new Codes(runtime);
    const whom = () => ({ email: `${randomUUID()}@example.com`, scene: "register" });
    const keysOf = (repository: Codes | PlainCodes, key: ReturnType<typeof whom>) => repository.keysFor(key, "test");

    test("A7 the three keys share a slot, and live for as long as the schema says", async () => {
      const code = codes();
      const key = whom();
      const keys = keysOf(code, key);
      expect(keys.attempts).toBe(`${prefix}auth:code_attempts:{email:${digest(key.email)}}:register`);
      expect(keys.cooldown).toBe(`${prefix}auth:last_send:{email:${digest(key.email)}}:register`);
      expect(new Set(Object.values(keys as CodeKeys).map((each) => keySlot(each))).size).toBe(1);
      expect(await code.issue(key, "123456")).toEqual({ issued: true });
      expect(await left(keys.code)).toBeGreaterThan(minute - 10_000);
      expect(await left(keys.cooldown as string)).toBeGreaterThan(20_000);
      expect(await left(keys.cooldown as string)).toBeLessThanOrEqual(30_000);
      expect(await there(keys.attempts)).toBe(false);
      await code.verify(key, "000000");
      expect(await left(keys.attempts)).toBeGreaterThan(minute - 10_000);
      await raw("PEXPIRE", keys.attempts, "50000");
      await code.verify(key, "000000");
      // From the first failure.
      expect(await left(keys.attempts)).toBeLessThanOrEqual(50_000);
      expect(await raw("DEL", keys.code, keys.attempts)).toBe(2);
    });

    test("A8 success, and the attempt that reaches the maximum, remove code and attempts in one command", async () => {
      const code = codes();
      const key = whom();
      const keys = keysOf(code, key);
      await code.issue(key, "123456");
      expect(await code.verify(key, "000000")).toEqual({ verified: false, reason: "wrong", attemptsLeft: 4 });
      const commands = await sent(async () => {
        expect(await code.verify(key, "123456")).toEqual({ verified: true });
      });
      expect(commands.filter(([name]) => name !== "EVAL")).toHaveLength(1);
      expect(await raw("EXISTS", keys.code, keys.attempts)).toBe(0);
      expect(await code.verify(key, "123456")).toEqual({ verified: false, reason: "absent", attemptsLeft: 0 });
      expect(await there(keys.attempts)).toBe(false);

      await raw("DEL", keys.cooldown as string);
      await code.issue(key, "654321");
      for (let i = 4; i > 0; i--) {
        expect(await code.verify(key, "000000")).toEqual({ verified: false, reason: "wrong", attemptsLeft: i });
      }
      expect(await code.verify(key, "000000")).toEqual({
        verified: false,
        reason: "too-many-attempts",
        attemptsLeft: 0,
      });
      expect(await raw("EXISTS", keys.code, keys.attempts)).toBe(0);
      expect(await code.verify(key, "654321")).toMatchObject({ verified: false, reason: "absent" });
    });

    test("of 50 at once with the code one is verified; with others exactly as many are heard as the schema allows", async () => {
      const code = codes();
      const [right, wrong] = [whom(), whom()];
      await code.issue(right, "123456");
      const verified = await Promise.all(many(50, () => code.verify(right, "123456")));
      expect(verified.filter((each) => each.verified)).toHaveLength(1);
      await code.issue(wrong, "123456");
      const refused = await Promise.all(many(50, (i) => code.verify(wrong, String(100_000 + i))));
      const reasons = refused.map((each) => (each.verified ? "verified" : each.reason));
      expect(reasons.filter((reason) => reason === "wrong")).toHaveLength(4);
      expect(reasons.filter((reason) => reason === "too-many-attempts")).toHaveLength(1);
      expect(reasons.filter((reason) => reason === "absent")).toHaveLength(45);
      expect(await raw("EXISTS", ...(Object.values(keysOf(code, wrong)).slice(0, 2) as [string, string]))).toBe(0);
    });

    test("during the cooldown nothing is changed; of several at once one is issued", async () => {
      const code = codes();
      const key = whom();
      const outcomes = await Promise.all(many(20, (i) => code.issue(key, String(100_000 + i))));
      expect(outcomes.filter(({ issued }) => issued)).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.issued) continue;
        expect(outcome.retryAfterMs).toBeGreaterThan(0);
        expect(outcome.retryAfterMs).toBeLessThanOrEqual(30_000);
      }
      const stored = String(100_000 + outcomes.findIndex(({ issued }) => issued));
      expect(await raw("GET", keysOf(code, key).code)).toBe(stored);
      await code.verify(key, "000000");
      await code.issue(key, "999999");
      expect(await raw("GET", keysOf(code, key).attempts)).toBe("1");
      expect(await code.verify(key, stored)).toEqual({ verified: true });
      // What was verified may not be sent again at once either.
      expect(await code.issue(key, "999999")).toMatchObject({ issued: false });
    });

    test("a cooldown that lost its TTL gets it back", async () => {
      const code = codes();
      const key = whom();
      await code.issue(key, "123456");
      await raw("PERSIST", keysOf(code, key).cooldown as string);
      expect(await code.issue(key, "123456")).toEqual({ issued: false, retryAfterMs: 30_000 });
      expect(await left(keysOf(code, key).cooldown as string)).toBeGreaterThan(0);
    });

    test("a code that lost its TTL gets it back with the next failure, and its failures live as long", async () => {
      const code = codes();
      const key = whom();
      await code.issue(key, "123456");
      await code.verify(key, "000000");
      const { code: name, attempts } = keysOf(code, key);
      await raw("PERSIST", name);
      await raw("PEXPIRE", attempts, "20000");
      expect(await code.verify(key, "000000")).toMatchObject({ reason: "wrong", attemptsLeft: 3 });
      expect(await left(name)).toBeGreaterThan(50_000);
      const [end, forgotten] = [await raw("PEXPIRETIME", name), await raw("PEXPIRETIME", attempts)];
      expect(forgotten).toBeGreaterThanOrEqual(end as number);
    });

    test("a newer code takes the place of the older, and has all its attempts", async () => {
      const code = new Codes(runtime, { cooldown: undefined });
      const key = whom();
      await code.issue(key, "111111");
      await code.verify(key, "000000");
      await code.issue(key, "222222");
      expect(await code.verify(key, "111111")).toEqual({ verified: false, reason: "wrong", attemptsLeft: 4 });
      expect(await code.verify(key, "222222")).toEqual({ verified: true });
    });

    test("resent during verifications: never more are heard than the codes allow, and none of an older code is verified", async () => {
      const code = new Codes(runtime, { cooldown: undefined });
      for (let round = 0; round < 10; round++) {
        const key = whom();
        await code.issue(key, "111111");
        const [first, , later] = await Promise.all([
          Promise.all(many(4, () => code.verify(key, "000000"))),
          code.issue(key, "222222"),
          Promise.all(many(4, () => code.verify(key, "111111"))),
        ]);
        for (const each of first) expect(each.verified).toBe(false);
        expect(later.filter((each) => each.verified).length).toBeLessThanOrEqual(1);
        if (later.some((each) => each.verified)) continue;
        const last = await code.verify(key, "222222");
        const spent = (await raw("GET", keysOf(code, key).attempts)) as string | null;
        expect(last.verified || Number(spent) <= 5).toBe(true);
      }
    });

    test("attempts that were spent before a lower maximum came are spent; a counter that is none verifies nobody", async () => {
      const key = whom();
      const code = codes();
      const { attempts } = keysOf(code, key);
      await code.issue(key, "123456");
      await raw("SET", attempts, "7", "PX", "60000");
      expect(await code.verify(key, "123456")).toMatchObject({ verified: false, reason: "too-many-attempts" });
      await raw("DEL", keysOf(code, key).cooldown as string);
      await code.issue(key, "123456");
      await raw("SET", attempts, "many", "PX", "60000");
      for (const presented of ["123456", "000000"]) {
        await expect(code.verify(key, presented)).rejects.toBeInstanceOf(UndecodableValueError);
      }
      await raw("DEL", attempts);
      await raw("RPUSH", attempts, "x");
      await expect(code.verify(key, "123456")).rejects.toBeInstanceOf(WrongTypeError);
      await code.revoke(key);
    });

    test("what can be no code counts, and is not sent", async () => {
      const code = codes();
      const key = whom();
      await code.issue(key, "123456");
      await raw("SET", keysOf(code, key).code, "", "KEEPTTL");
      const odd = ["", "abc", "1234567", "é".repeat(1_000_000)];
      const commands = await sent(async () => {
        for (const [i, presented] of odd.entries()) {
          expect(await code.verify(key, presented)).toEqual({
            verified: false,
            reason: "wrong",
            attemptsLeft: 4 - i,
          });
        }
      });
      for (const words of commands) if (words[0] === "EVALSHA") expect(words.join("").length).toBeLessThan(500);
      for (const presented of [undefined, null, 123456]) {
        await expect(code.verify(key, presented as never)).rejects.toBeInstanceOf(InvalidArgumentError);
      }
      expect(await raw("GET", keysOf(code, key).attempts)).toBe("4");
    });

    test("bad input is an error that stores nothing", async () => {
      const code = codes();
      const key = whom();
      const loose = new Codes(runtime, { code: compileCodec(z.string(), "string") });
      for (const issue of [
        () => code.issue(key, ""),
        () => code.issue(key, "12345a"),
        () => code.issue(key, 123456 as never),
        () => loose.issue(key, ""),
      ]) {
        const error = await issue().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(InvalidValueError);
        expect(error).toMatchObject({ family: "emailCode", field: "code" });
      }
      await expect(code.issue(key, "123456", { notBeyond: 5 })).rejects.toBeInstanceOf(InvalidArgumentError);
      await expect(code.issue({ ...key, scene: "a:b" }, "123456")).rejects.toBeInstanceOf(InvalidParameterError);
      await expect(code.issue({ scene: "x" } as never, "123456")).rejects.toBeInstanceOf(InvalidParameterError);
      expect(await raw("EXISTS", ...(Object.values(keysOf(code, key)) as [string, ...string[]]))).toBe(0);
    });

    test("revoke removes code and attempts, in a transaction too; without a tag the companions lie behind the key", async () => {
      for (const code of [codes(), new PlainCodes(runtime)]) {
        const key = whom();
        const keys = code.keysFor(key, "test") as CodeKeys;
        expect(new Set(Object.values(keys).map((each) => keySlot(each))).size).toBe(1);
        await code.issue(key, "123456");
        await code.verify(key, "000000");
        expect(await code.revoke(key)).toBe(true);
        expect(await raw("EXISTS", keys.code, keys.attempts)).toBe(0);
        expect(await code.revoke(key)).toBe(false);
        await raw("DEL", keys.cooldown as string);
        // Failures that outlived their code are no code.
        await code.issue(key, "123456");
        await code.verify(key, "000000");
        await raw("DEL", keys.code, keys.cooldown as string);
        expect(await code.revoke(key)).toBe(false);
        expect(await raw("EXISTS", keys.attempts)).toBe(0);
        const { executor } = runtime.store(code.family);
        const listed = [code.plans.issue(keys, "123456"), code.plans.verify(keys, "123456"), code.plans.revoke(keys)];
        expect(await runTransaction("email", executor, listed, listed)).toEqual([
          { issued: true },
          { verified: true },
          false,
        ]);
      }
    });
  });
});

test("without memory tokens are consumed and revoked, codes verified; what would be new is refused", async ({
  skip,
}) => {
  const server = await startRedis();
  skip(server.pid === undefined, "maxmemory is not set on a server that others use");
  const client = createClient({ url: server.url }).on("error", () => undefined) as RedisClientType;
  await client.connect();
  try {
    const runtime = new Runtime(client, ["default"]);
    const [invites, streams, codes] = [new Invites(runtime), new Streams(runtime), new Codes(runtime)];
    const [a, b] = [fresh(), fresh()];
    const [c, d] = many(2, (i) => ({ sessionId: String(i), token: secret() })) as [StreamKey, StreamKey];
    const [e, f] = ["e", "f"].map((name) => ({ email: name, scene: "x" })) as [never, never];
    for (const key of [a, b]) await invites.issue(key, ann);
    for (const key of [c, d]) await streams.issue(key, ann);
    for (const key of [e, f]) await codes.issue(key, "123456");
    await client.sendCommand(["CONFIG", "SET", "maxmemory", "1"]);
    const refused = { code: "refused", reply: "OOM", mayHaveBeenApplied: false };
    await expect(invites.issue(fresh(), ann)).rejects.toMatchObject(refused);
    await expect(invites.rotate(a, fresh())).rejects.toMatchObject(refused);
    await expect(streams.issue({ ...c, token: secret() }, ann)).rejects.toMatchObject(refused);
    await expect(streams.rotate(c, { ...c, token: secret() })).rejects.toMatchObject(refused);
    await expect(codes.issue({ email: "g", scene: "x" }, "123456")).rejects.toMatchObject(refused);
    expect(await streams.peek(c)).toEqual(ann);
    expect(await invites.consume(a)).toEqual(ann);
    expect(await invites.revoke(b)).toBe(true);
    expect(await streams.consume(c)).toEqual(ann);
    expect(await streams.revoke(d)).toBe(true);
    expect(await codes.verify(e, "000000")).toMatchObject({ reason: "wrong" });
    expect(await codes.verify(e, "123456")).toEqual({ verified: true });
    expect(await codes.revoke(f)).toBe(true);
  } finally {
    client.destroy();
    await server.stop();
  }
});
