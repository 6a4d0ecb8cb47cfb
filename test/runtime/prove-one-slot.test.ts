import fc from "fast-check";
import { expect, test } from "vitest";
import { CrossSlotError } from "../../src/runtime/errors.js";
import { type Plan, proveOneSlot } from "../../src/runtime/plan.js";
import { keySlot } from "../../src/schema/patterns/slot.js";

const family = {
  name: "login",
  kind: "value",
  pattern: "p:<id>",
  store: "default",
  tier: "R1",
  deadline: 1500,
  retries: 0,
} as const;

const planOf = (...keys: string[]): Plan<unknown> => ({
  family,
  operation: "get",
  args: ["GET", ...keys],
  keys,
  script: undefined,
  writes: false,
  binary: false,
  decode: (reply) => reply,
});

const refused = (...plans: Plan<unknown>[]): boolean => {
  try {
    proveOneSlot(plans);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(CrossSlotError);
    return true;
  }
};

test("a key and its companions are of one slot, whichever leads", () => {
  expect(refused(planOf("rate:1", "{rate:1}:blocked", "{rate:1}:violations"))).toBe(false);
  expect(refused(planOf("{rate:1}:blocked", "rate:1"))).toBe(false);
  expect(refused(planOf("a:{x}"), planOf("b:{x}:c"))).toBe(false);
});

test("keys of several slots are refused, in one plan and over plans", () => {
  expect(refused(planOf("a:1", "a:2"))).toBe(true);
  expect(refused(planOf("a:{x}"), planOf("a:{y}"))).toBe(true);
  expect(refused(planOf("{}a"), planOf("{}b"))).toBe(true);
});

test("keys without a common tag pass exactly where their slots are equal", () => {
  const key = fc.string({ unit: fc.constantFrom("{", "}", "a", "b", "é", "😀"), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(key, { minLength: 2, maxLength: 4 }), (keys) => {
      const several = new Set(keys.map(keySlot)).size > 1;
      expect(refused(planOf(...keys))).toBe(several);
      expect(refused(...keys.map((each) => planOf(each)))).toBe(several);
    }),
    { numRuns: 2000 },
  );
});
