/** What the friends service does: friend lists and privacy flags, cached in front of the database. */
import type { ServiceRepositories, UserFriends } from "../../generated/redis/index.js";
import type { Database } from "./database.js";
import { readThrough, readThroughMany } from "./read-through.js";

type Friends = ServiceRepositories["friends"];

/** Whether each user shares a location. */
export async function sharesLocation(redis: Friends, database: Database, userIds: readonly string[]) {
  const keys = userIds.map((userId) => ({ userId }));
  return readThroughMany(redis.userPrivacy, keys, (missing) => database.sharing(missing.map(({ userId }) => userId)));
}

/** The user toggles sharing: the database first, then the cached flag goes. */
export async function toggleSharing(redis: Friends, database: Database, userId: string, sharing: boolean) {
  await database.setSharing(userId, sharing);
  await redis.userPrivacy.delete({ userId });
}

export async function friendsOf(redis: Friends, database: Database, userId: string): Promise<UserFriends> {
  return readThrough(redis.userFriends, { userId }, () => database.friendsOf(userId));
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
