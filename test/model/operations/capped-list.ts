import type { CappedListRepository } from "../../../src/repositories/capped-list.js";
import { operations } from "./operations.js";

export const cappedListOperations = operations<CappedListRepository<unknown, unknown>, unknown, unknown>([
  (repository, key, { value }, draw) => repository.push(key, value(draw)),
  (repository, key, { value }, draw) => repository.push(key, value(draw), value(draw), value(draw)),
  (repository, key) => repository.recent(key),
  (repository, key, { value }, draw) =>
    repository.family.history === "whole"
      ? repository.recent(key, { orElse: async () => [value(draw), value(draw)] } as never)
      : repository.recent(key),
  (repository, key) => repository.length(key),
  (repository, key) => repository.clear(key),
]);
