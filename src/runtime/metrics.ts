/**
 * Counters and histograms of what the runtime does, by family and operation, made from its events.
 *
 * @module
 */
import { type ErrorCode, MisuseError } from "./errors.js";
import { type BreakerEvent, type CallEvent, type KeywrightEvent, onEvent } from "./events.js";
import { Histogram, type HistogramSnapshot, standardBounds } from "./histogram.js";
import { prometheusText } from "./prometheus.js";

/** What `collectMetrics` takes. */
export interface MetricsOptions {
  /** Upper bounds of the histograms' buckets in seconds, ascending: 0.1 ms to 5 s where they are left out. */
  readonly buckets?: readonly number[];
  /** So many pairs of family and operation are told apart, further ones are counted as `other`: 2,000 where it is left out. */
  readonly maxSeries?: number;
}

/** How calls ended. */
export interface CallCounts {
  /** Ended well, without saying whether a key was found. */
  readonly ok: number;
  /** Reads that found their key, and that did not. */
  readonly hit: number;
  readonly miss: number;
  /** Redis failed, and the caller got what its family declares in the place of an answer, or went on without. */
  readonly degraded: number;
  /** The caller got an error. */
  readonly error: number;
}

/** One operation of one family. */
export interface OperationMetrics {
  readonly family: string;
  readonly pattern: string;
  readonly operation: string;
  readonly calls: CallCounts;
  /** Errors that callers got, by their code. */
  readonly errors: Partial<Record<ErrorCode, number>>;
  /** What else happened, by the event's type, such as `retry`, `late-reply`, `fill`; see `CallEvent`. */
  readonly events: Partial<Record<SideEvent, number>>;
  /** From the call to its end, refusals before anything was sent left out. */
  readonly latency: HistogramSnapshot;
  /** Loads of a cache, from their begin; empty where there are none. */
  readonly loads: HistogramSnapshot;
}

/** One node's breaker, from its first event on. */
export interface BreakerMetrics {
  readonly store: string;
  readonly node: string;
  readonly state: "open" | "half-open" | "closed";
  /** How often it opened. */
  readonly opened: number;
}

/** Plain data, ready for `JSON.stringify`. */
export interface MetricsSnapshot {
  readonly operations: readonly OperationMetrics[];
  readonly breakers: readonly BreakerMetrics[];
}

export interface Metrics {
  /** The counts since `collectMetrics` as data. */
  snapshot(): MetricsSnapshot;
  /** The same in the text format of Prometheus, version 0.0.4, to be served at `/metrics`. */
  prometheus(): string;
  /** What `content-type` says of `prometheus()`. */
  readonly contentType: string;
  /** Stops counting; what was counted can still be read. */
  stop(): void;
}

type Outcome = keyof CallCounts;
/** Events that do not end a call. */
export type SideEvent = Exclude<CallEvent["type"], Outcome>;

const ofLoads: ReadonlySet<SideEvent> = new Set(["fill", "fill-dropped", "load-failed"]);

class Series {
  readonly family: string;
  readonly pattern: string;
  readonly operation: string;
  readonly calls = { ok: 0, hit: 0, miss: 0, degraded: 0, error: 0 };
  readonly errors: Partial<Record<ErrorCode, number>> = {};
  readonly events: Partial<Record<SideEvent, number>> = {};
  readonly latency: Histogram;
  readonly loads: Histogram;

  constructor(family: string, pattern: string, operation: string, buckets: readonly number[]) {
    this.family = family;
    this.pattern = pattern;
    this.operation = operation;
    this.latency = new Histogram(buckets);
    this.loads = new Histogram(buckets);
  }

  count({ type, ms, code }: CallEvent): void {
    switch (type) {
      case "ok":
      case "hit":
      case "miss":
      case "degraded":
      case "error":
        this.calls[type] += 1;
        if (ms !== undefined) this.latency.record(ms / 1000);
        if (type === "error" && code !== undefined) this.errors[code] = (this.errors[code] ?? 0) + 1;
        return;
      default:
        this.events[type] = (this.events[type] ?? 0) + 1;
        if (ms !== undefined && ofLoads.has(type)) this.loads.record(ms / 1000);
    }
  }

