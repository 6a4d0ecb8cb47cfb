/**
 * Loads that stand in for Redis pass the bulkhead.
 *
 * @module
 */
import type { Bulkhead, Place } from "../runtime/bulkhead.js";
import { type ErrorContext, OverloadedError } from "../runtime/errors.js";

/** The error of a load that found no place in time. */
export function noPlace(context: ErrorContext, { most }: Bulkhead, waited: number): OverloadedError {
  return new OverloadedError(
    context,
    `Redis is down, and ${most} loads stand in for it, which is the most; this one found no place within ${waited} ms`,
    "Nothing was loaded. Answer without it, or give createRepositories a larger loadsWhenDown if the source bears it.",
    most,
  );
}

/**
 * What a load brings that has no deadline of its own. It waits for its place no longer than `longest`, and holds it no
 * longer, so that one that never ends does not keep the others out.
 */
export function loadInPlace<T>(
  context: ErrorContext,
  longest: number,
  load: () => Promise<T>,
  bulkhead: Bulkhead,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let place: Place | undefined;
    let timer: NodeJS.Timeout | undefined;
    const leave = (): void => {
      clearTimeout(timer);
      place?.leave();
    };
    const begin = (): void => {
      clearTimeout(timer);
      timer = setTimeout(leave, longest).unref();
      load().then(resolve, reject).finally(leave);
    };
    const waitNoLonger = (): void => {
      reject(noPlace(context, bulkhead, longest));
      leave();
    };
    timer = setTimeout(waitNoLonger, longest).unref();
    place = bulkhead.enter(begin);
  });
}
