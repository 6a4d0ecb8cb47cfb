import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { callSite, firstForeignFrame } from "../../src/schema/problem.js";

function declareFamily() {
  return callSite(declareFamily);
}

describe("where a family is declared", () => {
  it("is the caller's file and line", () => {
    const at = declareFamily();
    const line = Number(/problem\.test\.ts:(\d+)/.exec(new Error().stack!)![1]) - 1;
    expect(at).toEqual({ file: fileURLToPath(import.meta.url), line, column: expect.any(Number) });
  });

  it("leaves Error.stackTraceLimit as it was", () => {
    const limit = Error.stackTraceLimit;
    try {
      Error.stackTraceLimit = 37;
      declareFamily();
      expect(Error.stackTraceLimit).toBe(37);
    } finally {
      Error.stackTraceLimit = limit;
    }
  });

  it.each([
    ["    at file:///app/redis.schema.ts:12:34", "/app/redis.schema.ts"],
    ["    at async file:///app/redis%20schema.ts?t=17:12:34", "/app/redis schema.ts"],
    ["    at Object.<anonymous> (/app (old)/redis.schema.ts:12:34)", "/app (old)/redis.schema.ts"],
    ["    at new Schema (file:///C:/app/redis.schema.ts:12:34)", "C:/app/redis.schema.ts"],
    ["    at x (C:\\app\\redis.schema.ts:12:34)", "C:\\app\\redis.schema.ts"],
    ["    at file://share/app/redis.schema.ts:12:34", "//share/app/redis.schema.ts"],
  ])("reads '%s'", (frame, file) => {
    expect(firstForeignFrame(`Error\n${frame}`, "/own/")).toEqual({ file, line: 12, column: 34 });
  });

  it("takes a file of the same name elsewhere for a foreign one", () => {
    const found = firstForeignFrame("Error\n    at x (/app/own/redis.schema.ts:1:2)", "/own/");
    expect(found?.file).toBe("/app/own/redis.schema.ts");
  });

  it("skips our own frames, Node's, and frames without a file", () => {
    const stack = [
      "Error",
      "    at value (file:///own/schema/kinds/value.ts:1:2)",
      "    at x (/own/schema/kinds/value.ts:1:2)",
      "    at node:internal/modules/esm/loader:1:2",
      "    at eval (eval at x (/app/y.ts:3:4), <anonymous>:1:2)",
      "    at new Promise (<anonymous>)",
      "    at Array.map (native)",
      "    at /ownership/redis.schema.ts:5:6",
    ].join("\n");
    expect(firstForeignFrame(stack, "/own/")).toEqual({ file: "/ownership/redis.schema.ts", line: 5, column: 6 });
    expect(firstForeignFrame("Error\n    at node:internal/x:1:2", "/own/")).toBeUndefined();
    expect(firstForeignFrame("", "/own/")).toBeUndefined();
  });
});
