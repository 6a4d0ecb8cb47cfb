import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "redis";
import { resolveRedis } from "./resolve-redis.js";
import { type KillSignal, makeServerFolder, removeServerFolder } from "./server-process.js";
import { unwatch, watch } from "./watchdog.js";

const START_TIMEOUT_MS = 15_000;

export interface RedisOptions {
  /** Default: one that is free. A port that is taken is an error. */
  readonly port?: number;
  /** Further words of the command line, such as `["--maxmemory", "10mb"]`. Needs a server of our own: no `REDIS_URL`. */
  readonly args?: readonly string[];
}

export interface TestRedis {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Absent where the server is that of `REDIS_URL`. */
  readonly pid?: number;
  /** Ends the server; does nothing to the server of `REDIS_URL`. */
  stop(): Promise<void>;
  /** Ends the server as a crash (SIGKILL, the default) or an orderly shutdown does. Refused for `REDIS_URL`. */
  kill(signal?: KillSignal): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. Refused for `REDIS_URL`. */
  pause(): void;
  /** Lets a paused server go on. */
  resume(): void;
}

/**
 * Starts one Redis in memory on 127.0.0.1, by redis-memory-server over the binary that {@link resolveRedis} finds:
 * about 100 ms. With `REDIS_URL` that server is given instead: use a key prefix of your own, and never flush it.
 * However this process ends, the server ends with it.
 *
 * @throws RedisUnavailableError where no Redis can be had.
 */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const resolved = await resolveRedis();
  if (resolved.kind === "url") return redisOfUrl(resolved.url, options);
  return startOwnRedis(resolved.binary, options);
}

/** As {@link startRedis}, over a given binary. */
export async function startOwnRedis(binary: string, options: RedisOptions = {}): Promise<TestRedis> {
  const { args = [], port } = options;
  refuseArguments(args);
  const { RedisMemoryServer } = await loadRedisMemoryServer();
  const folder = await makeServerFolder();
  const server = new RedisMemoryServer({
    instance: { args: ["--dir", folder, ...args], ...(port === undefined ? {} : { port }) },
    binary: { systemBinary: await pathWithoutSpaces(binary, folder) },
    spawn: { cwd: folder },
  });
  let info: Awaited<ReturnType<typeof server.ensureInstance>>;
  try {
    await withTimeout(server.start(), START_TIMEOUT_MS);
    info = await server.ensureInstance();
  } catch (error) {
    await removeServerFolder(folder);
    throw new Error(`keywright/testing: redis-server ${args.join(" ")} did not start: ${reasonOf(error)}`);
  }
  const child = info.childProcess!;
  const pid = child.pid as number;
  watch("pid", pid);
  // Whoever forgets to stop the server shall not wait for ever at the end: the watchdog stops it.
  for (const one of [child, info.instance.killerProcess]) {
    one?.unref();
    for (const pipe of [one?.stdin, one?.stdout, one?.stderr]) (pipe as { unref?(): void } | null)?.unref?.();
  }
  const exited = new Promise<void>((done) => {
    child.once("exit", () => {
      unwatch(pid);
      done();
    });
  });
  const kill = async (signal: KillSignal = "SIGKILL") => {
    // Whoever waits for the end keeps the process alive until it has come.
    child.ref();
    info.instance.killerProcess?.ref();
    child.kill(signal);
    if (signal !== "SIGKILL") child.kill("SIGCONT");
    await exited;
    await server.stop();
    await removeServerFolder(folder);
  };
  if (port !== undefined && info.port !== port) {
    await kill();
    throw new Error(`keywright/testing: port ${port} is taken`);
  }
  const send = (signal: NodeJS.Signals) => {
    if (!child.kill(signal)) throw new Error(`keywright/testing: the server on port ${info.port} has ended`);
  };
  return {
    url: `redis://127.0.0.1:${info.port}`,
    host: "127.0.0.1",
    port: info.port,
    pid,
    kill,
    stop: () => kill(),
    pause: () => send("SIGSTOP"),
    resume: () => send("SIGCONT"),
  };
}

async function redisOfUrl(url: string, options: RedisOptions): Promise<TestRedis> {
  if (options.port !== undefined || (options.args?.length ?? 0) > 0) {
    throw new Error(
      "keywright/testing: startRedis was given settings for a server of its own, but REDIS_URL names one that runs. " +
        "Unset REDIS_URL for these tests, or start without port and args.",
    );
  }
  const client = createClient({
    url,
    socket: { reconnectStrategy: false, connectTimeout: 5_000, socketTimeout: 5_000 },
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw new Error(`keywright/testing: the server of REDIS_URL does not answer: ${reasonOf(error)}`);
  } finally {
    if (client.isOpen) client.destroy();
  }
  const { hostname, port } = new URL(url);
  const refuse = (): never => {
    throw new Error("keywright/testing: the server of REDIS_URL is not ours to stop");
  };
  return {
    url,
    host: hostname,
    port: Number(port || 6379),
    stop: async () => undefined,
    kill: async () => refuse(),
    pause: refuse,
    resume: refuse,
  };
}

/** It reads "Ready to accept connections" on standard output, and would wait for ever without that line. */
function refuseArguments(args: readonly string[]): void {
  const hidden = args.find((word) => ["--logfile", "--loglevel", "--daemonize", "--port", "--dir"].includes(word));
  if (hidden !== undefined) throw new Error(`keywright/testing: ${hidden} is set by startRedis itself`);
}

async function loadRedisMemoryServer() {
  try {
    return await import("redis-memory-server");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error(
      "keywright/testing: startRedis runs its server by the package redis-memory-server, which is not installed. " +
        'First put "redisMemoryServer": { "disablePostinstall": true } into your package.json, so that the install ' +
        "downloads nothing; then npm install --save-dev redis-memory-server",
    );
  }
}

/** redis-memory-server puts a path with a space in quotes, and then finds no file of that name. */
async function pathWithoutSpaces(binary: string, folder: string): Promise<string> {
  if (!binary.includes(" ")) return binary;
  const launcher = join(folder, "redis-server");
  await writeFile(launcher, `#!/bin/sh\nexec '${binary.replaceAll("'", "'\\''")}' "$@"\n`, { mode: 0o755 });
  return launcher;
}

async function withTimeout<T>(work: Promise<T>, timeout: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not ready after ${timeout / 1000} s`)), timeout);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
