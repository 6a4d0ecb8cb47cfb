/**
 * A unified diff on a terminal.
 *
 * @module
 */
import type { Drift } from "../codegen/drift.js";
import { colors } from "./colors.js";

function painted(line: string): string {
  if (/^(?:---|\+\+\+) /.test(line)) return colors.bold(line);
  if (line.startsWith("@@")) return colors.cyan(line);
  if (line.startsWith("+")) return colors.green(line);
  return line.startsWith("-") ? colors.red(line) : line;
}

export function diffText(drift: readonly Drift[]): string {
  return drift.map(({ diff }) => diff.trimEnd().split("\n").map(painted).join("\n")).join("\n");
}
