/**
 * The runtime of a service: its stores, its prefix, its start-up TTLs. Made by the generated `createRepositories`.
 *
 * @module
 */
import { type Bounds, readBounds, readLoadsWhenDown } from "./bounds.js";
import type { BreakerState } from "./breaker.js";
import { Bulkhead } from "./bulkhead.js";
import { clientPort, type NodeRedisClient, topologyOf } from "./client.js";
import type { ClientPort } from "./client-port.js";
import { Deadlines } from "./deadlines.js";
import { type ErrorCode, MisuseError } from "./errors.js";
import { Executor } from "./executor.js";
import type { Family } from "./family.js";
import { inspectClient } from "./injected-client.js";
import { Reads } from "./reads.js";
import { type NodeSettings, RedisNode } from "./redis-node.js";

/** One node-redis client, or one for each store of the schema by its name. */
export type Clients = NodeRedisClient | Readonly<Record<string, NodeRedisClient>>;

/** What `createRepositories` takes beside the client. */
export interface RuntimeOptions extends Bounds {
  /**
   * Put before every key but those of shared families: an environment or a tenant, such as `preview:3f2a:`. No braces, no
   * white space; where the schema declares prefixes, one of these.
   */
  readonly prefix?: string;
  /** Values of TTLs that the schema leaves to start-up, by their `config` name, such as `{ friendListTtl: "10m" }`. */
  readonly ttl?: Readonly<Record<string, string | undefined>>;
}

/** One Redis and the way to it. */
export class Store {
  readonly executor: Executor;
  readonly reads: Reads;
  readonly #port: ClientPort;

  constructor(port: ClientPort, deadlines: Deadlines) {
    this.#port = port;
    this.executor = new Executor(port, deadlines);
    this.reads = new Reads(this.executor, deadlines);
  }

  /** The breakers of the nodes that calls have gone to: of each primary in a Cluster, else one. Sends nothing. */
  breakers(): BreakerStatus[] {
    return this.#port.nodes().map(({ label, breaker, inFlight }) => ({
      node: label,
      state: breaker.state,
      openFor: breaker.state === "closed" ? 0 : performance.now() - breaker.openedAt,
      failures: breaker.failures,
      lastFailure: breaker.lastFailure,
      inFlight,
    }));
  }
}

/** One node as a store sees it. */
export interface BreakerStatus {
  /** The node's address in a Cluster; else `client`, `pool` or `primary`. */
  readonly node: string;
  readonly state: BreakerState;
  /** Milliseconds since it opened, 0 while it is closed. */
  readonly openFor: number;
  /** Failures in a row. */
  readonly failures: number;
  /** What the last failure was, however long ago. */
  readonly lastFailure: ErrorCode | undefined;
  /** Replies that are outstanding. */
  readonly inFlight: number;
}

const setUp = { family: "createRepositories", operation: "client" };

function isClient(candidate: object): candidate is NodeRedisClient {
  return topologyOf(candidate) !== undefined;
}

/** The stores of a service and what all its repositories share. */
export class Runtime {
  readonly startUpTtl: Readonly<Record<string, string | undefined>>;
  /** As it was given. What stands before a key is {@link prefixOf} its family. */
  readonly givenPrefix: string;
  /** What loads pass that stand in for a dead Redis. */
  readonly loadsWhenDown: Bulkhead;
  readonly #stores = new Map<string, Store>();

  /**
   * @param clients one node-redis client, or one for each store by its name
   * @param stores the stores that the keyspace names
   */
  constructor(
    clients: NodeRedisClient | Readonly<Record<string, NodeRedisClient>>,
    stores: readonly string[],
    options: RuntimeOptions = {},
  ) {
    this.givenPrefix = options.prefix ?? "";
    this.startUpTtl = options.ttl ?? {};
    if (typeof this.givenPrefix !== "string" || !/^[^{}\s*?[\]\\\p{C}]*$/u.test(this.givenPrefix)) {
      throw new MisuseError(
        { family: "createRepositories", operation: "prefix" },
        "the prefix is no text, or holds a brace, a wildcard, white space or an invisible character",
        "Use letters, digits, - and : only, such as preview:3f2a:.",
      );
    }
    if (typeof clients !== "object" || clients === null) {
      throw new MisuseError(setUp, "there is no client", "Pass the connected client of node-redis, or one a store.");
    }
    const settings: NodeSettings = readBounds(options);
    this.loadsWhenDown = new Bulkhead(readLoadsWhenDown(options));
    const deadlines = new Deadlines();
    const single = isClient(clients) ? clients : undefined;
    for (const name of stores) {
      const client = single ?? (clients as Readonly<Record<string, NodeRedisClient>>)[name];
      const port =
        client === undefined
          ? undefined
          : clientPort(client, (label, probe) => new RedisNode(name, label, settings, probe));
      if (port === undefined) {
        throw new MisuseError(
          setUp,
          `the store "${name}" has no node-redis client`,
          `Give the connected client of createClient, createClientPool, createCluster or createSentinel (redis 5.12 or 6), or one a store: createRepositories({ ${stores.join(", ")} }).`,
        );
      }
      inspectClient(client as object, name);
      this.#stores.set(name, new Store(port, deadlines));
    }
  }

  /** What stands before the keys of a family. */
  prefixOf(family: Family): string {
    return family.shared === true ? "" : this.givenPrefix;
  }

  store(family: Family): Store {
    const store = this.#stores.get(family.store);
    if (store === undefined) {
      throw new MisuseError(
        setUp,
        `${family.name} lives in the store "${family.store}", which no client was given for`,
        "Generate again, and give a client for each store.",
      );
    }
    return store;
  }
}
