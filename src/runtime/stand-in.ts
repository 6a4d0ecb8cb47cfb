/**
 * What a call answers in the place of Redis, where Redis failed and the family declares such an answer.
 *
 * @module
 */
import type { KeywrightError } from "./errors.js";
import { events, publish } from "./events.js";
import { isOutage, publishFailure, redisFailed } from "./failure.js";
import type { Family } from "./family.js";
import type { RedisNode } from "./redis-node.js";
import { type CallTrace, endTrace } from "./trace.js";

/** Gives the answer; made once, so that a call allocates no closure. A list is a new one each time. */
export type StandIn<T> = () => T;

/**
 * In the place of a stand-in: after these failures the repository goes on by itself. The promise rejects, but whoever
 * asked the repository gets no error, so who listens sees `degraded`.
 */
export class GoesOn {
  readonly after: (error: KeywrightError) => boolean;

  constructor(after: (error: KeywrightError) => boolean) {
    this.after = after;
  }
}

/** Goes on wherever Redis failed: of a call's later steps, which end as ever after a close. */
export const goesOn = new GoesOn(redisFailed);

/** Goes on in an outage: of a call's first step. */
export const goesOnInOutage = new GoesOn(isOutage);

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
  standIn: StandIn<T> | GoesOn | undefined,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  const itself = standIn instanceof GoesOn;
  const declared = itself ? standIn.after(error) : standIn !== undefined && isOutage(error);
  if (events.hasSubscribers) {
    const { code } = error;
    if (declared) publish("degraded", family, operation, ms === undefined ? { code } : { ms, code });
    else publishFailure(error, family, operation, ms);
  }
  if (declared && !itself) resolve((standIn as StandIn<T>)());
  else reject(error);
}

/** Ends a call that its node refuses. */
export function endRefused<T>(
  node: RedisNode,
  family: Family,
  operation: string,
  trace: CallTrace | undefined,
  standIn: StandIn<T> | GoesOn | undefined,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  const error = node.refusal({ family: family.name, operation });
  if (trace !== undefined) endTrace(trace, "error", undefined, error);
  endFailed(error, family, operation, undefined, standIn, resolve, reject);
}
