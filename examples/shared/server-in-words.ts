/** Which Redis a demo runs on. */
import { type RedisSource, type ResolvedRedis, resolveRedis } from "keywright/testing";

const sources: Readonly<Record<RedisSource, string>> = {
  environment: "named by the environment",
  path: "found on PATH",
  cache: "from the cache",
  "debian packages": "from Debian's packages",
  "source build": "built from source",
};

/** "Redis 7.0.15, from the cache," of a Redis of the demo's own. */
export async function serverInWords(): Promise<string> {
  // Demos stop their servers and count all of their keys.
  delete process.env.REDIS_URL;
  process.env.KEYWRIGHT_QUIET = "1";
  const redis: ResolvedRedis = await resolveRedis();
  if (redis.kind === "url") return "Redis";
  return `${redis.flavour === "valkey" ? "Valkey" : "Redis"} ${redis.version}, ${sources[redis.source]},`;
}
