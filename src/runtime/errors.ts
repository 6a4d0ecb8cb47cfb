/**
 * The errors that a call can end with. Every one names its family and operation, says what to do, and says whether
 * the operation may have been applied. No error holds a value, and keys appear only as their pattern.
 *
 * @module
 */

/** What every Keywright error tells. */
export interface ErrorContext {
  /** The family that the call was for, as the schema names it. */
  readonly family: string;
  /** The operation, as the repository names it. */
  readonly operation: string;
}

export type ErrorCode =
  | "invalid-parameter"
  | "invalid-argument"
  | "invalid-value"
  | "undecodable-value"
  | "already-exists"
  | "out-of-range"
  | "wrong-type"
  | "cross-slot"
  | "unavailable"
  | "overloaded"
  | "deadline"
  | "loader-deadline"
  | "connection-lost"
  | "refused"
  | "transaction"
  | "forbidden"
  | "misuse";

/** Base of all errors; `code` tells them apart also across two copies of the package. */
export class KeywrightError extends Error {
  readonly code: ErrorCode;
  readonly family: string;
  readonly operation: string;
  /** What the reader can do about it. */
  readonly fix: string;
  /** True where Redis may have carried out the operation although the call failed: the outcome is indeterminate. */
  readonly mayHaveBeenApplied: boolean;

