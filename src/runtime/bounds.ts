/**
 * What bounds the failures of a service's nodes, as `createRepositories` takes it.
 *
 * @module
 */
import type { Duration } from "../schema/duration.js";
import type { BreakerSettings } from "./breaker.js";
import { durationOption } from "./duration-option.js";
import { MisuseError } from "./errors.js";
import type { NodeSettings } from "./redis-node.js";

/** When the breaker of a node opens, and for how long. Durations are texts such as `"1s"`, or milliseconds. */
export interface BreakerOptions {
  /** Failures in a row that open it: 3 where it is left out. */
  readonly failures?: number;
  /** From its opening to the first PING that probes the node: `"1s"` where it is left out. */
  readonly coolDown?: Duration | number;
  /**
   * The cool-down doubles each time the breaker opens anew within this time of its closing, and at most to this: `"30s"`
   * where it is left out.
   */
  readonly maxCoolDown?: Duration | number;
}

/** What bounds the failures of every node of a service. */
export interface Bounds {
  /** `false` for no breaker. */
  readonly breaker?: BreakerOptions | false;
  /** Replies that may be outstanding at one node: 20,000 where it is left out. */
  readonly maxInFlight?: number;
  /** Loads that may stand in for a dead Redis at once: 32 where it is left out. The others wait in line. */
  readonly loadsWhenDown?: number;
}

const standardMaxInFlight = 20_000;
const standardLoadsWhenDown = 32;

function refuse(option: string, what: string, fix: string): never {
  throw new MisuseError({ family: "createRepositories", operation: option }, what, fix);
}

function count(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  return refuse(option, "is no whole number from 1 on", "Write a whole number, or leave it out.");
}

function milliseconds(option: string, value: Duration | number): number {
  return durationOption("createRepositories", option, value);
}

function readBreaker(options: BreakerOptions): BreakerSettings {
  const coolDown = milliseconds("breaker.coolDown", options.coolDown ?? 1000);
  const maxCoolDown = milliseconds("breaker.maxCoolDown", options.maxCoolDown ?? Math.max(coolDown, 30_000));
  if (maxCoolDown < coolDown) {
    refuse("breaker.maxCoolDown", "is shorter than the cool-down that it bounds", "Make it as long, or longer.");
  }
  return { failures: count("breaker.failures", options.failures ?? 3), coolDown, maxCoolDown };
}

/** @throws MisuseError for options that bound nothing */
export function readBounds({ breaker, maxInFlight }: Bounds): NodeSettings {
  if (breaker !== undefined && breaker !== false && (typeof breaker !== "object" || breaker === null)) {
    refuse("breaker", "is neither false nor an object", 'Write { failures: 3, coolDown: "1s" }, or leave it out.');
  }
  return {
    breaker: breaker === false ? undefined : readBreaker(breaker ?? {}),
    maxInFlight: count("maxInFlight", maxInFlight ?? standardMaxInFlight),
  };
}

/** How many loads may stand in for a dead Redis at once. */
export function readLoadsWhenDown({ loadsWhenDown }: Bounds): number {
  return count("loadsWhenDown", loadsWhenDown ?? standardLoadsWhenDown);
}
