/**
 * Closing within a bound: a `close()` of node-redis waits for ever on a server that hangs.
 *
 * @module
 */
import { topologyOf } from "../runtime/client.js";
import { type Clients, everyClient } from "../runtime/clients.js";
import { durationOption } from "../runtime/duration-option.js";
import type { Duration } from "../schema/duration.js";
import { destroyNow } from "./connect-clients.js";

export interface CloseOptions {
  /** How long is waited for answers that are outstanding: `"2s"` where it is left out; a text, or milliseconds. */
  readonly within?: Duration | number;
}

/** What became of the clients. */
export interface ClosedClients {
  /** Clients that owed no answer when they were closed. */
  readonly closed: number;
  /** Clients that still owed answers, which are lost. */
  readonly destroyed: number;
}

interface Connection {
  readonly isReady: boolean;
  sendCommand(args: readonly string[]): Promise<unknown>;
  destroy(): unknown;
}

interface Pool {
  readonly clientsInUse: number;
  readonly tasksQueueLength: number;
}

interface Cluster {
  readonly nodeByAddress: ReadonlyMap<string, { readonly client?: Connection | undefined }>;
}

const pollEvery = 10;

/** Answers come in order: when this one has come, all before it have. */
async function answered(connection: Connection): Promise<void> {
  if (!connection.isReady) return;
  try {
    await connection.sendCommand(["PING"]);
  } catch {
    // An error is an answer too, and a connection that is gone owes none.
  }
}

async function idle(pool: Pool, isOver: () => boolean): Promise<void> {
  while ((pool.clientsInUse > 0 || pool.tasksQueueLength > 0) && !isOver()) {
    await new Promise((done) => setTimeout(done, pollEvery));
  }
}

/** Ends when the client owes no answer. Only a Sentinel client is closed by it: it has no way to its connections. */
async function drained(client: object, isOver: () => boolean): Promise<void> {
  // A Sentinel client, and a pool, may still be handing this tick's commands to their connections.
  await new Promise((done) => setImmediate(done));
  switch (topologyOf(client)) {
    case "pool":
      return idle(client as Pool, isOver);
    case "cluster": {
      const nodes = [...(client as Cluster).nodeByAddress.values()];
      await Promise.all(nodes.map(({ client: node }) => (node === undefined ? undefined : answered(node))));
      return;
    }
    case "sentinel":
      await (client as { close(): Promise<void> }).close().catch(() => undefined);
      return;
    default:
      return answered(client as Connection);
  }
}

async function closeOne(client: { readonly isOpen: boolean; destroy(): unknown }, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => {
      over = true;
      resolve(false);
    }, ms);
  });
  const done = drained(client, () => over).then(() => true as const);
  const closed = await Promise.race([done, late]);
  clearTimeout(timer);
  // node-redis's own close() would leave a state, in redis 5 and on a Cluster, in which destroy() no longer ends it.
  destroyNow(client);
  return closed;
}

/**
 * Closes clients: answers that are outstanding are waited for, and what is not answered within the time is given up. Close
 * the repositories first, so that no new calls come: `await redis.close()`.
 *
 * Redis: a `PING` on each connection of a client or a Cluster, behind what it was sent before.
 *
 * @param clients what `createRepositories` takes; those that are closed already are left alone
 * @throws MisuseError for a `within` that is no duration; otherwise it never rejects
 */
export async function closeClients(clients: Clients, { within = 2000 }: CloseOptions = {}): Promise<ClosedClients> {
  const ms = durationOption("closeClients", "within", within);
  const open = everyClient(clients).filter(({ client }) => client.isOpen);
  const outcomes = await Promise.all(
    open.map(({ client }) => closeOne(client as unknown as { isOpen: boolean; destroy(): unknown }, ms)),
  );
  const closed = outcomes.filter((each) => each).length;
  return { closed, destroyed: outcomes.length - closed };
}
