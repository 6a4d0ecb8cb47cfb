/**
 * The table that is printed, and the report that is kept.
 *
 * @module
 */
import Table from "cli-table3";
import type { Run } from "./run.js";
import { type Counts, goals, misses, sumOf } from "./tally.js";

const numbers = ["calls", "failed", ...Object.keys(goals), "lost"] as (keyof Counts)[];
const heads = ["calls", "failed", ...Object.values(goals), "lost", "recovery"];

const seconds = (ms: number | null) => (ms === null ? "never" : `${(ms / 1000).toFixed(2)} s`);

function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({
    style: { head: [], border: [], compact: true },
    head: [...head],
    colAligns: head.map((_, i) => (i < head.length - heads.length ? "left" : "right")),
  });
  for (const row of rows) table.push(row.map(String));
  return table.toString();
}

/** A line a fault and topology, and the same figures by kind over all of them. */
export function tables(runs: readonly Run[]): string {
  const byFault = runs.map((run) => {
    const sum = sumOf(Object.values(run.kinds));
    return [run.fault, run.topology, ...numbers.map((name) => sum[name]), run.recovers ? seconds(run.recoveryMs) : ""];
  });
  const kinds = [...new Set(runs.flatMap((run) => Object.keys(run.kinds)))].sort();
  const byKind = kinds.map((kind) => {
    const of = runs.flatMap((run) => run.kinds[kind] ?? []);
    const recovering = runs.filter(({ recovers }) => recovers).flatMap((run) => run.kinds[kind] ?? []);
    const sum = sumOf(of);
    const slowest = recovering.map(({ recoveryMs }) => recoveryMs);
    const most =
      kind === "process" || kind === "none" || slowest.length === 0
        ? ""
        : seconds(slowest.includes(null) ? null : Math.max(...(slowest as number[])));
    return [kind, ...numbers.map((name) => sum[name]), most];
  });
  return [tableOf(["fault", "topology", ...heads], byFault), tableOf(["kind", ...heads], byKind)].join("\n\n");
}

/** True where a goal of 0 was missed, or a kind never recovered. */
export function failed(run: Run): boolean {
  return (run.recovers && run.recoveryMs === null) || misses(sumOf(Object.values(run.kinds)));
}
