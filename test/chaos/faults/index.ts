/**
 * The registry of faults: one line each.
 *
 * @module
 */
import { failover, slotMigration } from "./failover.js";
import type { Fault } from "./fault.js";
import { throwingClientListener, throwingListener } from "./listeners.js";
import { blackhole, cut, reset, silence, slow } from "./network.js";
import { fullMemory, kill, masterDown, pause, readOnly, scriptFlush, stop } from "./server.js";

export const faults: readonly Fault[] = [
  stop,
  pause,
  kill,
  reset,
  blackhole,
  silence,
  slow,
  cut,
  fullMemory,
  readOnly,
  masterDown,
  scriptFlush,
  throwingListener,
  throwingClientListener,
  slotMigration,
  failover,
];
