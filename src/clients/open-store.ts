/**
 * The clients of one Redis, made and connected from configuration.
 *
 * @module
 */
import type { NodeRedisClient } from "../runtime/client.js";
import type { WriteAndRead } from "../runtime/clients.js";
import { events, publishClient } from "../runtime/events.js";
import type { Duration } from "../schema/duration.js";
import { type ClosedClients, type CloseOptions, closeClients } from "./close-clients.js";
import { connectClients, reasonOf } from "./connect-clients.js";
import { type ClientTimeouts, recommendedClientOptions } from "./recommended-options.js";
import { type ReadStoreConfig, readStoreConfig, type StoreConfig } from "./store-config.js";

export interface OpenOptions {
  /** By when all clients are connected: `"5s"` where it is left out; a text, or milliseconds. */
  readonly within?: Duration | number;
  /** The store's name in the event `client-error`: `default` where it is left out. */
  readonly store?: string;
  /** Called with each error that a client emits, for your log. What it throws is dropped. */
  readonly onError?: (error: unknown) => void;
}

/** The open clients of one store; `createRepositories` takes it as it is. */
export interface OpenStore extends WriteAndRead {
  /** Closes them as `closeClients` does. */
  close(options?: CloseOptions): Promise<ClosedClients>;
}

type Emitting = NodeRedisClient & { on(event: "error", listener: (error: unknown) => void): unknown };

function timeoutsOf({ connect_timeout, socket_timeout, ping_interval }: ReadStoreConfig): ClientTimeouts {
  return {
    ...(connect_timeout === undefined ? {} : { connectTimeout: connect_timeout as Duration }),
    ...(socket_timeout === undefined ? {} : { socketTimeout: socket_timeout as Duration }),
    ...(ping_interval === undefined ? {} : { pingInterval: ping_interval as Duration }),
  };
}

async function make(config: ReadStoreConfig): Promise<{ write: Emitting; read: Emitting | undefined }> {
  // Who makes the clients otherwise does not pay for loading it here.
  const { createClient, createCluster, createSentinel } = await import("redis");
  const timeouts = timeoutsOf(config);
  const { username, password, database, tls, nodes = [], read_from_replicas: reads } = config;
  const credentials = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  const selected = database === undefined ? {} : { database };
  const secure = tls ? { tls: true as const } : {};
  const single = (address: { host: string; port: number }): Emitting => {
    const { socket, pingInterval } = recommendedClientOptions("client", timeouts);
    const options = { ...credentials, ...selected, pingInterval, socket: { ...socket, ...secure, ...address } };
    return createClient(options) as unknown as Emitting;
  };
  if (config.engine === "rediscluster") {
    const { defaults, ...rest } = recommendedClientOptions("cluster", timeouts);
    const cluster = createCluster({
      ...rest,
      rootNodes: nodes.map((socket) => ({ socket })),
      defaults: { ...credentials, ...defaults, socket: { ...defaults.socket, ...secure } },
      useReplicas: reads === true,
    }) as unknown as Emitting;
    return { write: cluster, read: reads === true ? cluster : undefined };
  }
  const read = reads === true && config.replica !== undefined ? single(config.replica) : undefined;
  if (config.engine === "redis") return { write: single(config.primary as { host: string; port: number }), read };
  const { nodeClientOptions, ...rest } = recommendedClientOptions("sentinel", timeouts);
  const node = {
    ...nodeClientOptions,
    ...credentials,
    ...selected,
    socket: { ...nodeClientOptions.socket, ...secure },
  };
  const name = config.name as string;
  const sentinel = createSentinel({ ...rest, name, sentinelRootNodes: nodes, nodeClientOptions: node });
  return { write: sentinel as unknown as Emitting, read };
}

/**
 * Makes the clients that a configuration names with the recommended options, listens to their errors (the event
 * `client-error`, and `onError`), and connects them within a bound.
 *
 * ```ts
 * const store = await openStore({ engine: "redis", primary: { host, port }, replica, read_from_replicas: true });
 * const redis = createRepositories(store, { service: "chat" });
 * ```
 *
 * `engine` is `redis` (with `primary`, perhaps a `replica`), `rediscluster` or `redissentinel` (with `nodes`). Of
 * `read_from_replicas` the old name `readonly_mode` is taken too.
 *
 * @throws MisuseError for a configuration that is refused, naming the field; UnavailableError where one does not connect
 */
export async function openStore(config: StoreConfig, options: OpenOptions = {}): Promise<OpenStore> {
  const { store = "default", onError, within = 5000 } = options;
  const { write, read } = await make(readStoreConfig(config));
  const clients: WriteAndRead = read === undefined ? { write } : { write, read };
  for (const client of new Set([write, ...(read === undefined ? [] : [read])])) {
    client.on("error", (error) => {
      if (events.hasSubscribers) publishClient("client-error", store, { reason: reasonOf(error) });
      try {
        onError?.(error);
      } catch {
        // The client emits it between two attempts to connect: what a listener throws would end them for good.
      }
    });
  }
  await connectClients(clients, { within });
  return { ...clients, close: (closing) => closeClients(clients, closing) };
}
