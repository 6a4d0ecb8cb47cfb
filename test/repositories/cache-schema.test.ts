import { cache, keyspace, none } from "keywright/schema";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jittered } from "../../src/repositories/ttl-jitter.js";
import { Runtime } from "../../src/runtime/runtime.js";
import { buildManifest } from "../../src/schema/build-manifest.js";
import { bytes } from "../../src/schema/values/bytes.js";
import { readEnvelopeHead } from "../../src/schema/values/envelope.js";
import { Cached, users } from "./cache-family.js";

const said = { purpose: "Users.", owner: "friends", writers: ["friends"], readers: [] } as const;
const common = { ...said, tag: none("each stands alone"), ttl: "10m", value: z.object({ name: z.string() }) } as const;
const built = (more: object) =>
  buildManifest(keyspace({ name: "friends", families: { it: cache("user:<id>", { ...common, ...more }) } }));
const problemsOf = (more: object) => built(more).problems.map(({ id, field }) => `${id} ${field}`);
const familyOf = (more: object) => built(more).manifest?.families[0];

describe("what the schema says of a cache", () => {
  test("json and superjson stand in the envelope", () => {
    const family = familyOf({ negative: "2m", loader: { deadline: "5s" } });
    expect(family).toMatchObject({
      redisType: "STRING",
      tier: "R4",
      deadline: 2000,
      retries: 2,
      ttl: { kind: "fixed", ms: 600_000 },
      ttlSet: "set by every fill and set, kept by reads",
      summary: "absence remembered for 2 min",
      settings: { envelope: true, negative: 120_000, loader: { deadline: 5000 } },
      companions: [],
    });
    const golden = family?.values[0]?.golden ?? "";
    expect(readEnvelopeHead(golden)).toMatchObject({ kind: "value" });
    expect(familyOf({ value: z.object({ at: z.date() }) })?.values[0]?.wire).toBe("superjson");
  });

  test.each([
    ["plain", z.object({ name: z.string() })],
    ["string", z.string()],
    ["int", z.int()],
    ["float", z.number()],
    ["boolean01", z.boolean()],
    ["bytes", bytes()],
    [undefined, bytes()],
  ])("%s is bare, and remembers no null", (wire, value) => {
    const family = familyOf({ wire, value });
    expect(family?.settings).toEqual({ envelope: false, negative: null, loader: { deadline: 30_000 } });
    expect(family?.summary).toBe("");
    expect(readEnvelopeHead(family?.values[0]?.golden ?? "")).toBeUndefined();
    const { problems } = built({ wire, value, negative: "2m" });
    expect(problems).toMatchObject([{ id: "unsupported-option", field: "negative" }]);
    expect(problems[0]?.message).toMatch(/stores the bare value, and has no place to say that there is none/);
  });

  test("a missing TTL is answered with the forms that a cache takes", () => {
    const [problem] = built({ ttl: undefined }).problems;
    expect(problem?.fix).toContain("{ fixed");
    expect(problem?.fix).not.toMatch(/sliding|upTo|persist/);
  });

  test("TTLs", () => {
    for (const ttl of ["10m", { fixed: "10m", jitter: "1m" }, { config: "userTtl", default: "10m", max: "1h" }]) {
      expect(problemsOf({ ttl })).toEqual([]);
    }
    for (const ttl of [{ sliding: "10m" }, { sliding: "10m", max: "1h" }, { upTo: "1h" }, { persist: "a ledger" }]) {
      expect(problemsOf({ ttl })).toEqual(["unsupported-ttl ttl"]);
    }
    expect(problemsOf({ ttl: { fixed: "10m", jitter: "10m" } })).toEqual(["ttl-order ttl.jitter"]);
    expect(problemsOf({ ttl: undefined })).toEqual(["missing-ttl ttl"]);
  });

  test("what it does not know is refused", () => {
    expect(problemsOf({ negative: true })).toEqual(["duration negative"]);
    expect(problemsOf({ negative: "0s" })).toEqual(["duration negative"]);
    expect(problemsOf({ loader: "30s" })).toEqual(["unknown-option loader"]);
    expect(problemsOf({ loader: null })).toEqual(["unknown-option loader"]);
    expect(problemsOf({ loader: { timeout: "30s" } })).toEqual(["unknown-option loader"]);
    expect(problemsOf({ loader: { deadline: "soon" } })).toEqual(["duration loader.deadline"]);
    expect(problemsOf({ loader: { deadline: "2h" } })).toEqual(["invalid-deadline loader.deadline"]);
    expect(problemsOf({ loader: {} })).toEqual([]);
    expect(problemsOf({ negativ: "2m" })).toEqual(["unknown-option negativ"]);
    expect(problemsOf({ value: z.string().nullable() })).toEqual(["nullable-value value"]);
    expect(problemsOf({ value: "a string" })).toEqual(["missing-value value"]);
    expect(problemsOf({ value: z.date(), wire: "json" })).toEqual(["wire-cannot-carry value"]);
  });

  test("a family that was generated from another schema is refused when it is made", () => {
    const client = { isOpen: true, isReady: true, sendCommand() {}, multi() {}, withCommandOptions() {} };
    const runtime = new Runtime(client as never, ["default"]);
    for (const ttl of [
      { kind: "sliding", ms: 1000 },
      { kind: "upTo", ms: 1000 },
      { kind: "persist", because: "x" },
    ] as const) {
      expect(() => new Cached(runtime, { ...users, ttl })).toThrow(/users\.ttl: a cache has no fixed TTL/);
    }
  });
});

describe("C7 jitter", () => {
  const keys = Array.from({ length: 2000 }, (_, i) => `user:${i}`);

  test("the same key has the same jitter, at most the bound", () => {
    for (const key of keys) {
      const ms = jittered(600_000, 60_000, key);
      expect(ms).toBe(jittered(600_000, 60_000, key));
      expect(ms).toBeGreaterThanOrEqual(540_000);
      expect(ms).toBeLessThanOrEqual(600_000);
      expect(Number.isInteger(ms)).toBe(true);
    }
    expect(jittered(2, 1, "a")).toBeGreaterThanOrEqual(1);
  });

  test("keys that differ in their last characters are spread evenly", () => {
    const tenths = Array(10).fill(0);
    for (const key of keys) tenths[Math.floor(((600_000 - jittered(600_000, 60_000, key)) / 60_001) * 10)] += 1;
    for (const count of tenths) {
      expect(count).toBeGreaterThan(140);
      expect(count).toBeLessThan(260);
    }
  });
});
