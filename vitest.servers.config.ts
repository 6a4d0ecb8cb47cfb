import { mergeConfig } from "vitest/config";
import base from "./vitest.config.js";

// What must hold on every server that Keywright supports. `npm run test:servers` runs it once for each of them.
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], reporters: [], outputFile: {} } },
  {
    test: {
      include: ["test/conformance/**/*.test.ts", "test/runtime/security.test.ts"],
      reporters: ["json"],
      outputFile: { json: process.env.SERVERS_REPORT ?? ".results/servers-vitest.json" },
    },
  },
);
