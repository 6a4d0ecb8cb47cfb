import type { CounterRepository } from "../../../src/repositories/counter.js";
import { model } from "../answers.js";
import { operations } from "./operations.js";

export const counterOperations = operations<CounterRepository<unknown>, unknown, unknown>([
  (repository, key, _samples, draw) => repository.increment(key, draw.int(-3, 3)),
  (repository, key) => repository.increment(key),
  (repository, key) => repository.get(key),
  (repository, key) => repository.peek(key),
  (repository, key) => repository.reset(key),
]);

export const counterModel = model<CounterRepository<unknown>, unknown, unknown, number | null>(null, [
  ({ repository, key }, draw) => {
    const by = draw.int(1, 1_000_000);
    return {
      name: "increment",
      call: async () => (await repository.increment(key, by)).value,
      next: (count) => [[(count ?? 0) + by, (count ?? 0) + by]],
    };
  },
  ({ repository, key }) => ({
    name: "get",
    reads: true,
    call: () => repository.get(key),
    next: (count) => [[count ?? 0, count]],
  }),
  ({ repository, key }) => ({
    name: "peek",
    reads: true,
    call: async () => (await repository.peek(key)).value,
    next: (count) => [[count ?? 0, count]],
  }),
  ({ repository, key }) => ({
    name: "reset",
    call: () => repository.reset(key),
    next: (count) => [[count !== null, null]],
  }),
]);
