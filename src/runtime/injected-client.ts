/**
 * What is looked at once when a service hands its client over. Nothing is changed about it, and no listener attached.
 *
 * @module
 */
import { topologyOf } from "./client.js";
import type { Topology } from "./client-port.js";
import { MisuseError } from "./errors.js";
import { events, publishClient } from "./events.js";
import type { RawClient } from "./node-redis.js";
import { type ConnectionOptions, unboundedOptions } from "./unbounded-options.js";

const looked = new WeakSet<object>();

interface NodeOptions {
  readonly url?: string;
  readonly database?: number;
}

/** The part of a cluster client's options that names nodes. No other client has root nodes. */
interface ClusterOptions {
  readonly _options?: {
    readonly rootNodes?: readonly NodeOptions[];
    readonly defaults?: NodeOptions & ConnectionOptions;
  };
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
  setImmediate(warnOfUnboundedOptions, client, store);
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

type Use = (connection: RawClient) => Promise<void>;

/** Hands over the options of the client's connections, as far as they can be had without a command or a connection. */
function withOptions(client: object, topology: Topology | undefined, use: (options: ConnectionOptions) => void): void {
  const ofConnection: Use = (connection) => {
    use((connection as { readonly options?: ConnectionOptions }).options ?? {});
    return Promise.resolve();
  };
  const ignore = (): void => undefined;
  if (topology === "client") use((client as { readonly options?: ConnectionOptions }).options ?? {});
  else if (topology === "cluster") use((client as ClusterOptions)._options?.defaults ?? {});
  else if (topology === "pool") {
    // Only its members have the options: one that is idle is borrowed for a moment, and asked for nothing.
    const pool = client as { readonly idleClients: number; execute(use: Use): Promise<void> };
    if (pool.idleClients > 0) pool.execute(ofConnection).catch(ignore);
  } else if (topology === "sentinel") {
    const sentinel = client as { readonly isReady: boolean; _execute(isReadonly: boolean, use: Use): Promise<void> };
    if (sentinel.isReady) sentinel._execute(false, ofConnection).catch(ignore);
  }
}

const told = new Set<string>();

/** Without them a call ends all the same, by its deadline; but its connection may stay silent, or closed, for ever. */
function warnOfUnboundedOptions(client: object, store: string): void {
  const topology = topologyOf(client);
  withOptions(client, topology, (options) => {
    const lacking = unboundedOptions(options);
    if (lacking.length === 0) return;
    if (events.hasSubscribers)
      publishClient("unbounded-client", store, { options: lacking.map(({ option }) => option) });
    const why = lacking.map(({ option, why }) => `${option} (${why})`).join(", ");
    if (told.has(store + why)) return;
    told.add(store + why);
    process.emitWarning(`The Redis client of the store "${store}" lacks what bounds its failures: ${why}.`, {
      type: "KeywrightWarning",
      code: "KEYWRIGHT_UNBOUNDED_CLIENT",
      detail: `Spread recommendedClientOptions("${topology}") from "keywright" into the options that you create it with.`,
    });
  });
}
