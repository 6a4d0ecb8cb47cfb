/** What the friends service does: friend lists and privacy flags, cached in front of the database. */
import type { ServiceRepositories, UserFriends } from "../../generated/redis/index.js";
import type { Database } from "./database.js";

type Friends = ServiceRepositories["friends"];

/**
 * Whether each user shares a location: one batched read of the cache, one question to the database for what it lacks.
 *
 * Deleting after a commit leaves one gap, as in every plain read-through cache: who read the database before the commit
 * may still fill the cache after the delete. The TTL bounds that.
 */
export async function sharesLocation(redis: Friends, database: Database, userIds: readonly string[]) {
  const flags = await redis.userPrivacy.getMany(userIds.map((userId) => ({ userId })));
  const missing = userIds.filter((_, i) => flags[i] === null);
  if (missing.length === 0) return flags as boolean[];
  const loaded = await database.sharing(missing);
  const fresh = new Map(missing.map((userId, i) => [userId, loaded[i] as boolean]));
  await Promise.all(Array.from(fresh, ([userId, sharing]) => redis.userPrivacy.set({ userId }, sharing)));
  return userIds.map((userId, i) => flags[i] ?? fresh.get(userId) ?? false);
}

/** The user toggles sharing: the database first, then the cached flag goes. */
export async function toggleSharing(redis: Friends, database: Database, userId: string, sharing: boolean) {
  await database.setSharing(userId, sharing);
  await redis.userPrivacy.delete({ userId });
}

export async function friendsOf(redis: Friends, database: Database, userId: string): Promise<UserFriends> {
  const cached = await redis.userFriends.get({ userId });
  if (cached !== null) return cached;
  const friends = await database.friendsOf(userId);
  await redis.userFriends.set({ userId }, friends);
  return friends;
}

export async function endFriendship(redis: Friends, database: Database, userId: string, friendId: string) {
  await database.endFriendship(friendId);
  await Promise.all([redis.userFriends.delete({ userId }), redis.userFriends.delete({ userId: friendId })]);
}

/** Those friends of a user who are online now. */
export async function onlineFriends(redis: Friends, database: Database, userId: string): Promise<string[]> {
  const friends = await friendsOf(redis, database, userId);
  const online = await redis.userPresence.onlineAmong(friends.map((friend) => ({ userId: friend.userId })));
  return online.map((friend) => friend.userId);
}
