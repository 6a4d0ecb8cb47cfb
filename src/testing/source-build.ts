import { chmod, copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ENTRY_BINARY } from "./binary-cache.js";
import { runProgram } from "./run-program.js";
import { findOnPath } from "./server-binary.js";

/** Time limits in milliseconds. redis-memory-server has none of its own: without network it waits for ever. */
export interface BuildLimits {
  /** The source must have arrived by then. */
  readonly download: number;
  /** Download and compilation together. */
  readonly total: number;
}

export const BUILD_LIMITS: BuildLimits = { download: 60_000, total: 900_000 };

/** Says why redis-memory-server cannot build a server here, or nothing where that can be tried. */
export async function whyNoSourceBuild(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (process.platform === "win32") return "on Windows it brings Memurai, whose terms are yours to accept";
  try {
    createRequire(import.meta.url).resolve("redis-memory-server");
  } catch {
    return "the package redis-memory-server is not installed";
  }
  if ((await findOnPath("make", env)) === undefined) return "no make on PATH";
  for (const compiler of ["cc", "gcc", "clang"]) {
    if ((await findOnPath(compiler, env)) !== undefined) return undefined;
  }
  return "no C compiler on PATH";
}

/**
 * Lets redis-memory-server download and compile its pinned Redis into `folder`. It runs in a process of its own, so
 * that a download which hangs can be ended, and in a folder of its own, so that its lock disturbs nobody.
 */
export async function buildFromSource(
  folder: string,
  env: NodeJS.ProcessEnv,
  limits: BuildLimits = BUILD_LIMITS,
): Promise<void> {
  const work = join(folder, "build");
  await mkdir(work);
  const entry = createRequire(import.meta.url).resolve("redis-memory-server");
  const script = `require(${JSON.stringify(entry)}).RedisBinary.getPath({ downloadDir: ${JSON.stringify(work)}, systemBinary: "", ignoreDownloadCache: false }).catch((error) => { console.error(error.message ?? error); process.exit(1); })`;
  const stalled = new AbortController();
  const timer = setTimeout(async () => {
    if (await isStillDownloading(work)) {
      stalled.abort(new Error(`the source had not arrived after ${limits.download / 1000} s`));
    }
  }, limits.download);
  try {
    await runProgram(process.execPath, ["-e", script], {
      // The package.json found from here may pin the version (redisMemoryServer.version).
      cwd: process.cwd(),
      // Without this setting it does not verify the certificate of the server that it downloads from.
      env: { ...env, npm_config_strict_ssl: "true" },
      timeout: limits.total,
      signal: stalled.signal,
    });
  } finally {
    clearTimeout(timer);
  }
  const built = (await readdir(work, { recursive: true })).find((path) => /(^|\/)redis-server$/.test(path));
  if (built === undefined) throw new Error("it reported success, but there is no redis-server");
  await copyFile(join(work, built), join(folder, ENTRY_BINARY));
  await chmod(join(folder, ENTRY_BINARY), 0o755);
  await rm(work, { recursive: true, force: true });
}

/** The finished archive, and then the folder `<version>`, appear beside the `.downloading` file and the lock. */
async function isStillDownloading(work: string): Promise<boolean> {
  return !(await readdir(work)).some((name) => !/\.(lock|downloading)$/.test(name));
}
