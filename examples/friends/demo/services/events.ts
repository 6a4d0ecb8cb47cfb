/** What the events and the discovery service do: events are entered where they are, and found from where somebody is. */
import type { Coordinates, Nearby } from "keywright";
import type { ServiceRepositories } from "../../generated/redis/index.js";
import type { EventLocation } from "./database.js";

type Events = ServiceRepositories["events"];
type Discovery = ServiceRepositories["discovery"];

/** Enters events, or moves those that are there; how many were new. */
export async function addEvents(redis: Events, events: readonly EventLocation[]): Promise<number> {
  return redis.eventsGeo.addMany(
    {},
    events.map(({ eventId, longitude, latitude }) => ({ member: eventId, longitude, latitude })),
  );
}

export async function cancelEvent(redis: Events, eventId: string): Promise<boolean> {
  return redis.eventsGeo.remove({}, eventId);
}

/** Events around a place, the nearest first: all within the radius, or the nearest `limit` of them. */
export async function eventsNear(
  redis: Discovery,
  place: Coordinates,
  kilometres: number,
  limit?: number,
): Promise<Nearby[]> {
  const search = { radius: kilometres, unit: "km" } as const;
  return redis.eventsGeo.near({}, place, limit === undefined ? search : { ...search, limit });
}

/** Events on the part of a map that a screen shows, given by its middle. */
export async function eventsOnMap(redis: Discovery, middle: Coordinates, width: number, height: number) {
  return redis.eventsGeo.near({}, middle, { box: { width, height }, unit: "km" });
}
