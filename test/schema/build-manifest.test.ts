import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildManifest } from "../../src/schema/build-manifest.js";
import type { FamilyDeclaration } from "../../src/schema/family.js";
import {
  cappedList,
  counter,
  geoIndex,
  keyspace,
  none,
  presence,
  rateLimit,
  tagScopes,
  token,
  value,
} from "../../src/schema/index.js";

const documented = {
  purpose: "For a test.",
  owner: "chat",
  writers: ["chat"],
  readers: [],
  tag: none("each key stands alone"),
} as const;

/** Declares what the types would refuse, as a JavaScript user can. */
const untyped = { value, cappedList, counter, geoIndex, rateLimit, presence, token } as unknown as Record<
  string,
  (pattern: string, options: object) => FamilyDeclaration
>;

function problemsOf(families: Record<string, FamilyDeclaration>, more: object = {}) {
  return buildManifest(keyspace({ name: "test", families, ...more })).problems;
}

function problemOf(family: FamilyDeclaration, more: object = {}) {
  const problems = problemsOf({ thing: family }, more);
  expect(problems.map(({ id }) => id)).toHaveLength(1);
  return problems[0];
}

describe("a schema's mistakes", () => {
  test("C1 a family without a TTL is refused, with the forms that a TTL has", () => {
    const problem = problemOf(untyped.value!("thing:<id>", { ...documented, value: z.string() }));
    expect(problem).toMatchObject({ id: "missing-ttl", family: "thing", field: "ttl" });
    expect(problem?.fix).toContain("{ upTo");
    expect(problem?.fix).toContain("{ persist");
  });

  test("what is missing is said to be missing, with what to write", () => {
    const wholeList = untyped.cappedList!("thing:<id>", { ...documented, ttl: "1h", item: z.string() });
    expect(problemOf(wholeList)?.message).toBe("the cap is missing");
    const index = untyped.geoIndex!("thing:<id>", { ...documented, ttl: "1h" });
    expect(problemOf(index)).toMatchObject({
      message: '"member" is missing',
      fix: expect.stringContaining("z.string()"),
    });
    const code = { ...documented, ttl: "1h", code: z.string(), attempts: { max: 5 } };
    expect(problemOf(untyped.token!("thing:<id>", { ...code, cooldown: {} }))).toMatchObject({
      field: "cooldown.for",
      message: "the duration is missing",
    });
    expect(problemOf(untyped.token!("thing:<id>", { ...code, attempts: {} }))?.message).toBe('"max" is missing');
  });

  test("no family is lost to a prototype, and none is named like a method of every object", () => {
    const thing = counter("thing:<id>", { ...documented, ttl: "1h" });
    const lost = { id: "invalid-name", field: "families", message: expect.stringContaining("__proto__") };
    expect(problemsOf({ ["__proto__"]: thing })).toMatchObject([lost]);
    expect(problemsOf({ __proto__: thing } as never)).toMatchObject([lost]);
    expect(problemsOf([] as never)).toMatchObject([lost]);
    expect(problemsOf(Object.assign(Object.create(null), { thing }))).toEqual([]);
    for (const name of Object.getOwnPropertyNames(Object.prototype).filter((name) => !name.startsWith("__"))) {
      expect(problemsOf({ [name]: thing }).map(({ id, family }) => [id, family])).toEqual([["invalid-name", name]]);
    }
  });

  test("a transform is called one", () => {
    const value = z.object({ at: z.string().transform(Number) });
    const problem = problemOf(untyped.value!("thing:<id>", { ...documented, ttl: "1h", value }));
    expect(problem?.message).toContain("cannot carry a transform, pipe or codec: it changes the type");
  });

  test.each([
    ["24h", { kind: "fixed", ms: 86_400_000 }],
    [{ fixed: "1h" }, { kind: "fixed", ms: 3_600_000 }],
    [{ sliding: "30m" }, { kind: "sliding", ms: 1_800_000 }],
    [{ upTo: "90d" }, { kind: "upTo", ms: 7_776_000_000 }],
    [
      { config: "ttl", default: "1h", max: "7d" },
      { kind: "config", name: "ttl", default: 3_600_000, max: 604_800_000 },
    ],
    [{ persist: "the index is rebuilt by hand" }, { kind: "persist", because: "the index is rebuilt by hand" }],
  ])("C1 fixed, ranged, chosen by the caller or none with its reason: %j", (ttl, policy) => {
    const built = buildManifest(
      keyspace({
        name: "test",
        families: { thing: untyped.value!("thing:<id>", { ...documented, ttl, value: z.string() }) },
      }),
    );
    expect(built.problems).toEqual([]);
    expect(built.manifest?.families[0]?.ttl).toEqual(policy);
  });

  test.each([
    ["unknown-codec", "thing:<id:uid>", "pattern"],
    ["empty-tag", "thing:{}:<id>", "pattern"],
    ["second-tag", "thing:{<a>}:{<b>}", "pattern"],
  ])("%s is told with the family and the field", (id, pattern, field) => {
    const problems = problemsOf({ thing: untyped.value!(pattern, { ...documented, ttl: "1h", value: z.string() }) });
    expect(problems).toContainEqual(expect.objectContaining({ id, family: "thing", field }));
  });

  test("two families of one pattern", () => {
    const options = { ...documented, ttl: "1h", value: z.string() };
    const problems = problemsOf({
      a: untyped.value!("thing:<id>", options),
      b: untyped.value!("thing:<name>", options),
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ id: "duplicate-family", family: "b", field: "pattern" });
  });

  test("a value that its wire cannot carry", () => {
    const problem = problemOf(
      untyped.value!("thing:<id>", { ...documented, ttl: "1h", wire: "json", value: z.object({ at: z.date() }) }),
    );
    expect(problem).toMatchObject({ id: "wire-cannot-carry", family: "thing", field: "value.at" });
    expect(problem?.fix).not.toBe("");
  });

  test("a value that no wire can carry", () => {
    const problem = problemOf(
      untyped.value!("thing:<id>", { ...documented, ttl: "1h", value: z.object({ run: z.function() }) }),
    );
    expect(problem).toMatchObject({ id: "wire-cannot-carry", field: "value.run" });
  });

  test.each([z.string().nullable(), z.object({ a: z.string() }).optional(), z.unknown()])(
    "a value that reads as absent",
    (schema) => {
      const problem = problemOf(untyped.value!("thing:<id>", { ...documented, ttl: "1h", value: schema }));
      expect(problem).toMatchObject({ id: "nullable-value", field: "value" });
    },
  );

  test("a misspelt option, of a family and of the keyspace", () => {
    const problem = problemOf(
      untyped.value!("thing:<id>", { ...documented, ttl: "1h", value: z.string(), dedline: "1s" }),
    );
    expect(problem).toMatchObject({ id: "unknown-option", field: "dedline", fix: "Did you mean deadline?" });
    const [other] = problemsOf({}, { servces: ["chat"] });
    expect(other).toMatchObject({ id: "unknown-option", field: "servces", fix: "Did you mean services?" });
  });

  test("patterns whose codecs tell them apart are two families; names that differ only in case are not", () => {
    const options = { ...documented, ttl: "1h", value: z.string() };
    const families = { byId: untyped.value!("u:<id:int>", options), byUuid: untyped.value!("u:<id:uuid>", options) };
    expect(problemsOf(families)).toEqual([]);
    const twins = { userBy: untyped.value!("a:<id>", options), userby: untyped.value!("b:<id>", options) };
    expect(problemsOf(twins)).toMatchObject([{ id: "invalid-name", family: "userby" }]);
  });

  test("scopes have names as families have, and one store", () => {
    const because = "together";
    const scopes = tagScopes({
      "my-room": { tag: "{<a>}", because },
      valueOf: { tag: "{<b>}", because },
      room: { tag: "{<roomId>}", because },
    });
    const options = { ...documented, tag: scopes.room, ttl: "1h", value: z.string() };
    const families = {
      here: untyped.value!("here:{<roomId>}", options),
      there: untyped.value!("there:{<roomId>}", { ...options, store: "other" }),
    };
    expect(problemsOf(families, { scopes, stores: ["default", "other"] })).toMatchObject([
      { id: "invalid-name", field: "scopes.my-room" },
      { id: "invalid-name", field: "scopes.valueOf" },
      { id: "scope-spans-stores", family: "there" },
    ]);
  });

  test("options that cannot be read are the schema's mistake, not ours", () => {
    const odd = untyped.rateLimit!("thing:<id>", {
      ...documented,
      limit: 5,
      window: "1h",
      algorithm: "gcra",
      whenDown: "deny",
      ladder: {},
    });
    expect(problemsOf({ odd })).toContainEqual(expect.objectContaining({ id: "unreadable-options", family: "odd" }));
    expect(problemOf(untyped.value!("thing:<id>", { ...documented, ttl: "1h", value: 5 }))?.id).toBe("missing-value");
    expect(
      problemOf(untyped.value!("thing:<id>", { ...documented, ttl: "1h", value: z.string(), notes: 7 }))?.field,
    ).toBe("notes");
  });

  test("no documentation", () => {
    const ids = problemsOf({
      thing: untyped.value!("thing:<id>", { tag: none(" "), ttl: "1h", value: z.string() }),
    }).map(({ field }) => field);
    expect(ids).toEqual(["purpose", "owner", "writers", "readers", "tag"]);
  });

  test("a tag that the pattern does not hold, and the other way round", () => {
    const scopes = tagScopes({ room: { tag: "{<roomId>}", because: "a room changes together" } });
    const options = { ...documented, ttl: "1h", value: z.string() };
    expect(problemOf(untyped.value!("thing:<roomId>", { ...options, tag: scopes.room }), { scopes })?.id).toBe(
      "tag-mismatch",
    );
    expect(problemOf(untyped.value!("thing:{<roomId>}", options), { scopes })?.id).toBe("tag-mismatch");
    expect(problemOf(untyped.value!("thing:{<roomId>}", { ...options, tag: scopes.room }))?.id).toBe("unknown-scope");
    expect(problemOf(untyped.value!("thing:<id>", { ...options, tag: undefined }))?.id).toBe("missing-tag");
  });

  test("a scope of one slot must say so, and scopes must be tags", () => {
    const scopes = tagScopes({
      tasks: { tag: "{tasks}", because: "one queue" },
      broken: { tag: "room:<id>", because: "no braces" },
    });
    expect(problemsOf({}, { scopes }).map(({ id, field }) => [id, field])).toEqual([
      ["constant-tag", "scopes.tasks"],
      ["invalid-scope", "scopes.broken"],
    ]);
  });

  test("services, stores, tiers and deadlines that nobody declared", () => {
    const options = { ...documented, ttl: "1h", value: z.string(), store: "locks", tier: "R9", deadline: "soon" };
    expect(
      problemsOf({ thing: untyped.value!("thing:<id>", options) }, { services: ["gateway"] }).map(({ id }) => id),
    ).toEqual(["unknown-service", "unknown-service", "invalid-tier", "unknown-store", "duration"]);
  });

  test("limits that limit nothing", () => {
    const ids = problemsOf({
      thing: untyped.rateLimit!("thing:<id>", {
        ...documented,
        limit: 0,
        window: "1 hour",
        algorithm: "leaky",
        ladder: {
          remember: "1h",
          steps: [
            { violations: 5, block: "1h" },
            { violations: 5, block: "2h" },
          ],
        },
      }),
    }).map(({ field }) => field);
    expect(ids).toEqual(["limit", "window", "algorithm", "ladder.steps.1", "whenDown"]);
  });

  test("a presence whose TTL makes every missed heartbeat a leave", () => {
    const problem = problemOf(untyped.presence!("thing:<id>", { ...documented, ttl: "1m", heartbeat: "1m" }));
    expect(problem).toMatchObject({ id: "ttl-below-heartbeat", field: "ttl" });
  });

  test("all mistakes are told at once, each with the place of its declaration", () => {
    const problems = problemsOf({
      Bad_Name: untyped.value!("a:<x:nope>", { ...documented, ttl: "1 hour", value: z.date(), wire: "json" }),
      other: untyped.counter!("b:<x>:<x>", { ...documented, ttl: { upTo: "1h" } }),
    });
    expect(problems.length).toBeGreaterThanOrEqual(5);
    for (const problem of problems) {
      expect(problem.message).not.toBe("");
      expect(problem.fix).not.toBe("");
      expect(problem.at?.file).toMatch(/build-manifest\.test\.ts$/);
    }
  });
});

