/** What the errors of common mistakes say: which argument, which item of a list, and what to pass instead. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KeywrightError } from "../../src/runtime/errors.js";
import {
  createRepositories,
  type Repositories,
  type ServiceRepositories,
} from "../fixtures/rooms/generated/redis/index.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const prefix = uniquePrefix();
const room = { roomId: 1 };
const [ann, bob] = ["8a6e0804-2bd0-4672-b79d-d97027f9071a", "1b4e28ba-2fa1-41d2-883f-0016d3cca427"];
let connection: Connection;
let redis: Repositories;
let gateway: ServiceRepositories["gateway"];
beforeAll(async () => {
  connection = await (topologies[0] as (typeof topologies)[number]).connect();
  redis = createRepositories(connection.client, { prefix });
  gateway = createRepositories(connection.client, { prefix, service: "gateway" });
});
afterAll(async () => {
  await connection.flushPrefix(prefix);
  await connection.flushPrefix(`{${prefix}`);
  await connection.close();
});

async function rejection(call: () => Promise<unknown>): Promise<KeywrightError & { readonly field: string }> {
  try {
    await call();
  } catch (error) {
    return error as KeywrightError & { readonly field: string };
  }
  throw new Error("it did not fail");
}

const message = (id: string) => ({ id, from: ann, body: "hi", at: new Date() });
const place = (longitude: number) => ({ member: ann, longitude, latitude: 5 });
const profile = { name: "Ann", joined: new Date() };
const any = (value: unknown) => value as never;

test.each<[what: string, call: () => Promise<unknown>, field: string, words: string]>([
  [
    "an item of a push",
    () => redis.messages.push(room, message(ann), message(bob), { ...message(ann), body: any(7) }),
    "items[2].body",
    "items[2].body: ",
  ],
  [
    "a loaded item",
    () => redis.messages.recent(room, { orElse: async () => [message(ann), message("no id")] }),
    "orElse[1].id",
    "orElse[1].id: ",
  ],
  [
    "an entry of many",
    () => redis.nearby.addMany(room, [place(1), place(181)]),
    "entries[1].longitude",
    "is no number from -180 to 180",
  ],
  [
    "a member of many",
    () => redis.nearby.addMany(room, [place(1), { ...place(2), member: "nobody" }]),
    "entries[1].member",
    "entries[1].member: ",
  ],
  [
    "an entry beyond the first batch",
    () => redis.nearby.addMany(room, [...Array.from({ length: 1000 }, () => place(1)), place(Number.NaN)]),
    "entries[1000].longitude",
    "is no number",
  ],
  ["no array", () => redis.nearby.addMany(room, any(undefined)), "entries", "Pass an array"],
  [
    "coordinates by other names",
    () => redis.nearby.add(room, ann, any({ lng: 1, lat: 2 })),
    "longitude",
    "is missing (found lng). Pass { longitude, latitude }",
  ],
  ["an empty member", () => redis.nearby.add(room, any(""), place(1)), "member", "Pass who or what is there"],
  [
    "a key of a fetch",
    () => redis.profile.fetchMany([{ userId: ann }, { userId: "7" }], async () => [profile]),
    "keys[1].userId",
    "in keys[1]",
  ],
  ["a key of many", () => redis.profile.getMany([{ userId: ann }, any("7")]), "keys[1]", "is no object"],
  ["a key that is text", () => redis.topic.get(any("7")), "key", "is no object. Pass the parameters of"],
  ["no key", () => redis.topic.get(any(undefined)), "key", "is missing. Pass the parameters of"],
  ["nothing to push", () => redis.messages.push(room), "items", "Pass at least one"],
  ["a limit of nothing", () => redis.messages.recent(room, { limit: 0 }), "limit", "is below 1. Pass a whole number"],
  ["no loader", () => redis.profile.fetch({ userId: ann }, any(undefined)), "loader", "is missing. Pass the function"],
  [
    "a TTL above the bound",
    () => redis.avatar.set(room, Buffer.from([1]), { ttl: "8d" }),
    "ttl",
    "is longer than 7 d, which is the most here",
  ],
  [
    "an end in seconds",
    () => redis.invite.issue({ token: "a" }, { roomId: 1, invitedBy: ann }, { expiresAt: 1_900_000_000 }),
    "expiresAt",
    "It looks like seconds",
  ],
  [
    "the earlier of two ends",
    () => redis.invite.issue({ token: "a" }, { roomId: 1, invitedBy: ann }, { ttl: "1d", notBeyond: new Date(5) }),
    "notBeyond",
    "has passed by the server's clock. Pass a later time",
  ],
  [
    "the end of a session in seconds",
    () => redis.guest.create({ token: "ab" }, { name: "Ada" }, { endsAt: 1_900_000_000 }),
    "endsAt",
    "It looks like seconds",
  ],
  [
    "a loader that returns undefined",
    () =>
      redis.profile.fetch(
        { userId: ann },
        any(async () => undefined),
      ),
    "loader",
    "returned undefined. Return the value, or null",
  ],
  [
    "a session's value before its owner",
    () => redis.webSession.create({ token: "ab" }, { userId: "nobody", signedInAt: new Date() }),
    "userId",
    "the schema refuses the value",
  ],
])("%s", async (_, call, field, words) => {
  const error = await rejection(call);
  expect(error.field).toBe(field);
  expect(error.message).toContain(words);
  // What somebody can do comes before what has not happened.
  expect(error.fix).toMatch(/\w.*\. .*|Nothing was written\. Mend/);
  expect(await connection.send(["EXISTS", redis.messages.keyOf(room), redis.nearby.keyOf(room)])).toBe(0);
});

test("a family that the schema does not grant says so, to callers without types", () => {
  const worker = createRepositories(connection.client, { prefix, service: "worker" }) as unknown as Repositories;
  expect(() => worker.topic.get(room)).toThrow("topic.use: worker neither reads nor writes it");
  expect(Object.keys(worker)).not.toContain("topic");
});

test("a reader's fetch loads what is missing, and stores nothing", async () => {
  const key = { userId: bob };
  const name = redis.profile.keyOf(key);
  expect(await gateway.profile.fetch(key, async () => profile)).toEqual(profile);
  expect(await gateway.profile.fetch(key, async () => null)).toBeNull();
  expect(await gateway.profile.fetchEntry(key, async () => profile)).toEqual({ value: profile, source: "fresh" });
  expect(await gateway.profile.fetchMany([key], async () => [profile])).toEqual([profile]);
  expect(await connection.send(["EXISTS", name])).toBe(0);
  await redis.profile.set(key, { ...profile, name: "Bob" });
  const cached = await gateway.profile.fetch(key, () => Promise.reject(new Error("it was not to be loaded")));
  expect(cached?.name).toBe("Bob");
});
