/**
 * What a family that moves lacks in types. `tsc --noEmit` is the test: an expected error that does not come is an error.
 */
import { type Clients, foldedTags } from "keywright";
import { none, value } from "keywright/schema";
import { z } from "zod";
import { createRepositories } from "../fixtures/moving/generated/redis/index.js";

declare const client: Clients;

const all = createRepositories(client);
const gateway = createRepositories(client, { service: "gateway" });
const roomId = 42;
const token = "3b0e";
const topic = { text: "Redis", since: new Date() };

export async function whatIsLeft(): Promise<void> {
  await all.topic.set({ roomId }, topic);
  await all.topic.with({ retries: 0 }).getAndTouch({ roomId });
  await all.browser.create({ token }, { userId: "8a6e0804-2bd0-4672-b79d-d97027f9071a" });
  await all.invite.consume({ token });
  await gateway.topic.get({ roomId });
  // Handoff has all operations.
  await all.pinned.setIfAbsent({ roomId }, "text");
  await all.pinned.compareAndSet({ roomId }, "text", "other");
}

export async function whatIsLeftOut(): Promise<void> {
  // @ts-expect-error it decides by what is there, for which value has no order
  await all.topic.setIfAbsent({ roomId }, topic);
  // @ts-expect-error the same
  await all.topic.compareAndSet({ roomId }, topic, topic);
  // @ts-expect-error the same
  await all.topic.take({ roomId });
  // @ts-expect-error and with another profile
  await all.topic.with({ retries: 0 }).take({ roomId });
  // @ts-expect-error a rotation reads one key and writes another
  await all.browser.rotate({ token }, { token: "4c1f" });
  // @ts-expect-error the same
  await all.invite.rotate({ token }, { token: "4c1f" });
  // @ts-expect-error a reader has none of what writes
  await gateway.topic.take({ roomId });
  // @ts-expect-error an operation is several plans meanwhile
  all.topic.plans;

  // The reason is what the editor shows.
  const why: 'topic moves by value, which has no safe order for it; strategy: "handoff" has' =
    all.topic.take["keywright: not allowed"];
  console.log(why);
}

export async function transactions(): Promise<void> {
  await all.room({ roomId }).transaction((tx) => [tx.seen.get({ userId: "8a6e0804-2bd0-4672-b79d-d97027f9071a" })]);
  // In the last phase of handoff there is one plain key.
  await all.room({ roomId }).transaction((tx) => [tx.messages.length()]);
  // @ts-expect-error it moves, so its keys lie in two slots
  await all.room({ roomId }).transaction((tx) => [tx.topic.get()]);
  // @ts-expect-error the same
  await all.room({ roomId }).transaction((tx) => [tx.pinned.get()]);
}

const said = { purpose: "A test.", owner: "a", writers: ["a"], readers: [], tag: none("alone"), ttl: "1h" } as const;

// @ts-expect-error no strategy has such a phase
value("a:<id>", { ...said, value: z.int(), moved: { from: "b:<id>", phase: "miror", until: "2027-01-31" } });
// @ts-expect-error there is no such strategy
value("a:<id>", { ...said, value: z.int(), moved: { from: "b:<id>", phase: "new", until: "x", strategy: "copy" } });

// @ts-expect-error A2: a scope that is not declared is none of a tag
foldedTags(["tenant", "user"])("project", "1");
