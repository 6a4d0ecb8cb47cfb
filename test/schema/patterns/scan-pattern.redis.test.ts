/** A13 and A3 on whole keys: scan patterns against a real SCAN … MATCH, and keys of different parameters. */
import fc from "fast-check";
import { createClient, type RedisClientType } from "redis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { formatKey, ParameterProblem, parsePattern, scanPattern } from "../../../src/schema/patterns/index.js";
import { uniquePrefix } from "../../setup/topologies.js";
import { anyText, canonicalValues } from "./arbitrary.js";

const prefix = uniquePrefix();
let client: RedisClientType;
beforeAll(async () => {
  client = createClient({ url: inject("redis").url });
  client.on("error", () => undefined);
  await client.connect();
});
afterAll(() => client.destroy());

const usages = Object.keys(canonicalValues);

function tryFormat(text: string, parameters: Record<string, unknown>): string | undefined {
  try {
    return formatKey(parsePattern(text).pattern, parameters);
  } catch (error) {
    if (!(error instanceof ParameterProblem)) throw error;
    return undefined;
  }
}

describe("A3 different parameters, different keys", () => {
  // A digest is injective as far as SHA-256 is; an address in other spellings is the same address.
  test.each(usages.filter((usage) => !usage.startsWith("ip")))("A3 x != y gives key(x) != key(y): %s", (usage) => {
    const values = fc.oneof(anyText, canonicalValues[usage] as fc.Arbitrary<unknown>);
    for (const text of [`a:<x:${usage}>`, `a:{<x:${usage}>}`, `a:{t}:b:<x:${usage}>`]) {
      const { problems } = parsePattern(text);
      expect(problems).toEqual([]);
      fc.assert(
        fc.property(values, values, (x, y) => {
          const [one, other] = [tryFormat(text, { x }), tryFormat(text, { x: y })];
          if (one !== undefined && one === other) expect(y).toBe(x);
        }),
        { numRuns: 500 },
      );
    }
  });

  test("A3 names that a fold would make one are different keys, or refused", () => {
    for (const text of ["u:<x>", "u:<x:enc>", "u:<x:sha256>"]) {
      const keys = ["a+b", "a b", "A", "a", "a\0b", "{a}", "a:b", "a*"].map((x) => tryFormat(text, { x }));
      const made = keys.filter((key) => key !== undefined);
      expect(new Set(made).size).toBe(made.length);
      expect(made.length).toBeGreaterThanOrEqual(3);
    }
  });
});

describe("A13 scan patterns", () => {
  const patterns = usages.flatMap((usage) => [`s:<p:${usage}>`, `s:{t*?[x]}:<p:${usage}>`, `s:{<p:${usage}>}:x`]);

  test("A13 every key matches its own scanPattern, free and bound, by Redis's own globs", {
    timeout: 60_000,
  }, async () => {
    let checked = 0;
    for (const text of patterns) {
      const { pattern, problems } = parsePattern(`${prefix}${text}`);
      if (problems.length > 0) continue;
      const usage = usages.find((one) => text.includes(`<p:${one}>`)) as string;
      for (const p of fc.sample(canonicalValues[usage] as fc.Arbitrary<unknown>, 12)) {
        const key = formatKey(pattern, { p });
        await client.set(key, "1", { expiration: { type: "EX", value: 60 } });
        const globs = [scanPattern(pattern), scanPattern(pattern, { p })];
        for (const glob of globs) {
          const found: string[] = [];
          for await (const keys of client.scanIterator({ MATCH: glob, COUNT: 10_000 })) found.push(...keys);
          expect(found).toContain(key);
          if (glob === globs[1]) expect(new Set(found)).toEqual(new Set([key]));
        }
        await client.del(key);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(100);
  });

  test("A13 the tag is literal, and no wildcard stands before it where it is constant or bound", () => {
    const of = (text: string, bound = {}) => scanPattern(parsePattern(text).pattern, bound);
    expect(of("chat:messages:{<roomId:int>}:<day:date>", { roomId: 7 })).toBe("chat:messages:{7}:*");
    expect(of("jobs:{tasks}:<id>")).toBe("jobs:{tasks}:*");
    fc.assert(
      fc.property(canonicalValues.enc as fc.Arbitrary<unknown>, (x) => {
        const glob = of("a:{<x:enc>}:<y:rest>", { x });
        expect(glob.slice(0, glob.indexOf("{")).replaceAll(/\\./g, "")).not.toMatch(/[*?[]/);
      }),
    );
  });
});
