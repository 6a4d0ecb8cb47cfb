import type { ValueRepository } from "../../../src/repositories/value.js";
import { operations } from "./operations.js";

/** Of a family whose TTL the caller chooses. */
const lives = (repository: ValueRepository<unknown, unknown>, ms: number) =>
  (repository.family.ttl.kind === "upTo" ? [{ ttl: ms }] : []) as [];

export const valueOperations = operations<ValueRepository<unknown, unknown>, unknown, unknown>([
  (repository, key) => repository.get(key),
  (repository, key, { key: other }, draw) => repository.getMany([key, other(draw), other(draw)]),
  (repository, key, { value }, draw) => repository.set(key, value(draw), ...lives(repository, draw.int(1, 60_000))),
  (repository, key, { value }, draw) => repository.setIfAbsent(key, value(draw), ...lives(repository, 60_000)),
  (repository, key, { value }, draw) => repository.replace(key, value(draw), ...lives(repository, draw.int(1, 60_000))),
  (repository, key, { value }, draw) =>
    repository.compareAndSet(key, value(draw), value(draw), ...lives(repository, 60_000)),
  (repository, key) => repository.take(key),
  (repository, key) => repository.delete(key),
  (repository, key, _samples, draw) => repository.touch(key, ...lives(repository, draw.int(1, 60_000))),
  (repository, key) => repository.getAndTouch(key, ...lives(repository, 60_000)),
]);
