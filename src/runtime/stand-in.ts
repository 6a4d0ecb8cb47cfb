/**
 * What a call answers in the place of Redis, where Redis failed and the family declares such an answer.
 *
 * @module
 */
import type { KeywrightError } from "./errors.js";
import { events, publish } from "./events.js";
import { redisFailed } from "./failure.js";
import type { Family } from "./family.js";

/** Gives the answer; made once, so that a call allocates no closure. A list is a new one each time. */
export type StandIn<T> = () => T;

/**
 * Ends a failed call: with its error, or where Redis failed, with what stands in for an answer.
 *
 * @param ms milliseconds since the call began; undefined where nothing was sent
 */
export function endFailed<T>(
  error: KeywrightError,
  family: Family,
  operation: string,
  ms: number | undefined,
  standIn: StandIn<T> | undefined,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  const declared = standIn !== undefined && redisFailed(error);
  if (events.hasSubscribers) {
    const { code } = error;
    publish(declared ? "degraded" : "error", family, operation, ms === undefined ? { code } : { ms, code });
  }
  if (declared) resolve(standIn());
  else reject(error);
}
