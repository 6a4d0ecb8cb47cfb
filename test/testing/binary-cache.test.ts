import { chmod, mkdir, readdir, rmdir, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { addToCache, binaryCacheFolder, findInCache } from "../../src/testing/binary-cache.js";
import { temporaryFolder, writeExecutable, writeFakeServer } from "./fixtures/executable.js";

describe("the cache of servers", () => {
  it("gives the newest entry that runs", async () => {
    const folder = await temporaryFolder();
    for (const version of ["7.0.15", "7.0.9", "7.4.0"]) {
      await writeFakeServer(join(folder, `redis-${version}`, "redis-server"), version);
    }
    await writeExecutable(join(folder, "redis-8.0.0", "redis-server"), "exit 126");
    await mkdir(join(folder, "redis-9.0.0"));
    expect(await findInCache(folder)).toMatchObject({ version: "7.4.0" });
    expect(await findInCache(join(folder, "missing"))).toBeUndefined();
  });

  it("lets several fill the same entry at once", async () => {
    const folder = await temporaryFolder();
    const results = await Promise.all(
      Array.from({ length: 8 }, () =>
        addToCache(folder, async (staging) => {
          await writeFakeServer(join(staging, "redis-server"), "7.0.15");
        }),
      ),
    );
    for (const { binary } of results) expect(binary).toBe(join(folder, "redis-7.0.15", "redis-server"));
    expect(await readdir(folder)).toEqual(["redis-7.0.15"]);
  });

  it("replaces an entry that does not run here, and keeps one that does", async () => {
    const folder = await temporaryFolder();
    const binary = join(folder, "redis-7.0.15", "redis-server");
    await writeExecutable(binary, "exit 126");
    const fill = async (staging: string) => void (await writeFakeServer(join(staging, "redis-server"), "7.0.15"));
    expect(await addToCache(folder, fill)).toMatchObject({ binary, version: "7.0.15" });
    await writeExecutable(join(folder, "redis-7.0.15", "mark"), "");
    await addToCache(folder, fill);
    expect(await readdir(join(folder, "redis-7.0.15"))).toContain("mark");
    expect(await readdir(folder)).toEqual(["redis-7.0.15"]);
  });

  it("leaves nothing behind of an attempt that failed, now or, where it was killed, later", async () => {
    const folder = await temporaryFolder();
    const old = join(folder, ".staging-killed");
    await mkdir(old);
    await utimes(old, 0, 0);
    await mkdir(join(folder, ".staging-at-work"));
    const broken = addToCache(folder, async (staging) => {
      await writeExecutable(join(staging, "redis-server"), "echo 'no libssl' >&2; exit 127");
    });
    await expect(broken).rejects.toThrow("what was unpacked does not run: --version failed: no libssl");
    expect(await readdir(folder)).toEqual([".staging-at-work"]);
  });

  it("is in XDG_CACHE_HOME, else in HOME, else in the temporary directory", async () => {
    const home = await temporaryFolder();
    const cache = join(home, "elsewhere");
    expect(await binaryCacheFolder({ HOME: home, XDG_CACHE_HOME: cache })).toBe(join(cache, "keywright"));
    expect(await binaryCacheFolder({ HOME: home })).toBe(join(home, ".cache", "keywright"));
    for (const env of [{}, { HOME: "" }, { HOME: "/dev/null" }]) {
      const folder = await binaryCacheFolder(env);
      expect(folder.startsWith(join(tmpdir(), "keywright-cache-"))).toBe(true);
    }
  });

  it("uses no folder in the temporary directory that others can write", async () => {
    const usual = await binaryCacheFolder({});
    await chmod(usual, 0o777);
    onTestFinished(() => chmod(usual, 0o700));
    const other = await binaryCacheFolder({});
    onTestFinished(() => rmdir(other));
    expect(other).not.toBe(usual);
  });
});
