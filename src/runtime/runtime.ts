/**
 * The runtime of a service: its stores, its prefix, its start-up TTLs. Made by the generated `createRepositories`.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { type Bounds, readBounds, readLoadsWhenDown } from "./bounds.js";
import type { BreakerState } from "./breaker.js";
import { Bulkhead } from "./bulkhead.js";
import { clientPort, readPort } from "./client.js";
import type { ClientPort } from "./client-port.js";
import { type Clients, clientsOf } from "./clients.js";
import { type DeadlineLane, Deadlines } from "./deadlines.js";
import { type ErrorCode, MisuseError } from "./errors.js";
import { Executor, type Runner } from "./executor.js";
import type { Family } from "./family.js";
import { checkHealth, type Health, type HealthOptions, StoreHealthCheck } from "./health.js";
import { inspectClient } from "./injected-client.js";
import { type Fleet, FleetReports } from "./moves/fleet.js";
import type { MoveCounts } from "./moves/move.js";
import { type ReadSide, Reads } from "./reads.js";
import { ClosedNode, type NodeSettings, RedisNode } from "./redis-node.js";
import { StaleReads } from "./stale-reads.js";

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

/** How often a close looks whether calls are under way, in milliseconds. */
const closingPoll = 5;

/** A family that moves, as this instance runs it. */
export interface Moving {
  readonly phase: string;
  readonly store: string;
  readonly counts: MoveCounts;
}

/** How a repository reaches its store: the store itself, or the route of a family that moves. */
export interface Way {
  readonly executor: Runner;
  /** Plain reads from the primary. */
  readonly reads: ReadSide;
  /** Where the plain reads of the family go. */
  readsOf(family: Family): ReadSide;
}

/** A port as it is before a close. */
function untilClosed(port: ClientPort): ClientPort {
  return {
    topology: port.topology,
    ready: port.ready.bind(port),
    send: (key, args, binary) => port.send(key, args, binary),
    transaction: (key, commands) => port.transaction(key, commands),
    nodes: () => port.nodes(),
    primaries: () => port.primaries(),
    refresh: () => port.refresh?.(),
  };
}

/** One Redis and the way to it. */
export class Store implements Way {
  readonly executor: Executor;
  readonly reads: Reads;
  readonly health: StoreHealthCheck;
  readonly #ports: readonly ClientPort[];
  readonly #staleReads: StaleReads | undefined;
  readonly #deadlines: Deadlines;

  /** @param replica the way to the read client; undefined where there is none */
  constructor(name: string, port: ClientPort, replica: ClientPort | undefined, deadlines: Deadlines, prefix: string) {
    this.#ports = replica === undefined ? [port] : [port, replica];
    this.#deadlines = deadlines;
    this.health = new StoreHealthCheck(name, port, prefix);
    this.executor = new Executor(port, deadlines);
    this.reads = new Reads(this.executor, deadlines);
    if (replica === undefined) return;
    const executor = new Executor(replica, deadlines);
    this.#staleReads = new StaleReads(executor, new Reads(executor, deadlines), this.reads);
  }

  /** Calls that end after so many milliseconds. */
  lane(deadline: number): DeadlineLane {
    return this.#deadlines.lane(deadline);
  }

