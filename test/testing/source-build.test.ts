import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { resolveRedis } from "keywright/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { fakeServer, temporaryFolder, writeExecutable } from "./fixtures/executable.js";
import { isRunning } from "./fixtures/running.js";

/** A PATH with nothing but a make and a compiler, and a download from here instead of from Redis. */
async function buildEnvironment(folder: string, answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const bin = join(folder, "bin");
  await writeExecutable(join(bin, "cc"), "");
  await writeExecutable(
    join(bin, "make"),
    `PATH=/usr/bin:/bin
mkdir src
cat > src/redis-server <<'END'
#!/bin/sh
${fakeServer("7.4.9")}
END
chmod 755 src/redis-server`,
  );
  return {
    PATH: bin,
    HOME: folder,
    KEYWRIGHT_QUIET: "1",
    REDISMS_DOWNLOAD_URL: `http://127.0.0.1:${port}/redis-stable.tar.gz`,
  };
}

describe("building from source with redis-memory-server", () => {
  it("puts what it built into the cache", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "redis-stable"));
    await writeFile(join(folder, "redis-stable", "Makefile"), "all:\n");
    await promisify(execFile)("tar", ["czf", "source.tar.gz", "redis-stable"], { cwd: folder });
    const archive = await readFile(join(folder, "source.tar.gz"));
    const env = await buildEnvironment(folder, (_, response) => {
      response.setHeader("content-length", archive.length).end(archive);
    });
    expect(await resolveRedis({ env })).toMatchObject({
      version: "7.4.9",
      source: "source build",
      binary: join(folder, ".cache", "keywright", "redis-7.4.9", "redis-server"),
    });
    expect(await resolveRedis({ env })).toMatchObject({ version: "7.4.9", source: "cache" });
  });

  it("ends a download that hangs, and says so", async () => {
    const folder = await temporaryFolder();
    const env = await buildEnvironment(folder, () => undefined);
    const failure = resolveRedis({ env, buildLimits: { download: 1_500, total: 15_000 } });
    await expect(failure).rejects.toThrow("download and build: the source had not arrived after 1.5 s");
    expect(await readdir(join(folder, ".cache", "keywright"))).toEqual([]);
  });

  it("ends a build that hangs, and what it started", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "redis-stable"));
    await writeFile(join(folder, "redis-stable", "Makefile"), "all:\n");
    await promisify(execFile)("tar", ["czf", "source.tar.gz", "redis-stable"], { cwd: folder });
    const archive = await readFile(join(folder, "source.tar.gz"));
    const env = await buildEnvironment(folder, (_, response) => {
      response.setHeader("content-length", archive.length).end(archive);
    });
    const pidFile = join(folder, "make.pid");
    await writeExecutable(join(folder, "bin", "make"), `echo $$ > '${pidFile}'\nPATH=/usr/bin:/bin\nexec sleep 1000`);
    await expect(resolveRedis({ env, buildLimits: { download: 2_000, total: 3_000 } })).rejects.toThrow(
      "was not done after 3 s",
    );
    const pid = Number(await readFile(pidFile, "utf8"));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});
