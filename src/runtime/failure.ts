/**
 * What a rejection of the client means for the call. Classes are told by name and message, since two copies of
 * node-redis break `instanceof`.
 *
 * @module
 */
import {
  ConnectionLostError,
  type ErrorContext,
  KeywrightError,
  OutOfRangeError,
  RefusedError,
  UnavailableError,
  UndecodableValueError,
  WrongTypeError,
} from "./errors.js";
import { publish } from "./events.js";
import type { Family } from "./family.js";

/** Failures of Redis, or of the way to it, in which a load may stand in for it; all others are the caller's to mend. */
const ofRedis: ReadonlySet<string> = new Set(["unavailable", "overloaded", "deadline", "connection-lost", "refused"]);

/** True where Redis failed, so that what can be had without it may be answered instead. */
export function redisFailed(error: unknown): error is KeywrightError {
  return error instanceof KeywrightError && ofRedis.has(error.code);
}

/**
 * True where Redis failed, and false for a call that came after `close()`: Redis may be well then, so what is declared for
 * an outage is not answered.
 */
export function isOutage(error: unknown): error is KeywrightError {
  return redisFailed(error) && !(error instanceof UnavailableError && error.closed);
}

/**
 * Publishes that an attempt of a caller ended with an error: `error`, or `read-fallback` where another read is made in its
 * place. Call it only where `events.hasSubscribers`.
 */
export function publishFailure(error: KeywrightError, family: Family, operation: string, ms?: number): void {
  const type = family.fallsBack === true && redisFailed(error) ? "read-fallback" : "error";
  publish(type, family, operation, ms === undefined ? { code: error.code } : { ms, code: error.code });
}

const nothingSent = new Set(["ClientClosedError", "ClientOfflineError", "NotSentError"]);

/** True where the client gave a command back that it had not written. */
export function neverSent(error: unknown): boolean {
  return error instanceof Error && (nothingSent.has(error.constructor.name) || error.message === "The queue is full");
}

/** Refusals that say that the node serves nobody now, as against one that refuses a command. */
export const cannotServe: ReadonlySet<string> = new Set(["LOADING", "MASTERDOWN", "CLUSTERDOWN"]);

/** First word of an error that Redis itself sent, such as `WRONGTYPE`; undefined where the error is the client's. */
export function serverReply(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const name = error.constructor.name;
  if (name !== "SimpleError" && name !== "BlobError" && name !== "ErrorReply") return undefined;
  return /^[A-Z]+/.exec(error.message)?.[0] ?? "ERR";
}

const refusals: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  OOM: ["Redis is out of memory and refuses writes", "Raise maxmemory, or free memory; nothing was written."],
  NOPERM: [
    "this Redis user may not run the command on this key",
    "Grant the family's pattern to the user (ACL SETUSER); nothing was done.",
  ],
  NOAUTH: ["Redis asks for authentication", "Give the client a username and password; nothing was done."],
  READONLY: [
    "the server is a replica and refuses writes",
    "A failover may be under way; nothing was written, so it may be tried again.",
  ],
  LOADING: ["Redis is still loading its data", "Nothing was done; try again in a moment."],
  BUSY: ["Redis is busy with a script", "Nothing was done; find the script with SLOWLOG, end it with SCRIPT KILL."],
  MISCONF: [
    "Redis cannot save to disk and refuses writes",
    "Mend the disk or stop-writes-on-bgsave-error; nothing was written.",
  ],
  MASTERDOWN: ["the replica has lost its primary", "Nothing was done; try again when the failover is over."],
  CLUSTERDOWN: ["the Cluster cannot serve this slot", "Nothing was done; try again when the Cluster is whole."],
  TRYAGAIN: [
    "the slot is on the move and its keys are on two nodes",
    "Nothing was done; try again when the migration of the slot is over.",
  ],
  EXECABORT: [
    "Redis refused an operation when it was queued, so the transaction was dropped",
    "Nothing was applied; the cause says which refusal.",
  ],
  NOREPLICAS: ["too few replicas are connected for a write", "Nothing was written; see min-replicas-to-write."],
};

/** An error in the middle of a script, as against one that kept it from running. */
const insideScript = /\bscript: \w+, on @/;

