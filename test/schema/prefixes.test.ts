import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { findingsOf } from "../../src/rules/findings.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { companionKey } from "../../src/schema/companion.js";
import { familyOfKey, formatKey, keyspace, none, parsePattern, rateLimit, value } from "../../src/schema/index.js";

const documented = {
  purpose: "For a test.",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: none("each key stands alone"),
} as const;
const text = { ...documented, ttl: "1h", value: z.string() } as const;
const limit = { ...documented, limit: 5, window: "1h", algorithm: "gcra", whenDown: "deny" } as const;
const topic = value("topic:<id>", text);
type Families = Parameters<typeof keyspace>[0]["families"];

const build = (prefixes: unknown, families: Families = { topic }) =>
  buildManifest(keyspace({ name: "test", prefixes: prefixes as Record<string, string>, families }));

function findings(prefixes: Record<string, string>, families: Families) {
  const { manifest, problems } = build(prefixes, families);
  if (manifest === undefined) throw new Error(JSON.stringify(problems));
  return findingsOf(manifest);
}

test("a shared family cannot own the health check's key of an environment", () => {
  const shared = value("preview:<any:rest>", { ...text, shared: "one for all" });
  expect(findings({ preview: "preview:" }, { shared })).toMatchObject([
    { id: "key-of-two-prefixes", family: "shared", message: expect.stringContaining("redis.health() with the prefix") },
  ]);
});

describe("what a prefix may be", () => {
  test.each([["preview:<sha:hex>:"], ["prod:"], ["tenant:<tenant>:"], ["<region:enum(eu|us)>/<tenant>/"]])(
    "%s is one",
    (pattern) => {
      expect(build({ one: pattern })).toMatchObject({
        problems: [],
        manifest: { prefixes: [{ name: "one", pattern }] },
      });
    },
  );

  test.each([
    ["env:<name>", "invalid-prefix"],
    ["env:<name:match(/[a-z:]+/)>:", "invalid-prefix"],
    ["{env}:", "invalid-prefix"],
    ["env:<name:nope>:", "unknown-codec"],
    ["", "empty-pattern"],
    [5, "invalid-prefix"],
  ])("%s is none: %s", (pattern, id) => {
    expect(build({ one: pattern }).problems).toMatchObject([{ id, field: "prefixes.one" }]);
  });

  test("a family is shared for a reason, and where the prefixes are known", () => {
    const shared = (why: unknown) => ({ rates: value("rates:<id>", { ...text, shared: why as string }) });
    expect(build({ one: "one:" }, shared("one provider")).manifest?.families[0]?.shared).toBe("one provider");
    expect(build({ one: "one:" }, shared("")).problems).toMatchObject([{ id: "undocumented", field: "shared" }]);
    expect(build(undefined, shared("why")).problems).toMatchObject([{ id: "shared-without-prefixes" }]);
  });
});