describe("the manifest", () => {
  const families = {
    zebra: value("zebra:<id>", { ...documented, ttl: "1h", value: z.object({ at: z.date() }) }),
    ant: rateLimit("ant:<ip:ip>", { ...documented, limit: 5, window: "1h", algorithm: "gcra", whenDown: "deny" }),
  };

  test("is the same text however the families are ordered", () => {
    const one = buildManifest(keyspace({ name: "test", families }));
    const other = buildManifest(keyspace({ name: "test", families: { ant: families.ant, zebra: families.zebra } }));
    expect(JSON.stringify(one.manifest)).toBe(JSON.stringify(other.manifest));
    expect(one.manifest?.families.map(({ name }) => name)).toEqual(["ant", "zebra"]);
  });

  test("says which wire was chosen and why, with golden bytes that decode", () => {
    const [, zebra] = buildManifest(keyspace({ name: "test", families })).manifest?.families ?? [];
    expect(zebra?.values[0]).toMatchObject({ field: "value", wire: "superjson" });
    expect(zebra?.values[0]?.because).toContain("at");
    expect(JSON.parse(zebra?.values[0]?.golden ?? "null")).toMatchObject({ meta: { values: { at: ["Date"] } } });
  });

  test("holds the companions, in the slot of the family's key", () => {
    const [ant] = buildManifest(keyspace({ name: "test", families })).manifest?.families ?? [];
    expect(ant?.companions.map(({ pattern }) => pattern)).toEqual(["{ant:<ip:ip>}:blocked"]);
  });
});

test("what every set of repositories has is no name for a family, a scope or a script", () => {
  const { problems } = buildManifest(
    keyspace({
      name: "test",
      families: { health: value("a:<id>", { ...documented, ttl: "1h", value: z.string() }) },
    }),
  );
  expect(problems).toMatchObject([
    {
      id: "invalid-name",
      family: "health",
      field: "name",
      fix: "It is a member of every set of repositories already: take another name.",
    },
  ]);
});
