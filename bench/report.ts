/**
 * The outcome as text for a terminal.
 *
 * @module
 */
import Table from "cli-table3";
import type { GoalOutcome, Outcome, Row } from "./run.js";
import type { Suite } from "./suite.js";

function thousands(value: number): string {
  if (value >= 99_500) return `${Math.round(value / 1000)}k`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)}k`;
  return String(Math.round(value));
}

function tableOf(rows: readonly Row[]): string {
  const table = new Table({
    head: ["", "ops/s", "× baseline", "CPU µs/op", "least–most"],
    colAligns: ["left", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    table.push([
      row.contestant,
      thousands(row.throughput),
      row.ratio === undefined ? "–" : row.ratio.toFixed(2),
      row.cpu.toFixed(1),
      `${thousands(row.least)}–${thousands(row.most)}`,
    ]);
  }
  return table.toString();
}

function goalLine({ contestant, against, inFlight, atLeast, ratio, met }: GoalOutcome): string {
  const goal = `${contestant} at least ${atLeast} × ${against} at ${inFlight} in flight`;
  if (ratio === undefined) return `goal: ${goal}: not measured in this run`;
  return `goal: ${goal}: ${ratio.toFixed(2)}, ${met === true ? "met" : "NOT MET"}`;
}

/** A table for each level and baseline, the goals below, and what each contestant does. */
export function report(suite: Suite, { rows, goals }: Outcome, machine: string): string {
  const levels = [...new Set(rows.map(({ inFlight }) => inFlight))];
  const lines = [suite.title, machine, "Ratios are what counts; absolute figures are this machine's."];
  const baselines = [...new Set(rows.map(({ baseline }) => baseline))];
  for (const inFlight of levels) {
    for (const baseline of baselines) {
      const beside = rows.filter((row) => row.inFlight === inFlight && row.baseline === baseline);
      lines.push("", `${inFlight} in flight; the baseline is ${baseline}`, tableOf(beside));
    }
  }
  lines.push("", ...goals.map(goalLine), "");
  const shown = new Set(rows.map(({ contestant }) => contestant));
  for (const { name, does } of suite.contestants) if (shown.has(name)) lines.push(`${name}: ${does}`);
  return lines.join("\n");
}
