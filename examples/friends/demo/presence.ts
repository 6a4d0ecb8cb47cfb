/** Step 2: a thousand people are online, and one of them asks who. */
import { expect, expectThat } from "../../shared/expecting.js";
import { ttlWritten } from "../../shared/measuring.js";
import { commands, count, heading, inWords, milliseconds, result, story } from "../../shared/printing.js";
import { onlineFriends } from "./services/friends.js";
import { arrive, locationsOf, maySearchPlaces, ping, signOff } from "./services/locations.js";
import type { World } from "./world.js";

export async function presence(world: World): Promise<void> {
  heading("2 Presence: a thousand people");
  await heartbeats(world);
  await whoIsOnline(world);
  await someLeave(world);
  await locations(world);
}

async function heartbeats({ services, measuring, database }: World): Promise<void> {
  const { people } = database;
  story(`${count(people.length)} clients ping.`);
  const pings = await measuring.measure(() =>
    Promise.all(people.map(({ userId }) => services.presence.userPresence.heartbeat({ userId }))),
  );
  expect("arrivals", pings.result.filter(Boolean).length, people.length);
  expect("commands", pings.sent.length, people.length);
  const { userPresence } = services.presence;
  const ttls = new Set(people.map((person) => ttlWritten(pings, userPresence.keyOf(person))));
  expect("TTLs", [...ttls], [180_000]);
  result(
    `${count(pings.result.length)} arrivals, a command each. Whoever is silent for ${inWords(180_000)} is offline.`,
  );
  commands(pings);
}

async function whoIsOnline({ services, measuring, database }: World): Promise<void> {
  const { mara } = database;
  const { length } = await database.friendsOf(mara.userId);
  story(`Mara opens the app: who of her ${count(length)} friends is online?`);
  const first = await measuring.measure(() => onlineFriends(services.friends, database, mara.userId));
  expect("online friends", first.result.length, length);
  expectThat("batches, not single reads", first.sent.length < 30);
  result(
    `${count(first.result.length)} of ${count(length)} are, told in ${milliseconds(first.ms)}, her list of friends included.`,
  );
  commands(first);
}

async function someLeave({ services, measuring, database }: World): Promise<void> {
  const { mara, people } = database;
  const leaving = people.filter((_, i) => i % 8 === 5);
  story(`${count(leaving.length)} of them sign off, and she looks again.`);
  const left = await measuring.measure(() =>
    Promise.all(leaving.map(({ userId }) => signOff(services.presence, userId))),
  );
  const again = await measuring.measure(() => onlineFriends(services.friends, database, mara.userId));
  const gone = new Set(leaving.map(({ userId }) => userId));
  expect(
    "those who stayed",
    again.result,
    people.map(({ userId }) => userId).filter((userId) => !gone.has(userId)),
  );
  result(`${count(again.result.length)} are left, and none of those who went is among them.`);
  commands(left, 2);
  commands(again, 3);
}

async function locations({ services, measuring, database }: World): Promise<void> {
  const sharing = database.people.slice(0, 120);
  story(`${sharing.length} people share where they are; Jonas is in a chat room and looks for a café.`);
  const moved = await measuring.measure(async () => {
    await Promise.all(
      sharing.flatMap(({ userId }, i) => [
        ping(services.presence, userId, { lat: 38.7 + i / 1000, lng: -9.1 }),
        arrive(services.friends, userId, { lat: 38.7 + i / 1000, lng: -9.1 }),
      ]),
    );
    await services.chat.chatOnline.heartbeat({ chatRoomId: "7", userId: "1009" });
    const search = await maySearchPlaces(services.places, "1009", 200);
    const found = await locationsOf(
      services.discovery,
      sharing.map(({ userId }) => userId),
    );
    return { search, found };
  });
  const { search, found } = moved.result;
  expect("locations", found.filter((location) => location !== null).length, sharing.length);
  expect("place searches", [search.allowed, search.limit, search.remaining], [true, 200, 199]);
  expect("in the room", await services.chat.chatOnline.isOnline({ chatRoomId: "7", userId: "1009" }), true);
  result(
    `${found.length} locations read back; his plan allows ${search.limit} searches an hour, ${search.remaining} left.`,
  );
  commands(moved, 4);
}
