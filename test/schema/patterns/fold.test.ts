import { fold } from "keywright";
import { expect, test } from "vitest";
import { parameterCodecs } from "../../../src/schema/patterns/index.js";

test.each([
  [" Tenant:Workspace 1 ", "tenant:workspace-1"],
  [" @@@ ", "unknown"],
  ["", "unknown"],
  ["   ", "unknown"],
  ["a+b", "a-b"],
  ["a b", "a-b"],
  ["-_x.Y:9-", "_x.y:9"],
  ["--a--b--", "a--b"],
  ["ünïcode 😀 key", "n-code-key"],
])("A1 %j folds to %j", (text, folded) => {
  expect(fold(text)).toBe(folded);
});

test("A1 the fold is no codec: no pattern can name it", () => {
  expect([...parameterCodecs.keys()]).not.toContain("fold");
});
