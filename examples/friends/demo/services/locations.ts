/** What the services do with where people are. */
import type { ServiceRepositories, UserLocation } from "../../generated/redis/index.js";

export interface Place {
  readonly lat: number;
  readonly lng: number;
}

/** A client pings: the user is online, and if it shares, its live pin moves. */
export async function ping(redis: ServiceRepositories["presence"], userId: string, pin?: Place): Promise<void> {
  const seen = redis.userPresence.heartbeat({ userId });
  if (pin === undefined) await seen;
  else await Promise.all([seen, redis.activeLocation.set({ userId }, { ...pin, updated_at: now() })]);
}

export async function signOff(redis: ServiceRepositories["presence"], userId: string): Promise<void> {
  await Promise.all([redis.userPresence.leave({ userId }), redis.activeLocation.delete({ userId })]);
}

export async function arrive(redis: ServiceRepositories["friends"], userId: string, place: Place): Promise<void> {
  await redis.userLocation.set({ userId }, { ...place, updated_at: now(), arrived_at: now() });
}

/** The discovery service only reads where people are. */
export async function locationsOf(
  redis: ServiceRepositories["discovery"],
  userIds: readonly string[],
): Promise<(UserLocation | null)[]> {
  return redis.userLocation.getMany(userIds.map((userId) => ({ userId })));
}

/** May this user search for places once more? `limit` is that of the user's plan: the schema lets a call choose it. */
export async function maySearchPlaces(redis: ServiceRepositories["places"], userId: string, limit: number) {
  return redis.placesByUser.consume({ userId }, { limit });
}

function now(): string {
  return new Date().toISOString();
}
