/**
 * Runs the caller's loader, no longer than its deadline.
 *
 * @module
 */
import { type ErrorContext, LoaderDeadlineError } from "../runtime/errors.js";

/** Loads what a cache lacks. `signal` is aborted at the loader's deadline. */
export type Loader<L> = (signal: AbortSignal) => Promise<L>;

/** Loads those of several keys that the cache lacks: a value, or null, for each, in their order. */
export type ManyLoader<K, L> = (missing: readonly K[], signal: AbortSignal) => Promise<readonly L[]>;

/** What the loader brings. A result, or an error, that comes after the deadline is dropped. */
export function loadWithin<L>(context: ErrorContext, deadline: number, loader: Loader<L>): Promise<L> {
  return new Promise<L>((resolve, reject) => {
    const late = new AbortController();
    const timer = setTimeout(() => {
      const error = new LoaderDeadlineError(context, deadline);
      reject(error);
      late.abort(error);
    }, deadline).unref();
    // A loader that throws at once rejects like one that throws later.
    new Promise<L>((done) => done(loader(late.signal))).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