/** Redis repeats the arguments of a command that it does not know: keys and values, which must not get into logs. */
function withoutArguments(error: Error): Error {
  const at = error.message.indexOf(", with args beginning with");
  return at < 0 ? error : new Error(error.message.slice(0, at));
}

/** The error of a call that nothing could take. */
export function notConnected(family: Family, operation: string, cause?: unknown): UnavailableError {
  const context: ErrorContext = { family: family.name, operation };
  return new UnavailableError(context, "the client is not connected: not yet, no longer, or not again", cause);
}

/** The error that the caller gets for a rejection of the client. */
export function failureOf(error: unknown, family: Family, operation: string, writes: boolean): KeywrightError {
  if (error instanceof KeywrightError) return error;
  const context: ErrorContext = { family: family.name, operation };
  const reply = serverReply(error);
  if (reply !== undefined) {
    const cause = withoutArguments(error as Error);
    if (reply === "WRONGTYPE" || (error as Error).message.includes("WRONGTYPE")) {
      return new WrongTypeError(context, family.pattern, cause);
    }
    if ((error as Error).message.includes("would overflow")) {
      return new OutOfRangeError(context, "the result would not fit into 64 bits", { cause });
    }
    if (/\bvalue is not an integer\b/.test((error as Error).message)) {
      return new UndecodableValueError(context, [{ path: "", message: "is no whole number" }]);
    }
    if (writes && insideScript.test(cause.message)) {
      return new RefusedError(
        context,
        reply,
        `Redis ended the script with an error (${reply})`,
        "What it had changed before stays: read before you repeat it. The cause holds Redis's own words.",
        cause,
        true,
      );
    }
    const known = refusals[reply];
    return new RefusedError(
      context,
      reply,
      known?.[0] ?? `Redis refused the command (${reply})`,
      known?.[1] ?? "The cause holds Redis's own words.",
      cause,
    );
  }
  if (neverSent(error)) {
    return notConnected(family, operation, error);
  }
  return new ConnectionLostError(context, writes, error);
}

/**
 * The error for an answer that could not be read: Redis has answered, so this is none of its failures, whatever was thrown.
 * What was thrown may hold the value, so it is no cause.
 */
export function unreadable(error: unknown, family: Family, operation: string, writes: boolean): KeywrightError {
  if (error instanceof KeywrightError) return error;
  const issue = { path: "", message: "made what reads it throw" };
  return new UndecodableValueError({ family: family.name, operation }, [issue], writes);
}

/**
 * The failure of a step whose predecessors were applied. That nothing was sent, or that Redis refused, was true of the
 * step alone, and not of the operation.
 */
export function afterOtherSteps(error: unknown): unknown {
  if (!redisFailed(error) || error.mayHaveBeenApplied) return error;
  const context: ErrorContext = { family: error.family, operation: error.operation };
  if (!(error instanceof RefusedError)) return new ConnectionLostError(context, true, error);
  return new RefusedError(
    context,
    error.reply,
    `Redis refused a later step (${error.reply})`,
    "The steps before it were applied: read before you repeat it. The cause says which refusal.",
    error,
    true,
  );
}

/** The error that the caller gets where MULTI/EXEC was rejected as a whole. */
export function transactionFailure(error: unknown, family: Family, writes: boolean): KeywrightError {
  const operation = "transaction";
  const context: ErrorContext = { family: family.name, operation };
  if (error instanceof Error && error.constructor.name === "WatchError") {
    return new RefusedError(
      context,
      "WATCH",
      "a key that this connection watches was changed, so the transaction was dropped",
      "Nothing was applied. Keep WATCH to a connection of its own.",
      error,
    );
  }
  const reply = serverReply(error);
  if (reply === undefined) return failureOf(error, family, operation, writes);
  const cause = withoutArguments(error as Error);
  if (/'(?:multi|exec)\b/i.test(cause.message)) {
    // Without MULTI the operations ran one by one, each as it was.
    return new RefusedError(
      context,
      reply,
      "Redis refuses MULTI or EXEC",
      "The operations may have been applied one by one. Grant both MULTI and EXEC to the user.",
      cause,
      true,
    );
  }
  const known = refusals[reply];
  return new RefusedError(
    context,
    reply,
    `the transaction was dropped: ${known?.[0] ?? `Redis refused an operation of it (${reply})`}`,
    `Nothing was applied. ${known?.[1] ?? "The cause holds Redis's own words."}`,
    cause,
  );
}
