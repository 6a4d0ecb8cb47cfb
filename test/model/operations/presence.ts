import type { PresenceRepository } from "../../../src/repositories/presence.js";
import type { SubjectPresenceRepository } from "../../../src/repositories/presence-subject.js";
import { model } from "../answers.js";
import type { Draw } from "../draw.js";
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

/** Devices by member; one without name where the family has none. */
type Present = Readonly<Record<string, readonly string[]>>;

function gone(present: Present, member: string, device: string | undefined): Present {
  const left = device === undefined ? [] : (present[member] ?? []).filter((name) => name !== device);
  const others = Object.entries(present).filter(([name]) => name !== member);
  return Object.fromEntries(left.length === 0 ? others : [...others, [member, left]]);
}

const deviceOf = ({ family }: PresenceRepository<unknown>, draw: Draw) =>
  family.devices ? draw.one(["phone", "laptop"]) : undefined;

export const presenceModel = model<PresenceRepository<unknown>, unknown, string, Present>({}, [
  ({ repository, key, value }, draw) => {
    const [member, device] = [value(draw.int(0, 2)), deviceOf(repository, draw)];
    return {
      name: "heartbeat",
      call: () => repository.heartbeat(key, member, device),
      next: (present) => {
        const devices = [...new Set([...(present[member] ?? []), device ?? ""])].sort();
        return [[!(member in present), { ...present, [member]: devices }]];
      },
    };
  },
  ({ repository, key, value }, draw) => {
    const [member, device] = [value(draw.int(0, 2)), deviceOf(repository, draw)];
    return {
      name: "leave",
      call: () => repository.leave(key, member, device),
      next: (present) => {
        const after = gone(present, member, device);
        return [[member in present && !(member in after), after]];
      },
    };
  },
  ({ repository, key, value }, draw) => {
    const member = value(draw.int(0, 2));
    return {
      name: "isOnline",
      reads: true,
      call: () => repository.isOnline(key, member),
      next: (present) => [[member in present, present]],
    };
  },
  ({ repository, key, value }) => {
    const asked = [value(2), value(0), value(1)];
    return {
      name: "onlineAmong",
      reads: true,
      call: () => repository.onlineAmong(key, asked),
      next: (present) => [[asked.filter((member) => member in present), present]],
    };
  },
  ({ repository, key }) => ({
    name: "members",
    reads: true,
    call: async () => (await repository.members(key)).sort(),
    next: (present) => [[Object.keys(present).sort(), present]],
  }),
  ({ repository, key }) => ({
    name: "count",
    reads: true,
    call: () => repository.count(key),
    next: (present) => [[Object.keys(present).length, present]],
  }),
]);

export const subjectPresenceModel = model<SubjectPresenceRepository<unknown>, unknown, unknown, boolean>(false, [
  ({ repository, key }) => ({
    name: "heartbeat",
    call: () => repository.heartbeat(key),
    next: (online) => [[!online, true]],
  }),
  ({ repository, key }) => ({
    name: "leave",
    call: () => repository.leave(key),
    next: (online) => [[online, false]],
  }),
  ({ repository, key }) => ({
    name: "isOnline",
    reads: true,
    call: () => repository.isOnline(key),
    next: (online) => [[online, online]],
  }),
]);
