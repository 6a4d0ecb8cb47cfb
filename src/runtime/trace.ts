/**
 * The begin and the end of a call, for tracing. The begin is published while the caller's code runs, so that its async
 * context is there; the end may come in a timer, or with the answer of a batch that another caller began.
 *
 * Nothing is built while nobody listens.
 *
 * @module
 */
import { channel } from "node:diagnostics_channel";
import type { ErrorCode, KeywrightError } from "./errors.js";
import type { Family } from "./family.js";
import type { Plan } from "./plan.js";
import type { Place, RedisNode } from "./redis-node.js";

/** One call; the same object at its begin and at its end. It holds no key and no value. */
export interface CallTrace {
  readonly family: string;
  readonly operation: string;
  /** The family's pattern, never the key. */
  readonly pattern: string;
  readonly store: string;
  /** Redis's command, such as `SET`; `EVALSHA` for a script, `MULTI` for a transaction. */
  readonly command: string;
  /** The script's name, where it is one. */
  readonly script: string | undefined;
  /** On the clock of `performance.now()`. */
  readonly began: number;
  /** Operations of a transaction; of a read, how many left in one command with it. 1 for all others. */
  batch: number;
  /** Attempts beyond the first. */
  retries: number;
  /** Set at the end. */
  ms: number;
  outcome: "ok" | "hit" | "miss" | "error" | undefined;
  error: KeywrightError | undefined;
  /** The error's code; that of a transaction in which some operations failed is there without its error. */
  code: ErrorCode | undefined;
  /** Where the last attempt went; undefined where it went nowhere. */
  place: Place | undefined;
}

export const callStartChannelName = "keywright:call:start";
export const callEndChannelName = "keywright:call:end";

/** Who begins a call asks `starts.hasSubscribers` first. */
export const starts = channel(callStartChannelName);
const ends = channel(callEndChannelName);

/** Publishes the begin of a call; only where `starts.hasSubscribers`. */
export function startTrace(
  family: Family,
  operation: string,
  command: string,
  script: string | undefined,
  batch: number,
): CallTrace {
  const trace: CallTrace = {
    family: family.name,
    operation,
    pattern: family.pattern,
    store: family.store,
    command,
    script,
    began: performance.now(),
    batch,
    retries: 0,
    ms: 0,
    outcome: undefined,
    error: undefined,
    code: undefined,
    place: undefined,
  };
  starts.publish(trace);
  return trace;
}

/** As `startTrace`, of one plan. */
export function startPlan({ family, operation, args, script }: Plan<unknown>): CallTrace {
  return startTrace(family, operation, String(args[0]), script?.name, 1);
}

/** Publishes the end of a call that was begun. */
export function endTrace(
  trace: CallTrace,
  outcome: CallTrace["outcome"],
  node: RedisNode | undefined,
  error?: KeywrightError,
): void {
  trace.ms = performance.now() - trace.began;
  trace.outcome = outcome;
  trace.error = error;
  trace.code = outcome === "error" ? (error?.code ?? "transaction") : undefined;
  trace.place = node?.place;
  ends.publish(trace);
}

/**
 * Listens to both; returns the function that stops listening. `start` runs in the caller's async context. A listener that
 * throws harms no call, and its error is dropped.
 */
export function onCall(start: (call: CallTrace) => void, end: (call: CallTrace) => void): () => void {
  const guarded =
    (listener: (call: CallTrace) => void) =>
    (message: unknown): void => {
      try {
        listener(message as CallTrace);
      } catch {
        // The listener owns its errors, as those of onEvent.
      }
    };
  const [atStart, atEnd] = [guarded(start), guarded(end)];
  starts.subscribe(atStart);
  ends.subscribe(atEnd);
  return () => {
    starts.unsubscribe(atStart);
    ends.unsubscribe(atEnd);
  };
}
