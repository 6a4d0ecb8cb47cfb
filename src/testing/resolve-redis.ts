import { homedir } from "node:os";
import { addToCache, binaryCacheFolder, findInCache } from "./binary-cache.js";
import { unpackDebianPackages, whyNoDebianPackages } from "./debian-packages.js";
import { type FailedAttempt, RedisUnavailableError } from "./redis-unavailable-error.js";
import { findOnPath, inspectServerBinary, type ServerBinary } from "./server-binary.js";
import { BUILD_LIMITS, type BuildLimits, buildFromSource, whyNoSourceBuild } from "./source-build.js";

export type RedisSource = "environment" | "path" | "cache" | "debian packages" | "source build";

export interface ResolvedBinary extends ServerBinary {
  readonly kind: "binary";
  readonly source: RedisSource;
}

export interface ResolvedUrl {
  readonly kind: "url";
  /** The value of `REDIS_URL`. */
  readonly url: string;
}

export type ResolvedRedis = ResolvedBinary | ResolvedUrl;

export interface ResolveOptions {
  /** Default `process.env`. Given explicitly, the answer is not remembered. */
  readonly env?: NodeJS.ProcessEnv;
  /** Time limits of the last way, building from source, in milliseconds. */
  readonly buildLimits?: BuildLimits;
}

const SERVER_NAMES = ["redis-server", "valkey-server"] as const;
const remembered = new Map<"any" | "binary", Promise<ResolvedRedis>>();

/**
 * Finds a Redis for tests, or brings one. The first of these that works:
 *
 * 1. `REDIS_URL`: a server that runs already;
 * 2. `REDIS_SERVER_BIN` or `REDISMS_SYSTEM_BINARY`: a binary (one that does not run is an error);
 * 3. `redis-server` or `valkey-server` on PATH;
 * 4. the cache, `~/.cache/keywright`;
 * 5. on Linux with apt: Debian's packages, downloaded and unpacked into the cache without root (about 5 seconds);
 * 6. redis-memory-server's download and build, into the cache (minutes).
 *
 * Redis 7 is the oldest, Valkey is as good. One line on standard error says which it was; `KEYWRIGHT_QUIET=1` silences
 * it. Within a process the answer is remembered.
 *
 * @throws RedisUnavailableError naming every way, why it failed, and what mends it.
 */
export function resolveRedis(options: ResolveOptions = {}): Promise<ResolvedRedis> {
  return remember("any", options, async (env) => {
    const url = env.REDIS_URL;
    if (!url) return resolve(env, options, [{ way: "REDIS_URL", failure: "not set" }]);
    requireRedisUrl(url);
    announce(env, `the server of REDIS_URL, ${withoutPassword(url)}`);
    return { kind: "url", url };
  });
}

/**
 * As {@link resolveRedis}, but without `REDIS_URL`: Cluster and Sentinel need servers of their own.
 *
 * @throws RedisUnavailableError
 */
export function resolveRedisBinary(options: ResolveOptions = {}): Promise<ResolvedBinary> {
  return remember("binary", options, (env) => {
    if (options.env !== undefined || env.REDIS_URL) return resolve(env, options, [], true);
    return resolveRedis() as Promise<ResolvedBinary>;
  });
}

function remember<T extends ResolvedRedis>(
  what: "any" | "binary",
  options: ResolveOptions,
  find: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  if (options.env !== undefined) return find(options.env);
  const found = (remembered.get(what) as Promise<T> | undefined) ?? find(process.env);
  remembered.set(what, found);
  return found;
}

