/**
 * What the model of the moves has found, as a table and as JSON.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import Table from "cli-table3";
import type { CaseReport, Found } from "./harness.js";

export function tableOf(reports: readonly CaseReport[]): string {
  const table = new Table({
    head: [
      "strategy",
      "schedules",
      "operations",
      "steps",
      "mixed",
      "crashes",
      "faults",
      "roll-backs",
      "fills",
      "expiries",
      "violations",
      "controls",
      "s",
    ],
    style: { head: [], border: [] },
  });
  for (const report of reports) {
    const { controls } = report;
    const found = controls.filter(({ foundAfter }) => foundAfter !== undefined).length;
    table.push([
      report.name,
      report.schedules,
      report.operations,
      report.steps,
      report.mixed,
      report.crashes,
      report.faults,
      report.rollBacks,
      report.fills,
      report.elapsed,
      report.failed,
      `${found}/${controls.length}`,
      report.seconds.toFixed(1),
    ]);
  }
  return table.toString();
}

/** What is wrong, for the message of a test. */
export function findingsOf({ name, found, controls }: CaseReport): string {
  const texts = found.map((each) => foundText(name, each));
  for (const { phases, because, foundAfter } of controls) {
    if (foundAfter === undefined) {
      texts.push(`${name}: ${phases.join(" beside ")} shows no violation, where one must be found: ${because}`);
    }
  }
  return texts.join("\n\n");
}

export function foundText(name: string, { seed, violations, trace }: Found): string {
  return `${name}, SEED=${seed}\n${violations.map((each) => `  ${each}`).join("\n")}\n${trace}`;
}

export function writeReport(reports: readonly CaseReport[], seeds: readonly number[]): void {
  mkdirSync(".results", { recursive: true });
  const passed = reports.every(
    ({ failed, controls }) => failed === 0 && controls.every(({ foundAfter }) => foundAfter !== undefined),
  );
  const firstSeed = seeds[0];
  writeFileSync(".results/moves.json", `${JSON.stringify({ passed, firstSeed, strategies: reports }, undefined, 2)}\n`);
}
