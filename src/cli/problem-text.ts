/**
 * How a problem of a schema reads on a terminal.
 *
 * @module
 */
import { relative } from "node:path";
import pc from "picocolors";
import type { SchemaLocation, SchemaProblem } from "../schema/problem.js";

function placeOf({ file, line }: SchemaLocation): string {
  const path = relative(process.cwd(), file);
  return `${path.startsWith("..") ? file : path}:${line}`;
}

function place(problem: SchemaProblem, fallback: string): string {
  const first = problem.at === undefined ? fallback : placeOf(problem.at);
  return problem.other === undefined ? first : `${first} and ${placeOf(problem.other)}`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** All problems, one paragraph each, with their number at the end. */
export function problemText(problems: readonly SchemaProblem[], schema: string): string {
  const file = relative(process.cwd(), schema);
  const paragraphs = problems.map((problem) => {
    const who = problem.family === undefined ? problem.field : `${problem.family}.${problem.field}`;
    return [
      `${pc.red("error")} ${pc.bold(who)}  ${pc.dim(`${place(problem, file)} · ${problem.id}`)}`,
      `  ${sentence(problem.message)}`,
      `  ${pc.green("→")} ${sentence(problem.fix)}`,
    ].join("\n");
  });
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return `${paragraphs.join("\n\n")}\n\n${pc.red(count)} in the schema. No file was touched.\n`;
}
