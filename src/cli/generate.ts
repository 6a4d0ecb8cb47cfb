/**
 * `keywright generate`
 *
 * @module
 */
import { dirname } from "node:path";
import { watch } from "chokidar";
import type { Command } from "commander";
import { generate } from "../codegen/generate.js";
import type { LoadedConfig } from "../codegen/load.js";
import { sourcesOf } from "../codegen/run-module.js";
import { type Change, changesOf, refuseFilesOfYours, writeArtifacts } from "../codegen/write.js";
import { colors } from "./colors.js";
import { configOption, loadConfigs } from "./configs.js";
import { exitCodes } from "./exit-codes.js";
import { prose, say } from "./output.js";
import { countOf, problemText, shownPath } from "./problem-text.js";
import { orUnusable } from "./unusable.js";

interface GenerateOptions {
  readonly config?: readonly string[];
  readonly watch?: boolean;
  readonly dryRun?: boolean;
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

/** One run; returns the exit code. */
async function once(config: LoadedConfig, dry: boolean): Promise<number> {
  const generated = await generate(config);
  if (!generated.ok) {
    say(problemText(generated.problems, config.schema, process.stderr));
    wrapped(`${colors.red(countOf(generated.problems))} in the schema. No file was touched.`);
    return exitCodes.lint;
  }
  const { artifacts, families, warnings } = generated;
  refuseFilesOfYours(config.out, artifacts);
  const changes = dry ? changesOf(config.out, artifacts) : writeArtifacts(config.out, artifacts);
  if (warnings.length > 0) say(problemText(warnings, config.schema, process.stderr));
  report(config, changes, families, dry);
  if (warnings.length > 0) wrapped(`${colors.yellow(countOf(warnings))}: keywright rules <id> explains one of them`);
  return exitCodes.well;
}

/** Generates at every change, until the process is ended. */
async function keepWatching(config: LoadedConfig): Promise<void> {
  // None while the schema does not parse; they are looked for again at each change.
  const sources = (): Promise<string[]> => sourcesOf(config.schema).catch(() => []);
  // The folder of the schema too: what is missing may appear there. Packages of a workspace lie elsewhere.
  const watcher = watch([dirname(config.schema), ...(await sources())], {
    ignoreInitial: true,
    ignored: (path) => path.includes("node_modules") || path.startsWith(config.out),
    awaitWriteFinish: { stabilityThreshold: 50, pollInterval: 20 },
  });
  let running: Promise<unknown> = Promise.resolve();
  watcher.on("all", (_event, path) => {
    if (!/\.(?:[mc]?[jt]sx?|json|lua)$/.test(path)) return;
    running = running
      .then(async () => {
        await orUnusable(() => once(config, false));
        watcher.add(await sources());
      })
      .catch((error: unknown) => say(String(error)));
  });
  watcher.on("ready", () => wrapped(colors.dim(`watching ${shownPath(config.schema)} (Ctrl-C ends)`)));
}

/** One keyspace after the other; a schema with errors does not keep the others from theirs. */
async function generateAll(options: GenerateOptions): Promise<number> {
  const configs = await loadConfigs(options.config ?? []);
  let worst: number = exitCodes.well;
  for (const config of configs) {
    worst = Math.max(worst, await orUnusable(() => once(config, options.dryRun === true)));
  }
  if (options.watch === true) for (const config of configs) await keepWatching(config);
  return worst;
}

/** Adds the command; `end` takes its exit code. */
export function generateCommand(program: Command, end: (code: number) => void): void {
  program
    .command("generate")
    .description("generate repositories, manifest.json and REDIS_KEYS.md from the schema")
    .addOption(configOption())
    .option("-w, --watch", "generate again whenever the schema changes")
    .option("--dry-run", "say what would change, write nothing")
    .addHelpText(
      "after",
      "\nExit codes: 0 well (warnings fail nothing), 1 a fault of keywright, 2 usage,\n6 the schema has errors (all are listed; no file is touched).",
    )
    .action(async (options: GenerateOptions) => {
      end(await orUnusable(() => generateAll(options)));
    });
}
