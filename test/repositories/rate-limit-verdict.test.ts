import { describe, expect, test } from "vitest";
import { meters } from "../../src/repositories/rate-limit-meters.js";
import { headersOf, Verdict, type VerdictFields } from "../../src/repositories/rate-limit-verdict.js";

const fields: VerdictFields = {
  allowed: true,
  limit: 10,
  remaining: 5,
  resetMs: 900_000,
  nextMs: 29_001,
  retryAfterMs: 0,
  blocked: undefined,
  violations: undefined,
  degraded: false,
  policy: "loginByIp",
  windowMs: 900_000,
};
const verdict = (more: Partial<VerdictFields> = {}) => new Verdict({ ...fields, ...more });

describe("HTTP fields", () => {
  test("tell the policy, what is left, and when there is more", () => {
    expect(verdict().headers()).toEqual({
      "RateLimit-Policy": '"loginByIp";q=10;w=900',
      RateLimit: '"loginByIp";r=5;t=30',
    });
    expect(verdict().headers("login").RateLimit).toBe('"login";r=5;t=30');
    expect(verdict().headers('a "b" \\ ü').RateLimit).toBe('"a \\"b\\" \\\\ ?";r=5;t=30');
  });

  test("of a denial tell when to try again, never earlier than there is more", () => {
    const denial = verdict({ allowed: false, remaining: 0, nextMs: 1200, retryAfterMs: 4001 });
    expect(denial.headers()).toMatchObject({ RateLimit: '"loginByIp";r=0;t=2', "Retry-After": "5" });
    expect(verdict({ allowed: false, remaining: 0, nextMs: 1, retryAfterMs: 1, windowMs: 250 }).headers()).toEqual({
      "RateLimit-Policy": '"loginByIp";q=10;w=1',
      RateLimit: '"loginByIp";r=0;t=1',
      "Retry-After": "1",
    });
  });

  test("of several limits are lists", () => {
    const both = [
      verdict(),
      verdict({ policy: "byAccount", allowed: false, remaining: 0, nextMs: 900, retryAfterMs: 900 }),
    ];
    expect(headersOf([...both, both[0] as Verdict], ["loginByIp", "byAccount", "loginByIp"])).toEqual({
      "RateLimit-Policy": '"loginByIp";q=10;w=900, "byAccount";q=10;w=900',
      RateLimit: '"loginByIp";r=5;t=30, "byAccount";r=0;t=1, "loginByIp";r=5;t=30',
      "Retry-After": "1",
    });
  });

  test("a verdict is readonly in types; not frozen, since every request makes one", () => {
    const made = verdict();
    // @ts-expect-error its fields are readonly
    made.allowed = true;
    expect(Object.isFrozen(made)).toBe(false);
  });
});

/** Recorded replies of the scripts: what is read from each must stay. */
describe("what a reply says", () => {
  const quota = { limit: 10, window: 60_000, burst: 5, slowest: 10 };
  const told = (algorithm: keyof typeof meters, reply: (string | number)[]) => {
    const level = meters[algorithm].level(reply, quota);
    return [level.remaining, level.resetMs, level.waitFor(1), level.waitFor(4), level.id];
  };

  test.each([
    ["fixed-window", [1, 3, 42_000, 1_795_227_928_768], [7, 42_000, 0, 0, "1795227928768"]],
    ["fixed-window", [0, 9, 42_000, 1_795_227_928_768], [1, 42_000, 0, 42_000, "1795227928768"]],
    // Other programs count on after the limit, and below nothing.
    ["fixed-window", [0, 25, 0, 1_795_227_928_768], [0, 1, 1, 1, "1795227928768"]],
    ["fixed-window", [1, -4, 42_000, 1_795_227_928_768], [10, 0, 0, 0, "1795227928768"]],
    ["sliding-window", [1, 2, 0, 1_795_227_900_000, 15_000], [8, 105_000, 0, 0, "1795227900000"]],
    // 8 × 3/4 of the earlier window and 4 of this one: four units when no more than 2 of the 8 weigh, at 3/4 of it.
    ["sliding-window", [0, 4, 8, 1_795_227_900_000, 15_000], [0, 105_000, 7_500, 30_000, "1795227900000"]],
    // 10 of this window: four units when 6 of them weigh, at 2/5 of the next.
    ["sliding-window", [0, 10, 0, 1_795_227_900_000, 15_000], [0, 105_000, 51_000, 69_000, "1795227900000"]],
    ["sliding-window", [1, 0, 3, 1_795_227_900_000, 15_000], [7, 45_000, 0, 0, "1795227900000"]],
    // A unit comes back in 6 s.
    ["gcra", [1, "12000.000000000", "1795227928768.5"], [3, 12_000, 0, 6_000, "1795227928768.5"]],
    ["gcra", [0, "29500.250000000", "1795227928768.5"], [0, 29_501, 5_501, 23_501, "1795227928768.5"]],
    ["token-bucket", [1, "3.250000000", 1_795_227_928_768_500], [3, 10_500, 0, 4_500, "1795227939268500"]],
    ["token-bucket", [0, "0.000000000", 1_795_227_928_768_500], [0, 30_000, 6_000, 24_000, "1795227958768500"]],
  ] as const)("%s %j", (algorithm, reply, expected) => {
    expect(told(algorithm, [...reply])).toEqual(expected);
  });
});
