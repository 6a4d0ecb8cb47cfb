/** Step 5: flags, lists and previews, cached in front of the database. */
import { expect } from "../../shared/expecting.js";
import { commands, count, heading, result, story } from "../../shared/printing.js";
import { endFriendship, friendsOf, sharesLocation, toggleSharing } from "./services/friends.js";
import { previewOf } from "./services/links.js";
import type { World } from "./world.js";

export async function flags(world: World): Promise<void> {
  heading("5 Caches: privacy flags, friend lists, link previews");
  await privacy(world);
  await friendLists(world);
  await previews(world);
}

async function privacy({ services, measuring, database }: World): Promise<void> {
  const { friends, chat } = services;
  const users = database.people.slice(0, 500).map(({ userId }) => userId);
  const read = () => measuring.measure(() => sharesLocation(friends, database, users));

  story(`Which of ${users.length} users share their location? A flag each, from the cache.`);
  const asked = database.questions;
  const cold = await read();
  expect("fills of the cold cache", writesIn(cold.sent), users.length);
  expect("questions of the cold round", database.questions - asked, 1);
  const sharing = cold.result.filter(Boolean).length;
  result(`First round: ${writesIn(cold.sent)} misses, one question to the database, all filled; ${sharing} share.`);
  commands(cold);

  const warm = await read();
  expect("fills of the warm cache", writesIn(warm.sent), 0);
  expect("questions of the warm round", database.questions - asked, 1);
  expect("the answers of both rounds", warm.result, cold.result);
  result(`Second round: ${users.length} hits, the same answer, the database is left alone.`);
  commands(warm);

  const userId = users[1] as string;
  expect("the flag before the toggle", cold.result[1], true);
  const toggled = await measuring.measure(async () => {
    await toggleSharing(friends, database, userId, false);
    const [now] = await sharesLocation(friends, database, [userId]);
    return [now, await chat.userPrivacy.get({ userId })];
  });
  expect("the flag after the toggle", toggled.result, [false, false]);
  result(`User ${userId} stops sharing: the flag is deleted, and the next read, also the chat service's, is fresh.`);
  commands(toggled);
}

async function friendLists({ services, measuring, database }: World): Promise<void> {
  const { userId } = database.mara;
  const read = () => friendsOf(services.friends, database, userId);
  story("Mara ends a friendship. Her list came from the cache until now.");
  const asked = database.questions;
  const before = await read();
  expect("questions for a cached list", database.questions - asked, 0);
  const ended = await measuring.measure(async () => {
    await endFriendship(services.friends, database, userId, "1000");
    return read();
  });
  expect("her friends", ended.result.length, before.length - 1);
  result(`${count(before.length)} friends before, ${count(ended.result.length)} at the next read.`);
  commands(ended);
}

async function previews({ services, measuring, database }: World): Promise<void> {
  const url = "https://journal.example/lisbon/ten-quietest-cafes?utm_source=chat&ref=mara";
  story(`Somebody posts ${url}`);
  const asked = database.questions;
  const posted = await measuring.measure(async () => [
    await previewOf(services.links, database, url),
    await previewOf(services.links, database, url),
    await services.chat.linkPreview.get({ url }),
  ]);
  const [first, second, read] = posted.result;
  expect("fetches of the page", database.questions - asked, 1);
  expect("the preview", [second, read], [first, first]);
  result(`The page is fetched once; the chat service reads “${read?.title}”. The key holds the URL's SHA-256.`);
  commands(posted);
}

function writesIn(sent: readonly { readonly args: readonly string[] }[]): number {
  return sent.filter(({ args }) => args[0] === "SET").length;
}
