import { describe, expect, test } from "vitest";
import { buildManifest, keyspace, none, rateLimit } from "../../src/schema/index.js";
import type { RateLimitOptions } from "../../src/schema/kinds/rate-limit.js";
import { hour } from "./rate-limit-family.js";

function built(options: Partial<RateLimitOptions>) {
  const login = rateLimit("rate:login:<id>", {
    purpose: "Sign-ins of an address.",
    owner: "edge",
    writers: ["edge"],
    readers: [],
    tag: none("one counter each"),
    limit: 10,
    window: "1h",
    algorithm: "fixed-window",
    whenDown: "deny",
    ...options,
  });
  return buildManifest(keyspace({ name: "test", scopes: {}, families: { login } }));
}

const lifeOf = (options: Partial<RateLimitOptions>) => {
  const { manifest, problems } = built(options);
  expect(problems).toEqual([]);
  return manifest?.families[0]?.ttl;
};
const problemsOf = (options: Partial<RateLimitOptions>) => built(options).problems.map(({ field }) => field);

describe("rateLimit in a schema", () => {
  test("states the longest life that a key can have", () => {
    expect(lifeOf({})).toEqual({ kind: "fixed", ms: hour });
    expect(lifeOf({ algorithm: "sliding-window" })).toEqual({ kind: "fixed", ms: 2 * hour });
    expect(lifeOf({ algorithm: "gcra" })).toEqual({ kind: "fixed", ms: hour });
    expect(lifeOf({ algorithm: "token-bucket", burst: 25 })).toEqual({ kind: "fixed", ms: 2.5 * hour });
    // A call may choose the limit 1, and then each unit takes the whole window to come back.
    expect(lifeOf({ algorithm: "gcra", burst: 4, limitPerCall: { max: 20 } })).toEqual({ kind: "fixed", ms: 4 * hour });
    expect(lifeOf({ limitPerCall: { max: 20 } })).toEqual({ kind: "fixed", ms: hour });
  });

  test("tells what cannot be", () => {
    expect(problemsOf({ limitPerCall: { max: 9 } })).toEqual(["limitPerCall.max"]);
    expect(problemsOf({ algorithm: "gcra", burst: 1_000_000 })).toEqual(["burst"]);
    expect(problemsOf({ algorithm: "sliding-window", window: "3650d" })).toEqual(["window"]);
    expect(problemsOf({ burst: 3 })).toEqual(["burst"]);
    const steps = [
      { violations: 3, block: "2h" },
      { violations: 5, block: "1h" },
    ] as const;
    expect(problemsOf({ ladder: { remember: "1d", steps } })).toEqual(["ladder.steps.1.block"]);
  });

  test("has the companions of a ladder", () => {
    const ladder = { remember: "7d", steps: [{ violations: 3, block: "1h" }] } as const;
    const companions = built({ ladder }).manifest?.families[0]?.companions;
    expect(companions?.map(({ name, pattern }) => [name, pattern])).toEqual([
      ["blocked", "{rate:login:<id>}:blocked"],
      ["violations", "{rate:login:<id>}:violations"],
    ]);
  });
});
