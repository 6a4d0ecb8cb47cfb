/**
 * Times that callers give: dates, or milliseconds since 1970.
 *
 * @module
 */
import { type ErrorContext, InvalidArgumentError } from "../runtime/errors.js";

/** In milliseconds, as scripts take it. */
export function timeArgument(context: ErrorContext, field: string, time: Date | number): string {
  const ms = Number(time);
  if (Number.isSafeInteger(ms) && ms >= 0 && ms < 1e15) return String(ms);
  const fix = "Pass a Date, or such as Date.now() + 60_000. Nothing was sent.";
  throw new InvalidArgumentError(context, field, "is neither a date nor whole milliseconds since 1970", fix);
}

/** The error for a time that has passed by the server's clock. */
export function hasPassed(context: ErrorContext, field: string, time: string): InvalidArgumentError {
  const ms = Number(time);
  // As milliseconds it lies in the seventies, as seconds after 2001.
  const seconds = ms > 1e9 && ms < 1e11;
  const fix = seconds ? "It looks like seconds: times are milliseconds since 1970." : "Pass a later time.";
  return new InvalidArgumentError(context, field, "has passed by the server's clock", `${fix} Nothing was stored.`);
}
