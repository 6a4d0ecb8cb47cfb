import { mergeConfig } from "vitest/config";
import base from "./vitest.config.js";

// The model tests: schedules by chance on a real Redis. `npm run test:model -- ttl` runs those whose file says ttl.
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [], reporters: [], outputFile: {} } },
  {
    test: {
      include: ["test/model/**/*.model.test.ts"],
      exclude: ["**/node_modules/**"],
      fileParallelism: false,
      reporters: ["default", "json"],
      outputFile: { json: ".results/model.json" },
    },
  },
);
