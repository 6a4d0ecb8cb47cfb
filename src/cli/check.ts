/**
 * `keywright check`
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Checked, check } from "../codegen/check.js";
import type { LoadedConfig } from "../codegen/load.js";
import type { Finding } from "../rules/rule.js";
import { colors } from "./colors.js";
import { configOption, loadConfigs, withoutKeysOption } from "./configs.js";
import { diffText } from "./diff-text.js";
import { exitCodes } from "./exit-codes.js";
import { githubDrift, githubText } from "./github-text.js";
import { print, printJson, say } from "./output.js";
import { countOf, problemText, shownPath } from "./problem-text.js";
import { Told } from "./told.js";
import { orUnusable } from "./unusable.js";

interface CheckOptions {
  readonly config?: readonly string[];
  readonly strict?: boolean;
  readonly against?: string;
  readonly withoutKeys?: readonly string[];
  readonly today?: string;
  readonly format: "text" | "json" | "github";
}

function findingAsJson({ id, severity, family, field, message, fix, at }: Finding): object {
  return {
    id,
    severity,
    family: family ?? null,
    field,
    message,
    fix,
    file: at === undefined ? null : shownPath(at.file),
    line: at?.line ?? null,
    column: at?.column ?? null,
  };
}

function asJson({ schema, out }: LoadedConfig, { findings, breaking, drift, families }: Checked): object {
  return {
    schema: shownPath(schema),
    out: shownPath(out),
    families,
    findings: findings.map(findingAsJson),
    breaking: breaking.map(findingAsJson),
    drift: drift ?? null,
  };
}

/** The last lines, on stderr: what was looked at and what it comes to. */
function conclude(
  { schema, out }: LoadedConfig,
  { findings, breaking, drift, families }: Checked,
  failed: boolean,
): void {
  const mark = failed ? colors.red("✗") : colors.green("✓");
  const families_ = families === 1 ? "1 family" : `${families} families`;
  const found = findings.length === 0 ? "no findings" : countOf(findings);
  say(`${mark} ${shownPath(schema)}: ${families_}, ${found}`);
  if (breaking.length > 0) {
    const changes = breaking.length === 1 ? "1 change" : `${breaking.length} changes`;
    say(`${colors.red("✗")} ${changes} since what was committed would lose live keys, or may`);
  }
  const folder = shownPath(out);
  if (drift === undefined) say(`${colors.yellow("·")} ${folder}: not compared, the schema cannot be read to its end`);
  else if (drift.length === 0) say(`${colors.green("✓")} ${folder}: up to date`);
  else {
    const files = drift.length === 1 ? "1 file differs" : `${drift.length} files differ`;
    say(`${colors.red("✗")} ${folder}: ${files} from what the schema gives; run keywright generate`);
  }
}

interface Looked {
  readonly config: LoadedConfig;
  readonly checked: Checked;
}

function codeOf(all: readonly Looked[]): number {
  if (all.some(({ checked }) => checked.failed)) return exitCodes.lint;
  if (all.some(({ checked }) => checked.breaking.length > 0)) return exitCodes.breaking;
  return all.some(({ checked: { drift = [] } }) => drift.length > 0) ? exitCodes.drift : exitCodes.well;
}

/** Findings and drift, by whoever reads them; the last lines follow each of the keyspaces. */
function show({ config, checked }: Looked, format: "text" | "github", told: Told): void {
  const { drift = [] } = checked;
  const findings = told.news([...checked.findings, ...checked.breaking], config.schema);
  if (format === "github") {
    print([...githubText(findings, config.schema), ...githubDrift(drift, config.out)].join("\n"));
  } else {
    print(problemText(findings, config.schema, process.stdout));
    if (findings.length > 0 && drift.length > 0) print("\n");
    print(diffText(drift));
  }
  conclude(config, checked, checked.failed);
}

async function run({ config: paths = [], format, ...options }: CheckOptions): Promise<number> {
  const all: Looked[] = [];
  const told = new Told();
  for (const config of await loadConfigs(paths)) {
    const checked = await check(config, options);
    all.push({ config, checked });
    if (format !== "json") show({ config, checked }, format, told);
  }
  const [only] = all;
  if (format === "json") {
    const each = all.map(({ config, checked }) => asJson(config, checked));
    printJson(only !== undefined && paths.length < 2 ? asJson(only.config, only.checked) : each);
  }
  return codeOf(all);
}

function readDay(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  throw new InvalidArgumentError("Write a day such as 2027-01-31.");
}

/** Adds the command; `end` takes its exit code. */
export function checkCommand(program: Command, end: (code: number) => void): void {
  program
    .command("check")
    .description("hold the schema against the rules, and the generated files against the schema; writes nothing")
    .addOption(configOption())
    .option("--strict", "warnings fail too")
    .option("--against <ref>", "compare with the manifest of a git ref, or of a file, beside the one on disk")
    .addOption(withoutKeysOption())
    .option("--today <date>", "hold the windows of moves against this day, such as 2027-01-31", readDay)
    .addOption(
      new Option("--format <format>", "how findings are printed").choices(["text", "json", "github"]).default("text"),
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 well, 1 a fault of keywright, 2 usage, \n4 generated files differ (the diff is printed), 5 live keys would be lost, or may be,\n6 the schema has errors.",
    )
    .action(async (options: CheckOptions) => {
      end(await orUnusable(() => run(options)));
    });
}
