import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { resolveRedisBinary, type TestRedis } from "keywright/testing";
import { createClient } from "redis";
import { describe, expect, inject, it, onTestFinished, vi } from "vitest";
import { type RedisOptions, startOwnRedis, startRedis } from "../../src/testing/single-server.js";
import { temporaryFolder, writeExecutable } from "./fixtures/executable.js";

/** Our own server even where REDIS_URL is set. */
async function start(options?: RedisOptions): Promise<TestRedis> {
  const redis = await startOwnRedis((await resolveRedisBinary()).binary, options);
  onTestFinished(() => redis.stop());
  return redis;
}

async function connect(url: string) {
  const client = createClient({ url, socket: { reconnectStrategy: false, socketTimeout: 400 } });
  client.on("error", () => undefined);
  onTestFinished(() => {
    if (client.isOpen) client.destroy();
  });
  await client.connect();
  return client;
}

describe("a single server", () => {
  it("is empty, keeps nothing on disk, and takes settings", async () => {
    const redis = await start({ args: ["--maxmemory", "20mb", "--maxmemory-policy", "noeviction"] });
    const client = await connect(redis.url);
    expect(await client.dbSize()).toBe(0);
    expect(await client.configGet("*")).toMatchObject({ maxmemory: "20971520", save: "", appendonly: "no" });
    await redis.stop();
    await redis.stop();
    await expect(connect(redis.url)).rejects.toThrow("ECONNREFUSED");
  });

  it("stands still and goes on", async () => {
    const redis = await start();
    const client = await connect(redis.url);
    redis.pause();
    await expect(client.ping()).rejects.toThrow();
    redis.resume();
    expect(await (await connect(redis.url)).ping()).toBe("PONG");
  });

  it("refuses a port that is taken, instead of taking another", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void holder.close());
    await vi.waitUntil(() => holder.listening);
    const { port } = holder.address() as { port: number };
    await expect(start({ port })).rejects.toThrow(`port ${port} is taken`);
  });

  it("says that a setting is wrong", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue(undefined);
    onTestFinished(() => warn.mockRestore());
    await expect(start({ args: ["--no-such-setting", "1"] })).rejects.toThrow(
      "redis-server --no-such-setting 1 did not",
    );
    await expect(start({ args: ["--logfile", "x"] })).rejects.toThrow("--logfile is set by startRedis itself");
  });

  it("runs a binary whose path has a space", async () => {
    const { binary } = await resolveRedisBinary();
    const path = join(await temporaryFolder(), "with space", "redis-server");
    await mkdir(dirname(path));
    await writeExecutable(path, "");
    const { writeFile } = await import("node:fs/promises");
    await writeFile(path, `#!/bin/sh\nexec '${binary}' "$@"\n`);
    const redis = await startOwnRedis(path);
    onTestFinished(() => redis.stop());
    expect(await (await connect(redis.url)).ping()).toBe("PONG");
  });
});

describe("with REDIS_URL", () => {
  const useUrl = (url: string) => {
    vi.resetModules();
    vi.stubEnv("REDIS_URL", url);
    vi.stubEnv("KEYWRIGHT_QUIET", "1");
    onTestFinished(() => {
      vi.unstubAllEnvs();
      // The modules that have remembered this server are not for the next test file, which shares what is loaded.
      vi.resetModules();
    });
    return import("../../src/testing/single-server.js");
  };

  it("gives that server, and leaves it running", async () => {
    const { url } = inject("redis");
    const { startRedis } = await useUrl(url);
    const redis = await startRedis();
    expect(redis).toMatchObject({ url, port: Number(new URL(url).port || 6379) });
    expect(redis.pid).toBeUndefined();
    await expect(redis.kill()).rejects.toThrow("not ours to stop");
    await redis.stop();
    expect(await (await connect(url)).ping()).toBe("PONG");
  });

  it("refuses settings, which that server would not get", async () => {
    const { startRedis } = await useUrl(inject("redis").url);
    await expect(startRedis({ args: ["--maxmemory", "1mb"] })).rejects.toThrow("Unset REDIS_URL for these tests");
    await expect(startRedis({ port: 7000 })).rejects.toThrow("REDIS_URL names one that runs");
  });

  it("says that that server does not answer", async () => {
    const redis = await start();
    await redis.stop();
    const { startRedis } = await useUrl(redis.url);
    await expect(startRedis()).rejects.toThrow("the server of REDIS_URL does not answer");
  });

  it("is what startRedis takes where it is not set", async () => {
    if (process.env.REDIS_URL) return;
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    expect(redis.pid).toBeGreaterThan(0);
  });
});
