import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // The tests, and the code that they generate, import the package by its name. The longest name first.
    alias: [
      { find: /^keywright\/schema$/, replacement: source("schema/index.ts") },
      { find: /^keywright\/config$/, replacement: source("codegen/config.ts") },
      { find: /^keywright\/opentelemetry$/, replacement: source("opentelemetry/index.ts") },
      { find: /^keywright\/testing$/, replacement: source("testing/index.ts") },
      { find: /^keywright$/, replacement: source("index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    // Long suites with scripts, and reports, of their own.
    exclude: ["test/model/**", "test/chaos/**", "**/node_modules/**"],
    globalSetup: ["test/setup/global.ts"],
    // Each worker loads the modules once, for all of its files (docs/decisions/0086).
    isolate: false,
    setupFiles: ["test/setup/nothing-left.ts"],
    // The global setup has said which Redis it is; its workers need not say it again.
    env: { KEYWRIGHT_QUIET: "1" },
    // Many tests wait: for a deadline, a failover, a server that starts. Three workers keep two cores at work.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    reporters: ["default", "json"],
    outputFile: { json: ".results/unit.json" },
  },
});
