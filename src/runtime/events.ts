/**
 * What happens in the runtime is published on one diagnostics channel, `keywright:event`. Nothing is built, and
 * nothing is paid, while nobody listens. Labels are of low cardinality; a key appears only as its family's pattern.
 *
 * @module
 */
import { channel } from "node:diagnostics_channel";
import type { ErrorCode } from "./errors.js";

/** The outcome of one operation, or of one attempt of it. */
export interface KeywrightEvent {
  /**
   * - `ok`: the operation ended well; `hit` and `miss`: a read that found or did not find its key
   * - `error`: the caller got an error, `code` says which
   * - `undecodable`: a stored value did not decode (whether the caller got an error or a declared miss)
   * - `degraded`: Redis failed, and the family's declared answer was given instead
   * - `late-reply`: an answer came after its deadline and was dropped
   * - `script-loaded`: the server did not know a script, which was sent whole
   * - `batch-split`: a batched read was refused and its reads were repeated one by one
   * - `retry`: the slot is on the move (TRYAGAIN) and the call was sent again
   */
  readonly type:
    | "ok"
    | "hit"
    | "miss"
    | "error"
    | "undecodable"
    | "degraded"
    | "late-reply"
    | "script-loaded"
    | "batch-split"
    | "retry";
  readonly family: string;
  readonly operation: string;
  /** The family's pattern, never the key. */
  readonly pattern: string;
  /** Milliseconds since the call began, where the event ends a call. */
  readonly ms?: number;
  readonly code?: ErrorCode;
}

export const eventChannelName = "keywright:event";

/** Publishers ask `events.hasSubscribers` before they build an event. */
export const events = channel(eventChannelName);

/**
 * Listens to the runtime's events; returns the function that stops listening. A listener that throws harms no call:
 * diagnostics_channel hands its error to `process.on("uncaughtException")`, so the listener is wrapped and its error dropped.
 */
export function onEvent(listener: (event: KeywrightEvent) => void): () => void {
  const guarded = (message: unknown): void => {
    try {
      listener(message as KeywrightEvent);
    } catch {
      // The event bus must not take a service down; the listener owns its errors.
    }
  };
  events.subscribe(guarded);
  return () => {
    events.unsubscribe(guarded);
  };
}
