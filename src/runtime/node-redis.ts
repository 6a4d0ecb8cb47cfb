/**
 * What the ports share: the parts of node-redis that they use, in the form that redis 5.12 and 6 have in common.
 *
 * @module
 */
import type { Argument } from "./plan.js";
import type { Place } from "./redis-node.js";

export type Send = (...args: unknown[]) => Promise<unknown>;

export interface Multi {
  addCommand(args: readonly Argument[]): Multi;
  exec(): Promise<unknown[]>;
}

/** A connection: the client of `createClient`, a member of a pool, the node of a Cluster, the primary of a Sentinel. */
export interface RawClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  sendCommand: Send;
  multi(): Multi;
  withCommandOptions(options: object): RawClient;
  readonly _commandOptions?: { readonly typeMapping?: unknown } | undefined;
  readonly options?:
    | {
        readonly database?: number;
        readonly socket?: { readonly host?: string; readonly port?: number; readonly path?: string };
      }
    | undefined;
}

/** Where a connection goes to, as its client was told. */
export function placeOf({ options }: RawClient): Place {
  const { host = "localhost", port = 6379, path } = options?.socket ?? {};
  const address = path ?? `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
  return { address, database: options?.database ?? 0 };
}

// node-redis's own per-command timeout costs more than the command and does not cover a hung server: ours replaces it.
const text = { timeout: undefined };
// A type mapping that the client was given would change the replies that the kinds decode. node-redis merges options by
// spreading, where a second property costs 3 µs a command, so it is named only where there is one to undo.
const textAgain = { timeout: undefined, typeMapping: undefined };
// 36 is `$`, the blob string of RESP: its replies come as bytes.
const bytes = { timeout: undefined, typeMapping: { 36: Buffer } };

/** The options of a command whose reply is text, or bytes. */
function optionsFor(connection: RawClient, binary: boolean): object {
  if (binary) return bytes;
  return connection._commandOptions?.typeMapping === undefined ? text : textAgain;
}

/** Sends one command over one connection. */
export function sendCommand(connection: RawClient, args: readonly Argument[], binary: boolean): Promise<unknown> {
  return connection.sendCommand(args, optionsFor(connection, binary));
}

/** The breaker's probe. */
export function ping(connection: RawClient): Promise<unknown> {
  return sendCommand(connection, ["PING"], false);
}

/** The command did not leave this process: there was no connection that could take it. */
export class NotSentError extends Error {
  constructor(cause?: unknown) {
    super("no connection was ready", cause === undefined ? undefined : { cause });
    this.name = "NotSentError";
  }
}

/** Sends the commands as MULTI/EXEC over one connection. exec() rejects as a whole where one reply is an error; the replies are in the rejection. */
export async function executeMulti(
  connection: RawClient,
  commands: readonly (readonly Argument[])[],
): Promise<unknown[]> {
  let multi = connection.withCommandOptions(textAgain).multi();
  for (const args of commands) multi = multi.addCommand(args);
  try {
    return await multi.exec();
  } catch (error) {
    const replies = (error as { replies?: unknown }).replies;
    if (Array.isArray(replies)) return replies;
    throw error;
  }
}
