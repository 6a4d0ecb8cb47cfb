/** What the friends service does: friend lists and privacy flags, cached in front of the database. */
import type { ServiceRepositories, UserFriends } from "../../generated/redis/index.js";
import type { Database } from "./database.js";

type Friends = ServiceRepositories["friends"];

/** Whether each user shares a location: one batched read of the cache, one question to the database for what it lacks. */
export async function sharesLocation(redis: Friends, database: Database, userIds: readonly string[]) {
  const keys = userIds.map((userId) => ({ userId }));
  return redis.userPrivacy.fetchMany(keys, (missing) => database.sharing(missing.map(({ userId }) => userId)));
}

/**
 * The user toggles sharing: the database first, then the cached flag goes. A load that is under way in this process stores
 * nothing then. One in another process may still store what it read before; the TTL bounds that.
 */
export async function toggleSharing(redis: Friends, database: Database, userId: string, sharing: boolean) {
  await database.setSharing(userId, sharing);
  await redis.userPrivacy.invalidate({ userId });
}

export async function friendsOf(redis: Friends, database: Database, userId: string): Promise<UserFriends> {
  return redis.userFriends.fetch({ userId }, () => database.friendsOf(userId));
}

export async function endFriendship(redis: Friends, database: Database, userId: string, friendId: string) {
  await database.endFriendship(friendId);
  await redis.userFriends.invalidateMany([{ userId }, { userId: friendId }]);
}

/** Those friends of a user who are online now. */
export async function onlineFriends(redis: Friends, database: Database, userId: string): Promise<string[]> {
  const friends = await friendsOf(redis, database, userId);
  const online = await redis.userPresence.onlineAmong(friends.map((friend) => ({ userId: friend.userId })));
  return online.map((friend) => friend.userId);
}
