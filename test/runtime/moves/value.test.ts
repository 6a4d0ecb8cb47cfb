import { randomUUID } from "node:crypto";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ValueFamily } from "../../../src/repositories/value.js";
import { type KeywrightError, MisuseError } from "../../../src/runtime/errors.js";
import { markKey } from "../../../src/runtime/moves/mark-key.js";
import { join } from "../../../src/runtime/moves/value-steps.js";
import { keySlot } from "../../../src/schema/patterns/slot.js";
import { bytes } from "../../../src/schema/values/bytes.js";
import { compileCodec } from "../../../src/schema/values/codec.js";
import { type Connection, topologies, uniquePrefix } from "../../setup/topologies.js";
import { failure, hasOwnServers, ownRedis, recordEvents } from "../support.js";
import {
  hour,
  instance,
  type Key,
  neighbours,
  newKey,
  oldKey,
  type Phase,
  phases,
  stepper,
  Values,
  valueFamily,
} from "./value-family.js";

const fresh = (): Key => ({ id: randomUUID() });
const both: readonly Phase[] = ["mirror", "flipped", "settled"];

describe.each(topologies.filter(({ name }) => name === "single" || name === "cluster"))(
  "value moves on $name",
  (topology) => {
    const prefix = uniquePrefix();
    let connection: Connection;

    beforeAll(async () => {
      connection = await topology.connect();
    });
    afterAll(async () => {
      for (const key of await connection.keysWith(prefix)) await connection.send(["UNLINK", key]);
      await connection.close();
    });

    const raw = (...args: [string, ...string[]]) => connection.send(args);
    const own = () => instance(connection.client, prefix);
    const old = ({ id }: Key, name = "thing") => oldKey(prefix, name, id);
    const to = ({ id }: Key, name = "thing") => newKey(prefix, name, id);
    const deadlines = async (key: Key, name = "thing") =>
      (await Promise.all([raw("PEXPIRETIME", old(key, name)), raw("PEXPIRETIME", to(key, name))])) as [number, number];
    /** Everything that is there of a key on both sides, with its remaining time. */
    const found = async (key: Key) => {
      const names = [old(key), to(key), old(key, "login"), to(key, "login")].flatMap((name) => [name, markKey(name)]);
      const all = await Promise.all(names.map(async (name) => ({ name, left: (await raw("PTTL", name)) as number })));
      return all.filter(({ left }) => left !== -2);
    };
    const expectTtls = async (key: Key, ms = 31 * 24 * hour) => {
      for (const { name, left } of await found(key)) {
        expect(left, name).toBeGreaterThan(0);
        expect(left, name).toBeLessThanOrEqual(ms);
      }
    };

    test("the keys of a place are in different slots, and their stamps beside them", () => {
      const key = fresh();
      expect(keySlot(old(key))).not.toBe(keySlot(to(key)));
      for (const name of [old(key), to(key)]) expect(keySlot(markKey(name))).toBe(keySlot(name));
    });

    test.each(both)(
      "%s: a close awaits all steps of what was under way, and refuses what comes after it",
      async (phase) => {
        const service = own();
        const [values, key] = [service.values(phase), fresh()];
        const under = values.set(key, "last");
        const closed = service.runtime.close();
        const late = failure(values.set(key, "later"));
        await Promise.all([under, closed]);
        expect(await late).toMatchObject({ code: "unavailable", closed: true });
        const [before, after] = await Promise.all([raw("GET", old(key)), raw("GET", to(key))]);
        expect(before).toContain("last");
        expect(after).toBe(before);
      },
    );

    describe.each(neighbours)("M2 %s beside %s", (one, other) => {
      test("a value: what either writes, replaces and deletes the other reads", async () => {
        const [a, b] = [own().values(one), own().values(other)];
        for (const [writer, reader] of [
          [a, b],
          [b, a],
        ] as const) {
          const key = fresh();
          await writer.set(key, "first");
          expect(await reader.get(key)).toBe("first");
          expect(await reader.replace(key, "second")).toBe(true);
          expect(await writer.get(key)).toBe("second");
          expect(await writer.touch(key)).toBe(true);
          await writer.set(key, "third");
          expect(await reader.getMany([key])).toEqual(["third"]);
          await expectTtls(key);
          expect(await reader.delete(key)).toBe(true);
          expect([await writer.get(key), await reader.get(key)]).toEqual([null, null]);
          expect([await writer.touch(key), await reader.replace(key, "x"), await reader.delete(key)]).toEqual([
            false,
            false,
            false,
          ]);
          await writer.set(key, "again");
          expect(await reader.get(key)).toBe("again");
          await expectTtls(key);
        }
      });

      test("a session: what either creates, saves and destroys the other loads", async () => {
        const [a, b] = [own().sessions(one), own().sessions(other)];
        for (const [writer, reader] of [
          [a, b],
          [b, a],
        ] as const) {
          const key = fresh();
          await writer.create(key, { user: "ann" });
          expect(await reader.load(key)).toEqual({ user: "ann" });
          expect(await reader.save(key, { user: "bob" })).toBe(true);
          expect(await writer.loadAndTouch(key)).toEqual({ user: "bob" });
          expect((await failure<KeywrightError>(reader.create(key, { user: "eve" }))).code).toBe("already-exists");
          expect(await writer.touch(key)).toBe(true);
          expect(await reader.load(key)).toEqual({ user: "bob" });
          await expectTtls(key);
          expect(await reader.destroy(key)).toBe(true);
          expect([await writer.load(key), await reader.loadAndTouch(key)]).toEqual([null, null]);
          expect([await writer.save(key, { user: "eve" }), await reader.touch(key)]).toEqual([false, false]);
          expect(await writer.load(key)).toBeNull();
          await expectTtls(key);
        }
      });
    });

    test("M2 in mirror, flipped and settled both keys hold the same bytes; before and after one does", async () => {
      for (const phase of phases) {
        const key = fresh();
        await own().values(phase).set(key, "x");
        const stored = [await raw("GET", old(key)), await raw("GET", to(key))];
        expect(stored, phase).toEqual([phase === "new" ? null : '"x"', phase === "legacy" ? null : '"x"']);
      }
    });

    test("M2 a delete in new takes what is at the old key with it", async () => {
      const key = fresh();
      await own().values("settled").set(key, "x");
      expect(await own().values("new").delete(key)).toBe(true);
      expect(await raw("EXISTS", old(key))).toBe(0);
    });

    describe("M4 the deadline is the same on both keys", () => {
      const ttls: Readonly<Record<string, Partial<ValueFamily<string>>>> = {
        fixed: {},
        sliding: { ttl: { kind: "sliding", ms: hour, max: undefined } as never },
        kept: { overwrite: "keep" },
        none: { ttl: { kind: "persist", reason: "removed by name" } as never },
      };
      test.each(Object.entries(ttls))("%s", async (name, more) => {
        for (const phase of both) {
          const values = own().values(phase, more);
          const key = fresh();
          const acts: readonly (() => Promise<unknown>)[] = [
            () => values.set(key, "a"),
            () => values.get(key),
            () => values.touch(key),
            () => values.replace(key, "b"),
            () => values.getAndTouch(key),
            () => values.set(key, "c"),
          ];
          for (const [at, act] of acts.entries()) {
            await act();
            const [before, after] = await deadlines(key);
            expect(after, `${phase} ${at}`).toBe(before);
            if (name === "none") expect(before).toBe(-1);
            else expect(before).toBeGreaterThan(Date.now());
          }
          if (name === "none") await raw("DEL", old(key), to(key)).catch(() => raw("DEL", old(key)));
        }
      });

      test("kept: the first write's deadline stays on both", async () => {
        for (const phase of both) {
          const values = own().values(phase, { overwrite: "keep" });
          const key = fresh();
          await values.set(key, "a");
          const first = await deadlines(key);
          await values.set(key, "b");
          await values.replace(key, "c");
          expect(await deadlines(key)).toEqual(first);
          expect([await raw("GET", old(key)), await raw("GET", to(key))]).toEqual(['"c"', '"c"']);
        }
      });

      test("per call", async () => {
        for (const phase of both) {
          const family = valueFamily(phase, compileCodec(z.string(), "json"), { ttl: { kind: "upTo", ms: hour } });
          const values = new Values<string, "perCall">(own().runtime, family);
          const key = fresh();
          await values.set(key, "a", { ttl: "1m" });
          const [first, copied] = await deadlines(key);
          expect(copied).toBe(first);
          await values.touch(key, { ttl: "5m" });
          const [second, followed] = await deadlines(key);
          expect(followed).toBe(second);
          expect(second).toBeGreaterThan(first + 200_000);
        }
      });

      test("what is stored are bytes", async () => {
        for (const phase of both) {
          const family = valueFamily(phase, compileCodec(bytes(), "bytes"), {
            ttl: { kind: "sliding", ms: hour } as never,
          });
          const values = new Values<Uint8Array>(own().runtime, family);
          const key = fresh();
          const stored = Uint8Array.from([0, 255, 128, 10, 13, 0, 195, 40]);
          await values.set(key, stored);
          expect(Uint8Array.from((await values.get(key))!)).toEqual(stored);
          const [before, after] = await deadlines(key);
          expect(after).toBe(before);
          const at = async (name: string) => Number(await raw("STRLEN", name));
          expect([await at(old(key)), await at(to(key))]).toEqual([8, 8]);
        }
      });
    });

    test("M6 a sliding session from before the move is at the new key once it is refreshed", async () => {
      for (const refresh of ["touch", "loadAndTouch", "save"] as const) {
        const key = fresh();
        await own().sessions("legacy").create(key, { user: "ann" });
        // As if it had begun half an hour ago.
        await raw("PEXPIRE", old(key, "login"), String(hour / 2));
        const sessions = own().sessions("mirror");
        if (refresh === "save") await sessions.save(key, { user: "ann" });
        else await sessions[refresh](key);
        const [before, after] = await deadlines(key, "login");
        expect(after).toBe(before);
        expect(after).toBeGreaterThan(Date.now() + hour / 2);
        expect(await own().sessions("settled").load(key)).toEqual({ user: "ann" });
      }
    });

    describe("reads in flipped", () => {
      test("M2 the old key answers where the new one knows nothing, and it is counted", async () => {
        const key = fresh();
        await own().values("legacy").set(key, "x");
        const recorded = recordEvents();
        const { values, counts } = own();
        expect(await values("flipped").get(key)).toBe("x");
        expect(counts()).toEqual({ oldReads: 1, mirrorFailures: 0, lostJoins: 0 });
        await values("flipped").delete(key);
        expect(await values("flipped").get(key)).toBeNull();
        expect(counts().oldReads).toBe(1);
        recorded.stop();
        expect(recorded.events.filter(({ type }) => type === "old-key-read")).toHaveLength(1);
      });

      test("what was deleted at the new key is not looked for at the old one", async () => {
        const key = fresh();
        await own().values("flipped").set(key, "x");
        await own().values("flipped").delete(key);
        await raw("SET", old(key), '"back"', "PX", "60000");
        expect(await own().values("flipped").get(key)).toBeNull();
      });
    });

    describe("fill", () => {
      const filler = () => stepper(connection.client, prefix, "mirror");
      const fill = (key: Key) => {
        const { run, fill: steps } = filler();
        return run(steps(key.id));
      };

      test("copies value and deadline, and says what there was to do", async () => {
        const key = fresh();
        await own().values("legacy").set(key, "x");
        expect(await fill(key)).toBe("copied");
        expect(await fill(key)).toBe("same");
        const [before, after] = await deadlines(key);
        expect(after).toBe(before);
        expect(await own().values("new").get(key)).toBe("x");
        await expectTtls(key);
        expect(await fill(fresh())).toBe("absent");
      });

      test("begun again after any of its steps, it comes to the same", async () => {
        for (let steps = 0; steps <= 3; steps += 1) {
          const key = fresh();
          await own().values("legacy").set(key, "x");
          const deadline = await raw("PEXPIRETIME", old(key));
          const { run, fill: begin } = filler();
          await run(begin(key.id), steps);
          expect(await fill(key)).toBe(steps === 3 ? "same" : "copied");
          expect(await deadlines(key)).toEqual([deadline, deadline]);
        }
      });

      test("a value without a TTL has none at the new key either, but its stamps have", async () => {
        const key = fresh();
        await raw("SET", old(key), '"x"');
        await fill(key);
        expect(await deadlines(key)).toEqual([-1, -1]);
        for (const { name, left } of await found(key)) expect(left > 0, name).toBe(name.endsWith(":moved"));
        await raw("DEL", old(key));
        await raw("DEL", to(key));
      });

      test("what legacy has overwritten, prolonged or deleted since goes over", async () => {
        const key = fresh();
        await own().values("mirror").set(key, "first");
        await own().values("legacy").set(key, "second");
        expect(await fill(key)).toBe("copied");
        expect(await own().values("new").get(key)).toBe("second");
        await raw("PEXPIRE", old(key), "1234567");
        expect(await fill(key)).toBe("copied");
        const [before, after] = await deadlines(key);
        expect(after).toBe(before);
        await own().values("legacy").delete(key);
        expect(await fill(key)).toBe("absent");
        expect(await own().values("new").get(key)).toBeNull();
      });

      test("leaves what is later at the new key", async () => {
        const key = fresh();
        await own().values("settled").set(key, "older");
        await own().values("new").set(key, "later");
        expect(await fill(key)).toBe("newer");
        expect(await own().values("new").get(key)).toBe("later");
        const alone = fresh();
        await own().values("new").set(alone, "alone");
        expect(await fill(alone)).toBe("newer");
        expect(await own().values("new").get(alone)).toBe("alone");
      });

      test("does not bring back what is deleted while it runs", async () => {
        for (let steps = 0; steps <= 3; steps += 1) {
          const key = fresh();
          await own().values("legacy").set(key, "x");
          const { start, fill: begin } = filler();
          const filling = await start(begin(key.id));
          for (let step = 0; step < steps; step += 1) await filling.step();
          await own().values("mirror").delete(key);
          await filling.rest();
          expect(await own().values("new").get(key)).toBeNull();
          expect(await own().values("mirror").get(key)).toBeNull();
        }
      });
    });

    describe("lost joins", () => {
      test("of two sets that overlap both keys end with the later one", async () => {
        const [a, b] = [stepper(connection.client, prefix, "mirror"), stepper(connection.client, prefix, "flipped")];
        const key = fresh();
        const plans = own().values("mirror").plans;
        const first = await a.start(a.steps(plans.set(to(key), "a")));
        await first.step();
        await b.run(b.steps(plans.set(to(key), "b")));
        await first.rest();
        expect([await raw("GET", old(key)), await raw("GET", to(key))]).toEqual(['"b"', '"b"']);
        expect([a.counts.lostJoins, b.counts.lostJoins]).toEqual([1, 0]);
      });

      test("where the clock of the new key's node is ahead, a later set still wins, and a later delete", async () => {
        const ahead = `${String(Date.now() + 60_000)}000`.padStart(17, "0");
        for (const phase of both) {
          for (const act of ["set", "delete", "replace"] as const) {
            const key = fresh();
            const { run, move, steps, counts } = stepper(connection.client, prefix, phase);
            const { plans } = own().values(phase);
            await run(steps(plans.set(to(key), "older")));
            const stamp = `${ahead}.ffffffff ${ahead}.ffffffff`;
            const state = { stamp, deadline: String(Date.now() + hour), value: Buffer.from('"ahead"') };
            await run(
              (function* () {
                return (yield join(move, "set", to(key), state)) as unknown;
              })(),
            );
            const plan = act === "delete" ? plans.delete(to(key)) : plans[act](to(key), "later");
            await run(steps<unknown>(plan));
            // The mirror's own truth is the old key: what is of another birth at the new one is not its to change.
            if (phase === "mirror" && act === "replace") continue;
            const expected = act === "delete" ? null : '"later"';
            expect(await raw("GET", to(key)), `${phase} ${act}`).toBe(expected);
            if (act !== "replace") {
              expect(await raw("GET", old(key)), `${phase} ${act}`).toBe(expected);
              expect(counts.lostJoins).toBe(1);
            }
          }
        }
      });

      test("a touch that a delete has overtaken answers that there is none", async () => {
        const a = stepper(connection.client, prefix, "mirror", "login");
        const key = fresh();
        await own().sessions("mirror").create(key, { user: "ann" });
        const { plans } = own().sessions("mirror");
        const loading = await a.start(a.steps(plans.loadAndTouch(to(key, "login"))));
        await loading.step();
        await own().sessions("flipped").destroy(key);
        expect(await loading.rest()).toBeNull();
        expect([await raw("EXISTS", old(key, "login")), await raw("EXISTS", to(key, "login"))]).toEqual([0, 0]);
      });
    });

    test("what has no place in the order of commands is refused before anything is sent", async () => {
      const key = fresh();
      const values = own().values("mirror");
      for (const call of [values.setIfAbsent(key, "x"), values.compareAndSet(key, "x", "y"), values.take(key)]) {
        expect(await failure(call)).toBeInstanceOf(MisuseError);
      }
      expect(await found(key)).toEqual([]);
    });
  },
);

