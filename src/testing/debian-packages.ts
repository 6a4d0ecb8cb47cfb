import { access, chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { ENTRY_BINARY } from "./binary-cache.js";
import { runProgram } from "./run-program.js";
import { findOnPath } from "./server-binary.js";

const PACKAGES = ["redis-server", "valkey-server"] as const;
const UPDATE_TIMEOUT_MS = 120_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const LOCAL_TIMEOUT_MS = 60_000;

/**
 * Says why Debian's packages cannot be had here, or nothing where they can be tried: apt-get and dpkg are needed, root
 * is not.
 */
export async function whyNoDebianPackages(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (process.platform !== "linux") return "this is not Linux";
  for (const program of ["apt-get", "dpkg"]) {
    if ((await findOnPath(program, env)) === undefined) return `no ${program} on PATH`;
  }
  return undefined;
}

/** A server out of another release of Debian than the machine's. */
export interface DebianRelease {
  /** Such as `trixie` or `bookworm-backports`. */
  readonly suite: string;
  readonly package: (typeof PACKAGES)[number];
}

/**
 * As {@link unpackDebianPackages}, from a release that is named: its sources alone, from the mirror that the machine's
 * own apt sources name, and all libraries of the server with it, the C library and its loader included.
 */
export async function unpackDebianRelease(folder: string, release: DebianRelease, env: NodeJS.ProcessEnv) {
  const keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
  await access(keys).catch(() => {
    throw new Error(`no ${keys} to verify Debian's packages with (the package debian-archive-keyring)`);
  });
  const mirror = await debianMirror(env);
  const sources = release.suite.endsWith("-backports")
    ? [release.suite, release.suite.replace("-backports", "")]
    : [release.suite];
  const config = join(folder, "sources");
  await mkdir(join(config, "none"), { recursive: true });
  const lines = sources.map((suite) => `deb [signed-by=${keys}] ${mirror} ${suite} main\n`);
  await writeFile(join(config, "sources.list"), lines.join(""));
  await writeFile(join(config, "status"), "");
  const settings = {
    "Dir::Etc::SourceList": join(config, "sources.list"),
    "Dir::Etc::SourceParts": join(config, "none"),
    "Dir::Etc::PreferencesParts": join(config, "none"),
    "Dir::State::status": join(config, "status"),
  };
  const wanted = sources.length > 1 ? `${release.package}/${release.suite}` : release.package;
  await unpack(folder, env, settings, [wanted], (name) => /^(lib|redis|valkey)/.test(name));
  await rm(config, { recursive: true, force: true });
}

/** The mirror of Debian that the machine's apt sources name, else Debian's own. */
async function debianMirror(env: NodeJS.ProcessEnv): Promise<string> {
  const named = await runProgram("apt-get", ["indextargets", "--format", "$(REPO_URI)"], {
    cwd: "/",
    env: { ...env, LC_ALL: "C" },
    timeout: LOCAL_TIMEOUT_MS,
  }).catch(() => "");
  return named.split("\n").find((uri) => /\/debian\/?$/.test(uri)) ?? "http://deb.debian.org/debian";
}

/**
 * Downloads redis-server (or valkey-server) and those libraries that are missing here from the machine's own apt
 * sources, verified by apt as always, unpacks them into `folder`, and writes an executable `redis-server` that runs
 * the server over its libraries. Nothing is installed, no root is needed: apt gets lists and caches of its own.
 * About 5 seconds, 13 MB.
 */
export async function unpackDebianPackages(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  await unpack(folder, env, {}, PACKAGES, () => true);
}

async function unpack(
  folder: string,
  env: NodeJS.ProcessEnv,
  settings: Readonly<Record<string, string>>,
  servers: readonly string[],
  wanted: (name: string) => boolean,
): Promise<void> {
  const aptFolder = join(folder, "apt");
  const debs = join(folder, "debs");
  const root = join(folder, "root");
  await mkdir(join(aptFolder, "state", "lists", "partial"), { recursive: true });
  await mkdir(join(aptFolder, "cache", "archives", "partial"), { recursive: true });
  await mkdir(debs);
  await mkdir(root);

  const apt = (timeout: number, ...args: string[]) =>
    runProgram("apt-get", [...privateState(aptFolder, settings), ...args], {
      cwd: debs,
      env: { ...env, LC_ALL: "C" },
      timeout,
    });
  // One source out of several may be unreachable: what counts is whether the package is then known.
  const updateFailure = await apt(UPDATE_TIMEOUT_MS, "update").then(
    () => undefined,
    (error: Error) => error,
  );
  const missing = await missingPackages(servers, (name) =>
    apt(LOCAL_TIMEOUT_MS, "-s", "--no-install-recommends", "install", name),
  ).catch((error: Error) => {
    throw updateFailure ?? error;
  });
  await apt(DOWNLOAD_TIMEOUT_MS, "download", ...missing.filter(wanted));
  for (const deb of await readdir(debs)) {
    await runProgram("dpkg", ["-x", join(debs, deb), root], { cwd: debs, env, timeout: LOCAL_TIMEOUT_MS });
  }
  await writeLauncher(folder, root);
  await rm(aptFolder, { recursive: true, force: true });
  await rm(debs, { recursive: true, force: true });
}

function privateState(folder: string, more: Readonly<Record<string, string>>): string[] {
  const settings = {
    "Dir::State": join(folder, "state"),
    "Dir::State::status": "/var/lib/dpkg/status",
    "Dir::Cache": join(folder, "cache"),
    "Dir::Log": folder,
    // As root apt would fetch as the user _apt, who may not write into this folder.
    "APT::Sandbox::User": "",
    "Acquire::Languages": "none",
    "Acquire::http::Timeout": "15",
    "Acquire::https::Timeout": "15",
    "Acquire::Retries": "1",
    ...more,
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** What `apt-get install` would install here: the server, and the libraries that this machine lacks. */
async function missingPackages(
  servers: readonly string[],
  simulate: (name: string) => Promise<string>,
): Promise<string[]> {
  let failure: unknown;
  for (const name of servers) {
    try {
      const plan = await simulate(name);
      const packages = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
      // Installed, but not on PATH: its libraries are there. The program itself is in the package of the tools.
      return packages.length > 0 ? packages : [name, name.replace("server", "tools")];
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

async function writeLauncher(folder: string, root: string): Promise<void> {
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((file) => !file.isDirectory());
  const within = (file: (typeof files)[number]) => relative(folder, join(file.parentPath, file.name));
  const server = files.find(
    (file) => (PACKAGES as readonly string[]).includes(file.name) && /bin$/.test(file.parentPath),
  );
  if (server === undefined) throw new Error("the packages hold no redis-server or valkey-server");
  const libraries = new Set(
    files.filter((file) => /\.so(\.|$)/.test(file.name)).map((file) => relative(folder, file.parentPath)),
  );
  // A newer C library than this machine's runs only under the loader that belongs to it.
  const loader = files.find((file) => /^ld-linux.*\.so\.\d+$/.test(file.name));
  const libraryPath = [...libraries].map((path) => `$here/${path}`).join(":");
  const program = `"$here/${within(server)}"`;
  const lines = [
    "#!/bin/sh",
    "# Runs the unpacked server over the libraries unpacked beside it. exec: the process id is the server's own.",
    `here=\${0%/*}`,
    ...(loader === undefined
      ? [`export LD_LIBRARY_PATH="${libraryPath}"`, `exec ${program} "$@"`]
      : [`exec "$here/${within(loader)}" --library-path "${libraryPath}" --argv0 ${program} ${program} "$@"`]),
  ];
  const launcher = join(folder, ENTRY_BINARY);
  await writeFile(launcher, `${lines.join("\n")}\n`);
  await chmod(launcher, 0o755);
}
