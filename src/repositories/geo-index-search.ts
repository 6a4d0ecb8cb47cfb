/**
 * The arguments of a `geoIndex` search, checked before anything is sent.
 *
 * @module
 */
import { InvalidArgumentError } from "../runtime/errors.js";
import type { Family } from "../runtime/family.js";
import { wholeNumber } from "./repository.js";

/** A place on earth in degrees (WGS 84). Redis keeps latitudes up to ±85.05112878, where its map projection ends. */
export interface Coordinates {
  readonly longitude: number;
  readonly latitude: number;
}

/** Metres, kilometres, feet, miles. */
export type LengthUnit = "m" | "km" | "ft" | "mi";

/** How far to search, in which unit, and what to answer. */
export type Search = {
  readonly unit: LengthUnit;
  /** At most so many, the nearest (or the farthest where `order` is `farthest-first`); all where it is left out. */
  readonly limit?: number;
  /** `nearest-first` where it is left out. */
  readonly order?: "nearest-first" | "farthest-first";
} & (
  | { readonly radius: number; readonly box?: never }
  | { readonly box: { readonly width: number; readonly height: number }; readonly radius?: never }
);

const units: readonly string[] = ["m", "km", "ft", "mi"];
/** EPSG:3857: the latitude at which the map is square. */
const northernmost = 85.05112878;
/**
 * Redis takes 180° and 85.05112878° but computes a geohash beyond its 26 bits for them, and GEOSEARCH never finds such a
 * member (seen in 7.0.15). So the 180th meridian goes as -180, which it is, and the northern edge a millimetre south.
 */
const easternSafe = 179.99999999;
const northernSafe = 85.05112877;
/** Every place is nearer, in any of the units. */
const largestLength = 1e9;

function refuse(family: Family, operation: string, field: string, what: string, fix: string): never {
  throw new InvalidArgumentError({ family: family.name, operation }, field, what, `${fix} Nothing was sent.`);
}

/** What other libraries call the two. */
const otherNames = { longitude: ["lng", "lon", "long", "x"], latitude: ["lat", "y"] } as const;

/** ` (found lng)`, where it is there under another name. */
function misnamed(at: unknown, field: keyof typeof otherNames): string {
  if (typeof at !== "object" || at === null) return "";
  const found = otherNames[field].find((name) => name in at);
  return found === undefined ? "" : ` (found ${found})`;
}

/** Longitude and latitude as Redis takes them; `of` is what stands before the fields in errors. */
export function coordinateArguments(family: Family, operation: string, at: Coordinates, of = ""): [string, string] {
  const { longitude, latitude } = (at ?? {}) as Partial<Coordinates>;
  for (const [field, value, most] of [
    ["longitude", longitude, 180],
    ["latitude", latitude, northernmost],
  ] as const) {
    // NaN fails the comparison.
    if (typeof value === "number" && Math.abs(value) <= most) continue;
    const what = value === undefined ? `is missing${misnamed(at, field)}` : `is no number from -${most} to ${most}`;
    refuse(family, operation, of + field, what, "Pass { longitude, latitude } in degrees, longitude east.");
  }
  return [
    (longitude as number) > easternSafe ? "-180" : String(longitude),
    (latitude as number) > northernSafe ? String(northernSafe) : String(latitude),
  ];
}

/** The unit, where it is one. */
export function unitArgument(family: Family, operation: string, unit: LengthUnit): LengthUnit {
  if (units.includes(unit)) return unit;
  return refuse(family, operation, "unit", "is no unit of length", `Pass one of ${units.join(", ")}.`);
}

function lengthArgument(family: Family, field: string, value: unknown): string {
  if (typeof value === "number" && value > 0 && value <= largestLength) return String(value);
  return refuse(family, "near", field, `is no number above 0, up to ${largestLength}`, "Pass a length in the unit.");
}

/** What stands behind the centre of a GEOSEARCH, and how many it asks for: 0 for all. */
export function searchArguments(family: Family, search: Search): { readonly args: string[]; readonly limit: number } {
  // A search that is missing is one without a unit.
  const unit = unitArgument(family, "near", search?.unit);
  const { radius, box, order = "nearest-first" } = search;
  if ((radius === undefined) === (box === undefined)) {
    refuse(family, "near", "radius", "and box are both given, or neither", "Pass one of them.");
  }
  if (order !== "nearest-first" && order !== "farthest-first") {
    refuse(family, "near", "order", "is no order", 'Pass "nearest-first" or "farthest-first".');
  }
  const area =
    box === undefined
      ? ["BYRADIUS", lengthArgument(family, "radius", radius)]
      : ["BYBOX", lengthArgument(family, "box.width", box?.width), lengthArgument(family, "box.height", box?.height)];
  const limit = search.limit === undefined ? 0 : wholeNumber(family, "near", "limit", search.limit, 1, 1_000_000);
  const sorted = order === "nearest-first" ? "ASC" : "DESC";
  return { args: [...area, unit, sorted, "WITHDIST", "WITHCOORD"], limit };
}
