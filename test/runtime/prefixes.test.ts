import { keySlot } from "keywright";
import { createClient, createCluster } from "redis";
import { createCluster as createCluster5 } from "redis5";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Runtime } from "../../src/runtime/runtime.js";
import { createRepositories, type Repositories } from "../fixtures/composed/generated/redis/index.js";
import { type Connection, topologies, uniquePrefix } from "../setup/topologies.js";

const sha = () => uniquePrefix().slice(1, -1);

describe.each(topologies)("B16 prefixes on $name", ({ connect, isCluster }) => {
  const prefixes = [`preview:${sha()}:`, uniquePrefix()] as const;
  const userId = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
  const currency = "XTS";
  let connection: Connection;
  let one: Repositories;
  let other: Repositories;
  beforeAll(async () => {
    connection = await connect();
    const clients = { default: connection.client, ledger: connection.client };
    [one, other] = prefixes.map((prefix) => createRepositories(clients, { prefix })) as [Repositories, Repositories];
  });
  afterAll(async () => {
    for (const prefix of prefixes) await connection.flushPrefix(prefix);
    for (const prefix of prefixes) await connection.flushPrefix(`{${prefix}`);
    await connection.send(["DEL", "rates:XTS"]);
    await connection.close();
  });

  test("B16 one logical key in two environments is two keys", async () => {
    await one.profile.set({ userId }, { name: "one" });
    expect(await other.profile.get({ userId })).toBeNull();
    await other.profile.set({ userId }, { name: "other" });
    expect(await one.profile.get({ userId })).toEqual({ name: "one" });
    expect(one.profile.keyOf({ userId })).not.toBe(other.profile.keyOf({ userId }));
  });

  test("B16 companions too: who is blocked in one is not in the other", async () => {
    for (let i = 0; i < 6; i++) await one.logins.consume({ user: "ada" });
    expect((await one.logins.peek({ user: "ada" })).blocked).toBeDefined();
    expect((await other.logins.peek({ user: "ada" })).blocked).toBeUndefined();
    expect(await connection.send(["EXISTS", `{${prefixes[0]}logins:ada}:blocked`])).toBe(1);
  });

  test("B16 a shared family takes no prefix", async () => {
    expect(one.rates.keyOf({ currency })).toBe("rates:XTS");
    await one.rates.set({ currency }, 1.5);
    expect(await other.rates.get({ currency })).toBe(1.5);
  });

  test("B16 the slot is that of the final key", async () => {
    const keys = [one, other].flatMap((redis) => [
      redis.motd.keyOf({ language: "en" }),
      redis.profile.keyOf({ userId }),
      redis.plan.keyOf({ userId }),
    ]);
    // A tag is not moved by what stands before it.
    expect(keySlot(keys[1] as string)).toBe(keySlot(keys[5] as string));
    expect(keySlot(keys[1] as string)).toBe(keySlot(`{${userId}}`));
    expect(keySlot(keys[0] as string)).not.toBe(keySlot(keys[3] as string));
    if (!isCluster) return;
    for (const key of keys) expect(await connection.send(["CLUSTER", "KEYSLOT", key], key)).toBe(keySlot(key));
  });

  test.each(["preview:xyz:", "preview:3f2a", "prod:", "t1:t2:"])(
    "B16 a prefix that is not declared is refused: %s",
    (prefix) => {
      const clients = { default: connection.client, ledger: connection.client };
      expect(() => createRepositories(clients, { prefix })).toThrow(
        /none of those that the schema declares.*preview:<sha:hex>:/s,
      );
    },
  );

  test("B16 no prefix at all is one of them", () => {
    expect(
      createRepositories({ default: connection.client, ledger: connection.client }).motd.keyOf({ language: "en" }),
    ).toBe("chat:motd:en");
  });
});

describe("A21 a Cluster has one database", () => {
  const urls = ["redis://127.0.0.1:1/1", "redis://user:secret@127.0.0.1:1/12"];
  test.each<[string, Parameters<typeof createCluster>[0]]>([
    ["a root node's url", { rootNodes: [{ url: urls[0] as string }] }],
    ["a root node's url with a password", { rootNodes: [{ url: urls[1] as string }] }],
    ["a root node", { rootNodes: [{ url: "redis://127.0.0.1:1" }, { database: 2 }] }],
    ["the defaults", { rootNodes: [{ url: "redis://127.0.0.1:1" }], defaults: { database: 1 } }],
  ])("A21 another is refused before anything is connected: %s", (_, options) => {
    // Nothing listens there: a connection would fail otherwise than so.
    const client = createCluster(options);
    expect(() => new Runtime(client as never, ["default"])).toThrow(
      /cluster client of the store "default".*database other than 0/,
    );
  });

  test("A21 another is refused with redis 5 too", () => {
    const client = createCluster5({ rootNodes: [{ url: urls[0] as string }] });
    expect(() => new Runtime(client as never, ["default"])).toThrow(/database other than 0/);
  });

  test("A21 the database 0 is not, said or not", () => {
    for (const url of ["redis://127.0.0.1:1", "redis://127.0.0.1:1/", "redis://127.0.0.1:1/0"]) {
      expect(
        () => new Runtime(createCluster({ rootNodes: [{ url }] }).on("error", () => undefined) as never, ["default"]),
      ).not.toThrow();
    }
    const single = createClient({ url: "redis://127.0.0.1:1/3" }).on("error", () => undefined);
    expect(() => new Runtime(single as never, ["default"])).not.toThrow();
  });
});
