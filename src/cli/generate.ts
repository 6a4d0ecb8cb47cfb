/**
 * `keywright generate`
 *
 * @module
 */
import type { Command } from "commander";
import { generate } from "../codegen/generate.js";
import type { LoadedConfig } from "../codegen/load.js";
import { sourcesOf } from "../codegen/run-module.js";
import { type Change, changesOf, refuseFilesOfYours, writeArtifacts } from "../codegen/write.js";
import { colors } from "./colors.js";
import { configOption, loadConfigs, withoutKeysOption } from "./configs.js";
import { exitCodes } from "./exit-codes.js";
import { prose, say } from "./output.js";
import { countOf, problemText, shownPath } from "./problem-text.js";
import { Told } from "./told.js";
import { orUnusable } from "./unusable.js";
import { watchFiles } from "./watch.js";

interface GenerateOptions {
  readonly config?: readonly string[];
  readonly watch?: boolean;
  readonly dryRun?: boolean;
  readonly withoutKeys?: readonly string[];
}

/** How to write, the same for all of them. */
interface Mode {
  readonly dry: boolean;
  readonly withoutKeys: readonly string[];
}

const wrapped = (text: string): void => say(prose(text, "", process.stderr));

const signs: Readonly<Record<Change["change"], string>> = { created: "+", updated: "~", removed: "-" };

function report(config: LoadedConfig, changes: readonly Change[], families: number, dry: boolean): void {
  const out = shownPath(config.out) || ".";
  for (const { path, change } of changes) say(`  ${signs[change]} ${out}/${path}`);
  const what = `${families} ${families === 1 ? "family" : "families"} → ${out}`;
  const files = changes.length === 1 ? "1 file" : `${changes.length} files`;
  if (changes.length === 0) wrapped(`${colors.green("✓")} ${what}: up to date`);
  else if (dry) wrapped(`${colors.yellow("·")} ${what}: ${files} would change (dry run, nothing was written)`);
  else wrapped(`${colors.green("✓")} ${what}: ${files} written`);
}

interface Ran {
  readonly code: number;
  /** The files that the schema was read from; only its own where it does not load. */
  readonly sources: readonly string[];
}

async function once(config: LoadedConfig, { dry, withoutKeys }: Mode, told: Told): Promise<Ran> {
  const generated = await generate(config, { withoutKeys });
  const { sources } = generated;
  if (!generated.ok) {
    say(problemText(told.news(generated.problems, config.schema), config.schema, process.stderr));
    const what = generated.breaking ? "that would lose live keys" : "in the schema";
    wrapped(`${colors.red(countOf(generated.problems))} ${what}. No file was touched.`);
    return { code: generated.breaking ? exitCodes.breaking : exitCodes.lint, sources };
  }
  const { artifacts, families, warnings } = generated;
  refuseFilesOfYours(config.out, artifacts);
  const changes = dry ? changesOf(config.out, artifacts) : writeArtifacts(config.out, artifacts);
  const news = told.news(warnings, config.schema);
  if (news.length > 0) say(problemText(news, config.schema, process.stderr));
  report(config, changes, families, dry);
  if (warnings.length > 0) wrapped(`${colors.yellow(countOf(warnings))}: keywright rules <id> explains one of them`);
  return { code: exitCodes.well, sources };
}

/** One keyspace after the other; a schema with errors does not keep the others from theirs. */
async function all(configs: readonly LoadedConfig[], mode: Mode): Promise<Ran> {
  let worst: number = exitCodes.well;
  const told = new Told();
  const sources = configs.map(({ schema }) => schema);
  for (const config of configs) {
    const code = await orUnusable(async () => {
      const ran = await once(config, mode, told);
      sources.push(...ran.sources);
      return ran.code;
    });
    worst = Math.max(worst, code);
  }
  return { code: worst, sources };
}

/** Beside the files that name families and scripts all modules of the schemas; none of one that does not parse. */
async function watched(configs: readonly LoadedConfig[], sources: readonly string[]): Promise<string[]> {
  const modules = await Promise.all(configs.map(({ schema }) => sourcesOf(schema).catch(() => [])));
  return [...sources, ...modules.flat()];
}

/** Generates at every change, until the process is ended. */
async function keepWatching(configs: readonly LoadedConfig[], sources: readonly string[], mode: Mode): Promise<void> {
  const again = async (): Promise<readonly string[]> => {
    try {
      return await watched(configs, (await all(configs, mode)).sources);
    } catch (error) {
      say(String(error));
      return [];
    }
  };
  watchFiles(
    await watched(configs, sources),
    configs.map(({ out }) => out),
    again,
    () => {
      const schemas = [...new Set(configs.map(({ schema }) => shownPath(schema)))].join(", ");
      wrapped(colors.dim(`watching ${schemas}, and what it is made of (Ctrl-C ends)`));
    },
  );
}

async function generateAll({ config, dryRun, watch, withoutKeys = [] }: GenerateOptions): Promise<number> {
  const configs = await loadConfigs(config ?? []);
  const mode: Mode = { dry: dryRun === true, withoutKeys };
  const { code, sources } = await all(configs, mode);
  if (watch === true) await keepWatching(configs, sources, mode);
  return code;
}

/** Adds the command; `end` takes its exit code. */
export function generateCommand(program: Command, end: (code: number) => void): void {
  program
    .command("generate")
    .description("generate repositories, manifest.json and REDIS_KEYS.md from the schema")
    .addOption(configOption())
    .option("-w, --watch", "generate again whenever the schema changes")
    .option("--dry-run", "say what would change, write nothing")
    .addOption(withoutKeysOption())
    .addHelpText(
      "after",
      "\nExit codes: 0 well (warnings fail nothing), 1 a fault of keywright, 2 usage,\n5 live keys would be lost, 6 the schema has errors (all are listed; no file is touched).",
    )
    .action(async (options: GenerateOptions) => {
      end(await orUnusable(() => generateAll(options)));
    });
}
