/**
 * `keywright rules`
 *
 * @module
 */
import { type Command, Option } from "commander";
import { LoadError } from "../codegen/load.js";
import type { Rule } from "../rules/rule.js";
import { rules } from "../rules/table.js";
import { nearestWord } from "../schema/nearest-word.js";
import { exitCodes } from "./exit-codes.js";
import { print, printJson } from "./output.js";
import { ruleTable, ruleText } from "./rules-text.js";
import { orUnusable } from "./unusable.js";

interface RulesOptions {
  readonly format: "text" | "json";
}

function asJson({ id, severity, topic, purpose, example, setting, proof }: Rule): object {
  return { id, severity, topic, purpose, example, setting: setting ?? null, allowable: proof !== true };
}

function find(id: string): Rule {
  const rule = rules.find((each) => each.id === id);
  if (rule !== undefined) return rule;
  const near = nearestWord(
    id,
    rules.map((each) => each.id),
  );
  throw new LoadError(
    `there is no rule "${id}"`,
    near === undefined
      ? "keywright rules lists all of them."
      : `Did you mean ${near}? keywright rules lists all of them.`,
  );
}

async function run(id: string | undefined, { format }: RulesOptions): Promise<number> {
  if (id === undefined) {
    if (format === "json") printJson(rules.map(asJson));
    else print(ruleTable(rules, process.stdout));
    return exitCodes.well;
  }
  const rule = find(id);
  if (format === "json") printJson(asJson(rule));
  else print(ruleText(rule, process.stdout));
  return exitCodes.well;
}

/** Adds the command; `end` takes its exit code. */
export function rulesCommand(program: Command, end: (code: number) => void): void {
  program
    .command("rules")
    .description("list the rules that check holds a schema against, or explain one of them")
    .argument("[id]", "a rule's id")
    .addOption(new Option("--format <format>", "how they are printed").choices(["text", "json"]).default("text"))
    .action(async (id: string | undefined, options: RulesOptions) => {
      end(await orUnusable(() => run(id, options)));
    });
}
