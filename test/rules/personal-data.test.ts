import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { CounterRepository } from "../../src/repositories/counter.js";
import { findingsOf } from "../../src/rules/findings.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { counter, keyspace, none } from "../../src/schema/index.js";
import { sha256Email } from "../../src/schema/patterns/index.js";
import { uniquePrefix } from "../setup/topologies.js";

/** A repository as generated code declares it. */
class Sent extends CounterRepository<{ readonly email: string }> {}

const said = {
  purpose: "Codes that were sent to an address.",
  owner: "auth",
  writers: ["auth"],
  readers: [],
  tag: none("one address at a time"),
  ttl: "10m",
} as const;

describe("A6 personal data in keys", () => {
  const found = (pattern: string) =>
    findingsOf(
      buildManifest(keyspace({ name: "test", families: { sent: counter(pattern as "auth:<x>", said) } })).sound,
    ).map(({ id }) => id);

  test.each([
    "email",
    "userEmail",
    "user_email",
    "phone",
    "phoneNumber",
    "username",
    "firstName",
    "name",
    "ip",
    "mail",
    "emailId",
    "passportId",
  ])("A6 a parameter named %s is an error unless it is hashed", (name) => {
    expect(found(`auth:sent:<${name}>`)).toEqual(["personal-data-in-key"]);
    expect(found(`auth:sent:<${name}:sha256>`)).toEqual([]);
  });

  test.each([
    "userId",
    "flagName",
    "roomId",
    "shipId",
    "token",
    "mailboxId",
    "mailId",
    "mail_id",
    "emailTemplateId",
    "tenant",
  ])("A6 %s is none", (name) => expect(found(`auth:sent:<${name}>`)).toEqual([]));
});

describe("A6 what is stored for an address", () => {
  const prefix = uniquePrefix();
  let client: RedisClientType;
  beforeAll(async () => {
    client = createClient({ url: inject("redis").url }).on("error", () => undefined) as RedisClientType;
    await client.connect();
  });
  afterAll(() => client.destroy());

  test("A6 no key holds it, and every spelling of it finds the same key", async () => {
    const family = { name: "sent", kind: "counter", pattern: "auth:sent:<email:sha256(email)>" } as const;
    const rest = { store: "default", tier: "R2", deadline: 5000, retries: 0, tagged: false } as const;
    const ttl = { kind: "fixed", ms: 60_000 } as const;
    const sent = new Sent(
      new Runtime(client, ["default"], { prefix }),
      { ...family, ...rest, ttl },
      (k) => `auth:sent:${sha256Email(k.email, "email")}`,
    );
    await sent.increment({ email: "Ada@Example.com" });
    await sent.increment({ email: " ada@example.com " });
    expect(await sent.get({ email: "ada@example.com" })).toBe(2);
    const keys: string[] = [];
    for await (const some of client.scanIterator({ MATCH: `${prefix}*` })) keys.push(...some);
    expect(keys).toEqual([expect.stringMatching(/^[^@]*auth:sent:[0-9a-f]{64}$/)]);
    expect(keys.join().toLowerCase()).not.toContain("ada");
    await client.unlink(keys);
  });
});
