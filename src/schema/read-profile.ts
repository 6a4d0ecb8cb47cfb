/**
 * Reads what a family, or a script, says of its deadline and its retries.
 *
 * @module
 */
import { DurationProblem, parseDuration } from "./duration.js";
import type { Report } from "./problems.js";
import { longestDeadline, mostRetries, type Profile } from "./profile.js";

/** What is given, and the standard where it is left out or wrong. */
export function readProfile(
  given: { readonly deadline?: unknown; readonly retries?: unknown },
  standard: Profile,
  report: Report,
): Profile {
  return {
    deadline: readDeadline(given.deadline, report) ?? standard.deadline,
    retries: readRetries(given.retries, report) ?? standard.retries,
  };
}

function readDeadline(given: unknown, report: Report): number | undefined {
  if (given === undefined) return undefined;
  try {
    const ms = parseDuration(given);
    if (ms <= longestDeadline) return ms;
    report(
      "invalid-deadline",
      "deadline",
      "a deadline of more than a minute bounds nothing",
      `Write a deadline of at most ${longestDeadline / 1000}s.`,
    );
  } catch (problem) {
    if (!(problem instanceof DurationProblem)) throw problem;
    report("duration", "deadline", problem.message, problem.fix);
  }
  return undefined;
}

function readRetries(given: unknown, report: Report): number | undefined {
  if (given === undefined) return undefined;
  if (Number.isInteger(given) && (given as number) >= 0 && (given as number) <= mostRetries) return given as number;
  report(
    "invalid-retries",
    "retries",
    `the number of retries is none from 0 to ${mostRetries}`,
    `Write retries: 0 for none, at most ${mostRetries}; or leave it out for the tier's.`,
  );
  return undefined;
}
