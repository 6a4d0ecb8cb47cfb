import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { type Keyspace, keyspace, none, tagScopes, value } from "../../src/schema/index.js";

const documented = {
  purpose: "For a test.",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: none("each key stands alone"),
} as const;
const text = { ...documented, ttl: "1h", value: z.string() } as const;

const topic = value("topic:<id>", text);
const plan = value("plan:<id>", text);
const problemsOf = (composed: Keyspace) => buildManifest(composed).problems;

describe("a keyspace composed of others", () => {
  test("has the families of all, and so do its types", () => {
    const chat = keyspace({ name: "chat", families: { topic } });
    const all = keyspace({
      name: "all",
      include: [chat, keyspace({ name: "bill", families: { plan } })],
      families: {},
    });
    const patterns: ["topic:<id>", "plan:<id>"] = [all.families.topic.pattern, all.families.plan.pattern];
    expect(patterns).toEqual(["topic:<id>", "plan:<id>"]);
    // @ts-expect-error there is no such family
    expect(all.families.other).toBeUndefined();
    const { manifest, problems } = buildManifest(all);
    expect(problems).toEqual([]);
    expect(manifest?.families.map(({ name }) => name)).toEqual(["plan", "topic"]);
    expect(manifest?.name).toBe("all");
  });

  test("what several of its parts include is there once, also where the module was evaluated twice", () => {
    const shared = () => keyspace({ name: "shared", families: { topic: value("topic:<id>", text) } });
    const [one, again] = [shared(), shared()];
    expect(one.families.topic).not.toBe(again.families.topic);
    const left = keyspace({ name: "left", include: [one], families: {} });
    const right = keyspace({ name: "right", include: [again], families: { plan } });
    const built = buildManifest(keyspace({ name: "all", include: [left, right], families: {} }));
    expect(built.problems).toEqual([]);
    expect(built.manifest?.families).toHaveLength(2);
  });

  test("two families of one name clash, with both places", () => {
    const chat = keyspace({ name: "chat", families: { topic } });
    const other = value("other-topic:<id>", text);
    const found = problemsOf(keyspace({ name: "all", include: [chat], families: { topic: other } }));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ id: "composition-clash", family: "topic", field: "families" });
    expect(new Set([found[0]?.at?.line, found[0]?.other?.line])).toEqual(new Set([topic.at?.line, other.at?.line]));
    expect(found[0]?.message).toContain("chat");
  });

  test("two families of one pattern clash whatever their names", () => {
    const chat = keyspace({ name: "chat", families: { topic } });
    const found = problemsOf(keyspace({ name: "all", include: [chat], families: { same: value("topic:<x>", text) } }));
    expect(found).toMatchObject([{ id: "duplicate-family" }]);
  });

  test("two scopes of one name are one where they are one tag, and clash otherwise", () => {
    const because = "for a test";
    const part = (name: string, scope: { readonly tag: string }) =>
      keyspace({ name, scopes: tagScopes({ room: { ...scope, because } }), families: {} });
    expect(
      problemsOf(
        keyspace({ name: "all", include: [part("a", { tag: "{<r>}" }), part("b", { tag: "{<r>}" })], families: {} }),
      ),
    ).toEqual([]);
    const found = problemsOf(
      keyspace({ name: "all", include: [part("a", { tag: "{<r>}" }), part("b", { tag: "{<x>}" })], families: {} }),
    );
    expect(found).toMatchObject([{ id: "composition-clash", field: "scopes.room" }]);
    expect(found[0]?.at).toBeDefined();
    expect(found[0]?.other).toBeDefined();
    expect(found[0]?.message).toContain("{<r>} of the keyspace a, and {<x>} of b");
  });

  test("the stores are those of all, unless they are listed: then a missing one is told with both places", () => {
    const part = keyspace({
      name: "part",
      stores: ["default", "ledger"],
      families: { plan: value("plan:<id>", { ...text, store: "ledger" }) },
    });
    expect(buildManifest(keyspace({ name: "all", include: [part], families: {} })).manifest?.stores).toEqual([
      "default",
      "ledger",
    ]);
    const found = problemsOf(keyspace({ name: "all", include: [part], stores: ["default"], families: {} }));
    expect(found.map(({ id }) => id)).toEqual(["composition-clash", "unknown-store"]);
    expect(found[0]).toMatchObject({ field: "stores", at: { line: expect.any(Number) } });
    expect(found[0]?.other?.line).toBe(part.at?.line);
  });

  test("a part's list of services holds for its own families, and the whole's for all", () => {
    const part = keyspace({ name: "part", services: ["billing"], families: { plan } });
    expect(problemsOf(keyspace({ name: "all", include: [part], families: { topic } }))).toMatchObject([
      { id: "unknown-service", family: "plan", field: "owner" },
      { id: "unknown-service", family: "plan", field: "writers" },
    ]);
    expect(problemsOf(keyspace({ name: "all", services: ["chat"], include: [part], families: { topic } }))).toEqual([]);
  });

  test("a part's own mistakes are told with its place", () => {
    const part = keyspace({ name: "My Part", servces: ["chat"], families: {} } as never);
    const found = problemsOf(keyspace({ name: "all", include: [part], families: {} }));
    expect(found.map(({ id, at }) => [id, at?.line])).toEqual([
      ["invalid-name", part.at?.line],
      ["unknown-option", part.at?.line],
    ]);
  });

  test.each([[[undefined]], [[{ name: "x" }]], ["chat"], [{}]])("what is no keyspace is a mistake: %j", (include) => {
    const found = problemsOf(keyspace({ name: "all", include: include as never, families: {} }));
    expect(found.length).toBeGreaterThanOrEqual(1);
    for (const problem of found) expect(problem).toMatchObject({ id: "invalid-include", field: "include" });
  });
});
