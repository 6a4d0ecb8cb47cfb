/**
 * What the figures were made on: without it they say nothing.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "redis";

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly node: string;
  /** Redis or Valkey, and its version; undefined where none takes part. */
  readonly server: string | undefined;
  /** Installed versions of the packages that take part. */
  readonly packages: Readonly<Record<string, string>>;
}

const project = dirname(dirname(fileURLToPath(import.meta.url)));
/** The packages of the suites with contestants. */
export const contestantPackages = ["redis", "zod", "superjson", "redis-om", "rate-limiter-flexible", "connect-redis"];

async function versionOf(name: string): Promise<string> {
  // Read from the folder: not every package exports its package.json.
  const text = await readFile(join(project, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

async function serverAt(url: string): Promise<string> {
  const client = createClient({ url });
  await client.connect();
  const info = await client.info("server");
  client.destroy();
  const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
  return valkey === undefined ? `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1]}` : `Valkey ${valkey}`;
}

export async function machineOf(packages: readonly string[], url?: string): Promise<Machine> {
  const versions = await Promise.all(packages.map(async (name) => [name, await versionOf(name)] as const));
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() || process.arch,
    node: process.version,
    server: url === undefined ? undefined : await serverAt(url),
    packages: Object.fromEntries(versions),
  };
}

/** The machine in one line. */
export function machineLine({ cores, cpu, node, server, packages }: Machine): string {
  const list = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  const on = [`${cores} cores (${cpu})`, `Node ${node}`, ...(server === undefined ? [] : [server])];
  return `${on.join(", ")}; ${list.join(", ")}`;
}
