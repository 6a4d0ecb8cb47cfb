import type { SessionRepository } from "../../../src/repositories/session.js";
import { operations } from "./operations.js";

const owned = (repository: SessionRepository<unknown, unknown, unknown>) => repository.family.owners !== undefined;

export const sessionOperations = operations<SessionRepository<unknown, unknown, unknown>, unknown, unknown>([
  (repository, key, { value }, draw) => repository.create(key, value(draw)),
  (repository, key, { value }, draw) =>
    repository.create(key, value(draw), { endsAt: Date.now() + draw.int(1, 10_000) }),
  (repository, key) => repository.load(key),
  (repository, key) => repository.loadAndTouch(key),
  (repository, key, { value }, draw) => repository.save(key, value(draw)),
  (repository, key) => repository.touch(key),
  (repository, key, { key: other }, draw) => repository.rotate(key, other(draw)),
  (repository, key) => repository.destroy(key),
  async (repository, _key, { owner }, draw) => owned(repository) && repository.list(owner?.(draw)),
  async (repository, _key, { owner }, draw) => owned(repository) && repository.destroyAll(owner?.(draw)),
]);
