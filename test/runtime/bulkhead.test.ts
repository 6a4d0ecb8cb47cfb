import { expect, test } from "vitest";
import { Bulkhead } from "../../src/runtime/bulkhead.js";
import { Runtime } from "../../src/runtime/runtime.js";

test("as many begin at once as there are places; the others in their order, as places are left", () => {
  const bulkhead = new Bulkhead(2);
  const begun: string[] = [];
  const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((name) => bulkhead.enter(() => begun.push(name)));
  expect(begun).toEqual(["a", "b"]);
  expect([a, b, c, d, e].map((place) => place?.inLine)).toEqual([false, false, true, true, true]);
  // Who gives up waiting frees no place.
  c?.leave();
  expect(begun).toEqual(["a", "b"]);
  b?.leave();
  expect(begun).toEqual(["a", "b", "d"]);
  // Left twice, it is given away once.
  b?.leave();
  expect(begun).toEqual(["a", "b", "d"]);
  expect(bulkhead.load).toEqual({ running: 2, waiting: 1 });
  for (const place of [a, d, e]) place?.leave();
  expect(begun).toEqual(["a", "b", "d", "e"]);
  expect(bulkhead.load).toEqual({ running: 0, waiting: 0 });
});

test.each([0, -1, 1.5, Number.NaN, "32"])("loadsWhenDown: %s is refused", (loadsWhenDown) => {
  expect(() => new Runtime({}, [], { loadsWhenDown: loadsWhenDown as number })).toThrow(
    "createRepositories.loadsWhenDown: is no whole number from 1 on. Write a whole number, or leave it out.",
  );
});
