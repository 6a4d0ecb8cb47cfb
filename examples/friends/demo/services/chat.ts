/** What the chat service does with messages: the database has all of them, Redis the newest of each room. */
import type { ServiceRepositories } from "../../generated/redis/index.js";
import type { Database, NewMessage } from "./database.js";

type Chat = ServiceRepositories["chat"];

/**
 * The database first, then the list: a load that read the rows before the commit must see the push after it. False where
 * the room has no list now; the next reader loads it, with this message.
 */
export async function postMessage(redis: Chat, database: Database, message: NewMessage): Promise<boolean> {
  const { chatRoomId } = message;
  const committed = await database.insertMessage(message);
  return redis.chatMessages.push({ chatRoomId }, committed);
}

/** The newest messages of a room, the newest last; from the database where Redis has none, or cannot be reached. */
export async function messagesOf(redis: Chat, database: Database, chatRoomId: string) {
  const { cap } = redis.chatMessages.family;
  return redis.chatMessages.recent({ chatRoomId }, { orElse: () => database.newestMessages(chatRoomId, cap) });
}
