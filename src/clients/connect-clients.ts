/**
 * Connecting within a bound: a `connect()` of node-redis tries for ever where its `reconnectStrategy` does.
 *
 * @module
 */
import { type Clients, everyClient } from "../runtime/clients.js";
import { durationOption } from "../runtime/duration-option.js";
import { UnavailableError } from "../runtime/errors.js";
import { type Duration, formatDuration } from "../schema/duration.js";

export interface ConnectOptions {
  /** By when all are connected: `"5s"` where it is left out; a text, or milliseconds. */
  readonly within?: Duration | number;
}

/** What connecting needs of a client, in the form that all of node-redis's have in common. */
interface Connecting {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  destroy(): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  off(event: "error", listener: (error: unknown) => void): unknown;
}

const ignore = (): void => undefined;

/** Ends a client whatever its state is, and waits for nothing. */
export function destroyNow(client: { destroy(): unknown }): void {
  try {
    Promise.resolve(client.destroy()).catch(ignore);
  } catch {
    // It is closed already, and says so.
  }
}

/** A code such as `ECONNREFUSED`, or the name of the error's class. */
export function reasonOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (typeof code === "string") return code;
  return error instanceof Error ? error.constructor.name : typeof error;
}

/** What it last failed of, without the words of the client or of Redis: the cause has those. */
function why(error: unknown): string {
  return error === undefined ? "" : ` (${reasonOf(error)})`;
}

async function connectOne(client: Connecting, place: string, ms: number): Promise<void> {
  let last: unknown;
  const remember = (error: unknown): void => {
    last = error;
  };
  const context = { family: "connectClients", operation: place };
  const failed = (what: string, cause: unknown): UnavailableError =>
    new UnavailableError(
      context,
      what,
      cause,
      "The client was destroyed. The cause is what it last failed of; see whether its address, its TLS and its password are right.",
    );
  client.on("error", remember);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failed(`no connection within ${formatDuration(ms)}${why(last)}`, last)), ms);
  });
  try {
    await Promise.race([
      client.connect().catch((error: unknown) => {
        throw failed(`the client could not connect${why(error)}`, error);
      }),
      late,
    ]);
  } catch (error) {
    // What it emits while it ends is of a client that nobody has.
    client.on("error", ignore);
    destroyNow(client);
    throw error;
  } finally {
    clearTimeout(timer);
    client.off("error", remember);
  }
}

/**
 * Connects the clients that are not open, all at once, and gives back what it was given. Where one of them does not
 * connect in time, those that this call opened are destroyed.
 *
 * ```ts
 * const client = createClient({ url, ...recommendedClientOptions("client") }).on("error", log);
 * const redis = createRepositories(await connectClients(client, { within: "5s" }));
 * ```
 *
 * @param clients what `createRepositories` takes
 * @throws UnavailableError with the client's last error as its cause; MisuseError for a `within` that is no duration
 */
export async function connectClients<C extends Clients>(
  clients: C,
  { within = 5000 }: ConnectOptions = {},
): Promise<C> {
  const ms = durationOption("connectClients", "within", within);
  const closed = everyClient(clients).filter(({ client }) => !client.isOpen);
  const connecting = closed.map(({ client, place }) => connectOne(client as unknown as Connecting, place, ms));
  const outcomes = await Promise.allSettled(connecting);
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure === undefined) return clients;
  for (const { client } of closed) destroyNow(client as unknown as Connecting);
  throw failure.reason;
}
