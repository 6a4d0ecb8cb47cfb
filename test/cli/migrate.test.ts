import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient, type RedisClientType } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { markKey } from "../../src/runtime/moves/mark-key.js";
import { fleetKey } from "../../src/schema/fleet-key.js";
import type { Manifest, ManifestMove } from "../../src/schema/manifest.js";
import type { Ledger } from "../../src/schema/moves/index.js";
import { usePlainFill } from "../migration/moving-notes.js";
import { uniquePrefix } from "../setup/topologies.js";
import { config, folder, keywright, useFolders } from "./command-line.js";

useFolders();
usePlainFill();

const schema = (moved: string) => `
import { keyspace, none, value } from "keywright/schema";
import { z } from "zod";
const about = { owner: "notes", writers: ["notes"], readers: [], tag: none("each alone"), ttl: "1h", value: z.object({ text: z.string() }) };
export const before = value("before:<id>", { ...about, purpose: "It stays." });
export const note = value("note:new:<id>", {
  ...about, purpose: "A note.",${moved}
});
export const after = value("after:<id>", { ...about, purpose: "It stays too." });
export default keyspace({ name: "notes", families: { before, note, after } });
`;
const movedIn = (phase: string) => `\n  moved: { from: "note:old:<id>", phase: "${phase}", until: "2099-01-31" },`;

let client: RedisClientType;
let prefix: string;
let url: string;
let server: string;

const schemaText = () => readFileSync(join(folder, "redis.schema.ts"), "utf8");
const manifestFile = () => join(folder, "generated/redis/manifest.json");
const ledger = () => JSON.parse(readFileSync(join(folder, "generated/redis/moves.json"), "utf8")) as Ledger;

/** The manifest as it is committed, in a phase. */
function inPhase(phase: string, change: (manifest: Manifest) => Manifest = (same) => same): void {
  writeFileSync(join(folder, "redis.schema.ts"), schema(movedIn(phase)));
  const manifest = JSON.parse(readFileSync(manifestFile(), "utf8")) as Manifest;
  const moved: ManifestMove = {
    from: "note:old:<id>",
    strategy: "value",
    phase: phase as never,
    until: "2099-01-31",
    keys: [{ to: "note:new:<id>", from: "note:old:<id>", prefixAt: { to: 0, from: 0 } }],
    markTtl: 30 * 24 * 3600_000,
  };
  const families = manifest.families.map((family) => (family.name === "note" ? { ...family, moved } : family));
  writeFileSync(manifestFile(), JSON.stringify(change({ ...manifest, families })));
}

const migrate = (command: string, ...args: string[]) =>
  keywright("migrate", command, ...args, "--url", url, "--prefix", prefix);
const json = async (command: string, ...args: string[]) => {
  const { stdout, code } = await migrate(command, ...args, "--format", "json");
  return { code, found: JSON.parse(stdout) as Record<string, unknown> };
};

async function report(instance: string, phase: string, counts = {}): Promise<void> {
  const text = { service: "notes", schema: "0", since: new Date().toISOString(), phases: { note: phase }, counts };
  await client.set(fleetKey(prefix, "notes", instance), JSON.stringify(text), { PX: 30_000 });
}

beforeAll(async () => {
  url = inject("redis").url;
  server = new URL(url).host;
  client = createClient({ url });
  client.on("error", () => undefined);
  await client.connect();
});
afterAll(() => client.destroy());
beforeEach(async () => {
  prefix = uniquePrefix();
  writeFileSync(join(folder, "keywright.config.ts"), config);
  writeFileSync(join(folder, "redis.schema.ts"), schema(""));
  expect((await keywright("generate")).code).toBe(0);
});
afterEach(async () => {
  for await (const keys of client.scanIterator({ MATCH: `*${prefix}*`, COUNT: 1000 })) {
    for (const key of keys) await client.unlink(key);
  }
});

