/**
 * The figures of a migration as text for a terminal.
 *
 * @module
 */
import Table from "cli-table3";
import type { Outcome } from "../run.js";
import type { Latency, MigrateFigures, TaskFigures } from "./measure.js";
import type { Task } from "./worker.js";

export interface MigrateGoal {
  readonly what: string;
  readonly measured: number;
  readonly met: boolean;
}

const secondsOf = ({ tasks }: MigrateFigures, task: Task): number =>
  tasks.reduce((sum, each) => (each.task === task ? sum + each.seconds : sum), 0);

/** All keys of the fill to all by hand. */
export function ratioOf(figures: MigrateFigures): number {
  return secondsOf(figures, "by hand") / secondsOf(figures, "fill");
}

export function migrateGoals(figures: MigrateFigures, steady: Outcome): MigrateGoal[] {
  const ratio = ratioOf(figures);
  const megabytes = Math.max(...figures.tasks.filter(({ task }) => task !== "by hand").map((each) => each.megabytes));
  const reads = steady.goals[0]?.ratio ?? Number.NaN;
  return [
    { what: "fill / DUMP and RESTORE by hand at least 0.8", measured: ratio, met: ratio >= 0.8 },
    { what: "peak memory below 200 MB", measured: megabytes, met: megabytes < 200 },
    {
      what: "reads of a family without a move / raw client, 64 in flight, at least 0.8",
      measured: reads,
      met: reads >= 0.8,
    },
  ];
}

const ms = (value: number): string => value.toFixed(2);
const latency = ({ p50, p99, most }: Latency): string => `${ms(p50)} / ${ms(p99)} / ${ms(most)}`;

function row({ task, family, keys, seconds, cpuSeconds, megabytes, foreign }: TaskFigures): string[] {
  const rate = Math.round(keys / seconds).toLocaleString("en-US");
  const cpu = ((cpuSeconds / keys) * 1e6).toFixed(1);
  return [task, family, keys.toLocaleString("en-US"), rate, cpu, megabytes.toFixed(0), latency(foreign)];
}

export function migrateReport(figures: MigrateFigures, steady: Outcome, machine: string): string {
  const head = ["task", "family", "keys", "keys/s", "CPU µs/key", "peak MB", "foreign GET ms: p50 / p99 / most"];
  const table = new Table({
    head,
    colAligns: head.map((_, i) => (i < 2 ? "left" : "right")),
    style: { head: [], border: [] },
  });
  for (const task of figures.tasks) table.push(row(task));
  const reads = steady.rows.map(
    ({ contestant, throughput, ratio }) =>
      `  ${contestant}: ${Math.round(throughput).toLocaleString("en-US")} ops/s, ratio ${ratio?.toFixed(2) ?? "–"}`,
  );
  return [
    `${figures.keys.toLocaleString("en-US")} keys go over: strings by value, counters and lists by handoff; ${figures.concurrency} places at once, no pace`,
    machine,
    "",
    table.toString(),
    `foreign GET while nothing runs: ${latency(figures.alone)}`,
    "",
    "by hand: SCAN, DUMP and PEXPIRETIME of 500 keys in one tick, RESTORE in one tick; no stamps, no seals, loses what is written meanwhile",
    "",
    "A family without a move, 64 in flight:",
    ...reads,
    "",
    ...migrateGoals(figures, steady).map(
      ({ what, measured, met }) => `${met ? "met " : "MISSED"} ${what}: ${measured.toFixed(2)}`,
    ),
  ].join("\n");
}
