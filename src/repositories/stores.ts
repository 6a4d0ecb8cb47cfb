/**
 * What every set of repositories offers beside its families. Its members' names are reserved in the schema.
 *
 * @module
 */
import type { Health, HealthOptions } from "../runtime/health.js";
import type { Runtime } from "../runtime/runtime.js";

/** What is asked of the stores, rather than of a family. */
export interface Stores {
  /**
   * Whether every store, and each primary of a Cluster, can be read and written now: for a readiness endpoint.
   *
   * Sends `PING`, `HELLO`, `SET <prefix>_health ok PX 60000` and `GET <prefix>_health` to each in one round trip, also
   * where its breaker is open, but nothing more while an earlier check has no answer. Answers within 1 s, or `within`.
   * It never rejects because of Redis: `{ ok: false, reason }` says what is wrong.
   *
   * @throws MisuseError for a `within` that is no duration from 1 ms to 60 s
   */
  health(options?: HealthOptions): Promise<Health>;
  /**
   * Ends the use of the stores: new calls are refused with an `UnavailableError` that says so, and calls under way are
   * awaited, by their deadlines at the latest. Breakers probe no more. What is a chain of calls, such as a `fetch` whose
   * load is under way, ends without its next call: the loaded value is returned, and not stored.
   *
   * Sends nothing (where a family moves: an `UNLINK` of what this instance reported), and leaves the clients open: they are yours, and `closeClients` closes them. It never rejects.
   */
  close(): Promise<void>;
}

/** Called with all that a service may use. */
export function storesOf(runtime: Runtime): Stores {
  return { health: (options) => runtime.health(options), close: () => runtime.close() };
}
