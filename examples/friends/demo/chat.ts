/** Step 3: a chat room that is longer than its list, with the database behind it. */

import { expect, expectThat } from "../../shared/expecting.js";
import { ttlWritten } from "../../shared/measuring.js";
import { commands, count, heading, inWords, result, story } from "../../shared/printing.js";
import type { ChatMessagesItem } from "../generated/redis/index.js";
import { messagesOf, postMessage } from "./services/chat.js";
import type { World } from "./world.js";

const chatRoomId = "7";

export async function chat(world: World): Promise<void> {
  heading("3 Chat: a room that is longer than its list");
  await twoReaders(world);
  await overTheCap(world);
  await pushDuringFill(world);
}

async function twoReaders({ services, measuring, database }: World): Promise<void> {
  const { cap } = services.chat.chatMessages.family;
  for (let i = 1; i <= 250; i++) await database.insertMessage(message(i));
  story(`Room ${chatRoomId} has 250 messages in the database, none in Redis. Two people open it, one after the other.`);
  const asked = database.questions;
  const first = await measuring.measure(() => messagesOf(services.chat, database, chatRoomId));
  const second = await measuring.measure(() => messagesOf(services.chat, database, chatRoomId));
  expect("questions to the database", database.questions - asked, 1);
  expect("what both read", [first.result.length, second.result], [cap, first.result]);
  expect("the newest", second.result.at(-1)?.id, `${chatRoomId}-250`);
  expect("commands of the second reader", second.sent.length, 1);
  result(
    `The first is answered from the database, which fills the list with the newest ${cap}; the second from Redis.`,
  );
  commands(first);
  commands(second, 1);
}

async function overTheCap(world: World): Promise<void> {
  const { services, measuring, database } = world;
  const { chatMessages } = services.chat;
  const { cap } = chatMessages.family;
  story("150 messages are posted, one after the other, each committed first, then pushed.");
  const posted = await measuring.measure(async () => {
    const pushes: boolean[] = [];
    for (let i = 251; i <= 400; i++) pushes.push(await postMessage(services.chat, database, message(i)));
    return pushes;
  });
  expect("stored pushes", posted.result.filter(Boolean).length, 150);
  const ttl = ttlWritten(posted, chatMessages.keyOf({ chatRoomId }));
  expect("the list's TTL", ttl, 86_400_000);
  const { inRedis, inDatabase } = await bothOf(world);
  expect("the list", inRedis, inDatabase);
  expect("its length", inRedis?.length, cap);
  result(
    `400 messages in the database; the list holds the newest ${count(inRedis?.length ?? 0)} of them, equal and in order, ` +
      `for ${inWords(ttl ?? 0)}.`,
  );
  commands(posted, 1);
}

async function pushDuringFill(world: World): Promise<void> {
  const { services, measuring, database } = world;
  await services.chat.chatMessages.clear({ chatRoomId });
  story("The list is gone. Two people read at once; the database has read its rows for both when Bruno posts.");
  const raced = await measuring.measure(async () => {
    const bothRead = new Promise<void>((resolve) => {
      let reads = 0;
      database.onMessagesRead = () => {
        reads += 1;
        if (reads === 2) resolve();
        return posted;
      };
    });
    const posted = bothRead.then(() => postMessage(services.chat, database, message(401)));
    const readers = await Promise.all([1, 2].map(() => messagesOf(services.chat, database, chatRoomId)));
    database.onMessagesRead = undefined;
    return { pushed: await posted, readers };
  });
  const { pushed, readers } = raced.result;
  expect("the newest of both readers", readers.map(newestOf), [`${chatRoomId}-400`, `${chatRoomId}-400`]);
  expect("the push to an absent list", pushed, false);
  expect("the list after both", await services.chat.chatMessages.recent({ chatRoomId }), null);
  result("Their answers lack his message, so nothing is stored: his push took the token of the fill away.");
  commands(raced, 4);

  const next = await messagesOf(services.chat, database, chatRoomId);
  expect("the newest of the next reader", newestOf(next), `${chatRoomId}-401`);
  const { inRedis, inDatabase } = await bothOf(world);
  expect("the list", inRedis, inDatabase);
  expectThat("his message is there once", inRedis?.filter(({ id }) => id === `${chatRoomId}-401`).length === 1);
  result("The next reader loads again and has it, and the list is what the database has.");
}

/** The whole list, and what it should be. */
async function bothOf({ services, database }: World) {
  const { chatMessages } = services.chat;
  return {
    inRedis: await chatMessages.recent({ chatRoomId }),
    inDatabase: await database.newestMessages(chatRoomId, chatMessages.family.cap),
  };
}

function message(n: number) {
  return { chatRoomId, senderId: String(1000 + (n % 30)), body: `Message ${n}` };
}

function newestOf(messages: readonly ChatMessagesItem[]): string | undefined {
  return messages.at(-1)?.id;
}
