import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "./free-port.js";
import { connectTo, parseInfo, type SetupClient } from "./setup-client.js";
import { unwatch, watch } from "./watchdog.js";

const START_TIMEOUT_MS = 15_000;
const ATTEMPTS = 5;

/** A signal that {@link ServerProcess.kill} may send. */
export type KillSignal = "SIGKILL" | "SIGTERM" | "SIGINT";

/** One server that was started here, on 127.0.0.1. */
export interface ServerProcess {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Ends the server as a crash (SIGKILL, the default) or an orderly shutdown does; resolves when it is gone. */
  kill(signal?: KillSignal): Promise<void>;
  /** Stops the process in its tracks (SIGSTOP): connections stay open and nothing answers. */
  pause(): void;
  /** Lets a paused process go on. */
  resume(): void;
}

export interface StartOptions {
  readonly binary: string;
  /** Words of the command line that follow `--port`. */
  readonly args: readonly string[];
  /** Sentinel wants a file that it can rewrite. */
  readonly configFile?: string;
  /** Default: one that is free. */
  readonly port?: number;
}

/** A folder under the system's temporary directory that does not outlive this process. */
export async function makeServerFolder(): Promise<string> {
  const folder = join(tmpdir(), `keywright-redis-${process.pid}-${randomBytes(6).toString("hex")}`);
  watch("folder", folder);
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

export async function removeServerFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  unwatch(folder);
}

/**
 * Starts a server on a free port and waits until it answers. A port that somebody else takes between the search and
 * the start is no failure: another is tried.
 */
export async function startServerProcess(
  options: StartOptions,
): Promise<{ server: ServerProcess; client: SetupClient }> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await findFreePort());
    try {
      return await startOnPort(options, port);
    } catch (error) {
      const taken = error instanceof Error && /in use|Failed listening/i.test(error.message);
      if (!taken || options.port !== undefined || attempt === ATTEMPTS) throw error;
    }
  }
}

async function startOnPort(options: StartOptions, port: number) {
  const folder = await makeServerFolder();
  const output = join(folder, "output");
  const config: string[] = [];
  if (options.configFile !== undefined) {
    await writeFile(join(folder, "server.conf"), options.configFile);
    config.push(join(folder, "server.conf"));
  }
  const own = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  // A file and no pipe: a server that outlives this process for a moment shall not trip over a pipe that is gone.
  const log = await open(output, "a");
  const child = spawn(options.binary, [...config, ...own, ...options.args], {
    stdio: ["ignore", log.fd, log.fd],
    cwd: folder,
  });
  if (child.pid !== undefined) watch("pid", child.pid);
  // Whoever forgets to stop a server shall not wait for ever at the end: the watchdog stops it.
  child.unref();
  const exited = new Promise<string>((done) => {
    child.once("error", (error) => done(error.message));
    child.once("exit", (code, signal) => done(`it ended with ${signal ?? code}`));
  });
  void log.close();
  const ended = new AbortController();
  exited.then(() => {
    if (child.pid !== undefined) unwatch(child.pid);
  });
  const failure = exited.then(async (how): Promise<never> => {
    const words = await readFile(output, "utf8").catch(() => "");
    const last = words.trim().split("\n").slice(-3).join(" / ");
    throw new Error(`keywright/testing: a server did not start: ${how}. ${last}`);
  });
  failure.catch(() => ended.abort());
  try {
    const client = await Promise.race([connectTo(port, START_TIMEOUT_MS, ended.signal), failure]);
    await Promise.race([requireOurs(client, port, child.pid), failure]);
    return { server: handle(child, port, folder, exited), client };
  } catch (error) {
    child.kill("SIGKILL");
    await failure.catch(() => undefined);
    await removeServerFolder(folder);
    throw error;
  }
}

/** The port may have gone to another server since it was found free. */
async function requireOurs(client: SetupClient, port: number, pid: number | undefined): Promise<void> {
  const { process_id: found } = parseInfo(await client.call("INFO", "server"));
  if (found === String(pid)) return;
  client.close();
  throw new Error(
    `keywright/testing: port ${port} is in use by process ${found}, not by ${pid} that was started for it ` +
      "(a script named by REDIS_SERVER_BIN must start its server by exec)",
  );
}

function handle(child: ChildProcess, port: number, folder: string, exited: Promise<string>): ServerProcess {
  const signal = (name: NodeJS.Signals) => {
    if (!child.kill(name)) throw new Error(`keywright/testing: the server on port ${port} has ended`);
  };
  return {
    host: "127.0.0.1",
    port,
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid as number,
    async kill(name = "SIGKILL") {
      // Whoever waits for the end keeps the process alive until it has come.
      child.ref();
      child.kill(name);
      // A paused process receives SIGTERM only when it goes on.
      if (name !== "SIGKILL") child.kill("SIGCONT");
      await exited;
      await removeServerFolder(folder);
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
  };
}
