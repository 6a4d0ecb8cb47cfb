import { describe, expect, test } from "vitest";
import * as scripts from "../../src/repositories/scripts.js";
import { algorithms } from "./rate-limit-family.js";

const named = (name: string) => Object.values(scripts).find((script) => script.name === name)!;
const takes = algorithms.map((algorithm) => named(`rate-limit-${algorithm}-take`));
const gives = algorithms.map((algorithm) => named(`rate-limit-${algorithm}-give`));

/** Lua has no include on the server: what the scripts share is the same text in each. */
function shared(source: string, from: string, to: string | undefined): string {
  const begin = source.indexOf(from);
  expect(begin).toBeGreaterThan(0);
  return source.slice(begin, to === undefined ? undefined : source.indexOf(to, begin));
}

describe("the scripts of rateLimit", () => {
  test("have one ladder and one tail", () => {
    const ladders = takes.map(({ source }) => shared(source, "elseif not blocked and KEYS[3] then", "local reply"));
    const tails = [...takes, ...gives].map(({ source }) => shared(source, "-- What the caller learns", undefined));
    expect(new Set(ladders).size).toBe(1);
    expect(new Set(tails).size).toBe(1);
  });

  test("say what they do: taking needs memory, giving back must work without, looking writes nothing", () => {
    for (const { source } of takes) expect(source).toMatch(/^#!lua\n/);
    for (const { source } of gives) expect(source).toMatch(/^#!lua flags=allow-oom\n/);
    const peek = named("rate-limit-peek");
    expect(peek.source).toMatch(/^#!lua flags=no-writes\n/);
    expect(peek.readOnly).toBe(true);
    expect([...takes, ...gives].some(({ readOnly }) => readOnly)).toBe(false);
  });

  test("use the server's clock, and no key but those of KEYS", () => {
    for (const { name, source } of [...takes, ...gives, named("rate-limit-peek")]) {
      const code = source.replace(/--.*$/gm, "");
      if (!name.includes("fixed-window")) expect(code).toContain("redis.call('TIME')");
      const calls = [...code.matchAll(/redis\.call\('([A-Z]+)'(?:, ([^,)]+))?/g)].filter(([, word]) => word !== "TIME");
      expect(calls.length).toBeGreaterThan(3);
      for (const [, , first] of calls) expect(first).toMatch(/^KEYS\[[123]\]$/);
    }
  });
});
