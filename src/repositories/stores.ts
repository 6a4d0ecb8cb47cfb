/**
 * What every set of repositories offers beside its families. Its members' names are reserved in the schema.
 *
 * @module
 */
import type { Runtime } from "../runtime/runtime.js";

/** What is asked of the stores, rather than of a family. */
export interface Stores {
  /**
   * Ends the use of the stores: new calls are refused with an `UnavailableError` that says so, and calls under way are
   * awaited, by their deadlines at the latest. Breakers probe no more. What is a chain of calls, such as a `fetch` whose
   * load is under way, ends without its next call: the loaded value is returned, and not stored.
   *
   * Sends nothing, and leaves the clients open: they are yours, and `closeClients` closes them. It never rejects.
   */
  close(): Promise<void>;
}

/** Called with all that a service may use. */
export function storesOf(runtime: Runtime): Stores {
  return { close: () => runtime.close() };
}
