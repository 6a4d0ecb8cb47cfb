/**
 * The clients of a service, in the forms that `createRepositories` takes them.
 *
 * @module
 */
import { type NodeRedisClient, topologyOf } from "./client.js";
import { MisuseError } from "./errors.js";

/**
 * The clients of one store: everything goes to `write`, of the primary, except what may be read from a replica. `read`
 * is a client of a replica, or a cluster client with `useReplicas: true` (which may be that of `write`).
 */
export interface WriteAndRead {
  readonly write: NodeRedisClient;
  /** Left out: there is none, and everything goes to `write`. */
  readonly read?: NodeRedisClient | undefined;
}

/** One client, or one to write and one to read. */
export type StoreClients = NodeRedisClient | WriteAndRead;

/** The clients of all stores, or those of each store by its name. */
export type Clients = StoreClients | Readonly<Record<string, StoreClients>>;

const setUp = { family: "createRepositories", operation: "client" };

function isObject(candidate: unknown): candidate is object {
  return typeof candidate === "object" && candidate !== null;
}

function isClient(candidate: unknown): candidate is NodeRedisClient {
  return isObject(candidate) && topologyOf(candidate) !== undefined;
}

/** True for `{ write }`, `{ read }` or both, as against clients by the names of stores. */
function isWriteAndRead(given: object, stores: readonly string[]): given is WriteAndRead {
  return ("write" in given && !stores.includes("write")) || ("read" in given && !stores.includes("read"));
}

const kinds =
  "the connected client of createClient, createClientPool, createCluster or createSentinel (redis 5.12 or 6)";

/**
 * The clients of the store.
 *
 * @throws MisuseError where there is none, or none to write
 */
export function clientsOf(clients: Clients, store: string, stores: readonly string[]): WriteAndRead {
  if (!isObject(clients)) {
    throw new MisuseError(setUp, "there is no client", "Pass the connected client of node-redis, or one a store.");
  }
  if (isClient(clients)) return { write: clients };
  const given: unknown = isWriteAndRead(clients, stores)
    ? clients
    : (clients as Readonly<Record<string, unknown>>)[store];
  if (isClient(given)) return { write: given };
  if (!isObject(given) || !isWriteAndRead(given, [])) {
    throw new MisuseError(
      setUp,
      `the store "${store}" has no node-redis client`,
      `Give ${kinds}, or one a store: createRepositories({ ${stores.join(", ")} }).`,
    );
  }
  const { write, read } = given;
  if (!isClient(write)) {
    throw new MisuseError(
      setUp,
      `the store "${store}" has no client of its primary: write is ${write === undefined ? "missing" : "no node-redis client"}`,
      `Give { write, read }, of which write is ${kinds}.`,
    );
  }
  if (read === undefined) return { write };
  if (!isClient(read)) {
    throw new MisuseError(
      setUp,
      `the store "${store}" has a read that is no node-redis client`,
      "Give a connected client of a replica, or leave it out: everything goes to write then.",
    );
  }
  if (topologyOf(read) !== "sentinel") return { write, read };
  if (read === write) return { write };
  throw new MisuseError(
    setUp,
    `the read client of the store "${store}" is of createSentinel, which asks the primary`,
    "Give a client of a replica, or leave read out.",
  );
}

/** Every client in the given form, each once, with where it stands. */
export function everyClient(clients: Clients): { readonly client: NodeRedisClient; readonly place: string }[] {
  const found = new Map<NodeRedisClient, string>();
  const look = (given: unknown, place: readonly string[]): void => {
    if (isClient(given)) {
      if (!found.has(given)) found.set(given, place.join(".") || "client");
    } else if (isObject(given) && place.length < 2) {
      for (const [name, each] of Object.entries(given)) look(each, [...place, name]);
    }
  };
  look(clients, []);
  return [...found].map(([client, place]) => ({ client, place }));
}
