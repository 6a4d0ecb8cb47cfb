import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonKey, meetingPairs, parsePattern, patternAutomaton } from "../../../src/schema/patterns/index.js";

const automatonOf = (pattern: string) => patternAutomaton(parsePattern(pattern).pattern.segments);

/** Of so few literals and codecs that many of the patterns meet, and many share their beginning. */
const literal = fc.constantFrom("a", "b", "ab", "a1", "7", "a-b", "0123abcd");
const parameter = fc.constantFrom(
  ...[
    "<#>",
    "<#:int>",
    "<#:hex>",
    "<#:enum(a|ab|b)>",
    "<#:date>",
    "<#:enc>",
    "<#:match(/[ab]+/)>",
    "<#:match(/a(-b){0,2}/)>",
  ],
);
const part = fc.oneof(literal, parameter);
const pattern = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map((each, i) => each.replace("#", `p${i}`)).join(":"))
  .filter((text) => parsePattern(text).problems.length === 0);
const patterns = fc.uniqueArray(pattern, { minLength: 2, maxLength: 12 });

/** Each two, walked side by side: what the walk over all of them must not differ from. */
function clashesOf(automata: readonly ReturnType<typeof automatonOf>[]): string[] {
  return automata.flatMap((a, i) =>
    automata.slice(i + 1).flatMap((b, k) => (commonKey(a, b) === undefined ? [] : [`${i} ${i + 1 + k}`])),
  );
}

describe("the walk over all patterns", () => {
  test("finds the pairs that the walks over each two find, and no other", () => {
    let clashing = 0;
    fc.assert(
      fc.property(patterns, (texts) => {
        const automata = texts.map(automatonOf);
        const clashes = clashesOf(automata);
        clashing += clashes.length;
        expect(meetingPairs(automata).map((pair) => pair.join(" "))).toEqual(clashes);
      }),
      { numRuns: 500 },
    );
    // The property says nothing where nothing clashes.
    expect(clashing).toBeGreaterThan(500);
  });

  test("loses no pair where it stops at its bound", () => {
    fc.assert(
      fc.property(patterns, fc.integer({ min: 0, max: 60 }), (texts, bound) => {
        const automata = texts.map(automatonOf);
        const found = new Set(meetingPairs(automata, bound).map((pair) => pair.join(" ")));
        for (const clash of clashesOf(automata)) expect(found).toContain(clash);
      }),
      { numRuns: 300 },
    );
  });

  test("stops at its bound where an expression has exponentially many sets", () => {
    // A walk over sets has to remember which of the last 15 characters were an a.
    const automata = ["x", "y"].map((end) => automatonOf(`<name:match(/[ab]*a[ab]{14}${end}/)>`));
    expect(meetingPairs(automata, 10_000)).toEqual([[0, 1]]);
    expect(commonKey(automata[0]!, automata[1]!)).toBeUndefined();
  });

  test("looks at patterns that begin with one parameter together, and parts them behind it", () => {
    const automata = Array.from({ length: 200 }, (_, i) => automatonOf(`{<tenantId:uuid>}:f${i}x:<id>`));
    // 42 characters of 200 patterns, and few more each; each two of them would be more than 800,000 states.
    expect(meetingPairs(automata, 20_000)).toEqual([]);
  });
});
