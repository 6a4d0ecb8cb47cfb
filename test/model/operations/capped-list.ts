import type { CappedListRepository } from "../../../src/repositories/capped-list.js";
import { model } from "../answers.js";
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

type Lists = CappedListRepository<unknown, unknown>;

export const cappedListModel = model<Lists, unknown, unknown, readonly unknown[] | null>(null, [
  ({ repository, key, fresh }, draw) => {
    const items = Array.from({ length: draw.int(1, 3) }, fresh);
    const { cap, history } = repository.family;
    return {
      name: "push",
      call: () => repository.push(key, ...items),
      // Of a whole history nothing is stored where it is absent: the next read loads it.
      next: (list) =>
        list === null && history === "whole" ? [[false, null]] : [[true, [...(list ?? []), ...items].slice(-cap)]],
    };
  },
  ({ repository, key }) => ({
    name: "recent",
    reads: true,
    call: () => repository.recent(key),
    next: (list) => [[list, list]],
  }),
  ({ repository, key }) => ({
    name: "length",
    reads: true,
    call: () => repository.length(key),
    next: (list) => [[list?.length ?? 0, list]],
  }),
  ({ repository, key }) => ({
    name: "clear",
    call: () => repository.clear(key),
    next: (list) => [[list !== null, null]],
  }),
]);
