import type { PresenceRepository } from "../../../src/repositories/presence.js";
import type { SubjectPresenceRepository } from "../../../src/repositories/presence-subject.js";
import { operations } from "./operations.js";

export const presenceOperations = operations<PresenceRepository<unknown>, unknown, string>([
  (repository, key, { value }, draw) => repository.heartbeat(key, value(draw)),
  (repository, key, { value }, draw) =>
    repository.heartbeat(key, value(draw), repository.family.devices ? draw.one(["phone", "laptop"]) : undefined),
  (repository, key, { value }, draw) => repository.leave(key, value(draw)),
  (repository, key, { value }, draw) =>
    repository.leave(key, value(draw), repository.family.devices ? draw.one(["phone", "laptop"]) : undefined),
  (repository, key, { value }, draw) => repository.isOnline(key, value(draw)),
  (repository, key, { value }, draw) => repository.onlineAmong(key, [value(draw), value(draw)]),
  (repository, key) => repository.members(key),
  (repository, key) => repository.count(key),
]);

export const subjectPresenceOperations = operations<SubjectPresenceRepository<unknown>, unknown, unknown>([
  (repository, key) => repository.heartbeat(key),
  (repository, key) => repository.leave(key),
  (repository, key) => repository.isOnline(key),
  (repository, key, { key: other }, draw) => repository.onlineAmong([key, other(draw)]),
]);
