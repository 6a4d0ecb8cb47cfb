/**
 * How findings read on a terminal.
 *
 * @module
 */
import { relative } from "node:path";
import type { Finding } from "../rules/rule.js";
import type { SchemaLocation } from "../schema/problem.js";
import { colors } from "./colors.js";
import { prose } from "./output.js";

/** A path as one would type it here; a path elsewhere as it is. */
export function shownPath(file: string, from = process.cwd()): string {
  const path = relative(from, file);
  return path.startsWith("..") ? file : path;
}

function placeOf({ file, line, column }: SchemaLocation): string {
  return `${shownPath(file)}:${line}:${column}`;
}

export function place({ at, other }: Finding, schema: string): string {
  const first = at === undefined ? shownPath(schema) : placeOf(at);
  return other === undefined ? first : `${first} and ${placeOf(other)}`;
}

export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** `roomPresence.ttl`, or the field alone where it is the keyspace's. */
export function whoOf({ family, field }: Finding): string {
  return family === undefined ? field : `${family}.${field}`;
}

/** `2 errors and 1 warning` */
export function countOf(findings: readonly Finding[]): string {
  const words = (["error", "warning"] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [count === 1 ? `1 ${severity}` : `${count} ${severity}s`];
  });
  return words.join(" and ");
}

/** All findings, one paragraph each. */
export function problemText(findings: readonly Finding[], schema: string, stream: NodeJS.WriteStream): string {
  const paragraphs = findings.map((finding) => {
    const severity = finding.severity === "error" ? colors.red("error") : colors.yellow("warning");
    return [
      `${severity} ${colors.bold(whoOf(finding))}  ${colors.dim(`${place(finding, schema)} · ${finding.id}`)}`,
      prose(sentence(finding.message), "  ", stream),
      prose(`${colors.green("→")} ${sentence(finding.fix)}`, "  ", stream),
    ].join("\n");
  });
  return findings.length === 0 ? "" : `${paragraphs.join("\n\n")}\n`;
}
