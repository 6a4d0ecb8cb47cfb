import { geoIndex, keyspace, none, tagScopes } from "keywright/schema";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { companionOf } from "../../src/repositories/repository.js";
import { buildManifest } from "../../src/schema/build-manifest.js";

const scopes = tagScopes({ city: { tag: "{<city>}", because: "events of a city change together" } });
const said = { purpose: "Where events are.", owner: "events", writers: ["events"], readers: [] } as const;
const common = { ...said, tag: none("each stands alone"), ttl: "24h", member: z.string() } as const;
const built = (families: Parameters<typeof keyspace>[0]["families"]) =>
  buildManifest(keyspace({ name: "events", scopes, families }));
const problemsOf = (more: object) =>
  built({ it: geoIndex("events:geo:<city>", { ...common, ...more }) }).problems.map(
    ({ id, field }) => `${id} ${field}`,
  );

describe("what the schema says of a geographic index", () => {
  test("members that expire have their ends beside it, under the key that the repository uses", () => {
    const { manifest } = built({
      tagged: geoIndex("events:geo:{<city>}", { ...common, tag: scopes.city, expires: "1h" }),
      untagged: geoIndex("friends:geo:<city>", { ...common, expires: "1h" }),
    });
    expect(manifest?.families).toHaveLength(2);
    for (const { name, pattern, companions, settings } of manifest?.families ?? []) {
      expect(settings).toEqual({ expires: 3_600_000 });
      expect(companions).toMatchObject([{ name: "ends", redisType: "ZSET", ttl: { kind: "fixed", ms: 86_400_000 } }]);
      expect(companions[0]?.pattern).toBe(companionOf({ tagged: name === "tagged" } as never, pattern, "ends"));
    }
    const { manifest: lasting } = built({
      it: geoIndex("events:geo", { ...common, ttl: { persist: "removed by name" } }),
    });
    expect(lasting?.families[0]).toMatchObject({ redisType: "ZSET", companions: [], settings: { expires: null } });
  });

  test("what it cannot keep is refused", () => {
    for (const ttl of [{ sliding: "1h" }, { upTo: "1h" }, { fixed: "1h", jitter: "1m" }]) {
      expect(problemsOf({ ttl })).toEqual(["unsupported-ttl ttl"]);
    }
    expect(problemsOf({ expires: "25h" })).toEqual(["ttl-below-expires ttl"]);
    expect(problemsOf({ expires: "2h", ttl: { config: "nearbyTtl", default: "1h", max: "24h" } })).toEqual([
      "ttl-below-expires ttl",
    ]);
    expect(problemsOf({ expires: "soon" })).toEqual(["duration expires"]);
    expect(problemsOf({ expires: "25h", ttl: { persist: "members end by themselves" } })).toEqual([]);
  });
});
