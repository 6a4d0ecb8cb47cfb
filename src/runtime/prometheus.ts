/**
 * Metrics in the text format of Prometheus, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). Times are in seconds.
 *
 * @module
 */
import type { HistogramSnapshot } from "./histogram.js";
import type { MetricsSnapshot, OperationMetrics } from "./metrics.js";

type Labels = Readonly<Record<string, string>>;

function escaped(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}{${pairs.join(",")}} ${value}`;
}

/** A metric's lines, none where it has no samples. */
function metric(name: string, type: "counter" | "gauge" | "histogram", help: string, samples: readonly string[]) {
  return samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
}

function histogram(name: string, labels: Labels, { buckets, count, sum }: HistogramSnapshot): string[] {
  if (count === 0) return [];
  return [
    ...buckets.map((bucket) => sample(`${name}_bucket`, { ...labels, le: String(bucket.le) }, bucket.count)),
    sample(`${name}_bucket`, { ...labels, le: "+Inf" }, count),
    sample(`${name}_sum`, labels, sum),
    sample(`${name}_count`, labels, count),
  ];
}

export function prometheusText({ operations, breakers }: MetricsSnapshot): string {
  const each = (lines: (labels: Labels, of: OperationMetrics) => readonly string[]): string[] =>
    operations.flatMap((of) => lines({ family: of.family, operation: of.operation }, of));
  const counts = (name: string, label: string, labels: Labels, by: Readonly<Record<string, number>>): string[] =>
    Object.entries(by).flatMap(([key, count]) => (count === 0 ? [] : sample(name, { ...labels, [label]: key }, count)));
  const patterns = new Map(operations.map(({ family, pattern }) => [family, pattern]));
  const [calls, errors, events] = [
    "keywright_calls_total",
    "keywright_errors_total",
    "keywright_events_total",
  ] as const;
  const [duration, loads] = ["keywright_call_duration_seconds", "keywright_load_duration_seconds"] as const;
  const [open, opened] = ["keywright_breaker_open", "keywright_breaker_opened_total"] as const;
  const lines = [
    ...metric(
      calls,
      "counter",
      "Calls by how they ended: ok, hit, miss, degraded or error.",
      each((labels, of) => counts(calls, "outcome", labels, { ...of.calls })),
    ),
    ...metric(
      errors,
      "counter",
      "Errors that callers got, by code.",
      each((labels, of) => counts(errors, "code", labels, of.errors)),
    ),
    ...metric(
      events,
      "counter",
      "What happened beside the outcome of calls: retry, late-reply and others.",
      each((labels, of) => counts(events, "type", labels, of.events)),
    ),
    ...metric(
      duration,
      "histogram",
      "From the call to its end.",
      each((labels, of) => histogram(duration, labels, of.latency)),
    ),
    ...metric(
      loads,
      "histogram",
      "Loads of caches, from their begin.",
      each((labels, of) => histogram(loads, labels, of.loads)),
    ),
    ...metric(
      "keywright_family_info",
      "gauge",
      "The pattern of each family.",
      Array.from(patterns, ([family, pattern]) => sample("keywright_family_info", { family, pattern }, 1)),
    ),
    ...metric(
      open,
      "gauge",
      "1 while the breaker of a node refuses calls.",
      breakers.map(({ store, node, state }) => sample(open, { store, node }, state === "closed" ? 0 : 1)),
    ),
    ...metric(
      opened,
      "counter",
      "How often the breaker of a node opened.",
      breakers.map(({ store, node, opened: times }) => sample(opened, { store, node }, times)),
    ),
  ];
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