  /** Runs the further steps of what was asked for before a close, which stops only what comes after it. */
  further(): Runner {
    return new Executor(untilClosed(this.executor.port), this.#deadlines);
  }

  readsOf(family: Family): ReadSide {
    return family.staleReads === true ? (this.#staleReads ?? this.reads) : this.reads;
  }

  /** From now on every call is refused, and no breaker probes its node. What was asked for before goes on. */
  close(closed: ClosedNode): void {
    this.reads.flush();
    this.#staleReads?.flush();
    for (const port of this.#ports) {
      // Whatever the port would answer, that its client is not connected among it, this stands before it.
      port.ready = () => closed;
      for (const { breaker } of port.nodes()) breaker.stop();
    }
  }

  /** The breakers of the nodes that calls have gone to: of each primary in a Cluster, else one. Sends nothing. */
  breakers(): BreakerStatus[] {
    const nodes = this.#ports.flatMap((port) => port.nodes());
    return nodes.map(({ name, breaker, inFlight }) => ({
      node: name,
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
  /** The node's address in a Cluster; else `client`, `pool` or `primary`. That of a read client begins with `read `. */
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

/** The stores of a service and what all its repositories share. */
export class Runtime {
  readonly startUpTtl: Readonly<Record<string, string | undefined>>;
  /** As it was given. What stands before a key is {@link prefixOf} its family. */
  readonly givenPrefix: string;
  /** What loads pass that stand in for a dead Redis. */
  readonly loadsWhenDown: Bulkhead;
  /** Tells the stamps of this instance from those of others that are made in the same moment: eight hexadecimal digits. */
  readonly instance = randomBytes(4).toString("hex");
  /** The families that move, their phase here, and what is counted of them. */
  readonly moving = new Map<string, Moving>();
  readonly #stores = new Map<string, Store>();
  readonly #deadlines = new Deadlines();
  readonly #settings: NodeSettings;
  #closed: Promise<void> | undefined;
  #fleet: FleetReports | undefined;

  /**
   * @param clients of all stores, or of each store by its name
   * @param stores the stores that the keyspace names
   */
  constructor(clients: Clients, stores: readonly string[], options: RuntimeOptions = {}) {
    this.givenPrefix = options.prefix ?? "";
    this.startUpTtl = options.ttl ?? {};
    if (typeof this.givenPrefix !== "string" || !/^[^{}\s*?[\]\\\p{C}]*$/u.test(this.givenPrefix)) {
      throw new MisuseError(
        { family: "createRepositories", operation: "prefix" },
        "the prefix is no text, or holds a brace, a wildcard, white space or an invisible character",
        "Use letters, digits, - and : only, such as preview:3f2a:.",
      );
    }
    this.#settings = readBounds(options);
    const settings = this.#settings;
    const deadlines = this.#deadlines;
    this.loadsWhenDown = new Bulkhead(readLoadsWhenDown(options));
    for (const name of stores) {
      const { write, read } = clientsOf(clients, name, stores);
      inspectClient(write, name);
      const port = clientPort(write, (label, probe, place) => new RedisNode(name, label, settings, probe, place));
      if (read !== undefined) inspectClient(read, name);
      const replica =
        read === undefined
          ? undefined
          : readPort(read, (label, probe, place) => new RedisNode(name, label, settings, probe, place, "read"));
      this.#stores.set(name, new Store(name, port, replica, deadlines, this.givenPrefix));
    }
  }

  /** Looks whether every store can be read and written now. */
  async health(options: HealthOptions = {}): Promise<Health> {
    if (this.#closed !== undefined) return { ok: false, reason: "the repositories are closed", stores: [] };
    return checkHealth(
      Array.from(this.#stores.values(), ({ health }) => health),
      options,
    );
  }

  /** Refuses new calls, and ends when those under way have: by their deadlines at the latest. The clients stay open. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // Before the stores close, and waited for by none of them.
    const reported = this.#fleet?.close();
    for (const [name, store] of this.#stores) {
      store.close(new ClosedNode(name, "closed", this.#settings, () => undefined));
    }
    while (!this.#deadlines.idle) await new Promise((done) => setTimeout(done, closingPoll));
    await reported;
  }

  /** What is counted of a family's move; the repositories of one family share it. */
  movesCounted(family: Family, phase: string): MoveCounts {
    let moving = this.moving.get(family.name);
    if (moving === undefined) {
      moving = { phase, store: family.store, counts: { oldReads: 0, mirrorFailures: 0, lostJoins: 0 } };
      this.moving.set(family.name, moving);
    }
    return moving.counts;
  }

  /** Reports from now on how far this instance's moves are; nothing where no family moves. */
  reportMoves(fleet: Fleet): void {
    if (this.moving.size === 0 || this.#fleet !== undefined || this.#closed !== undefined) return;
    const ports = new Map<string, ClientPort>();
    for (const { store } of this.moving.values()) ports.set(store, (this.#stores.get(store) as Store).executor.port);
    this.#fleet = new FleetReports(fleet, this.moving, ports, this.givenPrefix, this.instance);
  }

  /** How many reports of this instance failed; 0 where it reports nothing. */
  get failedReports(): number {
    return this.#fleet?.failed ?? 0;
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
