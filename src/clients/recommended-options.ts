/**
 * The options of a node-redis client by which its failures end: without them it waits for ever on a server that hangs,
 * or closes for good when a connection was silent once.
 *
 * @module
 */
import type { Topology } from "../runtime/client-port.js";
import { durationOption } from "../runtime/duration-option.js";
import { MisuseError } from "../runtime/errors.js";
import type { Duration } from "../schema/duration.js";

/** Durations are texts such as `"1s"`, or milliseconds. */
export interface ClientTimeouts {
  /** By when a connection is made, or given up: `"1s"` where it is left out. */
  readonly connectTimeout?: Duration | number;
  /** A connection on which nothing has moved for so long is broken, and made anew: `"2s"` where it is left out. */
  readonly socketTimeout?: Duration | number;
  /** How often an idle connection is asked for a sign of life; a quarter of `socketTimeout` where it is left out. */
  readonly pingInterval?: Duration | number;
  /** The longest pause between two attempts to connect: `"2s"` where it is left out. */
  readonly maxReconnectDelay?: Duration | number;
}

/** For `createClient`, and the first argument of `createClientPool`. Times in milliseconds. */
export interface RecommendedClientOptions {
  readonly socket: {
    readonly connectTimeout: number;
    readonly socketTimeout: number;
    readonly reconnectStrategy: (retries: number) => number;
  };
  readonly pingInterval: number;
}

/** For `createCluster`. Times in milliseconds. */
export interface RecommendedClusterOptions {
  readonly defaults: RecommendedClientOptions;
  /** Without it a primary that is gone is looked for after 5 s. redis 5 does not know the option. */
  readonly topologyRefreshOnReconnectionAttemptStrategy: number;
}

/** For `createSentinel`. Times in milliseconds. */
export interface RecommendedSentinelOptions {
  readonly nodeClientOptions: RecommendedClientOptions;
  readonly sentinelClientOptions: RecommendedClientOptions;
  readonly scanInterval: number;
  /** Above 0, node-redis sends PUBLISH to a replica, and fails when the only one is promoted. */
  readonly replicaPoolSize: 0;
  /** Without it nobody hears of an error of its connections. */
  readonly passthroughClientErrorEvents: true;
}

interface Recommended {
  readonly client: RecommendedClientOptions;
  readonly pool: RecommendedClientOptions;
  readonly cluster: RecommendedClusterOptions;
  readonly sentinel: RecommendedSentinelOptions;
}

const setUp = "recommendedClientOptions";
const firstReconnectDelay = 50;

/** Pauses of 50, 100, 200… ms up to the longest, each shortened by up to a half so that clients do not return as one. */
function reconnectStrategy(longest: number): (retries: number) => number {
  return (retries) => {
    const delay = Math.min(firstReconnectDelay * 2 ** retries, longest);
    return Math.ceil(delay / 2 + (Math.random() * delay) / 2);
  };
}

function clientOptions(timeouts: ClientTimeouts): RecommendedClientOptions {
  const read = (option: keyof ClientTimeouts, standard: number): number =>
    durationOption(setUp, option, timeouts[option] ?? standard);
  const socketTimeout = read("socketTimeout", 2000);
  const pingInterval = read("pingInterval", Math.max(1, Math.floor(socketTimeout / 4)));
  if (pingInterval >= socketTimeout) {
    throw new MisuseError(
      { family: setUp, operation: "pingInterval" },
      "is not below the socketTimeout, which would break every connection that is idle",
      "Leave it out: it is a quarter of the socketTimeout then.",
    );
  }
  return {
    socket: {
      connectTimeout: read("connectTimeout", 1000),
      socketTimeout,
      reconnectStrategy: reconnectStrategy(read("maxReconnectDelay", 2000)),
    },
    pingInterval,
  };
}

/**
 * Options for a client whose failures end: a server that cannot be reached, or hangs, costs one connection for
 * `connectTimeout` or `socketTimeout`, and is tried again, with pauses that grow and never end. Spread them first, and
 * the socket's too where you have options of the socket:
 *
 * ```ts
 * const { socket, ...rest } = recommendedClientOptions("client");
 * createClient({ ...rest, socket: { ...socket, host, port } });
 * createClientPool({ url, ...recommendedClientOptions("pool") });
 * createCluster({ rootNodes, ...recommendedClientOptions("cluster") });
 * createSentinel({ name, sentinelRootNodes, ...recommendedClientOptions("sentinel", { socketTimeout: "5s" }) });
 * ```
 *
 * A `connect()` tries for ever: see {@link connectClients}. Sends nothing.
 *
 * @throws MisuseError for what is no duration, or a `pingInterval` that is not below the `socketTimeout`
 */
export function recommendedClientOptions<T extends Topology>(
  topology: T,
  timeouts: ClientTimeouts = {},
): Recommended[T] {
  const client = clientOptions(timeouts);
  const all: { readonly [K in Topology]: () => Recommended[K] } = {
    client: () => client,
    pool: () => client,
    cluster: () => ({ defaults: client, topologyRefreshOnReconnectionAttemptStrategy: 300 }),
    sentinel: () => ({
      nodeClientOptions: client,
      sentinelClientOptions: client,
      scanInterval: 1000,
      replicaPoolSize: 0,
      passthroughClientErrorEvents: true,
    }),
  };
  if (!Object.hasOwn(all, topology)) {
    throw new MisuseError(
      { family: setUp, operation: "topology" },
      "is no kind of client",
      'Write "client", "pool", "cluster" or "sentinel".',
    );
  }
  return all[topology]() as Recommended[T];
}
