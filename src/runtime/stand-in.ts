/**
 * What a call answers in the place of Redis, where Redis failed and the family declares such an answer.
 *
 * @module
 */
import type { KeywrightError } from "./errors.js";
import { events, publish } from "./events.js";
import { cameAfterClose, publishFailure, redisFailed } from "./failure.js";
import type { Family } from "./family.js";
import type { RedisNode } from "./redis-node.js";
import { type CallTrace, endTrace } from "./trace.js";

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
  const declared = standIn !== undefined && redisFailed(error) && !cameAfterClose(error);
  if (events.hasSubscribers) {
    const { code } = error;
    if (declared) publish("degraded", family, operation, ms === undefined ? { code } : { ms, code });
    else publishFailure(error, family, operation, ms);
  }
  if (declared) resolve(standIn());
  else reject(error);
}

/** Ends a call that its node refuses. */
export function endRefused<T>(
  node: RedisNode,
  family: Family,
  operation: string,
  trace: CallTrace | undefined,
  standIn: StandIn<T> | undefined,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  const error = node.refusal({ family: family.name, operation });
  if (trace !== undefined) endTrace(trace, "error", undefined, error);
  endFailed(error, family, operation, undefined, standIn, resolve, reject);
}