  snapshot(): OperationMetrics {
    const { family, pattern, operation } = this;
    return {
      family,
      pattern,
      operation,
      calls: { ...this.calls },
      errors: { ...this.errors },
      events: { ...this.events },
      latency: this.latency.snapshot(),
      loads: this.loads.snapshot(),
    };
  }
}

const standardMaxSeries = 2000;
const other = "other";

class Collector implements Metrics {
  readonly contentType = "text/plain; version=0.0.4; charset=utf-8";
  readonly #buckets: readonly number[];
  readonly #maxSeries: number;
  readonly #byFamily = new Map<string, Map<string, Series>>();
  readonly #breakers = new Map<string, BreakerMetrics>();
  readonly #stop: () => void;
  #series = 0;

  constructor(buckets: readonly number[], maxSeries: number) {
    this.#buckets = buckets;
    this.#maxSeries = maxSeries;
    this.#stop = onEvent((event) => this.#count(event));
  }

  #count(event: KeywrightEvent): void {
    if (event.family === undefined) {
      if ("node" in event) this.#countBreaker(event);
    } else
      (
        this.#byFamily.get(event.family)?.get(event.operation) ??
        this.#add(event.family, event.operation, event.pattern)
      ).count(event);
  }

  #add(family: string, operation: string, pattern: string): Series {
    if (this.#series >= this.#maxSeries && family !== other) {
      return this.#byFamily.get(other)?.get(other) ?? this.#add(other, other, "");
    }
    this.#series += 1;
    const series = new Series(family, pattern, operation, this.#buckets);
    const operations = this.#byFamily.get(family);
    if (operations === undefined) this.#byFamily.set(family, new Map([[operation, series]]));
    else operations.set(operation, series);
    return series;
  }

  #countBreaker({ type, store, node }: BreakerEvent): void {
    const name = `${store} ${node}`;
    const before = this.#breakers.get(name);
    // Addresses of a Cluster come and go; what is closed may go.
    if (before === undefined && this.#breakers.size >= this.#maxSeries) {
      const closed = [...this.#breakers].find(([, { state }]) => state === "closed")?.[0];
      if (closed === undefined) return;
      this.#breakers.delete(closed);
    }
    this.#breakers.set(name, {
      store,
      node,
      state: type === "breaker-opened" ? "open" : type === "breaker-closed" ? "closed" : "half-open",
      opened: (before?.opened ?? 0) + (type === "breaker-opened" ? 1 : 0),
    });
  }

  snapshot(): MetricsSnapshot {
    const operations = [...this.#byFamily.values()].flatMap((each) =>
      Array.from(each.values(), (series) => series.snapshot()),
    );
    const order = (a: OperationMetrics, b: OperationMetrics) =>
      a.family === b.family ? (a.operation < b.operation ? -1 : 1) : a.family < b.family ? -1 : 1;
    return { operations: operations.sort(order), breakers: [...this.#breakers.values()] };
  }

  prometheus(): string {
    return prometheusText(this.snapshot());
  }

  stop(): void {
    this.#stop();
  }
}

function refuse(operation: string, what: string, fix: string): never {
  throw new MisuseError({ family: "collectMetrics", operation }, what, fix);
}

/**
 * Counts what all repositories of this process do, from now until `stop()`: outcomes, errors by code and latency, by
 * family and operation; what degraded, was retried or came late; the breakers. Labels are names and patterns of the
 * schema, never keys or values.
 *
 * @throws MisuseError for buckets that do not ascend, or a bound that is none
 */
export function collectMetrics(options: MetricsOptions = {}): Metrics {
  const { buckets = standardBounds, maxSeries = standardMaxSeries } = options;
  const ascend =
    Array.isArray(buckets) &&
    buckets.length > 0 &&
    buckets.every((bound, at) => Number.isFinite(bound) && bound > (at === 0 ? 0 : buckets[at - 1]));
  if (!ascend) refuse("buckets", "the buckets do not ascend from above 0", "Give seconds such as [0.001, 0.01, 0.1].");
  if (!Number.isSafeInteger(maxSeries) || maxSeries < 1) {
    refuse("maxSeries", "is no whole number from 1 on", "Write a whole number, or leave it out.");
  }
  return new Collector([...buckets], maxSeries);
}
