/** One thing that is wrong with a value: where, and in words. Neither holds any part of the value. */
export interface ValueIssue {
  /** Dotted path by the schema's own names: list places are `[3]`, keys of records and maps are `{}`. Empty: the value itself. */
  readonly path: string;
  readonly message: string;
}

/**
 * A value that its schema refuses, on the way in (`encode`) or out (`decode`), malformed text included.
 *
 * Values may be personal data or secrets, and errors are logged: nothing of the value is in the message, the issues or a
 * `cause`. Names come from the schema only, so an undeclared field or a record's key is counted, never named.
 */
export class ValueProblem extends Error {
  override readonly name: string = "ValueProblem";
  readonly phase: "encode" | "decode";
  readonly issues: readonly ValueIssue[];

  constructor(phase: "encode" | "decode", issues: readonly ValueIssue[]) {
    const [first] = issues;
    const where = first && first.path !== "" ? `at "${first.path}": ` : "";
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
    super(`cannot ${phase} the value: ${where}${first?.message ?? "it does not fit its schema"}${more}`);
    this.phase = phase;
    this.issues = issues;
  }
}

/** A stored value of a newer version of the schema than `version`, which is neither half-read nor overwritten. */
export class NewerVersionProblem extends ValueProblem {
  override readonly name = "NewerVersionProblem";

  constructor(version: number) {
    super("decode", [{ path: "", message: `is of a newer version than ${version}` }]);
  }
}
