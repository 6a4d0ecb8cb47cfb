/**
 * What an instance tells of its moves, so that `keywright migrate` knows who is in which phase: one key in the store of each
 * moving family, written every ten seconds, which ends with the instance.
 *
 * It is never on the way of a call. A report that fails is counted, and the next one is made all the same; while one has
 * no answer, no other is sent.
 *
 * @module
 */
import { fleetEvery, fleetKey, fleetTtl } from "../../schema/fleet-key.js";
import type { ClientPort } from "../client-port.js";
import type { MoveCounts } from "./move.js";

/** Who reports. */
export interface Fleet {
  readonly keyspace: string;
  /** The hash of the schema without its phases. */
  readonly schema: string;
  /** null: all families, for no service in particular. */
  readonly service: string | null;
}

/** A report, as it is stored in JSON. */
export interface FleetReport {
  readonly service: string | null;
  readonly schema: string;
  /** When the instance began, as an ISO date. */
  readonly since: string;
  /** By family. */
  readonly phases: Readonly<Record<string, string>>;
  readonly counts: Readonly<Record<string, MoveCounts>>;
}

interface Reported {
  readonly phase: string;
  readonly store: string;
  readonly counts: MoveCounts;
}

/** How long a close waits for the answer to its UNLINK, in milliseconds. */
const closingBound = 500;

export class FleetReports {
  /** Reports that Redis did not take. */
  failed = 0;
  readonly #fleet: Fleet;
  readonly #moving: ReadonlyMap<string, Reported>;
  readonly #ports: ReadonlyMap<string, ClientPort>;
  readonly #key: string;
  readonly #since = new Date().toISOString();
  readonly #outstanding = new Map<string, Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  readonly #first: NodeJS.Immediate;
  #closed = false;

  constructor(
    fleet: Fleet,
    moving: ReadonlyMap<string, Reported>,
    ports: ReadonlyMap<string, ClientPort>,
    prefix: string,
    instance: string,
  ) {
    this.#fleet = fleet;
    this.#moving = moving;
    this.#ports = ports;
    this.#key = fleetKey(prefix, fleet.keyspace, instance);
    const report = (): void => {
      for (const [store, port] of ports) this.#report(store, port);
    };
    // Behind the tick in which a service sets up.
    this.#first = setImmediate(report);
    this.#timer = setInterval(report, fleetEvery);
    this.#timer.unref();
  }

  /** Takes the reports back. Rejects never, and waits no longer than half a second. */
  async close(): Promise<void> {
    this.#closed = true;
    clearImmediate(this.#first);
    clearInterval(this.#timer);
    const ends = [...this.#ports].map(async ([store, port]) => {
      // A report that is under way would come after its removal.
      await this.#outstanding.get(store);
      await port.send(this.#key, ["UNLINK", this.#key], false);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closingBound);
    });
    await Promise.race([Promise.allSettled(ends), late]);
    clearTimeout(timer);
  }

  #report(store: string, port: ClientPort): void {
    if (this.#closed || this.#outstanding.has(store)) return;
    const node = port.ready(this.#key);
    if (node === undefined || node.refuses) {
      this.failed += 1;
      return;
    }
    this.#outstanding.set(store, this.#send(store, port));
  }

  /** Rejects never. */
  async #send(store: string, port: ClientPort): Promise<void> {
    try {
      await port.send(this.#key, ["SET", this.#key, JSON.stringify(this.#of(store)), "PX", String(fleetTtl)], false);
    } catch {
      this.failed += 1;
    } finally {
      this.#outstanding.delete(store);
    }
  }

  #of(store: string): FleetReport {
    const families = [...this.#moving].filter(([, moving]) => moving.store === store);
    const { service, schema } = this.#fleet;
    return {
      service,
      schema,
      since: this.#since,
      phases: Object.fromEntries(families.map(([name, { phase }]) => [name, phase])),
      counts: Object.fromEntries(families.map(([name, { counts }]) => [name, { ...counts }])),
    };
  }
}
