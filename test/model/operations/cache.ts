import type { CacheRepository } from "../../../src/repositories/cache.js";
import { operations } from "./operations.js";

export const cacheOperations = operations<CacheRepository<unknown, unknown>, unknown, unknown>([
  (repository, key, { value }, draw) => repository.fetch(key, async () => value(draw)),
  (repository, key) => repository.fetch(key, async () => null),
  (repository, key, { value, key: other }, draw) =>
    repository.fetchMany([key, other(draw)], async (missing) => missing.map(() => value(draw))),
  (repository, key) => repository.get(key),
  (repository, key, { key: other }, draw) => repository.getMany([key, other(draw)]),
  (repository, key) => repository.lookup(key),
  (repository, key, { value }, draw) => repository.set(key, value(draw)),
  (repository, key) => repository.invalidate(key),
  (repository, key, { key: other }, draw) => repository.invalidateMany([key, other(draw)]),
]);
