/** What must not compile with a cache. `tsc --noEmit` is the test: an expected error that does not come is an error. */
import type { CacheRepository, Lookup } from "keywright";
import { cache, none } from "keywright/schema";
import { z } from "zod";
import { createRepositories } from "../fixtures/rooms/generated/redis/index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function holds<Claim extends true>(): Claim;

interface User {
  readonly id: number;
  readonly role: "admin" | "guest";
}
interface Row {
  id: number;
  role: "admin" | "guest";
  secret: string;
}
declare const users: CacheRepository<{ readonly id: string }, User>;
declare const remembering: CacheRepository<{ readonly id: string }, User, null>;
declare const row: () => Promise<Row>;
declare const rowOrNull: () => Promise<Row | null>;
declare const fromDatabase: (options: { signal: AbortSignal }) => Promise<User>;
// biome-ignore lint/suspicious/noExplicitAny: what a driver without types returns.
declare const untyped: () => Promise<any>;
declare const client: Parameters<typeof createRepositories>[0];
const key = { id: "1" };

export async function calls(): Promise<void> {
  // Null is in the result only where it can come.
  const found = await users.fetch(key, row);
  holds<Equal<typeof found, User>>();
  const perhaps = await users.fetch(key, rowOrNull);
  holds<Equal<typeof perhaps, User | null>>();
  const literal = await users.fetch(key, async () => ({ id: 1, role: "admin" }));
  holds<Equal<typeof literal, User>>();
  const absent = await users.fetch(key, async () => null);
  holds<Equal<typeof absent, User | null>>();
  const remembered = await remembering.fetch(key, row);
  holds<Equal<typeof remembered, User | null>>();
  const unknown = await users.fetch(key, untyped);
  holds<Equal<typeof unknown, User | null>>();
  const signalled = await users.fetch(key, (signal) => fromDatabase({ signal }));
  holds<Equal<typeof signalled, User>>();

  const entry = await users.fetchEntry(key, row, { shouldCache: ({ role }) => role !== "guest" });
  holds<Equal<typeof entry.value, User>>();
  // @ts-expect-error a promise would always be true
  await users.fetch(key, row, { shouldCache: async ({ role }) => role !== "guest" });
  holds<Equal<typeof entry.source, "cache" | "fresh">>();
  const many = await users.getMany([key]);
  holds<Equal<typeof many, (User | null)[]>>();
  const guests = async (missing: readonly { id: string }[]) => missing.map(() => ({ id: 1, role: "guest" }) as const);
  const fetched = await users.fetchMany([key], guests);
  holds<Equal<typeof fetched, User[]>>();
  const some = await users.fetchMany([key], async (missing) => Promise.all(missing.map(rowOrNull)));
  holds<Equal<typeof some, (User | null)[]>>();
  const looked = await users.lookup(key);
  holds<Equal<typeof looked, Lookup<User>>>();
  // @ts-expect-error only a hit has a value
  looked.value;
  const { applied } = await users.invalidate(key);
  holds<Equal<typeof applied, boolean>>();

  // @ts-expect-error the loader brings something else
  await users.fetch(key, async () => ({ id: "1", role: "admin" }));
  // @ts-expect-error undefined is no answer
  await users.fetch(key, async () => undefined);
  // @ts-expect-error there is no such role
  await users.fetch(key, async () => ({ id: 1, role: "owner" }));
  // @ts-expect-error a null is not stored
  await remembering.set(key, null);
  // @ts-expect-error counters are read, not set
  users.stats().hits = 0;

  const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
  const chat = createRepositories(client, { service: "chat" });
  const profile = await chat.profile.fetch({ userId }, async () => ({ name: "Ann", joined: new Date() }));
  holds<Equal<typeof profile extends null ? never : null extends typeof profile ? true : false, true>>();
  const gateway = createRepositories(client, { service: "gateway" });
  await gateway.profile.getMany([{ userId }]);
  gateway.profile.stats();
  const read = await gateway.profile.fetch({ userId }, async () => ({ name: "Ann", joined: new Date() }));
  holds<Equal<typeof read, typeof profile>>();
  // @ts-expect-error "gateway only reads profile; it is written by chat"
  await gateway.profile.set({ userId }, { name: "Ann", joined: new Date() });
  // @ts-expect-error "gateway only reads profile; it is written by chat"
  await gateway.profile.invalidate({ userId });
}

const common = { purpose: "x", owner: "a", writers: ["a"], readers: [], tag: none("alone"), value: z.int() } as const;
cache("c:<id>", { ...common, ttl: { fixed: "10m", jitter: "1m" }, negative: "2m", loader: { deadline: "5s" } });
cache("c:<id>", { ...common, ttl: { config: "ttl", default: "10m", max: "1h" } });
// @ts-expect-error a cache has a TTL
cache("c:<id>", common);
// @ts-expect-error an entry that is read often would never be loaded anew
cache("c:<id>", { ...common, ttl: { sliding: "10m" } });
// @ts-expect-error an entry without a TTL is stale for ever
cache("c:<id>", { ...common, ttl: { persist: "why" } });
