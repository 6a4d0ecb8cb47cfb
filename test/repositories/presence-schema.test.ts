import { counter, keyspace, none, presence, tagScopes } from "keywright/schema";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { companionOf } from "../../src/repositories/repository.js";
import { buildManifest } from "../../src/schema/build-manifest.js";

const scopes = tagScopes({ room: { tag: "{<roomId>}", because: "messages and presence of a room change together" } });
const said = { purpose: "Who is there.", owner: "chat", writers: ["chat"], readers: [] } as const;
const alone = none("each stands alone");
const built = (families: Parameters<typeof keyspace>[0]["families"]) =>
  buildManifest(keyspace({ name: "friends", scopes, families }));
const problemsOf = (family: Parameters<typeof keyspace>[0]["families"][string]) =>
  built({ it: family }).problems.map(({ id, field }) => `${id} ${field}`);

describe("what the schema says of presence", () => {
  test("a place with devices has a companion, under the key that the repository uses", () => {
    const common = { ...said, member: z.uuid(), heartbeat: "20s", ttl: "1h", devices: true } as const;
    const { manifest, problems } = built({
      tagged: presence("chat:online:{<roomId>}", { ...common, tag: scopes.room }),
      untagged: presence("chat:online:<roomId>", { ...common, tag: alone }),
    });
    expect(problems.filter(({ id }) => id !== "overlapping-families")).toEqual([]);
    for (const { name, companions, pattern } of manifest?.families ?? []) {
      expect(companions).toMatchObject([{ name: "devices", redisType: "HASH", ttl: { kind: "fixed", ms: 3_600_000 } }]);
      expect(companions[0]?.pattern).toBe(companionOf({ tagged: name === "tagged" } as never, pattern, "devices"));
    }
  });

  test("a member is present for two and a half heartbeats, which the TTL must cover", () => {
    const { manifest } = built({
      it: presence("presence:<userId>", { ...said, tag: alone, heartbeat: "1m", ttl: "3m" }),
    });
    expect(manifest?.families[0]).toMatchObject({
      redisType: "STRING",
      settings: { places: false, heartbeat: 60_000, grace: 150_000, devices: false },
      companions: [],
    });
    const short = presence("presence:<userId>", { ...said, tag: alone, heartbeat: "1m", ttl: "149s" });
    expect(problemsOf(short)).toEqual(["ttl-below-heartbeat ttl"]);
  });

  test("what cannot be kept is refused", () => {
    const subject = { ...said, tag: alone, heartbeat: "1m" } as const;
    expect(problemsOf(presence("p:<id>", { ...subject, ttl: { fixed: "1h", jitter: "1m" } }))).toEqual([
      "unsupported-ttl ttl",
    ]);
    expect(problemsOf(presence("p:<id>", { ...subject, ttl: { sliding: "1h" } }))).toEqual(["unsupported-ttl ttl"]);
    expect(problemsOf(presence("p:<id>", { ...subject, ttl: "1h", devices: true }))).toEqual([
      "unsupported-option devices",
    ]);
  });
});

describe("what the schema says of counters", () => {
  test.each([{ fixed: "1h", jitter: "1m" }, { sliding: "1h", max: "2h" }, { upTo: "1h" }] as const)(
    "%j is refused",
    (ttl) => {
      expect(problemsOf(counter("c:<id>", { ...said, tag: alone, ttl }))).toEqual(["unsupported-ttl ttl"]);
    },
  );

  test.each(["30d", { sliding: "1h" }, { config: "c", default: "1h", max: "2h" }, { persist: "a ledger" }] as const)(
    "%j is taken",
    (ttl) => {
      expect(problemsOf(counter("c:<id>", { ...said, tag: alone, ttl }))).toEqual([]);
    },
  );
});
