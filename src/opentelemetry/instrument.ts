/**
 * Listens to the runtime and tells OpenTelemetry.
 *
 * @module
 */
import { context, type MeterProvider, metrics, type TracerProvider, trace } from "@opentelemetry/api";
import { onEvent } from "../runtime/events.js";
import { onCall } from "../runtime/trace.js";
import { CallMetrics } from "./call-metrics.js";
import { CallSpans } from "./call-spans.js";

/** What `instrument` takes; all may be left out. */
export interface InstrumentOptions {
  /** Where spans go; the globally registered provider where it is left out, `false` for no spans. */
  readonly tracerProvider?: TracerProvider | false;
  /** Where metrics go; the globally registered provider where it is left out, `false` for no metrics. */
  readonly meterProvider?: MeterProvider | false;
}

/** The instrumentation's name, by which views and samplers can choose. */
const scope = "keywright";

/**
 * Gives a span and a measurement for each call of all repositories of this process, from now until the function that it
 * returns is called. Call it after the OpenTelemetry SDK was started. Neither keys nor values are among the attributes.
 */
export function instrument({ tracerProvider, meterProvider }: InstrumentOptions = {}): () => void {
  const spans =
    tracerProvider === false
      ? undefined
      : new CallSpans((tracerProvider ?? trace.getTracerProvider()).getTracer(scope));
  const counted =
    meterProvider === false
      ? undefined
      : new CallMetrics((meterProvider ?? metrics.getMeterProvider()).getMeter(scope));
  if (spans === undefined && counted === undefined) return () => undefined;
  const stopCalls = onCall(
    (call) => spans?.start(call, context.active()),
    (call) => {
      try {
        counted?.end(call);
      } finally {
        // A meter that throws must not leave the span open.
        spans?.end(call);
      }
    },
  );
  const stopEvents = counted === undefined ? undefined : onEvent((event) => counted.event(event));
  return () => {
    stopCalls();
    stopEvents?.();
  };
}
