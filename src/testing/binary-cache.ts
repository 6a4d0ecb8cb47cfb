import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { inspectServerBinary, type ServerBinary } from "./server-binary.js";

const ENTRY = /^(?:redis|valkey)-(\d+)\.(\d+)\.(\d+)$/;
const STAGING = ".staging-";
/** Longer than any unpacking or build may take: what is older was left behind by a killed process. */
const STAGING_LIFETIME_MS = 3_600_000;

const PLACE_ATTEMPTS = 5;

/** The executable inside a cache entry, whatever the flavour. */
export const ENTRY_BINARY = "redis-server";

/**
 * The folder that keeps unpacked and built servers: `$XDG_CACHE_HOME/keywright`, `~/.cache/keywright`, or, where there
 * is no writable home, a folder of the user's own in the system's temporary directory.
 */
export async function binaryCacheFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const homes: string[] = [];
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) homes.push(join(env.XDG_CACHE_HOME, "keywright"));
  if (env.HOME && isAbsolute(env.HOME)) homes.push(join(env.HOME, ".cache", "keywright"));
  for (const folder of homes) {
    if (await isWritable(folder)) return folder;
  }
  return temporaryCacheFolder();
}

/** The newest entry that runs here. A cache shared by unlike machines holds entries that do not; they are passed over. */
export async function findInCache(folder: string): Promise<ServerBinary | undefined> {
  const entries = (await readdir(folder).catch(() => [])).filter((name) => ENTRY.test(name)).sort(newestFirst);
  for (const entry of entries) {
    const found = await inspectServerBinary(join(folder, entry, ENTRY_BINARY)).catch(() => undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Fills a new entry: `fill` works in a staging folder and leaves the executable `redis-server` in it; the folder then
 * gets its place by one rename. Of processes that do the same at once, each has its own staging folder, the first
 * rename wins, and the others use what is there.
 */
export async function addToCache(folder: string, fill: (staging: string) => Promise<void>): Promise<ServerBinary> {
  await removeLeftovers(folder);
  const staging = await mkdtemp(join(folder, STAGING));
  try {
    await fill(staging);
    const made = await inspectServerBinary(join(staging, ENTRY_BINARY)).catch((reason: Error) => {
      throw new Error(`what was unpacked does not run: ${reason.message}`);
    });
    return await place(staging, join(folder, `${made.flavour}-${made.version}`), made);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** A rename onto a folder that holds files fails: so whoever comes second finds out, and disturbs nobody. */
async function place(staging: string, entry: string, made: ServerBinary): Promise<ServerBinary> {
  const binary = join(entry, ENTRY_BINARY);
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(staging, entry);
      return { ...made, binary };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== "ENOTEMPTY" && code !== "EEXIST") || attempt === PLACE_ATTEMPTS) throw error;
    }
    const there = await inspectServerBinary(binary).catch(() => undefined);
    if (there !== undefined) return there;
    // An entry that does not run here, as of another machine with the same home: it makes room.
    const aside = `${staging}-replaced-${attempt}`;
    await rename(entry, aside).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
  }
}

async function isWritable(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true });
    await rm(await mkdtemp(join(folder, STAGING)), { recursive: true });
    return true;
  } catch {
    return false;
  }
}

async function temporaryCacheFolder(): Promise<string> {
  const folder = join(tmpdir(), `keywright-cache-${userInfo().username}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The name is known beforehand and the parent is everyone's: run nothing that another user may have put there.
  const owner = await stat(folder);
  const foreign = process.getuid !== undefined && (owner.uid !== process.getuid() || (owner.mode & 0o022) !== 0);
  return foreign ? mkdtemp(join(tmpdir(), "keywright-cache-")) : folder;
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(STAGING)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > STAGING_LIFETIME_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

function newestFirst(a: string, b: string): number {
  const left = ENTRY.exec(a)?.slice(1).map(Number) ?? [];
  const right = ENTRY.exec(b)?.slice(1).map(Number) ?? [];
  for (const [index, part] of left.entries()) {
    const difference = (right[index] ?? 0) - part;
    if (difference !== 0) return difference;
  }
  return a.localeCompare(b);
}
