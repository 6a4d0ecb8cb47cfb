/**
 * A span for each call, a child of what is active where the caller calls: also where many callers' reads leave in one
 * command, and where a timer ends the call.
 *
 * @module
 */
import { type Attributes, type Context, type Span, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import type { CallTrace } from "../runtime/trace.js";
import { beginAttributes, endAttributes, summaryOf } from "./attributes.js";

export class CallSpans {
  readonly #tracer: Tracer;
  /** A call that began before anybody listened has none. */
  readonly #spans = new WeakMap<CallTrace, Span>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  start(call: CallTrace, parent: Context): void {
    const attributes = { ...beginAttributes(call), "keywright.pattern": call.pattern };
    const name = summaryOf(call.command, call.family);
    this.#spans.set(call, this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent));
  }

  end(call: CallTrace): void {
    const span = this.#spans.get(call);
    if (span === undefined) return;
    if (span.isRecording()) {
      const attributes: Attributes = endAttributes(call);
      if (call.retries > 0) attributes["keywright.retries"] = call.retries;
      if (call.batch > 1)
        attributes[call.command === "MULTI" ? "db.operation.batch.size" : "keywright.batch.size"] = call.batch;
      span.setAttributes(attributes);
      if (call.outcome === "error") {
        // Messages hold neither keys nor values. The cause holds Redis's own words, and is not recorded.
        if (call.error !== undefined) span.recordException(call.error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: call.error?.message ?? "some operations failed" });
      }
    }
    span.end();
  }
}
