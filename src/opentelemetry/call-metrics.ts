/**
 * The duration of each call, and a counter of what happens beside it.
 *
 * @module
 */
import type { Attributes, Counter, Histogram, Meter } from "@opentelemetry/api";
import type { KeywrightEvent } from "../runtime/events.js";
import type { CallTrace } from "../runtime/trace.js";
import { beginAttributes, endAttributes } from "./attributes.js";

/** Seconds, as the semantic conventions advise for database clients; a view of the SDK may set others. */
const explicitBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** How a call ends: `db.client.operation.duration` has it. */
const ends: ReadonlySet<KeywrightEvent["type"]> = new Set(["ok", "hit", "miss", "error"]);

export class CallMetrics {
  readonly #duration: Histogram;
  readonly #events: Counter;

  constructor(meter: Meter) {
    this.#duration = meter.createHistogram("db.client.operation.duration", {
      unit: "s",
      description: "Duration of database client operations.",
      advice: { explicitBucketBoundaries },
    });
    this.#events = meter.createCounter("keywright.events", {
      unit: "{event}",
      description: "What happened beside the outcome of calls, such as degraded, retry, late-reply, breaker-opened.",
    });
  }

  end(call: CallTrace): void {
    this.#duration.record(call.ms / 1000, { ...beginAttributes(call), ...endAttributes(call) });
  }

  event({ type, family, operation, code, ...more }: KeywrightEvent): void {
    if (ends.has(type)) return;
    const attributes: Attributes =
      family === undefined
        ? { "keywright.store": (more as { store: string }).store, "keywright.node": (more as { node: string }).node }
        : { "keywright.family": family, "keywright.operation": operation };
    attributes["keywright.event"] = type;
    if (code !== undefined) attributes["error.type"] = code;
    this.#events.add(1, attributes);
  }
}
