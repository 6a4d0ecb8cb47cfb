import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildManifest } from "../../src/schema/build-manifest.js";
import type { FamilyDeclaration } from "../../src/schema/family.js";
import { keyspace, none, session } from "../../src/schema/index.js";

const good = {
  purpose: "Signed-in browser session.",
  owner: "identity",
  writers: ["identity"],
  readers: [],
  tag: none("each session stands alone"),
  ttl: { sliding: "30m", max: "24h" },
  value: z.object({ userId: z.uuid() }),
  ownedBy: (s: { userId: string }) => s.userId,
  owners: "session:web:owner:<userId:uuid>",
};

const untyped = session as unknown as (pattern: string, options: object) => FamilyDeclaration;
const built = (options: object) =>
  buildManifest(
    keyspace({ name: "test", families: { web: untyped("session:web:<token:hex>", { ...good, ...options }) } }),
  );

describe("session", () => {
  test("declares the owner's index as a companion that lives as long as a session can", () => {
    const { manifest, problems } = built({});
    expect(problems).toEqual([]);
    const family = manifest?.families[0];
    expect(family?.companions).toMatchObject([
      { name: "owners", pattern: good.owners, redisType: "ZSET", ttl: { kind: "fixed", ms: 86_400_000 } },
    ]);
    expect(family?.settings).toEqual({ envelope: true, owners: good.owners });
    expect(family?.values[0]?.golden).toMatch(/^\{"kw":\{"k":"v",.*"json":\{"userId":/);
    expect(built({ ownedBy: undefined, owners: undefined }).manifest?.families[0]?.companions).toEqual([]);
  });

  test.each([
    [{ ttl: { sliding: "30m" } }, "unsupported-ttl", "ttl"],
    [{ ttl: { upTo: "1h" } }, "unsupported-ttl", "ttl"],
    [{ ttl: { persist: "ever" } }, "unsupported-ttl", "ttl"],
    [{ ttl: { fixed: "1h", jitter: "1m" } }, "unsupported-ttl", "ttl"],
    [{ owners: undefined }, "incomplete-owner", "owners"],
    [{ ownedBy: undefined }, "incomplete-owner", "ownedBy"],
    [{ owners: "session:web:owner" }, "invalid-owner", "owners"],
    [{ owners: "session:<tenant>:owner:<userId>" }, "invalid-owner", "owners"],
    [{ wire: "plain" }, "wire-cannot-carry", "value"],
  ])("refuses %j", (options, id, field) => {
    const { problems } = built(options);
    expect(problems).toMatchObject([{ id, field, family: "web" }]);
  });
});
