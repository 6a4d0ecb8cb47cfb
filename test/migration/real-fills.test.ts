/** The fills of the strategies themselves, by the command line, on the Cluster: killed in the middle, and run again. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { loadConfig } from "../../src/codegen/load.js";
import { loadManifest } from "../../src/codegen/load-manifest.js";
import { targetOf } from "../../src/migration/target.js";
import { handoff } from "../../src/runtime/moves/handoff.js";
import { markKey } from "../../src/runtime/moves/mark-key.js";
import { keywright, root, useFolders } from "../cli/command-line.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

useFolders();

const config = join(root, "test/fixtures/moving/keywright.config.ts");
const count = 300;
/** Two processes that start, and one of them is slow. */
const timeout = 60_000;
const deadline = Date.now() + 600_000;

describe.each(topologies.filter(({ name }) => name === "cluster"))("fills by the command line: $name", (topology) => {
  let connection: Connection;
  let prefix: string;
  let journals: string;
  let url: string;
  let server: string;

  const put = (key: string, text: string) => connection.send(["SET", key, text, "PXAT", String(deadline)]);
  const ends = (key: string) => connection.send(["PEXPIRETIME", key]);
  const get = (key: string) => connection.send(["GET", key]);
  const args = (command: string, family: string, ...more: string[]) => [
    ...["migrate", command, family, "--config", config, "--url", url, "--prefix", prefix],
    ...["--journals", journals, "--format", "json", ...more],
  ];
  const run = async (command: string, family: string, ...more: string[]) => {
    const { code, stdout, stderr } = await keywright(...args(command, family, ...more));
    return { code, stderr, found: stdout === "" ? undefined : (JSON.parse(stdout) as Record<string, unknown>) };
  };
  const fillFlags = () => ["--execute", "--yes-on", server, "--instances", "0"];
  const verified = (family: string) => run("verify", family, "--rate", "100000", "--rounds", "2", "--pause", "20");
  const there = async (infix: string) =>
    (await connection.keysWith(prefix)).filter((key) => key.includes(infix)).length;

  /** Fills slowly in a process of its own, and kills it when some keys have gone over. */
  async function killedFill(family: string, infix: string): Promise<void> {
    const main = join(root, "src/cli/main.ts");
    const slow = args("fill", family, ...fillFlags(), "--rate", "150", "--concurrency", "4");
    const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", main, ...slow], {
      cwd: root,
      stdio: "ignore",
    });
    const ended = new Promise((done) => child.once("exit", (_code, signal) => done(signal)));
    for (const end = performance.now() + 15_000; (await there(infix)) < 40; ) {
      if (performance.now() > end) throw new Error("the fill did not begin");
      await new Promise((done) => setTimeout(done, 20));
    }
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
  }

  beforeAll(async () => {
    connection = await topology.connect();
    const hosts = (inject("cluster")?.primaries ?? []).map((primary) => new URL(primary).host);
    url = `rediscluster://${hosts.join(",")}`;
    server = hosts[0] as string;
  });
  afterAll(() => connection.close());
  beforeEach(() => {
    prefix = uniquePrefix();
    journals = mkdtempSync(join(tmpdir(), "journals-"));
  });
  afterEach(async () => {
    await connection.flushPrefix(prefix);
    rmSync(journals, { recursive: true, force: true });
  });

  test(
    "M8 a value family, killed in the middle and run again, verifies clean",
    async () => {
      const old = (id: number) => `${prefix}topic:${id}`;
      const fresh = (id: number) => `${prefix}chat:topic:{${id}}`;
      const ids = Array.from({ length: count }, (_, id) => id);
      await Promise.all(ids.map((id) => put(old(id), `topic ${id}`)));
      await killedFill("topic", "chat:topic:");
      expect(await there("chat:topic:")).toBeLessThan(2 * count);
      expect((await verified("topic")).code).toBe(7);
      const filled = await run("fill", "topic", ...fillFlags(), "--rate", "100000");
      expect(filled.stderr).toContain("goes on from");
      expect(filled).toMatchObject({ code: 0, found: { ended: true, places: count, failed: 0 } });
      expect(await verified("topic")).toMatchObject({ code: 0, found: { places: count, total: 0 } });
      expect(await Promise.all(ids.map((id) => get(fresh(id))))).toEqual(ids.map((id) => `topic ${id}`));
      expect(new Set(await Promise.all(ids.map((id) => ends(fresh(id)))))).toEqual(new Set([deadline]));
      // What is deleted at the new key alone, without a tombstone, is seen.
      await connection.send(["UNLINK", fresh(7)]);
      expect(await verified("topic")).toMatchObject({ code: 7, found: { differences: { "missing-new": 1 } } });
    },
    timeout,
  );

  test(
    "M8 a handoff family with its companions, killed in the middle and run again, verifies clean",
    async () => {
      const hash = (id: number) => createHash("sha256").update(`${id}@example.com`).digest("hex");
      const old = (id: number) => [`${prefix}verify:{${hash(id)}}`, `${prefix}verify_attempts:{${hash(id)}}`] as const;
      const fresh = (id: number) =>
        [`${prefix}verify:auth:code:{email:${hash(id)}}`, `${prefix}verify:auth:attempts:{email:${hash(id)}}`] as const;
      const ids = Array.from({ length: count }, (_, id) => id);
      await Promise.all(ids.map((id) => put(old(id)[0], `code ${id}`)));
      await Promise.all(ids.filter((id) => id % 2 === 0).map((id) => put(old(id)[1], "3")));
      // Some callers have crashed behind the seal: the state has no key any more.
      const target = targetOf(connection.client as never, loadManifest(await loadConfig(config)), "emailCode", prefix);
      for (const id of [1, 2, 3]) {
        const unit = { old: old(id), new: fresh(id) };
        await target.store.executor.run(handoff.fill(target.move, unit).next().value as never);
        expect(await connection.send(["EXISTS", old(id)[0]])).toBe(0);
      }
      expect(await verified("emailCode")).toMatchObject({
        code: 7,
        found: { places: count, differences: { "not-handed-over": count + (count - 2) / 2 } },
      });

      await killedFill("emailCode", "verify:auth:code:");
      const filled = await run("fill", "emailCode", ...fillFlags(), "--rate", "100000");
      expect(filled).toMatchObject({ code: 0, found: { ended: true, failed: 0 } });
      expect(filled.stderr).toContain("goes on from");
      expect(await verified("emailCode")).toMatchObject({ code: 0, found: { places: count, total: 0 } });
      const all = <T>(of: (id: number) => Promise<T>) => Promise.all(ids.map(of));
      expect(await all((id) => get(fresh(id)[0]))).toEqual(ids.map((id) => `code ${id}`));
      expect(await all((id) => get(fresh(id)[1]))).toEqual(ids.map((id) => (id % 2 === 0 ? "3" : null)));
      expect(new Set(await all((id) => ends(fresh(id)[0])))).toEqual(new Set([deadline]));
      expect(new Set(await all((id) => get(markKey(old(id)[0]))))).toEqual(new Set(["a"]));
      expect(await there("verify:{")).toBe(count);
      expect(await there("verify_attempts:")).toBe(0);
    },
    timeout,
  );
});