describe.runIf(hasOwnServers)("a second write that fails", () => {
  let server: Awaited<ReturnType<typeof ownRedis>>;
  let client: RedisClientType;
  let limited: RedisClientType;
  const prefix = uniquePrefix();

  beforeAll(async () => {
    server = await ownRedis();
    client = createClient({ url: server.url }).on("error", () => undefined) as RedisClientType;
    await client.connect();
    await client.sendCommand(["ACL", "SETUSER", "limited", "on", ">pass", "~*old:*", "+@all"]);
    const url = server.url.replace("redis://", "redis://limited:pass@");
    limited = createClient({ url }).on("error", () => undefined) as RedisClientType;
    await limited.connect();
  });
  afterAll(async () => {
    client.destroy();
    limited.destroy();
    await server.stop();
  });

  const plain = () => instance(client, prefix);
  const fill = ({ id }: Key) => {
    const { run, fill: steps } = stepper(client, prefix, "mirror");
    return run(steps(id));
  };

  test("what stands in for an answer is published once, as degraded, and not as an error too", async () => {
    const { values } = instance(limited, prefix);
    const degrading = values("settled", { whenDown: "absent" });
    const recorded = recordEvents();
    expect(await degrading.get(fresh())).toBeNull();
    recorded.stop();
    const types = recorded.events.map(({ type }) => type);
    expect(types.filter((type) => type === "degraded" || type === "error")).toEqual(["degraded"]);
  });

  test("M2 it may have been applied, is counted, and the fill heals it", async () => {
    const key = fresh();
    await plain().values("mirror").set(key, "before");
    const recorded = recordEvents();
    const { values, counts } = instance(limited, prefix);
    const error = await failure<KeywrightError>(values("mirror").set(key, "after"));
    recorded.stop();
    expect(error).toMatchObject({ code: "refused", reply: "NOPERM", mayHaveBeenApplied: true });
    expect(counts().mirrorFailures).toBe(1);
    expect(recorded.events.filter(({ type }) => type === "mirror-failed")).toHaveLength(1);
    expect(await client.get(newKey(prefix, "thing", key.id))).toBe('"before"');
    expect(await fill(key)).toBe("copied");
    expect(await client.get(newKey(prefix, "thing", key.id))).toBe('"after"');
    const failed = await failure<KeywrightError>(values("mirror").delete(key));
    expect(failed.mayHaveBeenApplied).toBe(true);
    expect(await fill(key)).toBe("absent");
    expect(await client.exists(newKey(prefix, "thing", key.id))).toBe(0);
  });

  test("out of memory, a delete is done on both sides", async () => {
    const key = fresh();
    await plain().sessions("mirror").create(key, { user: "ann" });
    await client.configSet("maxmemory", "1");
    try {
      expect(await plain().sessions("mirror").destroy(key)).toBe(true);
      const error = await failure<KeywrightError>(plain().sessions("mirror").create(key, { user: "ann" }));
      expect(error).toMatchObject({ code: "refused", reply: "OOM", mayHaveBeenApplied: false });
    } finally {
      await client.configSet("maxmemory", "0");
    }
    expect(await plain().sessions("flipped").load(key)).toBeNull();
  });
});