  constructor(
    code: ErrorCode,
    context: ErrorContext,
    what: string,
    fix: string,
    options?: { readonly mayHaveBeenApplied?: boolean; readonly cause?: unknown },
  ) {
    super(
      `${context.family}.${context.operation}: ${what}. ${fix}`,
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = new.target.name;
    this.code = code;
    this.family = context.family;
    this.operation = context.operation;
    this.fix = fix;
    this.mayHaveBeenApplied = options?.mayHaveBeenApplied ?? false;
  }
}

/** A key parameter that the pattern's codec refuses. Nothing was sent. */
export class InvalidParameterError extends KeywrightError {
  /** The parameter of the pattern. */
  readonly field: string;
  constructor(context: ErrorContext, field: string, what: string, fix: string) {
    super("invalid-parameter", context, `key parameter ${what}`, fix);
    this.field = field;
  }
}

/** An argument other than a key parameter or a value, such as a negative cost or a TTL above its bound. Nothing was sent. */
export class InvalidArgumentError extends KeywrightError {
  readonly field: string;
  constructor(context: ErrorContext, field: string, what: string, fix: string) {
    super("invalid-argument", context, `"${field}" ${what}`, fix);
    this.field = field;
  }
}

/** One refusal of a value: where in the value, and why. */
export interface ValueIssue {
  /** Path into the value, `""` for the whole. */
  readonly path: string;
  readonly message: string;
}

function listed(issues: readonly ValueIssue[]): string {
  const shown = issues
    .slice(0, 5)
    .map((issue) => (issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`));
  if (issues.length > shown.length) shown.push(`and ${issues.length - shown.length} more`);
  return shown.join("; ");
}

/** A value that the family's schema refuses. Nothing was sent. */
export class InvalidValueError extends KeywrightError {
  readonly issues: readonly ValueIssue[];
  /** Path of the first issue. */
  readonly field: string;
  constructor(context: ErrorContext, issues: readonly ValueIssue[]) {
    super(
      "invalid-value",
      context,
      `the schema refuses the value (${listed(issues)})`,
      "Nothing was written. Mend the value, or the schema if it is too narrow.",
    );
    this.issues = issues;
    this.field = issues[0]?.path ?? "";
  }
}

/** What is stored does not decode to the family's value. Nothing was changed. */
export class UndecodableValueError extends KeywrightError {
  readonly issues: readonly ValueIssue[];
  readonly field: string;
  constructor(
    context: ErrorContext,
    issues: readonly ValueIssue[],
    mayHaveBeenApplied = false,
    fix = "Another writer, or an older schema, stored it. Delete or rewrite the key.",
  ) {
    super("undecodable-value", context, `the stored value does not decode (${listed(issues)})`, fix, {
      mayHaveBeenApplied,
    });
    this.issues = issues;
    this.field = issues[0]?.path ?? "";
  }
}

/** The key that was to be created is there already. Nothing was changed. */
export class AlreadyExistsError extends KeywrightError {
  constructor(context: ErrorContext, pattern: string) {
    super(
      "already-exists",
      context,
      `the key exists already (pattern ${pattern})`,
      "Draw a new random key. A call that failed with mayHaveBeenApplied may have created it.",
    );
  }
}

/** A number beyond ±(2^53 − 1), where JavaScript no longer counts exactly. Nothing was changed, unless it says otherwise. */
export class OutOfRangeError extends KeywrightError {
  constructor(context: ErrorContext, what: string, options?: { mayHaveBeenApplied?: boolean; cause?: unknown }) {
    super("out-of-range", context, what, "Reset the counter, or count in larger units.", options);
  }
}

/** The key holds another Redis type than the family's kind uses. Nothing was changed. */
export class WrongTypeError extends KeywrightError {
  constructor(context: ErrorContext, pattern: string, cause?: unknown) {
    super(
      "wrong-type",
      context,
      `the key holds another Redis type than this kind uses (pattern ${pattern})`,
      "Another program writes to this pattern. Find it with TYPE on the key, and give one of the two another pattern.",
      { cause },
    );
  }
}

/** Keys of one plan lie in different Cluster slots. Nothing was sent. */
export class CrossSlotError extends KeywrightError {
  constructor(context: ErrorContext, patterns: readonly string[]) {
    super(
      "cross-slot",
      context,
      `keys of different slots in one command (${patterns.join(", ")})`,
      "Open the transaction on one scope and build every operation from the tx that it hands you.",
    );
  }
}

/** The client has no connection, or the breaker of the node is open. Nothing was sent. */
export class UnavailableError extends KeywrightError {
  /** True where the repositories are closed: that is no outage, so nothing stands in for the answer. */
  readonly closed: boolean;
  constructor(
    context: ErrorContext,
    what: string,
    cause?: unknown,
    fix = "Nothing was sent. Await client.connect() before the first call; while it reconnects, try again when Redis is reachable.",
    closed = false,
  ) {
    super("unavailable", context, what, fix, { cause });
    this.closed = closed;
  }
}

/** Too many replies are outstanding at the client, or too many loads stand in for a dead Redis. Nothing was sent, or loaded. */
export class OverloadedError extends KeywrightError {
  /** How many replies are outstanding, or loads under way. */
  readonly inFlight: number;
  constructor(context: ErrorContext, what: string, fix: string, inFlight: number) {
    super("overloaded", context, what, fix);
    this.inFlight = inFlight;
  }
}

const indeterminate = "It may have been applied: read before you repeat it.";
const readOnly = "It only reads, so it may be repeated.";

/** No answer by the family's deadline. */
export class DeadlineError extends KeywrightError {
  /** The deadline that passed, in milliseconds. */
  readonly deadline: number;
  constructor(context: ErrorContext, deadline: number, mayHaveBeenApplied: boolean) {
    super("deadline", context, `no answer within ${deadline} ms`, mayHaveBeenApplied ? indeterminate : readOnly, {
      mayHaveBeenApplied,
    });
    this.deadline = deadline;
  }
}

/** The caller's own loader gave no result by its deadline. Nothing was stored, and the next call loads again. */
export class LoaderDeadlineError extends KeywrightError {
  /** The deadline that passed, in milliseconds. */
  readonly deadline: number;
  constructor(context: ErrorContext, deadline: number) {
    super(
      "loader-deadline",
      context,
      `the loader gave no result within ${deadline} ms`,
      "Nothing was stored, and the next call loads again. End the load by the signal that it is given, or raise loader.deadline in the schema.",
    );
    this.deadline = deadline;
  }
}

/** The connection ended while the call was under way. */
export class ConnectionLostError extends KeywrightError {
  constructor(context: ErrorContext, mayHaveBeenApplied: boolean, cause: unknown) {
    super(
      "connection-lost",
      context,
      "the connection to Redis ended before the answer",
      mayHaveBeenApplied ? indeterminate : readOnly,
      { mayHaveBeenApplied, cause },
    );
  }
}

/** Redis answered with an error. The operation was not applied, unless `mayHaveBeenApplied` says otherwise. */
export class RefusedError extends KeywrightError {
  /** First word of Redis's answer, such as `OOM`, `NOPERM`, `READONLY`. */
  readonly reply: string;
  constructor(
    context: ErrorContext,
    reply: string,
    what: string,
    fix: string,
    cause?: unknown,
    mayHaveBeenApplied = false,
  ) {
    super("refused", context, what, fix, { cause, mayHaveBeenApplied });
    this.reply = reply;
  }
}

/** What became of one operation of a transaction. */
export type TransactionOutcome<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: KeywrightError };

/** One or more operations of a transaction failed; the others were applied, and their results are in `outcomes`. */
export class TransactionError extends KeywrightError {
  readonly outcomes: readonly TransactionOutcome[];
  constructor(context: ErrorContext, outcomes: readonly TransactionOutcome[]) {
    const failed = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error.message]));
    super(
      "transaction",
      context,
      `${failed.length} of ${outcomes.length} operations failed, and the rest was applied (${failed.join(" | ")})`,
      "Redis does not roll back. See outcomes for what each operation did.",
      { mayHaveBeenApplied: true },
    );
    this.outcomes = outcomes;
  }
}

/** The service may not do this by the schema. Nothing was sent. */
export class ForbiddenError extends KeywrightError {
  constructor(
    context: ErrorContext,
    why: string,
    fix = "Add the service to the family's writers in the schema, or ask the owner's service.",
  ) {
    super("forbidden", context, why, `Nothing was sent. ${fix}`);
  }
}

/** The API was used against its rules, such as an operation left out of a transaction's list. Nothing was sent. */
export class MisuseError extends KeywrightError {
  constructor(context: ErrorContext, what: string, fix: string) {
    super("misuse", context, what, fix);
  }
}
