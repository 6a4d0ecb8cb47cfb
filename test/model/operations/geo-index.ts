import type { GeoIndexRepository } from "../../../src/repositories/geo-index.js";
import { model } from "../answers.js";
import type { Draw } from "../draw.js";
import { operations } from "./operations.js";

const place = (draw: Draw) => ({ longitude: draw.int(-180, 180), latitude: draw.int(-85, 85) });

export const geoIndexOperations = operations<GeoIndexRepository<unknown>, unknown, string>([
  (repository, key, { value }, draw) => repository.add(key, value(draw), place(draw)),
  (repository, key, { value }, draw) =>
    repository.addMany(key, [
      { member: value(draw), ...place(draw) },
      { member: value(draw), ...place(draw) },
    ]),
  (repository, key, _samples, draw) => repository.near(key, place(draw), { radius: 5000, unit: "km" }),
  (repository, key, { value }, draw) => repository.position(key, value(draw)),
  (repository, key, { value }, draw) => repository.remove(key, value(draw)),
  (repository, key) => repository.count(key),
  async (repository, key) => repository.family.expires !== undefined && repository.sweep(key),
]);

/** Coordinates by member. Redis rounds them; the drawn ones are whole degrees. */
type Places = Readonly<Record<string, { readonly longitude: number; readonly latitude: number }>>;

const without = (places: Places, member: string): Places =>
  Object.fromEntries(Object.entries(places).filter(([name]) => name !== member));

export const geoIndexModel = model<GeoIndexRepository<unknown>, unknown, string, Places>({}, [
  ({ repository, key, value }, draw) => {
    const member = value(draw.int(0, 2));
    const at = { longitude: draw.int(-170, 170), latitude: draw.int(-80, 80) };
    return {
      name: "add",
      call: () => repository.add(key, member, at),
      next: (places) => [[!(member in places), { ...places, [member]: at }]],
    };
  },
  ({ repository, key, value }, draw) => {
    const member = value(draw.int(0, 2));
    return {
      name: "position",
      reads: true,
      call: async () => {
        const at = await repository.position(key, member);
        // 0 is never -0, which is other text.
        return at && { longitude: Math.round(at.longitude) + 0, latitude: Math.round(at.latitude) + 0 };
      },
      next: (places) => [[places[member] ?? null, places]],
    };
  },
  ({ repository, key }) => ({
    name: "near",
    reads: true,
    call: async () => {
      const found = await repository.near(key, { longitude: 0, latitude: 0 }, { radius: 30_000, unit: "km" });
      return found.map(({ member }) => member).sort();
    },
    next: (places) => [[Object.keys(places).sort(), places]],
  }),
  ({ repository, key, value }, draw) => {
    const member = value(draw.int(0, 2));
    return {
      name: "remove",
      call: () => repository.remove(key, member),
      next: (places) => [[member in places, without(places, member)]],
    };
  },
  ({ repository, key }) => ({
    name: "count",
    reads: true,
    call: () => repository.count(key),
    next: (places) => [[Object.keys(places).length, places]],
  }),
]);
