/**
 * What is looked at once when a service hands its client over. Nothing is changed about it, and no listener attached.
 *
 * @module
 */
import { MisuseError } from "./errors.js";

const looked = new WeakSet<object>();

interface NodeOptions {
  readonly url?: string;
  readonly database?: number;
}

/** The part of a cluster client's options that names nodes. No other client has root nodes. */
interface ClusterOptions {
  readonly _options?: { readonly rootNodes?: readonly NodeOptions[]; readonly defaults?: NodeOptions };
}

/** A Cluster has the database 0 only; its client would fail at its first connection, or use 0 without a word. */
function hasDatabase({ _options }: ClusterOptions): boolean {
  if (_options?.rootNodes === undefined) return false;
  return [...(_options.defaults === undefined ? [] : [_options.defaults]), ..._options.rootNodes].some(
    ({ url, database }) => (database ?? 0) !== 0 || (url !== undefined && /^[a-z]+:\/\/[^/]*\/0*[1-9]/i.test(url)),
  );
}

/**
 * @throws MisuseError where the client has a `keyPrefix`: commands that are sent as they are bypass it, so that the
 * same client would use other keys for its own commands than for those of the repositories; or it is of a Cluster
 * and asks for a database other than 0
 */
export function inspectClient(client: object, store: string): void {
  if ((client as { _keyPrefix?: unknown })._keyPrefix !== undefined) {
    throw new MisuseError(
      { family: "createRepositories", operation: "client" },
      `the client of the store "${store}" has a keyPrefix, which the repositories' commands bypass`,
      "Leave keyPrefix out and give createRepositories the option prefix.",
    );
  }
  if (hasDatabase(client as ClusterOptions)) {
    throw new MisuseError(
      { family: "createRepositories", operation: "client" },
      `the cluster client of the store "${store}" asks for a database other than 0, which a Cluster has not`,
      "Leave database out, and a number out of the url: use the option prefix to keep keys apart.",
    );
  }
  if (looked.has(client)) return;
  looked.add(client);
  // Not at once: a service may well attach its listener in the line after this one.
  setImmediate(warnOfNoErrorListener, client, store);
}

/** Node ends a process when an emitter without a listener emits `error`, and a client does so when its connection breaks. */
function warnOfNoErrorListener(client: { listenerCount?(event: string): number }, store: string): void {
  if (client.listenerCount?.("error") !== 0) return;
  process.emitWarning(
    `The Redis client of the store "${store}" has no "error" listener, so the first broken connection ends this process.`,
    {
      type: "KeywrightWarning",
      code: "KEYWRIGHT_NO_ERROR_LISTENER",
      detail: 'Add client.on("error", …) where you create it.',
    },
  );
}
