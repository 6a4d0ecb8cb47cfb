import type { GeoIndexRepository } from "../../../src/repositories/geo-index.js";
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
