import { cappedList, keyspace, none, tagScopes } from "keywright/schema";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { companionOf } from "../../src/repositories/repository.js";
import { buildManifest } from "../../src/schema/build-manifest.js";

const scopes = tagScopes({ room: { tag: "{<roomId>}", because: "messages and presence of a room change together" } });
const said = { purpose: "Recent messages.", owner: "chat", writers: ["chat"], readers: [] } as const;
const common = { ...said, tag: none("each stands alone"), ttl: "24h", cap: 100, item: z.string() } as const;
const built = (families: Parameters<typeof keyspace>[0]["families"]) =>
  buildManifest(keyspace({ name: "friends", scopes, families }));
const problemsOf = (more: object) =>
  built({ it: cappedList("chat:messages:<roomId>", { ...common, ...more }) }).problems.map(
    ({ id, field }) => `${id} ${field}`,
  );

describe("what the schema says of a capped list", () => {
  test("a whole history has a fill token beside it, under the key that the repository uses", () => {
    const { manifest } = built({
      tagged: cappedList("chat:messages:{<roomId>}", { ...common, tag: scopes.room, fill: "5s" }),
      untagged: cappedList("chat:notes:<roomId>", common),
    });
    expect(manifest?.families).toHaveLength(2);
    for (const { name, pattern, companions, settings } of manifest?.families ?? []) {
      const ms = name === "tagged" ? 5000 : 10_000;
      expect(settings).toEqual({
        cap: 100,
        history: "whole",
        order: "newest-last",
        undecodable: "throw",
        fill: ms,
      });
      expect(companions).toMatchObject([{ name: "fill", redisType: "STRING", ttl: { kind: "fixed", ms } }]);
      expect(companions[0]?.pattern).toBe(companionOf({ tagged: name === "tagged" } as never, pattern, "fill"));
    }
  });

  test("a list that is its own truth has none, and is not filled", () => {
    const { manifest } = built({ it: cappedList("recent:<userId>", { ...common, history: "recent" }) });
    expect(manifest?.families[0]).toMatchObject({ redisType: "LIST", companions: [], settings: { fill: null } });
    expect(problemsOf({ history: "recent", fill: "5s" })).toEqual(["unsupported-option fill"]);
  });

  test.each([0, -1, 1.5, Number.NaN, 100_001, undefined, "100"])("a cap of %s is none", (cap) => {
    expect(problemsOf({ cap })).toEqual(["invalid-cap cap"]);
  });

  test("what it does not know is refused", () => {
    expect(problemsOf({ history: "all" })).toEqual(["unknown-option history"]);
    expect(problemsOf({ order: "random" })).toEqual(["unknown-option order"]);
    expect(problemsOf({ undecodable: "miss" })).toEqual(["unknown-option undecodable"]);
    for (const ttl of [{ sliding: "1h" }, { upTo: "1h" }, { fixed: "1h", jitter: "1m" }]) {
      expect(problemsOf({ ttl })).toEqual(["unsupported-ttl ttl"]);
    }
    expect(problemsOf({ ttl: { config: "messagesTtl", default: "1h", max: "24h" } })).toEqual([]);
    expect(problemsOf({ ttl: { persist: "a ledger" } })).toEqual([]);
  });
});
