/**
 * `keywright generate`
 *
 * @module
 */
import { dirname, join, relative } from "node:path";
import { watch } from "chokidar";
import type { Command } from "commander";
import pc from "picocolors";
import { generate } from "../codegen/generate.js";
import { LoadError, type LoadedConfig, loadConfig } from "../codegen/load.js";
import { type Change, changesOf, filesOfYours, writeArtifacts } from "../codegen/write.js";
import { exitCodes } from "./exit-codes.js";
import { problemText } from "./problem-text.js";

interface GenerateOptions {
  readonly config?: string;
  readonly watch?: boolean;
  readonly dryRun?: boolean;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const signs: Readonly<Record<Change["change"], string>> = { created: "+", updated: "~", removed: "-" };

function report(config: LoadedConfig, changes: readonly Change[], families: number, dry: boolean): void {
  const out = relative(process.cwd(), config.out) || ".";
  for (const { path, change } of changes) say(`  ${signs[change]} ${out}/${path}`);
  const what = `${families} ${families === 1 ? "family" : "families"} → ${out}`;
  const files = changes.length === 1 ? "1 file" : `${changes.length} files`;
  if (changes.length === 0) say(`${pc.green("✓")} ${what}: up to date`);
  else if (dry) say(`${pc.yellow("·")} ${what}: ${files} would change (dry run, nothing was written)`);
  else say(`${pc.green("✓")} ${what}: ${files} written`);
}

/** One run; returns the exit code. */
async function once(config: LoadedConfig, dry: boolean): Promise<number> {
  try {
    const generated = await generate(config);
    if (!generated.ok) {
      process.stderr.write(problemText(generated.problems, config.schema));
      return exitCodes.lint;
    }
    const yours = filesOfYours(config.out, generated.artifacts);
    if (yours.length > 0) {
      throw new LoadError(
        `${yours.map((path) => join(config.out, path)).join(", ")} would be overwritten, but is not generated`,
        "Move it away, or choose another folder for out.",
      );
    }
    const changes = dry ? changesOf(config.out, generated.artifacts) : writeArtifacts(config.out, generated.artifacts);
    report(config, changes, generated.families, dry);
    return exitCodes.well;
  } catch (error) {
    return unusable(error);
  }
}

/** Tells an error that is the user's to mend; any other is ours. */
function unusable(error: unknown): number {
  const { syscall, code, path } = error as NodeJS.ErrnoException;
  if (syscall !== undefined && code !== undefined) {
    say(
      `${pc.red("error")} ${path ?? "a file"} cannot be written (${code}).\n  ${pc.green("→")} Make the folder writable, or choose another for out.`,
    );
    return exitCodes.usage;
  }
  if (!(error instanceof LoadError)) throw error;
  say(`${pc.red("error")} ${error.message}.\n  ${pc.green("→")} ${error.fix}`);
  return exitCodes.usage;
}

/** Generates at every change, until the process is ended. */
function keepWatching(config: LoadedConfig): void {
  // The folder of the schema, not the file alone: schemas are composed from modules beside it.
  const watcher = watch(dirname(config.schema), {
    ignoreInitial: true,
    ignored: (path) => path.includes("node_modules") || path.startsWith(config.out),
    awaitWriteFinish: { stabilityThreshold: 50, pollInterval: 20 },
  });
  let running: Promise<unknown> = Promise.resolve();
  watcher.on("all", (_event, path) => {
    if (!/\.[mc]?[jt]s$/.test(path)) return;
    running = running.then(() => once(config, false)).catch((error: unknown) => say(String(error)));
  });
  watcher.on("ready", () => say(pc.dim(`watching ${relative(process.cwd(), config.schema)} (Ctrl-C ends)`)));
}

async function generateOnce(options: GenerateOptions): Promise<number> {
  let config: LoadedConfig;
  try {
    config = await loadConfig(options.config);
  } catch (error) {
    return unusable(error);
  }
  const code = await once(config, options.dryRun === true);
  if (options.watch === true) keepWatching(config);
  return code;
}

/** Adds the command; `end` takes its exit code. */
export function generateCommand(program: Command, end: (code: number) => void): void {
  program
    .command("generate")
    .description("generate repositories, manifest.json and REDIS_KEYS.md from the schema")
    .option("-c, --config <file>", "the config (default: keywright.config.ts in this folder)")
    .option("-w, --watch", "generate again whenever the schema changes")
    .option("--dry-run", "say what would change, write nothing")
    .addHelpText(
      "after",
      "\nExit codes: 0 well, 1 a fault of keywright, 2 usage, 6 the schema has problems (all are listed; no file is touched).",
    )
    .action(async (options: GenerateOptions) => {
      end(await generateOnce(options));
    });
}