async function resolve(
  env: NodeJS.ProcessEnv,
  options: ResolveOptions,
  attempts: FailedAttempt[],
  needsOwnServer = false,
): Promise<ResolvedBinary> {
  const fail = (way: string, failure: string) => void attempts.push({ way, failure });
  const found = (binary: ServerBinary, source: RedisSource, because: string): ResolvedBinary => {
    announce(env, `${title(binary)} ${because}`);
    return { kind: "binary", ...binary, source };
  };

  const named = await namedBinary(env);
  if (named !== undefined) return found(named, "environment", `at ${tilde(named.binary, env)} (${named.variable})`);
  fail("REDIS_SERVER_BIN, REDISMS_SYSTEM_BINARY", "not set");

  for (const name of SERVER_NAMES) {
    const path = await findOnPath(name, env);
    if (path === undefined) {
      fail(`${name} on PATH`, "not there");
      continue;
    }
    try {
      return found(await inspectServerBinary(path), "path", `at ${tilde(path, env)} (on PATH)`);
    } catch (error) {
      fail(`${name} on PATH`, `${path}: ${message(error)}`);
    }
  }
  const notOnPath = attempts.filter(({ way, failure }) => way.endsWith("on PATH") && failure !== "not there");
  const because = notOnPath[0]?.failure ?? "no redis-server on PATH";

  const folder = await binaryCacheFolder(env);
  const cached = await findInCache(folder);
  if (cached !== undefined) return found(cached, "cache", `from the cache ${entryOf(cached, env)} (${because})`);
  fail(`the cache ${tilde(folder, env)}`, "no server that runs here");

  try {
    const hindrance = await whyNoDebianPackages(env);
    if (hindrance !== undefined) throw new Error(hindrance);
    const unpacked = await addToCache(folder, (staging) => unpackDebianPackages(staging, env));
    return found(
      unpacked,
      "debian packages",
      `from Debian's packages, unpacked into ${entryOf(unpacked, env)} (${because})`,
    );
  } catch (error) {
    fail("Debian's packages, by apt-get without root", message(error));
  }

  try {
    const hindrance = await whyNoSourceBuild(env);
    if (hindrance !== undefined) throw new Error(hindrance);
    const limits = options.buildLimits ?? BUILD_LIMITS;
    const built = await addToCache(folder, (staging) => buildFromSource(staging, env, limits));
    return found(built, "source build", `built by redis-memory-server into ${entryOf(built, env)} (${because})`);
  } catch (error) {
    fail("redis-memory-server's download and build", message(error));
  }
  throw new RedisUnavailableError(attempts, needsOwnServer);
}

/** A binary that somebody named is meant: passing it over in silence would test another Redis than they think. */
async function namedBinary(env: NodeJS.ProcessEnv): Promise<(ServerBinary & { variable: string }) | undefined> {
  for (const variable of ["REDIS_SERVER_BIN", "REDISMS_SYSTEM_BINARY"]) {
    const value = env[variable];
    if (!value) continue;
    const path = /[/\\]/.test(value) ? value : ((await findOnPath(value, env)) ?? value);
    try {
      return { ...(await inspectServerBinary(path)), variable };
    } catch (error) {
      throw new Error(
        `keywright/testing: ${variable}=${value} cannot be used: ${message(error)}.\n` +
          `Set it to the path of a redis-server or valkey-server (7 or newer), or unset it and one is found or brought.`,
      );
    }
  }
  return undefined;
}

function requireRedisUrl(url: string): void {
  if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return;
  throw new Error(
    `keywright/testing: REDIS_URL=${withoutPassword(url)} is no Redis URL.\n` +
      `Set it to something like redis://127.0.0.1:6379, or unset it and a Redis is found or brought.`,
  );
}

function announce(env: NodeJS.ProcessEnv, text: string): void {
  if (env.KEYWRIGHT_QUIET !== "1") process.stderr.write(`keywright/testing: ${text}\n`);
}

function title({ flavour, version }: ServerBinary): string {
  return `${flavour === "valkey" ? "Valkey" : "Redis"} ${version}`;
}

function entryOf({ binary }: ServerBinary, env: NodeJS.ProcessEnv): string {
  return tilde(binary.replace(/[/\\][^/\\]+$/, ""), env);
}

function tilde(path: string, env: NodeJS.ProcessEnv): string {
  const home = env.HOME || homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//…@");
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
