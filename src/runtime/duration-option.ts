/**
 * Durations among the options of a function that sets things up: texts such as `"1s"`, or whole milliseconds.
 *
 * @module
 */
import { type Duration, formatDuration, parseDuration } from "../schema/duration.js";
import { MisuseError } from "./errors.js";

/** The longest that an option may ask for, in milliseconds. */
const longest = 3_600_000;

/** @throws MisuseError, which names the function and the option, for what is no duration from 1 ms to an hour */
export function durationOption(of: string, option: string, value: Duration | number): number {
  let ms: number | undefined;
  try {
    ms = typeof value === "number" ? value : parseDuration(value);
  } catch {
    ms = undefined;
  }
  if (ms !== undefined && Number.isSafeInteger(ms) && ms >= 1 && ms <= longest) return ms;
  throw new MisuseError(
    { family: of, operation: option },
    `is no duration from 1 ms to ${formatDuration(longest)}`,
    'Write it like "1s", or as whole milliseconds.',
  );
}
