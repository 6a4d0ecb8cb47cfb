import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatElapsed } from "../../src/schema/duration.js";
import {
  DurationProblem,
  describeTtl,
  formatDuration,
  parseDuration,
  readTtl,
  type TtlPolicy,
} from "../../src/schema/ttl.js";

describe("durations", () => {
  it.each([
    ["1ms", 1],
    ["500ms", 500],
    ["30s", 30_000],
    ["15m", 900_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
    ["3650d", 315_360_000_000],
  ])("%s is %i ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    "",
    "0s",
    "-5m",
    "1.5h",
    "1e3s",
    "5",
    "5 m",
    "5y",
    " 5m",
    "5m\n",
    "5M",
    "3651d",
    `${"9".repeat(400)}s`,
    "٥m",
    5,
    null,
    undefined,
    {},
  ])("%j is none", (text) => {
    expect(() => parseDuration(text)).toThrow(DurationProblem);
  });

  it.each([
    [1, "1 ms"],
    [1500, "1 s 500 ms"],
    [30_000, "30 s"],
    [900_000, "15 min"],
    [5_400_000, "1 h 30 min"],
    [86_400_000, "24 h"],
    [93_600_000, "1 d 2 h"],
    [604_800_000, "7 d"],
    [0, "0 ms"],
  ])("%i ms reads %s", (ms, words) => {
    expect(formatDuration(ms)).toBe(words);
  });

  it.each([
    [0.4, "0 ms"],
    [1544.6, "1,545 ms"],
    [10_000, "10 s"],
    [5_400_400, "1 h 30 min"],
  ])("%d ms that have passed read %s", (ms, words) => {
    expect(formatElapsed(ms)).toBe(words);
  });

  it("no two lengths read the same", () => {
    const length = fc.integer({ min: 1, max: 315_360_000_000 });
    fc.assert(fc.property(length, length, (a, b) => a === b || formatDuration(a) !== formatDuration(b)));
  });
});

describe("TTLs", () => {
  const good: [input: unknown, policy: TtlPolicy, words: string][] = [
    ["24h", { kind: "fixed", ms: 86_400_000 }, "24 h"],
    [{ fixed: "1h" }, { kind: "fixed", ms: 3_600_000 }, "1 h"],
    [{ fixed: "1h", jitter: "5m" }, { kind: "fixed", ms: 3_600_000, jitter: 300_000 }, "1 h, up to 5 min less"],
    [{ sliding: "30m" }, { kind: "sliding", ms: 1_800_000 }, "30 min sliding"],
    [
      { sliding: "30m", max: "24h" },
      { kind: "sliding", ms: 1_800_000, max: 86_400_000 },
      "30 min sliding, at most 24 h",
    ],
    [
      { sliding: "24h", max: "24h" },
      { kind: "sliding", ms: 86_400_000, max: 86_400_000 },
      "24 h sliding, at most 24 h",
    ],
    [{ upTo: "1h" }, { kind: "upTo", ms: 3_600_000 }, "up to 1 h, chosen by the caller"],
    [
      { config: "sessionTtl", default: "1h", max: "24h" },
      { kind: "config", name: "sessionTtl", default: 3_600_000, max: 86_400_000 },
      "1 h, set by sessionTtl, at most 24 h",
    ],
    [{ persist: " a ledger " }, { kind: "persist", because: "a ledger" }, "none: a ledger"],
    [{ fixed: "1h", jitter: undefined, max: undefined }, { kind: "fixed", ms: 3_600_000 }, "1 h"],
  ];

  it.each(good)("%j", (input, policy, words) => {
    expect(readTtl(input, "ttl")).toEqual({ ttl: policy, problems: [] });
    expect(describeTtl(policy)).toBe(words);
  });

  it.each<[input: unknown, problems: [id: string, field: string][]]>([
    [undefined, [["missing-ttl", "ttl"]]],
    [null, [["missing-ttl", "ttl"]]],
    [3600, [["ttl-form", "ttl"]]],
    [["24h"], [["ttl-form", "ttl"]]],
    [{}, [["ttl-form", "ttl"]]],
    [{ max: "1h" }, [["ttl-form", "ttl"]]],
    [{ fixed: "1h", sliding: "1h" }, [["ttl-form", "ttl"]]],
    [{ fixed: "1h", max: "2h" }, [["ttl-form", "ttl.max"]]],
    [{ upTo: "1h", jitter: "1m" }, [["ttl-form", "ttl.jitter"]]],
    ["soon", [["ttl-duration", "ttl"]]],
    ["0s", [["ttl-duration", "ttl"]]],
    [{ fixed: 5 }, [["ttl-duration", "ttl.fixed"]]],
    [{ upTo: "x" }, [["ttl-duration", "ttl.upTo"]]],
    [
      { sliding: "x", max: "y" },
      [
        ["ttl-duration", "ttl.sliding"],
        ["ttl-duration", "ttl.max"],
      ],
    ],
    [{ fixed: "1h", jitter: "1h" }, [["ttl-order", "ttl.jitter"]]],
    [{ sliding: "2h", max: "1h" }, [["ttl-order", "ttl.max"]]],
    [{ config: "x", default: "2h", max: "1h" }, [["ttl-order", "ttl.max"]]],
    [
      { config: "x" },
      [
        ["ttl-form", "ttl.default"],
        ["ttl-form", "ttl.max"],
      ],
    ],
    [{ config: "", default: "1h", max: "2h" }, [["ttl-reason", "ttl.config"]]],
    [{ persist: "" }, [["ttl-reason", "ttl.persist"]]],
    [{ persist: true }, [["ttl-reason", "ttl.persist"]]],
  ])("refuses %j", (input, expected) => {
    const { ttl, problems } = readTtl(input, "ttl");
    expect(ttl).toBeUndefined();
    expect(problems.map(({ id, field }) => [id, field])).toEqual(expected);
    for (const problem of problems) expect(problem.fix).toMatch(/\.$/);
  });

  it("a missing TTL lists the forms", () => {
    const { problems } = readTtl(undefined, "ttl");
    for (const form of ['"24h"', "fixed", "sliding", "upTo", "config", "persist"]) {
      expect(problems[0]!.fix).toContain(form);
    }
  });
});