describe("B16 no key belongs to two prefixes", () => {
  test.each<[string, Record<string, string>, Families]>([
    ["one that begins another", { a: "a:", b: "a:b:" }, { x: topic, y: value("b:topic:<id>", text) }],
    [
      "one that a family's pattern begins with",
      { preview: "preview:" },
      { x: topic, y: value("preview:topic:<id>", text) },
    ],
    [
      "a family that begins with a parameter",
      { preview: "preview:" },
      { x: value("<id>:<n>:x", text), y: value("<n>:x", text) },
    ],
    [
      "one that a shared family's pattern begins with",
      { t: "t:<tenant>:" },
      { x: topic, y: value("t:all:topic:<id>", { ...text, shared: "why" }) },
    ],
    ["two of one form", { one: "t:<a>:", other: "t:<b:int>:" }, { x: topic }],
    [
      "a companion's, whose prefix stands in its brace",
      { a: "a:" },
      { x: rateLimit("x:<id>", limit), y: rateLimit("a:x:<id>", limit) },
    ],
  ])("%s is told with the key that both would own", (_, prefixes, families) => {
    const found = findings(prefixes, families);
    expect(found.length).toBeGreaterThanOrEqual(1);
    for (const finding of found) {
      expect(finding).toMatchObject({ id: "key-of-two-prefixes", severity: "error", family: expect.any(String) });
      // The example is not made up: the keyspace really gives it to two.
      const key = JSON.parse(/the key ("(?:[^"\\]|\\.)*")/.exec(finding.message)?.[1] ?? "null") as string;
      expect(ownersOf(prefixes, families, key).length).toBeGreaterThanOrEqual(2);
    }
  });

  test("a: and a:b: are kept apart where no pattern begins with b:", () => {
    expect(findings({ a: "a:", b: "a:b:" }, { x: topic, limit: rateLimit("limit:<id>", limit) })).toEqual([]);
  });

  test("a key of a proved keyspace gives back its family, its parameters and its prefix, for any of them", () => {
    const families = {
      topic,
      rates: value("rates:<id>", { ...text, shared: "one provider" }),
      limit: rateLimit("limit:<id:enc>", limit),
    };
    const prefixes = { preview: "preview:<sha:hex>:", tenant: "t:<tenant>:", both: "t:<tenant>:preview:" };
    expect(findings(prefixes, families)).toEqual([]);
    const { manifest } = build(prefixes, families);
    if (manifest === undefined) throw new Error("no manifest");
    const word = fc.stringMatching(/^[a-z0-9]{1,4}$/);
    const prefix = fc.oneof(
      fc.constant(""),
      fc.constantFrom("a", "0f").map((sha) => `preview:${sha}:`),
      fc.oneof(word, fc.constantFrom("preview", "topic", "limit")).map((tenant) => `t:${tenant}:`),
      word.map((tenant) => `t:${tenant}:preview:`),
    );
    const owners = new Map<string, string>();
    fc.assert(
      fc.property(prefix, fc.constantFrom(...manifest.families), word, (given, family, id) => {
        const before = family.shared === undefined ? given : "";
        const key = before + formatKey(parsePattern(family.pattern).pattern, { id });
        expect(familyOfKey(manifest, key)).toMatchObject({ family, parameters: { id }, prefix: before });
        const whose = `${before} ${family.name} ${id}`;
        expect(owners.get(key) ?? whose).toBe(whose);
        owners.set(key, whose);
        for (const companion of family.companions) {
          const beside = companionKey(key, false, companion.name);
          expect(familyOfKey(manifest, beside)).toMatchObject({
            family,
            companion,
            parameters: { id },
            prefix: before,
          });
        }
      }),
      { numRuns: 3000 },
    );
    expect(owners.size).toBeGreaterThan(500);
  });
});

/** Whose a key is, by trying every way to take it apart. */
function ownersOf(prefixes: Record<string, string>, families: Families, key: string): string[] {
  const owners = new Set<string>();
  const { manifest } = build(prefixes, families);
  if (manifest === undefined) return [];
  for (const [name, pattern] of [["", undefined] as const, ...Object.entries(prefixes)]) {
    for (const family of manifest.families) {
      if (pattern !== undefined && family.shared !== undefined) continue;
      const only = { ...manifest, families: [family] };
      for (const at of [0, 1]) {
        for (let end = at; end <= key.length; end++) {
          const prefix = key.slice(at, end);
          if (pattern === undefined ? prefix !== "" : !isOf(pattern, prefix)) continue;
          const owner = familyOfKey(only, key, { prefix });
          if (owner !== undefined) owners.add(`${name} ${family.name}`);
        }
      }
    }
  }
  return [...owners];
}

function isOf(pattern: string, text: string): boolean {
  const { prefixes } = { prefixes: [{ name: "p", pattern }] };
  const { manifest } = build({ p: prefixes[0]?.pattern }, { x: topic });
  return manifest !== undefined && familyOfKey(manifest, `${text}topic:1`)?.prefix === text;
}
