import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { cache, counter, keyspace, none, rateLimit, session, value } from "../../src/schema/index.js";

const common = { purpose: "For a test.", owner: "chat", writers: ["chat"], readers: [], tag: none("a test") } as const;
const because = "a topic may be seconds old";

function built(thing: unknown) {
  return buildManifest(keyspace({ name: "test", families: { thing } as never }));
}

describe("staleReads", () => {
  test("D8 it is part of the manifest, with its reason", () => {
    const options = { ...common, ttl: "1h", staleReads: because } as const;
    for (const thing of [
      value("t:<id>", { ...options, value: z.object({ text: z.string() }) }),
      cache("t:<id>", { ...options, value: z.object({ text: z.string() }) }),
      counter("t:<id>", { ...options, ttl: { sliding: "1h" } }),
    ]) {
      const { manifest, problems } = built(thing);
      expect(problems).toEqual([]);
      expect(manifest?.families[0]).toMatchObject({ staleReads: because });
    }
    const without = built(counter("t:<id>", { ...common, ttl: "1h" }));
    expect(without.manifest?.families[0]).not.toHaveProperty("staleReads");
  });

  test.each([
    [
      "tier R0",
      value("t:<id>", { ...common, ttl: "1h", tier: "R0", value: z.string(), staleReads: because }),
      "R0 coordinates",
    ],
    [
      "a sliding TTL",
      value("t:<id>", { ...common, ttl: { sliding: "1h" }, value: z.string(), staleReads: because }),
      "with every read",
    ],
    ["no reason", counter("t:<id>", { ...common, ttl: "1h", staleReads: true as never }), "nothing says why"],
    [
      "a rate limit",
      rateLimit("t:<id>", {
        ...common,
        limit: 1,
        window: "1m",
        algorithm: "fixed-window",
        whenDown: "deny",
        staleReads: because,
      } as never),
      "must hold the last write",
    ],
    [
      "a session",
      session("t:<id>", {
        ...common,
        ttl: { sliding: "1h", max: "1d" },
        value: z.object({}),
        staleReads: because,
      } as never),
      "must hold the last write",
    ],
  ])("D8 %s refuses it", (_, thing, message) => {
    const { problems } = built(thing);
    expect(problems).toEqual([
      expect.objectContaining({ family: "thing", field: "staleReads", message: expect.stringContaining(message) }),
    ]);
  });
});
