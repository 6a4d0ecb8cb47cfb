import { describe, expect, test } from "vitest";
import { z } from "zod";
import { findingsOf } from "../../src/rules/findings.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import type { FamilyDeclaration } from "../../src/schema/family.js";
import { keyspace, none, rateLimit, value } from "../../src/schema/index.js";

const documented = {
  purpose: "For a test.",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: none("each key stands alone"),
} as const;
const text = { ...documented, ttl: "1h", value: z.string() } as const;

function findings(families: Record<string, FamilyDeclaration>) {
  const { manifest, problems } = buildManifest(keyspace({ name: "test", families }));
  if (manifest === undefined) throw new Error(JSON.stringify(problems));
  return findingsOf(manifest);
}

describe("no key belongs to two families", () => {
  test("a key that both would own is the message", () => {
    const found = findings({ one: value("a:<id>", text), all: value("a:<rest:rest>", text) });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ id: "key-belongs-to-two", severity: "error", field: "pattern" });
    const key = /the key "([^"]+)"/.exec(found[0]?.message ?? "")?.[1];
    expect(key).toMatch(/^a:[^:]+$/);
  });

  test("codecs that exclude each other keep two families apart", () => {
    expect(findings({ byId: value("a:<id:int>", text), byName: value("a:<id:enum(x|y)>", text) })).toEqual([]);
  });

  test("nor to one and to the health check", () => {
    const message = (pattern: `${string}<id>`) =>
      findings({ any: value(pattern as never, text as never) as never })[0]?.message;
    expect(findings({ all: value("<all:rest>", text) })[0]).toMatchObject({
      id: "key-belongs-to-two",
      family: "all",
      message: 'the key "_health" would belong to redis.health() (_health) and to all (<all:rest>)',
    });
    expect(message("_hea<id>")).toContain("redis.health()");
    expect(message("_health:<id>")).toBeUndefined();
    expect(findings({ own: value("_health", text) })).toHaveLength(1);
  });

  test("companions count", () => {
    const limit = rateLimit("rate:<id:int>", {
      ...documented,
      limit: 5,
      window: "1h",
      algorithm: "gcra",
      whenDown: "deny",
    });
    const odd = value("{rate:<id:int>}:blocked" as never, text as never) as unknown as FamilyDeclaration;
    const built = buildManifest(keyspace({ name: "test", families: { limit, odd } }));
    // The other family's tag is no scope, so the manifest is refused before: held against the rule without it.
    expect(built.problems.map(({ id }) => id)).toEqual(["tag-mismatch"]);
    const [family] = buildManifest(keyspace({ name: "test", families: { limit } })).manifest?.families ?? [];
    if (family === undefined) throw new Error("no family");
    const [companion] = family.companions;
    const manifest = buildManifest(keyspace({ name: "test", families: { limit } })).manifest!;
    const twin = { ...family, name: "odd", pattern: companion!.pattern, companions: [] };
    expect(findingsOf({ ...manifest, families: [...manifest.families, twin] })).toMatchObject([
      { id: "key-belongs-to-two", family: "odd" },
    ]);
  });
});
