/**
 * Runs the caller's loader, no longer than its deadline.
 *
 * @module
 */
import type { Bulkhead, Place } from "../runtime/bulkhead.js";
import { type ErrorContext, LoaderDeadlineError } from "../runtime/errors.js";
import { noPlace } from "./load-when-down.js";

/** Loads what a cache lacks. `signal` is aborted at the loader's deadline. */
export type Loader<L> = (signal: AbortSignal) => Promise<L>;

/** Loads those of several keys that the cache lacks: a value, or null, for each, in their order. */
export type ManyLoader<K, L> = (missing: readonly K[], signal: AbortSignal) => Promise<readonly L[]>;

/**
 * What the loader brings. A result, or an error, that comes after the deadline is dropped.
 *
 * @param bulkhead of a load that stands in for Redis: it waits there for a place, and the deadline is that of the wait
 * and the load together
 */
export function loadWithin<L>(
  context: ErrorContext,
  deadline: number,
  loader: Loader<L>,
  bulkhead?: Bulkhead,
): Promise<L> {
  return new Promise<L>((resolve, reject) => {
    const late = new AbortController();
    let place: Place | undefined;
    const timer = setTimeout(() => {
      const error =
        bulkhead !== undefined && place?.inLine === true
          ? noPlace(context, bulkhead, deadline)
          : new LoaderDeadlineError(context, deadline);
      reject(error);
      late.abort(error);
      // Also of a loader that goes on in spite of its signal: it must not keep the others out for ever.
      place?.leave();
    }, deadline).unref();
    const begin = (): void => {
      // A loader that throws at once rejects like one that throws later.
      new Promise<L>((done) => done(loader(late.signal))).then(resolve, reject).finally(() => {
        clearTimeout(timer);
        place?.leave();
      });
    };
    if (bulkhead === undefined) begin();
    else place = bulkhead.enter(begin);
  });
}
