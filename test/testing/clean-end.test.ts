import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { isRunning } from "./fixtures/running.js";

const OWNER = fileURLToPath(new URL("./fixtures/owner.mjs", import.meta.url));

interface Owner {
  readonly child: ChildProcess;
  readonly pids: number[];
  /** Signal handlers that starting servers has installed. */
  readonly listeners: number;
}

async function startOwner(...start: ("redis" | "cluster")[]): Promise<Owner> {
  const { REDIS_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", OWNER, ...start], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...env, KEYWRIGHT_QUIET: "1" },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  return { child, ...(JSON.parse(String(line)) as { pids: number[]; listeners: number }) };
}

async function left({ child, pids }: Owner): Promise<{ servers: number[]; folders: string[] }> {
  const running = await Promise.all(pids.map(isRunning));
  const folders = (await readdir(tmpdir())).filter((name) => name.startsWith(`keywright-redis-${child.pid}-`));
  return { servers: pids.filter((_, index) => running[index]), folders };
}

async function expectNothingLeft(owner: Owner): Promise<void> {
  await expect.poll(() => left(owner), { timeout: 3_000 }).toEqual({ servers: [], folders: [] });
}

/** Ctrl-C in a terminal reaches the whole process group. */
function signalGroup({ child }: Owner, signal: NodeJS.Signals): void {
  process.kill(-(child.pid as number), signal);
}

it.each(["startRedis", "startCluster"])("%s: whoever awaits stop() reaches the line after it", async (start) => {
  const { REDIS_URL: _, ...env } = process.env;
  const testing = new URL("../../src/testing/index.ts", import.meta.url).href;
  const script = `const { ${start} } = await import("${testing}"); const server = await ${start}(); await server.stop(); console.log("stopped");`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...env, KEYWRIGHT_QUIET: "1" },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stdout.on("data", (text) => {
    said += text;
  });
  expect((await once(child, "close"))[0]).toBe(0);
  expect(said).toBe("stopped\n");
});

describe("however a process ends, its servers and their folders are gone within 3 s", () => {
  it.each([
    ["SIGKILL", "itself"],
    ["SIGINT", "its process group, as Ctrl-C sends it"],
  ] as const)("by %s to %s, with a whole Cluster", async (signal, whom) => {
    const owner = await startOwner("cluster", "redis");
    const before = await left(owner);
    expect(before.servers).toHaveLength(7);
    expect(before.folders).toHaveLength(7);
    // None of ours. (redis-memory-server brings one later, which lets the signal do its work.)
    expect(owner.listeners).toBe(0);
    const ended = once(owner.child, "exit");
    if (whom === "itself") owner.child.kill(signal);
    else signalGroup(owner, signal);
    expect(await ended).toEqual([null, signal]);
    await expectNothingLeft(owner);
  });

  it("by SIGKILL while a server hangs", async () => {
    const owner = await startOwner("redis");
    process.kill(owner.pids[0]!, "SIGSTOP");
    owner.child.kill("SIGKILL");
    await expectNothingLeft(owner);
  });

  it("by SIGKILL to its whole process group", async () => {
    const owner = await startOwner("redis");
    signalGroup(owner, "SIGKILL");
    await expectNothingLeft(owner);
  });

  it.each(["SIGTERM", "SIGHUP"] as const)("by %s, which ends it as it would without us", async (signal) => {
    const owner = await startOwner("redis");
    const ended = once(owner.child, "exit");
    owner.child.kill(signal);
    expect(await ended).toEqual([null, signal]);
    await expectNothingLeft(owner);
  });

  it("by an uncaught error", async () => {
    const owner = await startOwner("redis");
    const ended = once(owner.child, "exit");
    owner.child.stdin?.write("throw\n");
    expect(await ended).toEqual([1, null]);
    await expectNothingLeft(owner);
  });

  it("by coming to its end without a stop(): running servers do not keep it", async () => {
    const owner = await startOwner("redis");
    const ended = once(owner.child, "exit");
    owner.child.stdin?.write("end\n");
    expect(await ended).toEqual([0, null]);
    await expectNothingLeft(owner);
  });
});
