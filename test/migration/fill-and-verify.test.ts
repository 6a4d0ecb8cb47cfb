import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DifferenceKind } from "../../src/migration/differences.js";
import { fill } from "../../src/migration/fill.js";
import { Journal, readJournal } from "../../src/migration/journal.js";
import { MigrationRefusal } from "../../src/migration/refusal.js";
import type { Target } from "../../src/migration/target.js";
import { type VerifyOptions, verify } from "../../src/migration/verify.js";
import { markKey } from "../../src/runtime/moves/mark-key.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";
import { crash, head, noJournal, serversOf, target, usePlainFill } from "./moving-notes.js";

usePlainFill();
const rate = 100_000;
const quick: VerifyOptions = { rate, rounds: 2, pause: 20 };

class Crash extends Error {}

describe.each(topologies)("fill and verify: $name", ({ connect }) => {
  let connection: Connection;
  let prefix: string;
  let folder: string;
  let of: Target;
  const soon = Date.now() + 600_000;
  const put = (key: string, text: string, deadline = soon) =>
    connection.send(["SET", key, text, "PXAT", String(deadline)]);
  const old = (id: string) => `${prefix}oldnote:${id}`;
  const fresh = (id: string) => `${prefix}note:{${id}}`;
  const difference = async (options = quick) => verify(of, await noJournal(of), options);

  beforeAll(async () => {
    connection = await connect();
  });
  afterAll(() => connection.close());
  beforeEach(() => {
    prefix = uniquePrefix();
    folder = mkdtempSync(join(tmpdir(), "migration-"));
    of = target(connection.client, "mirror", prefix);
    crash.before = () => undefined;
    crash.nth = 0;
  });
  afterEach(async () => {
    for (const key of await connection.keysWith(prefix)) await connection.send(["UNLINK", key]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("a dry run counts places and writes nothing", async () => {
    await Promise.all(["a", "b", "c"].map((id) => put(old(id), id)));
    await put(fresh("c"), "c");
    await put(fresh("d"), "only new");
    const filled = await fill(of, await noJournal(of), { execute: false, rate });
    expect(filled).toMatchObject({ ended: true, places: 4, outcomes: { copied: 0 } });
    expect(await connection.send(["EXISTS", fresh("a")])).toBe(0);
  });

  test("every place goes over once, with its deadline, and other keys are left alone", async () => {
    const ids = Array.from({ length: 700 }, (_, i) => `n${i}`);
    await Promise.all(ids.map((id) => put(old(id), `text of ${id}`)));
    // Of the glob, and not of the pattern.
    await put(`${prefix}oldnote:a:b`, "no note");
    await put(fresh("n1"), "text of n1");
    await put(fresh("gone"), "gone on the old side");
    const filled = await fill(of, await noJournal(of), { execute: true, rate });
    expect(filled).toMatchObject({
      ended: true,
      places: 701,
      outcomes: { copied: 699, same: 1, absent: 1 },
      failed: 0,
    });
    expect(await connection.send(["PEXPIRETIME", fresh("n699")])).toBe(soon);
    expect(await connection.send(["GET", fresh("n0")])).toBe("text of n0");
    expect(await connection.keysWith(`${prefix}oldnote:a:b`)).toEqual([`${prefix}oldnote:a:b`]);
  });

  test("M8 killed at every step and run again, the difference is 0", async () => {
    const ids = ["a", "b", "c", "d", "e"];
    await Promise.all(ids.map((id) => put(old(id), id)));
    const file = join(folder, "fill.json");
    let runs = 0;
    for (let step = 1; ; step++) {
      // A fresh process: it knows its journal, and Redis.
      of = target(connection.client, "mirror", prefix);
      crash.nth = 0;
      crash.before = (nth) => {
        if (nth === step) throw new Crash();
      };
      const journal = Journal.open(file, head(of), await serversOf(of), false);
      try {
        runs += 1;
        await fill(of, journal, { execute: true, rate, concurrency: 1, count: 1 });
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(Crash);
        expect(readJournal(file)?.ended).toBeNull();
      }
    }
    expect(runs).toBeGreaterThan(2);
    expect(readJournal(file)?.ended).toEqual(expect.any(String));
    // SCAN may give a key twice, and so the count may hold a place twice.
    expect(readJournal(file)?.counts.places).toBeGreaterThanOrEqual(5);
    expect(await difference()).toMatchObject({ places: 5, total: 0 });
  });

  test("M8 it goes on from its journal: what is done is not done again", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `n${i}`);
    await Promise.all(ids.map((id) => put(old(id), id)));
    const file = join(folder, "fill.json");
    const controller = new AbortController();
    const first = Journal.open(file, head(of), await serversOf(of), false);
    const options = { execute: true, rate, count: 1 };
    const onProgress = ({ places }: { places: number }) => {
      if (places >= 5) controller.abort();
    };
    expect(await fill(of, first, { ...options, onProgress, signal: controller.signal })).toMatchObject({
      ended: false,
    });
    const done = readJournal(file)?.counts.places as number;
    expect(done).toBeLessThan(60);
    crash.nth = 0;
    const second = Journal.open(file, head(of), await serversOf(of), false);
    expect(second.resumed).toBe(true);
    expect(await fill(of, second, options)).toMatchObject({ ended: true, places: 60, outcomes: { copied: 60 } });
    // Four commands a place.
    expect(crash.nth).toBe((60 - done) * 4);
  });

  test("M9 seeded differences of each kind are all found, and nothing else", async () => {
    for (const id of ["same", "close"]) await put(old(id), id);
    await put(fresh("same"), "same");
    await put(fresh("close"), "close", soon + 300);
    await put(old("missing-new"), "x");
    await put(fresh("missing-old"), "x");
    await put(old("value"), "before");
    await put(fresh("value"), "after");
    await put(old("ttl"), "x");
    await put(fresh("ttl"), "x", soon + 5000);
    await put(old("forever"), "x");
    await connection.send(["SET", fresh("forever"), "x"]);
    await put(old("type"), "x");
    await connection.send(["RPUSH", fresh("type"), "x"]);
    // Deleted on the new side, which says so.
    await put(old("deleted"), "x");
    const never = `${"9".repeat(17)}.ffffffff`;
    await put(markKey(fresh("deleted")), `00000000000000001.0000abcd ${never}`);
    // Its stamp is left, and says nothing of a deletion.
    await put(old("evicted"), "x");
    const birth = "00000000000000001.0000abcd";
    await put(markKey(fresh("evicted")), `${birth} ${birth} ${"a".repeat(40)} -1`);
    const found = await difference();
    expect(found).toMatchObject({
      places: 10,
      differences: { "missing-new": 2, "missing-old": 1, value: 1, ttl: 2, type: 1 },
      total: 7,
    });
    const byKind = (kind: DifferenceKind) => found.samples.filter((each) => each.kind === kind).map((each) => each.new);
    expect(byKind("missing-new").sort()).toEqual([fresh("evicted"), fresh("missing-new")]);
    expect(byKind("missing-old")).toEqual([fresh("missing-old")]);
    expect(byKind("ttl").sort()).toEqual([fresh("forever"), fresh("ttl")].sort());
    expect((await difference({ ...quick, tolerance: 100 })).differences.ttl).toBe(3);
  });

  test("M9 content compares, whatever its encoding and size are", async () => {
    const add = async (name: string, args: (key: string) => [string, ...string[]]) => {
      for (const key of [old(name), fresh(name)]) {
        await connection.send(args(key), key);
        await connection.send(["PEXPIREAT", key, String(soon)]);
      }
    };
    const many = Array.from({ length: 2500 }, (_, i) => `m${i}`);
    await add("hash", (key) => ["HSET", key, "a", "1", "b", "2"]);
    await add("set", (key) => ["SADD", key, "a", "b"]);
    await add("zset", (key) => ["ZADD", key, "1.5", "a", "2", "b"]);
    await add("list", (key) => ["RPUSH", key, "a", "b"]);
    await add("manyhash", (key) => ["HSET", key, ...many.flatMap((each) => [each, each])]);
    await add("manyset", (key) => ["SADD", key, ...many]);
    await add("manyzset", (key) => ["ZADD", key, ...many.flatMap((each, i) => [String(i), each])]);
    await add("manylist", (key) => ["RPUSH", key, ...many]);
    // A hash that has become large once stays a table.
    await connection.send(["HSET", fresh("hash"), "long", "x".repeat(200)]);
    await connection.send(["HDEL", fresh("hash"), "long"]);
    expect(await difference()).toMatchObject({ places: 8, total: 0 });
    await connection.send(["HSET", fresh("hash"), "b", "3"]);
    await connection.send(["SREM", fresh("set"), "a"]);
    await connection.send(["SADD", fresh("set"), "c"]);
    await connection.send(["ZADD", fresh("zset"), "2.5", "b"]);
    await connection.send(["LSET", fresh("list"), "0", "c"]);
    await connection.send(["HSET", fresh("manyhash"), "m7", "other"]);
    await connection.send(["SREM", fresh("manyset"), "m7"]);
    await connection.send(["SADD", fresh("manyset"), "other"]);
    await connection.send(["ZADD", fresh("manyzset"), "8", "m7"]);
    await connection.send(["LSET", fresh("manylist"), "2400", "other"]);
    expect((await difference()).differences.value).toBe(8);
  });

  test("M9 what differs in one round only is the traffic", async () => {
    await put(old("late"), "x");
    const verified = difference({ ...quick, rounds: 3, pause: 300 });
    await new Promise((done) => setTimeout(done, 150));
    await put(fresh("late"), "x");
    expect(await verified).toMatchObject({ places: 1, total: 0 });
  });

  test("a journal of another schema, family, phase or Redis is refused, and says how to go on", async () => {
    const file = join(folder, "fill.json");
    const servers = await serversOf(of);
    const open =
      (of_: Target, on = servers) =>
      () =>
        Journal.open(file, head(of_), on, false);
    Journal.open(file, head(of), servers, false).save();
    const other = target(connection.client, "mirror", prefix, { until: "2098-01-01" });
    expect(open(other)).toThrow(/is a journal of another schema/);
    expect(open(target(connection.client, "flipped", prefix))).toThrow(
      /of another phase \(mirror, and now it is flipped\)/,
    );
    expect(open(target(connection.client, "mirror", `${prefix}x`))).toThrow(/of another prefix/);
    expect(
      open(
        of,
        servers.map((server) => ({ ...server, runId: "0".repeat(40) })),
      ),
    ).toThrow(/of another Redis/);
    let refusal: unknown;
    try {
      open(other)();
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(MigrationRefusal);
    expect((refusal as MigrationRefusal).fix).toContain("--anew");
    expect(Journal.open(file, head(other), servers, true).resumed).toBe(false);
    writeFileSync(file, "{");
    expect(open(of)).toThrow(/no journal of this version/);
  });

  test("a fill has its phases, and a place whose steps fail is told", async () => {
    const early = target(connection.client, "legacy", prefix);
    await expect(async () => fill(early, await noJournal(early), { execute: true, rate })).rejects.toThrow(
      /in the phase legacy/,
    );
    await put(old("well"), "x");
    await connection.send(["RPUSH", old("bad"), "x"]);
    const filled = await fill(of, await noJournal(of), { execute: true, rate });
    expect(filled).toMatchObject({ ended: true, places: 2, outcomes: { copied: 1 }, failed: 1 });
    expect(filled.failure).toContain("note.fill");
  });
});
