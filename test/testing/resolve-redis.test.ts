import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { RedisUnavailableError, resolveRedis, resolveRedisBinary } from "keywright/testing";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { temporaryFolder, writeExecutable, writeFakeServer } from "./fixtures/executable.js";
import { writeFakeApt } from "./fixtures/fake-apt.js";

describe("the order of ways to a Redis", () => {
  let folder: string;
  let bin: string;
  let cache: string;
  let env: Record<string, string>;

  beforeEach(async () => {
    folder = await temporaryFolder();
    bin = join(folder, "bin");
    cache = join(folder, "home", ".cache", "keywright");
    await mkdir(bin);
    await mkdir(cache, { recursive: true });
    env = { PATH: bin, HOME: join(folder, "home"), KEYWRIGHT_QUIET: "1" };
  });

  it("takes each way only where those before it do not lead anywhere", async () => {
    // Laid from the last to the first, so that each has all later ones to win over.
    await writeFakeApt(bin, "7.0.1");
    expect(await resolveRedis({ env })).toMatchObject({ version: "7.0.1", source: "debian packages" });

    await writeFakeServer(join(cache, "redis-7.0.2", "redis-server"), "7.0.2");
    expect(await resolveRedis({ env })).toMatchObject({ version: "7.0.2", source: "cache" });

    await writeFakeServer(join(bin, "valkey-server"), "8.0.3", "Valkey");
    expect(await resolveRedis({ env })).toMatchObject({ version: "8.0.3", source: "path", flavour: "valkey" });

    await writeFakeServer(join(bin, "redis-server"), "7.0.4");
    expect(await resolveRedis({ env })).toMatchObject({ version: "7.0.4", source: "path", flavour: "redis" });

    env.REDISMS_SYSTEM_BINARY = await writeFakeServer(join(folder, "five"), "7.0.5");
    expect(await resolveRedis({ env })).toMatchObject({ version: "7.0.5", source: "environment" });

    env.REDIS_SERVER_BIN = await writeFakeServer(join(folder, "six"), "7.0.6");
    expect(await resolveRedis({ env })).toMatchObject({ version: "7.0.6", binary: join(folder, "six") });

    env.REDIS_URL = "redis://127.0.0.1:7777";
    expect(await resolveRedis({ env })).toEqual({ kind: "url", url: "redis://127.0.0.1:7777" });
    expect(await resolveRedisBinary({ env })).toMatchObject({ version: "7.0.6" });
  });

  it("passes over servers on PATH that are too old, do not run, or are no server", async () => {
    await writeFakeApt(bin);
    await writeFakeServer(join(bin, "redis-server"), "6.2.14");
    await writeExecutable(join(bin, "valkey-server"), "exit 3");
    expect(await resolveRedis({ env })).toMatchObject({ source: "debian packages" });
    await writeExecutable(join(bin, "redis-server"), "echo 'GNU sed 4.9'");
    expect(await resolveRedis({ env })).toMatchObject({ source: "cache" });
  });

  it.each([
    ["does not exist", async () => undefined, "there is no such file"],
    ["is not executable", (path: string) => writeFile(path, "text"), "the file is not executable"],
    ["fails", (path: string) => writeExecutable(path, "echo 'libssl.so.3 missing' >&2; exit 127"), "libssl"],
    ["is another program", (path: string) => writeExecutable(path, "echo 4.9"), "does not answer as Redis"],
    ["is too old", (path: string) => writeFakeServer(path, "6.0.16"), "it is Redis 6.0.16, and 7.0 is the oldest"],
  ])("refuses a named binary that %s, and does not pass it over", async (_, write, reason) => {
    await writeFakeServer(join(bin, "redis-server"), "7.0.4");
    for (const variable of ["REDIS_SERVER_BIN", "REDISMS_SYSTEM_BINARY"]) {
      const path = join(folder, variable);
      await write(path);
      const failure = resolveRedis({ env: { ...env, [variable]: path } });
      await expect(failure).rejects.toThrow(`${variable}=${path} cannot be used: `);
      await expect(failure).rejects.toThrow(reason);
    }
  });

  it("refuses a REDIS_URL that is none, without showing a password", async () => {
    await expect(resolveRedis({ env: { ...env, REDIS_URL: "127.0.0.1:6379" } })).rejects.toThrow("is no Redis URL");
    const failure = resolveRedis({ env: { ...env, REDIS_URL: "http://me:secret@host" } });
    await expect(failure).rejects.toThrow("//…@host");
  });

  it("finds a binary named without a folder on PATH", async () => {
    await writeFakeServer(join(bin, "redis-next"), "8.2.0");
    expect(await resolveRedis({ env: { ...env, REDIS_SERVER_BIN: "redis-next" } })).toMatchObject({ version: "8.2.0" });
  });

  it("names every way, why it failed, and what mends it", async () => {
    await writeFakeServer(join(bin, "redis-server"), "6.2.14");
    await writeExecutable(
      join(bin, "apt-get"),
      "echo 'W: old' >&2; echo 'E: Temporary failure resolving' >&2; exit 100",
    );
    await writeExecutable(join(bin, "dpkg"), "");
    const error = await resolveRedis({ env }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RedisUnavailableError);
    expect((error as Error).message.replaceAll(folder, "<folder>")).toMatchInlineSnapshot(`
      "keywright/testing found no Redis to run.

      Tried, in this order:
        1. REDIS_URL: not set
        2. REDIS_SERVER_BIN, REDISMS_SYSTEM_BINARY: not set
        3. redis-server on PATH: <folder>/bin/redis-server: it is Redis 6.2.14, and 7.0 is the oldest
        4. valkey-server on PATH: not there
        5. the cache ~/.cache/keywright: no server that runs here
        6. Debian's packages, by apt-get without root: apt-get update ended with 100: E: Temporary failure resolving
        7. redis-memory-server's download and build: no make on PATH

      Any one of these mends it:
        - install Redis 7 or newer    apt-get install redis-server | apk add redis | brew install redis
        - name a binary you have      REDIS_SERVER_BIN=/path/to/redis-server (Valkey will do as well)
        - use a server that runs      REDIS_URL=redis://127.0.0.1:6379 (its data is kept: nothing is flushed)
        - on Debian or Ubuntu         give apt-get its network back; root is not needed
        - let it be built             npm install --save-dev redis-memory-server, with make, a C compiler and network"
    `);
    // A process that failed leaves nothing half made behind.
    expect(await readdir(cache)).toEqual([]);
  });

  it("says for Cluster and Sentinel that REDIS_URL would not help", async () => {
    const failure = resolveRedisBinary({ env: { ...env, REDIS_URL: "redis://127.0.0.1" } });
    await expect(failure).rejects.toThrow("REDIS_URL does not help here");
  });

  it("runs what apt brought over the libraries beside it", async () => {
    await writeFakeApt(bin);
    const resolved = await resolveRedisBinary({ env });
    expect(resolved.binary).toBe(join(cache, "redis-7.0.15", "redis-server"));
    const { stdout } = await promisify(execFile)(resolved.binary, ["--port", "1"]);
    expect(stdout.trim()).toBe(join(cache, "redis-7.0.15", "root/usr/lib"));
  });

  it("brings one, and one only, for all that ask at once", async () => {
    await writeFakeApt(bin);
    const all = await Promise.all(Array.from({ length: 4 }, () => resolveRedisBinary({ env })));
    expect(new Set(all.map(({ binary }) => binary)).size).toBe(1);
    expect(await readdir(cache)).toEqual(["redis-7.0.15"]);
  });

  it("prints one line, and none with KEYWRIGHT_QUIET=1", async () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    onTestFinished(() => write.mockRestore());
    await writeFakeApt(bin);
    await resolveRedis({ env });
    expect(write).not.toHaveBeenCalled();
    const { KEYWRIGHT_QUIET: _, ...loud } = env;
    await resolveRedis({ env: loud });
    await resolveRedis({ env: { ...loud, REDIS_URL: "redis://me:secret@host:1" } });
    await writeFakeServer(join(bin, "redis-server"), "7.4.0");
    await resolveRedis({ env: loud });
    expect(write.mock.calls.map(([line]) => String(line).replaceAll(folder, "<folder>"))).toMatchInlineSnapshot(`
      [
        "keywright/testing: Redis 7.0.15 from the cache ~/.cache/keywright/redis-7.0.15 (no redis-server on PATH)
      ",
        "keywright/testing: the server of REDIS_URL, redis://…@host:1
      ",
        "keywright/testing: Redis 7.4.0 at <folder>/bin/redis-server (on PATH)
      ",
      ]
    `);
  });
});
