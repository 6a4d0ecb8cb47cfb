import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";

/** A server program that was run once and gave its version. */
export interface ServerBinary {
  /** Absolute path of the executable. */
  readonly binary: string;
  /** For example `7.0.15`. */
  readonly version: string;
  readonly flavour: "redis" | "valkey";
}

/** Scripts with a `#!lua` header and flags, and CLUSTER ADDSLOTSRANGE, came with Redis 7. */
const OLDEST_MAJOR = 7;

const VERSION_LINE = /^(Redis|Valkey) server v=(\d+)(\.\d+\.\d+)/m;

/**
 * Runs `path --version` and reads the answer.
 *
 * @throws Error whose message says in words why the file cannot serve: missing, not executable, no Redis, too old.
 */
export async function inspectServerBinary(path: string): Promise<ServerBinary> {
  const binary = resolve(path);
  if (!(await isFile(binary))) throw new Error("there is no such file");
  if (!(await isExecutable(binary))) throw new Error("the file is not executable");
  const output = await versionOutput(binary);
  const match = VERSION_LINE.exec(output);
  if (match === null) throw new Error(`--version does not answer as Redis or Valkey does, but: ${firstLine(output)}`);
  const [, name, major, rest] = match as unknown as [string, string, string, string];
  const version = major + rest;
  if (Number(major) < OLDEST_MAJOR) throw new Error(`it is ${name} ${version}, and ${OLDEST_MAJOR}.0 is the oldest`);
  return { binary, version, flavour: name === "Valkey" ? "valkey" : "redis" };
}

/** The first executable of that name on `env.PATH`, as a shell would find it. */
export async function findOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const names = process.platform === "win32" ? [`${name}.exe`, name] : [name];
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    if (folder === "") continue;
    for (const file of names) {
      const path = join(folder, file);
      if ((await isFile(path)) && (await isExecutable(path))) return path;
    }
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function versionOutput(binary: string): Promise<string> {
  return new Promise((done, fail) => {
    execFile(binary, ["--version"], { timeout: 10_000, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else if (error.killed) fail(new Error("--version gave no answer in 10 s"));
      else fail(new Error(`--version failed: ${firstLine(stderr) || firstLine(error.message)}`));
    });
  });
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
