/**
 * What cases make plans with: plans need a runtime for its settings alone, and a family as generated code declares it.
 *
 * @module
 */
import { Runtime } from "../../../src/runtime/runtime.js";

const silent = {
  isOpen: true,
  isReady: true,
  options: { socket: { socketTimeout: 1000, reconnectStrategy: () => 100 }, pingInterval: 500 },
  sendCommand() {},
  multi() {},
  withCommandOptions: () => silent,
};

/** Makes plans; sends nothing. */
export const runtimeOfPlans = new Runtime(silent as never, ["default"]);

/** What every family has, for its literal. */
export const usual = { store: "default", tagged: true, tier: "R2", deadline: 250, retries: 0 } as const;
