import base from "./vitest.config.js";
export default { ...base, test: { ...base.test, globalSetup: [], reporters: ["verbose"], outputFile: {} } };
