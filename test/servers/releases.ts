/**
 * The servers of the matrix: one line each, and how each is brought.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { addToCache, binaryCacheFolder, findInCache } from "../../src/testing/binary-cache.js";
import { type DebianRelease, unpackDebianRelease, whyNoDebianPackages } from "../../src/testing/debian-packages.js";
import type { ServerBinary } from "../../src/testing/server-binary.js";

export interface Release extends DebianRelease {
  readonly name: string;
}

export const releases: readonly Release[] = [
  { name: "Redis 7.0", package: "redis-server", suite: "bookworm" },
  { name: "Redis 8", package: "redis-server", suite: "trixie" },
  { name: "Valkey 8", package: "valkey-server", suite: "trixie" },
  { name: "Valkey 9", package: "valkey-server", suite: "sid" },
];

/**
 * The server of a release: from a cache of its own, so that other runs do not find it, or from Debian's packages.
 *
 * @throws Error that says why it cannot be had here
 */
export async function serverOf(release: Release, env: NodeJS.ProcessEnv): Promise<ServerBinary> {
  const folder = join(await binaryCacheFolder(env), "servers", `${release.suite}-${release.package}`);
  const cached = await findInCache(folder);
  if (cached !== undefined) return cached;
  const hindrance = await whyNoDebianPackages(env);
  if (hindrance !== undefined) throw new Error(hindrance);
  await mkdir(folder, { recursive: true });
  return addToCache(folder, (staging) => unpackDebianRelease(staging, release, env));
}
