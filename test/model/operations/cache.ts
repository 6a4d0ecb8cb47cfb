import type { CacheRepository } from "../../../src/repositories/cache.js";
import { model, OpenOutcome } from "../answers.js";
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

/** What is stored: a value, or that there is none. */
type Entry = { readonly value: unknown } | null;

const heldBy = (entry: Entry) => entry?.value ?? null;

export const cacheModel = model<CacheRepository<unknown, unknown, null>, unknown, unknown, Entry>(null, [
  ({ repository, key }) => ({
    name: "get",
    reads: true,
    call: () => repository.get(key),
    next: (entry) => [[heldBy(entry), entry]],
  }),
  ({ repository, key, fresh }, draw) => {
    const value = draw.oneIn(4) && repository.family.negative !== undefined ? null : fresh();
    let loads = false;
    return {
      name: "fetch",
      deadlines: 2,
      call: () =>
        repository.fetch(key, async () => {
          loads = true;
          return value;
        }),
      // What was loaded is stored where nothing is, or it is not; where Redis failed it is answered all the same.
      next: (entry) => [
        [heldBy(entry), entry],
        [value, entry],
        ...(entry === null ? ([[value, { value }]] as const) : []),
      ],
      // The store of what was loaded may have failed without a word, and may still come.
      open: () => loads,
    };
  },
  ({ repository, key, fresh }) => {
    const value = fresh();
    return {
      name: "set",
      // It waits for the writes of the key before it.
      deadlines: 2,
      call: () => repository.set(key, value),
      next: () => [[undefined, { value }]],
    };
  },
  ({ repository, key }) => ({
    name: "invalidate",
    deadlines: 2,
    call: async () => {
      if (!(await repository.invalidate(key)).applied) throw new OpenOutcome();
    },
    next: () => [[undefined, null]],
  }),
  ({ repository, key }) => ({
    name: "lookup",
    reads: true,
    call: async () => {
      const found = await repository.lookup(key);
      if (found.status === "error") throw found.error;
      return found.status === "hit" ? found.value : null;
    },
    next: (entry) => [[heldBy(entry), entry]],
  }),
]);
