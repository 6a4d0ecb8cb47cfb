import type { CounterRepository } from "../../../src/repositories/counter.js";
import { operations } from "./operations.js";

export const counterOperations = operations<CounterRepository<unknown>, unknown, unknown>([
  (repository, key, _samples, draw) => repository.increment(key, draw.int(-3, 3)),
  (repository, key) => repository.increment(key),
  (repository, key) => repository.get(key),
  (repository, key) => repository.peek(key),
  (repository, key) => repository.reset(key),
]);
