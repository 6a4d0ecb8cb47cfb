/**
 * Which failed attempts are made again, and after which pause. Only what was certainly not applied is: a second
 * increment, or a second push, is worse than an error.
 *
 * @module
 */
import type { KeywrightError, RefusedError } from "./errors.js";

/** Refusals of a server that may soon serve. */
const passing: ReadonlySet<string> = new Set(["LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN"]);

/** True where another attempt cannot do harm and may do better. */
export function mayRetry(error: KeywrightError): boolean {
  if (error.mayHaveBeenApplied) return false;
  switch (error.code) {
    case "unavailable":
    case "connection-lost":
      return true;
    case "refused":
      return passing.has((error as RefusedError).reply);
    default:
      return false;
  }
}

/** The pause before the n-th retry, in milliseconds: up to 25, 100, 400…, drawn anew so that callers do not return as one. */
export function pauseBeforeRetry(retry: number): number {
  return Math.random() * 25 * 4 ** (retry - 1);
}

/**
 * The pause before the n-th repetition of a call on a slot that is on the move (TRYAGAIN), in milliseconds. Nothing failed,
 * so these count as no retries: the deadline alone bounds them.
 */
export function pauseWhileMoving(repetition: number): number {
  return Math.min(2 ** repetition, 50);
}
