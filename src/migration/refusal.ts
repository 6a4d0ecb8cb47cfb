/**
 * What a migration refuses to do, for its user to mend. Nothing was changed.
 *
 * @module
 */
export class MigrationRefusal extends Error {
  /** What to do about it. */
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.name = "MigrationRefusal";
    this.fix = fix;
  }
}

/** Redis failed again and again. What was done is in the journal; the same command goes on from there. */
export class MigrationStopped extends MigrationRefusal {
  constructor(cause: unknown) {
    const { message } = cause as Error;
    super(
      `Redis fails, and what was tried again failed too: ${message.replace(/\.$/, "")}`,
      "Run the same command again when Redis is well: it goes on from its journal, and what was done is done only once.",
    );
    this.name = "MigrationStopped";
    this.cause = cause;
  }
}
