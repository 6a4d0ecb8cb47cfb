/**
 * What must not compile against generated code. `tsc --noEmit` is the test: an expected error that does not come is an
 * error.
 */
import type { Clients } from "keywright";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function holds<Claim extends true>(): Claim;
declare const client: Clients;

const all = createRepositories(client);
const chat = createRepositories(client, { service: "chat" });
const gateway = createRepositories(client, { service: "gateway", prefix: "preview:" });
const roomId = 42;
const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";

export async function calls(): Promise<void> {
  await chat.topic.set({ roomId }, { text: "Redis", since: new Date() });
  await gateway.topic.get({ roomId });
  await gateway.posts.peek({ roomId, userId });

  await chat.avatar.set({ roomId }, Buffer.from([1]), { ttl: "2d" });
  await chat.avatar.touch({ roomId }, { ttl: 90_000 });
  await chat.room({ roomId }).transaction((tx) => [tx.avatar.replace(Buffer.from([1]), { ttl: "1h" })]);

  // @ts-expect-error the schema leaves the TTL to the caller
  await chat.avatar.set({ roomId }, Buffer.from([1]));

  // @ts-expect-error of every write
  await chat.avatar.touch({ roomId });

  // @ts-expect-error and in a transaction
  await chat.room({ roomId }).transaction((tx) => [tx.avatar.set(Buffer.from([1]))]);

  // @ts-expect-error a duration is a number and its unit
  await chat.avatar.set({ roomId }, Buffer.from([1]), { ttl: "2 days" });
  // @ts-expect-error a duration is a whole number of its unit
  await chat.avatar.set({ roomId }, Buffer.from([1]), { ttl: "1.5h" });

  // @ts-expect-error the schema fixes the TTL
  await chat.topic.set({ roomId }, { text: "Redis", since: new Date() }, { ttl: "1h" });

  // @ts-expect-error and in a transaction
  await chat.room({ roomId }).transaction((tx) => [tx.seen.set({ userId }, 7, { ttl: "1h" })]);

  // @ts-expect-error "gateway only reads topic; it is written by chat"
  await gateway.topic.set({ roomId }, { text: "Redis", since: new Date() });

  // @ts-expect-error worker neither reads nor writes topic
  await createRepositories(client, { service: "worker" }).topic.get({ roomId });

  // @ts-expect-error there is no service billing
  createRepositories(client, { service: "billing" });

  // @ts-expect-error the schema leaves no such TTL to start-up
  createRepositories(client, { ttl: { flagTtll: "7m" } });

  // @ts-expect-error the key's parameter is missing
  await all.topic.get({});

  // @ts-expect-error the pattern has no such parameter
  await all.topic.get({ roomId, userId });

  // @ts-expect-error a room's id is a number
  await all.topic.get({ roomId: "42" });

  // @ts-expect-error the value has no since
  await all.topic.set({ roomId }, { text: "Redis" });

  await gateway.webSession.create({ token: "ab" }, { userId, signedInAt: new Date() });
  await chat.webSession.load({ token: "ab" });
  holds<Equal<Awaited<ReturnType<typeof gateway.webSession.destroyAll>>, number>>();

  // @ts-expect-error chat only reads sessions
  await chat.webSession.destroy({ token: "ab" });

  // @ts-expect-error the schema knows no owners of guests
  await gateway.guest.destroyAll(userId);

  const results = await chat
    .room({ roomId })
    .transaction((tx) => [tx.topic.get(), tx.sent.increment(), tx.seen.set({ userId }, 7)]);
  holds<Equal<(typeof results)[0], Awaited<ReturnType<typeof all.topic.get>>>>();
  holds<Equal<(typeof results)[2], void>>();

  // @ts-expect-error the room is fixed by the scope
  await chat.room({ roomId }).transaction((tx) => [tx.topic.get({ roomId })]);

  // @ts-expect-error the user is not
  await chat.room({ roomId }).transaction((tx) => [tx.seen.set(7)]);

  // @ts-expect-error A23 another scope's family cannot be reached from a room's transaction
  await all.room({ roomId }).transaction((tx) => [tx.taskCount.increment()]);

  // @ts-expect-error a family without a tag is in no transaction
  await all.room({ roomId }).transaction((tx) => [tx.flag.get({ name: "dark-mode" })]);

  // @ts-expect-error "gateway only reads topic; it is written by chat"
  await gateway.room({ roomId }).transaction((tx) => [tx.topic.delete()]);
}

export async function withProfiles(): Promise<void> {
  holds<Equal<typeof all.topic, ReturnType<typeof all.topic.with>>>();
  await chat.topic.with({ deadline: "200ms", retries: 0 }).set({ roomId }, { text: "Redis", since: new Date() });
  await gateway.topic.with({ deadline: 200 }).with({ retries: 0 }).get({ roomId });

  // @ts-expect-error a reader stays one
  await gateway.topic.with({ deadline: "200ms" }).set({ roomId }, { text: "Redis", since: new Date() });

  // @ts-expect-error a duration is a number and its unit
  chat.topic.with({ deadline: "2 days" });

  // @ts-expect-error the profile has two fields
  chat.topic.with({ timeout: 200 });
}