describe("keywright migrate", () => {
  test("M10 an advance: a stale instance blocks it, then the phase is set in the schema and recorded", async () => {
    inPhase("legacy");
    await report("aa", "legacy");
    await report("bb", "mirror");
    const blocked = await migrate("advance", "note", "--execute", "--yes-on", server);
    expect(blocked).toMatchObject({ code: 7, stdout: expect.stringContaining("notes bb (mirror) is not in legacy") });
    expect(schemaText()).toContain('phase: "legacy"');
    await report("bb", "legacy");
    // One that is older than the move reports nothing.
    expect((await migrate("advance", "note", "--instances", "3")).stdout).toContain("2 of 3 instances report legacy");
    const dry = await migrate("advance", "note", "--instances", "2");
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining("note: legacy → mirror, open") });
    expect(schemaText()).toContain('phase: "legacy"');
    const done = await migrate("advance", "note", "--execute", "--yes-on", server);
    expect(done).toMatchObject({ code: 0, stderr: expect.stringContaining("generate, review, deploy") });
    expect(schemaText()).toBe(schema(movedIn("mirror")));
    expect(ledger().families.note).toMatchObject({
      from: "note:old:<id>",
      to: "note:new:<id>",
      phases: [{ phase: "mirror", gates: [expect.stringContaining("fleet: all 2"), expect.any(String)] }],
    });
  });

  test("M10 a roll-back goes one step; a phase that was set by hand goes nowhere", async () => {
    inPhase("legacy");
    await migrate("advance", "note", "--execute", "--yes-on", server, "--instances", "0");
    // The manifest is behind until it is generated: nobody has set a phase by hand.
    const early = await migrate("advance", "note", "--instances", "0");
    expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining("but manifest.json still says legacy") });
    inPhase("mirror");
    const back = await migrate("rollback", "note", "--execute", "--yes-on", server, "--instances", "0");
    expect(back.code).toBe(0);
    expect(schemaText()).toBe(schema(movedIn("legacy")));
    expect(ledger().families.note?.phases.at(-1)).toMatchObject({ phase: "legacy", back: true });
    inPhase("flipped");
    const byHand = await migrate("advance", "note", "--instances", "0");
    expect(byHand).toMatchObject({ code: 2, stderr: expect.stringContaining("was set by hand") });
    inPhase("legacy");
    expect(await migrate("rollback", "note", "--instances", "0")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("the first phase"),
    });
  });

  test("a foreign writer blocks an advance until it is marked as moved", async () => {
    const foreign = (moved?: true) => (manifest: Manifest) => ({
      ...manifest,
      families: manifest.families.map((family) => ({
        ...family,
        writers: ["notes", { service: "old", foreign: "go", ...(moved === undefined ? {} : { moved }) }],
      })),
    });
    inPhase("legacy", foreign());
    const blocked = await migrate("advance", "note", "--instances", "0");
    expect(blocked).toMatchObject({ code: 7, stdout: expect.stringContaining("old (go) would write the old keys") });
    inPhase("legacy", foreign(true));
    expect((await migrate("advance", "note", "--instances", "0")).code).toBe(0);
  });

  test("M9 M10 fill and verify open the gate to settled; differences close it", async () => {
    inPhase("legacy");
    await migrate("advance", "note", "--execute", "--yes-on", server, "--instances", "0");
    inPhase("mirror");
    await migrate("advance", "note", "--execute", "--yes-on", server, "--instances", "0");
    inPhase("flipped");
    for (let i = 0; i < 20; i++) await client.set(`${prefix}note:old:${i}`, "x", { PX: 600_000 });
    const none = ["--instances", "0"];
    expect((await migrate("advance", "note", ...none)).stdout).toContain("no fill has gone to its end");
    expect(await json("fill", "note")).toMatchObject({ code: 0, found: { places: 20, execute: false } });
    await report("aa", "legacy");
    expect(await migrate("fill", "note", "--execute", "--yes-on", server)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("would lose writes of notes aa (legacy)"),
    });
    await client.unlink(fleetKey(prefix, "notes", "aa"));
    const filled = await json("fill", "note", "--execute", "--yes-on", server, ...none);
    expect(filled).toMatchObject({ code: 0, found: { ended: true, outcomes: { copied: 20 } } });
    expect((await migrate("advance", "note", ...none)).stdout).toContain("no verify has gone to its end");
    await client.set(`${prefix}note:new:7`, "y", { PX: 600_000 });
    const quick = ["--rounds", "2", "--pause", "10"];
    const found = await migrate("verify", "note", ...quick);
    expect(found).toMatchObject({ code: 7, stdout: expect.stringContaining("20 places compared, 1 difference") });
    expect((await migrate("advance", "note", ...none)).stdout).toContain("✗ verified");
  });

  test("M11 cleanup removes the old keys and the marks, and nothing else", async () => {
    inPhase("settled");
    for (const id of ["a", "b"]) await client.set(`${prefix}note:old:${id}`, "x", { PX: 600_000 });
    const early = await migrate("cleanup", "note");
    expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining("its old keys are still used") });
    inPhase("new");
    const stay = [`${prefix}note:new:a`, `${prefix}note:old:a:b`, `${prefix}before:a`, `${prefix}note:older:a`];
    for (const key of stay) await client.set(key, "x", { PX: 600_000 });
    for (const side of ["old", "new"]) {
      await client.set(markKey(`${prefix}note:${side}:a`), "x", { PX: 600_000 });
    }
    const dry = await json("cleanup", "note");
    expect(dry).toMatchObject({ code: 0, found: { keys: 4, execute: false, byPattern: { "note:old:<id>": 2 } } });
    expect(await client.exists(`${prefix}note:old:a`)).toBe(1);
    const done = await json("cleanup", "note", "--execute", "--yes-on", server, "--instances", "0");
    expect(done).toMatchObject({ code: 0, found: { keys: 4, ended: true } });
    const left: string[] = [];
    for await (const keys of client.scanIterator({ MATCH: `*${prefix}*`, COUNT: 1000 })) left.push(...keys);
    expect(left.sort()).toEqual(stay.sort());
  });

  test("M11 a cleanup whose pattern could match living keys is refused", async () => {
    inPhase("new", (manifest) => ({
      ...manifest,
      families: manifest.families.map((family) =>
        family.name === "before" ? { ...family, pattern: "note:old:<other>" } : family,
      ),
    }));
    await client.set(`${prefix}note:old:a`, "x", { PX: 600_000 });
    const refused = await migrate("cleanup", "note", "--execute", "--yes-on", server, "--instances", "0");
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("could match living keys") });
    expect(await client.exists(`${prefix}note:old:a`)).toBe(1);
  });

  test("M11 a retired pattern is cleaned up; what is not retired is not", async () => {
    inPhase("new", (manifest) => ({ ...manifest, retired: { "gone:<id>": "no longer used" } }));
    await client.set(`${prefix}gone:a`, "x", { PX: 600_000 });
    const not = await migrate("cleanup", "--retired", "note:new:<id>");
    expect(not).toMatchObject({ code: 2, stderr: expect.stringContaining("has not retired") });
    const done = await json("cleanup", "--retired", "gone:<id>", "--execute", "--yes-on", server);
    expect(done).toMatchObject({ code: 0, found: { keys: 1 } });
    expect(await client.exists(`${prefix}gone:a`)).toBe(0);
  });

  test("M12 status: phase, fleet, old reads, mirror failures, mismatches, who holds it back", async () => {
    inPhase("mirror");
    await report("aa", "mirror", { note: { oldReads: 3, mirrorFailures: 1, lostJoins: 0 } });
    await report("bb", "legacy", { note: { oldReads: 4, mirrorFailures: 0, lostJoins: 2 } });
    await client.set(`${prefix}note:old:a`, "x", { PX: 600_000 });
    await migrate("verify", "note", "--rounds", "1");
    const [status] = (await json("status", "--count")).found as unknown as Record<string, unknown>[];
    expect(status).toMatchObject({
      family: "note",
      phase: "mirror",
      next: "flipped",
      fleet: { notes: { mirror: 1, legacy: 1 } },
      heldBackBy: [{ instance: "bb", phase: "legacy" }],
      drain: 3600_000,
      counts: { oldReads: 7, mirrorFailures: 1, lostJoins: 2 },
      differences: 1,
      keys: { old: 1, new: 0 },
    });
    const { stdout } = await migrate("status", "note", "--count");
    for (const words of [/held back by +notes bb \(legacy\)/, /drains in +1 h/, /old reads +7/, /mismatches +1/]) {
      expect(stdout).toMatch(words);
    }
  });

  test("--execute without a terminal and without its flag, on another server, and without a Redis: exit 2", async () => {
    inPhase("mirror");
    await client.set(`${prefix}note:old:a`, "x", { PX: 600_000 });
    const none = ["--instances", "0"];
    const silent = await migrate("fill", "note", "--execute", ...none);
    expect(silent).toMatchObject({ code: 2, stderr: expect.stringContaining(`Give --yes-on ${server}`) });
    const wrong = await migrate("fill", "note", "--execute", "--yes-on", "prod:6379", ...none);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes-on names prod:6379") });
    expect(await client.exists(`${prefix}note:new:a`)).toBe(0);
    expect(await migrate("status", "nothing")).toMatchObject({ code: 2 });
    expect(await keywright("migrate", "status", "--url", "http://a")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("rediscluster://"),
    });
    const closed = await keywright("migrate", "status", "--url", "redis://user:secret@127.0.0.1:1");
    expect(closed.code).toBe(2);
    expect(closed.stderr).not.toContain("secret");
  });

  test("a journal of another schema is refused until --anew", async () => {
    inPhase("mirror");
    await client.set(`${prefix}note:old:a`, "x", { PX: 600_000 });
    const go = ["--execute", "--yes-on", server, "--instances", "0"];
    expect((await migrate("fill", "note", ...go)).code).toBe(0);
    const journal = join(folder, ".keywright");
    expect(existsSync(journal)).toBe(true);
    const [file] = (await import("node:fs")).readdirSync(journal).filter((name) => name.endsWith("-fill.json"));
    const path = join(journal, file as string);
    const text = JSON.parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, JSON.stringify({ ...text, ended: null, schema: "another" }));
    expect(await migrate("fill", "note", ...go)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("journal of another schema"),
    });
    expect((await migrate("fill", "note", ...go, "--anew")).code).toBe(0);
    rmSync(path);
  });
});
