import type { SessionRepository } from "../../../src/repositories/session.js";
import { model } from "../answers.js";
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

/** What the key stands for, and what the other one does. */
type Two = readonly [unknown, unknown];
type Sessions = SessionRepository<unknown, unknown, unknown>;

export const sessionModel = model<Sessions, unknown, unknown, Two>(
  [null, null],
  [
    ({ repository, key, fresh }) => {
      const value = fresh();
      return {
        name: "create",
        deadlines: owned(repository) ? 2 : 1,
        call: () => repository.create(key, value),
        next: ([a, b]) => [a === null ? [undefined, [value, b]] : ["already-exists", [a, b]]],
      };
    },
    ({ repository, key }) => ({
      name: "load",
      reads: true,
      call: () => repository.load(key),
      next: (state) => [[state[0], state]],
    }),
    ({ repository, other }) => ({
      name: "load",
      reads: true,
      call: () => repository.load(other),
      next: (state) => [[state[1], state]],
    }),
    ({ repository, key }) => ({
      name: "loadAndTouch",
      reads: true,
      call: () => repository.loadAndTouch(key),
      next: (state) => [[state[0], state]],
    }),
    ({ repository, key, fresh }) => {
      const value = fresh();
      return {
        name: "save",
        deadlines: owned(repository) ? 3 : 1,
        call: () => repository.save(key, value),
        next: ([a, b]) => [a === null ? [false, [a, b]] : [true, [value, b]]],
      };
    },
    ({ repository, key }) => ({
      name: "touch",
      reads: true,
      call: () => repository.touch(key),
      next: (state) => [[state[0] !== null, state]],
    }),
    ({ repository, key, other }) => ({
      name: "rotate",
      deadlines: owned(repository) ? 4 : 3,
      call: () => repository.rotate(key, other),
      next: ([a, b]) => {
        if (a === null) return [[false, [a, b]]];
        return [b === null ? [true, [null, a]] : ["already-exists", [a, b]]];
      },
      // The new one comes first: at no time are both gone.
      partial: ([a, b]) => (a !== null && b === null ? [[a, a]] : []),
    }),
    ({ repository, key }) => ({
      name: "destroy",
      call: () => repository.destroy(key),
      next: ([a, b]) => [[a !== null, [null, b]]],
    }),
    ({ repository, other }) => ({
      name: "destroy",
      call: () => repository.destroy(other),
      next: ([a, b]) => [[b !== null, [a, null]]],
    }),
  ],
);
