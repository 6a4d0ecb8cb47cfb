/**
 * What a service's readiness endpoint asks: whether every Redis can be read and written now, and why not.
 *
 * @module
 */
import { type Duration, parseDuration } from "../schema/duration.js";
import type { BreakerState } from "./breaker.js";
import type { ClientPort, Primary } from "./client-port.js";
import { MisuseError } from "./errors.js";
import { type Finding, HealthProbe } from "./health-probe.js";

/** What `redis.health()` takes. */
export interface HealthOptions {
  /** By when it answers, as a text such as `"1s"`, or in milliseconds: `"1s"` where it is left out, at most `"60s"`. */
  readonly within?: Duration | number;
}

/** What `redis.health()` found; plain data, ready for `JSON.stringify`. */
export interface Health {
  /** True where every store could be read and written. */
  readonly ok: boolean;
  /** What is wrong, in one or more sentences; left out where nothing is. */
  readonly reason?: string;
  readonly stores: readonly StoreHealth[];
}

export interface StoreHealth {
  /** The store's name in the schema. */
  readonly store: string;
  readonly ok: boolean;
  readonly reason?: string;
  /** Each primary of a Cluster; else one. */
  readonly nodes: readonly NodeHealth[];
}

export interface NodeHealth {
  /** Its address, such as `127.0.0.1:6379`; `pool` or `primary` where no connection has been seen yet. */
  readonly node: string;
  readonly ok: boolean;
  readonly reason?: string;
  /** As the server says it; left out where it did not answer. */
  readonly role?: "primary" | "replica";
  /** Milliseconds of the round trip; left out where it did not answer. */
  readonly latency?: number;
  /** Calls are refused while it is not `closed`; the check goes beside it. */
  readonly breaker: BreakerState;
}

const standardBound = 1000;
const longestBound = 60_000;

/** @throws MisuseError for a bound that is none */
export function readBound(options: HealthOptions): number {
  if (typeof options !== "object" || options === null) {
    throw new MisuseError(
      { family: "createRepositories", operation: "health" },
      "the options are no object",
      'Write health({ within: "1s" }), or leave them out.',
    );
  }
  const { within = standardBound } = options;
  let ms: number | undefined;
  try {
    ms = typeof within === "number" ? within : parseDuration(within);
  } catch {
    ms = undefined;
  }
  if (ms !== undefined && Number.isSafeInteger(ms) && ms >= 1 && ms <= longestBound) return ms;
  throw new MisuseError(
    { family: "createRepositories", operation: "health" },
    '"within" is no duration from 1 ms to 60 s',
    'Write it like "1s", or as whole milliseconds.',
  );
}

/** Looks at one store; there is one for each, since it knows which of its checks have no answer yet. */
export class StoreHealthCheck {
  readonly #store: string;
  readonly #port: ClientPort;
  readonly #probe: HealthProbe;

  constructor(store: string, port: ClientPort, prefix: string) {
    this.#store = store;
    this.#port = port;
    this.#probe = new HealthProbe(prefix);
  }

  /** Rejects never; `ms` bounds it. */
  async check(ms: number): Promise<StoreHealth> {
    const port = this.#port;
    const primaries = port.primaries();
    const nodes = await Promise.all(primaries.map((primary) => this.#node(primary, ms)));
    // A new primary is found by a look at the Cluster's map, which a service that gets no calls would never take.
    if (nodes.some(({ ok }) => !ok)) port.refresh?.();
    const missing = nodes.length === 0 ? 0 : (port.slotsWithoutPrimary?.() ?? 0);
    const reasons = nodes.flatMap(({ reason }) => reason ?? []);
    if (nodes.length === 0) reasons.push("the client is not connected");
    if (missing > 0) reasons.push(`${missing.toLocaleString("en-US")} of 16,384 slots have no primary`);
    const ok = reasons.length === 0;
    return {
      store: this.#store,
      ok,
      ...(ok ? {} : { reason: reasons.map((reason) => `store ${this.#store}: ${reason}`).join("; ") }),
      nodes,
    };
  }

  async #node(primary: Primary, ms: number): Promise<NodeHealth> {
    const { node } = primary;
    const { wrong, role, latency }: Finding = await this.#probe.run(primary, ms);
    const name = node.place?.address ?? node.label;
    return {
      node: name,
      ok: wrong === undefined,
      ...(wrong === undefined ? {} : { reason: `${name} ${wrong}` }),
      ...(role === undefined ? {} : { role }),
      ...(latency === undefined ? {} : { latency }),
      breaker: node.breaker.state,
    };
  }
}

/** Looks at all stores of a service at once. */
export async function checkHealth(checks: Iterable<StoreHealthCheck>, options: HealthOptions): Promise<Health> {
  const ms = readBound(options);
  const stores = await Promise.all(Array.from(checks, (each) => each.check(ms)));
  const reasons = stores.flatMap(({ reason }) => reason ?? []);
  return reasons.length === 0 ? { ok: true, stores } : { ok: false, reason: reasons.join("; "), stores };
}
