import type { ValueRepository } from "../../../src/repositories/value.js";
import { model } from "../answers.js";
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

type Values = ValueRepository<unknown, unknown>;

const hour = (repository: Values) => lives(repository, 3_600_000);

export const valueModel = model<Values, unknown, unknown, unknown>(null, [
  ({ repository, key }) => ({
    name: "get",
    reads: true,
    call: () => repository.get(key),
    next: (stored) => [[stored, stored]],
  }),
  // In one tick with others: they leave as one batch.
  ({ repository, key, other }) => ({
    name: "getMany",
    reads: true,
    call: () => repository.getMany([key, other, key]),
    next: (stored) => [[[stored, null, stored], stored]],
  }),
  ({ repository, key, fresh }) => {
    const value = fresh();
    return {
      name: "set",
      call: () => repository.set(key, value, ...hour(repository)),
      next: () => [[undefined, value]],
    };
  },
  ({ repository, key, fresh }) => {
    const value = fresh();
    return {
      name: "setIfAbsent",
      call: () => repository.setIfAbsent(key, value, ...hour(repository)),
      next: (stored) => [stored === null ? [true, value] : [false, stored]],
    };
  },
  ({ repository, key, fresh }) => {
    const value = fresh();
    return {
      name: "replace",
      call: () => repository.replace(key, value, ...hour(repository)),
      next: (stored) => [stored === null ? [false, null] : [true, value]],
    };
  },
  ({ repository, key }) => ({
    name: "take",
    call: () => repository.take(key),
    next: (stored) => [[stored, null]],
  }),
  ({ repository, key }) => ({
    name: "delete",
    call: () => repository.delete(key),
    next: (stored) => [[stored !== null, null]],
  }),
  ({ repository, key }) => ({
    name: "getAndTouch",
    reads: true,
    call: () => repository.getAndTouch(key, ...hour(repository)),
    next: (stored) => [[stored, stored]],
  }),
]);
