/**
 * The primaries of a store, each as one whose keys can be scanned, and how one Redis is told from another.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { ClientPort, Primary } from "../runtime/client-port.js";
import { type RawClient, sendCommand } from "../runtime/node-redis.js";
import { slotCount } from "../schema/patterns/slot.js";
import { MigrationRefusal } from "./refusal.js";

/** One primary as a journal names it. */
export interface Server {
  readonly address: string;
  /** Redis makes it anew at every start: cursors of another are worth nothing. */
  readonly runId: string;
  /** Which slots it serves, as a hash; "" where it serves all. */
  readonly slots: string;
}

export interface ScanAnswer {
  readonly cursor: string;
  readonly keys: readonly string[];
}

/** How long a connection is waited for, in milliseconds. */
const patience = 5000;

/** Uses a connection of the primary; waits where none can take a command now. */
async function use<T>({ ask, node }: Primary, what: (connection: RawClient) => Promise<T>): Promise<T> {
  for (const end = performance.now() + patience; ; ) {
    const asked = ask(what);
    if (asked !== undefined) return asked;
    if (performance.now() > end) {
      throw new MigrationRefusal(
        `${node.label} is not connected`,
        "See whether it runs, and whether its address is right.",
      );
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** A primary whose keys are scanned. */
export class ScannedPrimary {
  readonly server: Server;
  readonly #primary: Primary;

  constructor(primary: Primary, server: Server) {
    this.#primary = primary;
    this.server = server;
  }

  /** How many keys it has, of all families. */
  async size(): Promise<number> {
    return Number(await use(this.#primary, (connection) => sendCommand(connection, ["DBSIZE"], false)));
  }

  async scan(cursor: string, glob: string, count: number): Promise<ScanAnswer> {
    const args = ["SCAN", cursor, "MATCH", glob, "COUNT", String(count)];
    const reply = await use(this.#primary, (connection) => sendCommand(connection, args, false));
    const [next, keys] = reply as [string, string[]];
    return { cursor: String(next), keys };
  }
}

function slotsOf({ serves }: Primary): string {
  if (serves === undefined) return "";
  const hash = createHash("sha1");
  for (let slot = 0; slot < slotCount; slot++) hash.update(serves(slot) ? "1" : "0");
  return hash.digest("hex").slice(0, 12);
}

/**
 * All primaries of a store, in the order of their addresses. Sends `INFO server` to each.
 *
 * @throws MigrationRefusal where one is not connected, or a slot has none
 */
export async function primariesOf(port: ClientPort): Promise<ScannedPrimary[]> {
  for (const end = performance.now() + patience; port.primaries().length === 0 && performance.now() < end; ) {
    await new Promise((done) => setTimeout(done, 50));
  }
  const missing = port.slotsWithoutPrimary?.() ?? 0;
  if (missing > 0 || port.primaries().length === 0) {
    throw new MigrationRefusal(
      missing > 0 ? `${missing} of ${slotCount} slots have no primary` : "the client is not connected",
      "Wait until every slot is served: otherwise keys would be passed over.",
    );
  }
  const all = await Promise.all(
    port.primaries().map(async (primary) => {
      const info = String(await use(primary, (connection) => sendCommand(connection, ["INFO", "server"], false)));
      const runId = /^run_id:([0-9a-f]+)/m.exec(info)?.[1] ?? "unknown";
      const address = primary.node.place?.address ?? primary.node.label;
      return new ScannedPrimary(primary, { address, runId, slots: slotsOf(primary) });
    }),
  );
  return all.sort((a, b) => (a.server.address < b.server.address ? -1 : 1));
}

/** True where all of both are the same, and serve the same slots. */
export function sameServers(a: readonly Server[], b: readonly Server[]): boolean {
  const of = (servers: readonly Server[]): string =>
    JSON.stringify(servers.map(({ runId, slots }) => [runId, slots]).sort());
  return of(a) === of(b);
}
