/**
 * Findings as annotations of GitHub Actions
 * (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
 *
 * @module
 */
import type { Drift } from "../codegen/drift.js";
import type { Finding } from "../rules/rule.js";
import { sentence, shownPath, whoOf } from "./problem-text.js";

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function annotation(severity: string, properties: Readonly<Record<string, string>>, message: string): string {
  const words = Object.entries(properties).map(([name, value]) => `${name}=${property(value)}`);
  return `::${severity} ${words.join(",")}::${data(message)}`;
}

/** Annotations name files from the root of the repository, wherever the command runs. */
function pathInRepository(file: string): string {
  return shownPath(file, process.env.GITHUB_WORKSPACE ?? process.cwd());
}

export function githubText(findings: readonly Finding[], schema: string): string[] {
  return findings.map((finding) => {
    const { at, id, severity, message, fix } = finding;
    const lines = at === undefined ? {} : { line: String(at.line), col: String(at.column) };
    const properties = { file: pathInRepository(at?.file ?? schema), ...lines, title: `keywright ${id}` };
    return annotation(severity, properties, `${whoOf(finding)}: ${sentence(message)}\n${sentence(fix)}`);
  });
}

export function githubDrift(drift: readonly Drift[], out: string): string[] {
  return drift.map(({ path, change }) => {
    const words = { created: "is missing", updated: "is not what the schema gives", removed: "is generated no more" };
    const properties = { file: pathInRepository(`${out}/${path}`), title: "keywright drift" };
    return annotation(
      "error",
      properties,
      `${path} ${words[change]}.\nRun keywright generate, and commit what it writes.`,
    );
  });
}
