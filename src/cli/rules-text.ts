/**
 * The rules on a terminal.
 *
 * @module
 */
import type { Rule } from "../rules/rule.js";
import { colors } from "./colors.js";
import { prose } from "./output.js";

function painted(severity: Rule["severity"]): string {
  return severity === "error" ? colors.red(severity.padEnd(7)) : colors.yellow(severity);
}

/** One line a rule and its purpose below, by topic. */
export function ruleTable(rules: readonly Rule[], stream: NodeJS.WriteStream): string {
  const topics = [...new Set(rules.map(({ topic }) => topic))];
  const sections = topics.map((topic) => {
    const rows = rules
      .filter((rule) => rule.topic === topic)
      .map(({ id, severity, purpose, setting }) => {
        const needs = setting === undefined ? "" : colors.dim(`  (with rules.${setting})`);
        return `  ${painted(severity)} ${colors.bold(id)}${needs}\n${prose(purpose, "          ", stream)}`;
      });
    return `${colors.cyan(topic)}\n${rows.join("\n")}`;
  });
  return `${sections.join("\n\n")}\n`;
}

/** One rule, with the line that it finds and the one that it does not, and how to allow it. */
export function ruleText(rule: Rule, stream: NodeJS.WriteStream): string {
  const { id, severity, topic, purpose, example, setting, proof } = rule;
  const lines = [
    `${painted(severity).trimEnd()} ${colors.bold(id)}  ${colors.dim(topic)}`,
    prose(purpose, "  ", stream),
    "",
    `  ${colors.red("found")}  ${example.bad}`,
    `  ${colors.green("well")}   ${example.good}`,
    "",
  ];
  if (setting !== undefined) {
    lines.push(prose(`It looks only where the keyspace sets rules.${setting}.`, "  ", stream));
  }
  if (proof === true) lines.push("  It is a proof, and cannot be allowed.");
  else lines.push("  To allow it, in a family or in the keyspace:", `    allow: { "${id}": "why it is right here" }`);
  return `${lines.join("\n")}\n`;
}
