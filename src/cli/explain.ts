/**
 * `keywright explain <key>`
 *
 * @module
 */
import { type Command, Option } from "commander";
import { type LoadedConfig, loadConfig, loadSchema } from "../codegen/load.js";
import { loadManifest } from "../codegen/load-manifest.js";
import { decodeCosts } from "../keyspace/decode-cost.js";
import { type Explained, explain } from "../keyspace/explain.js";
import type { Manifest } from "../schema/manifest.js";
import { exitCodes } from "./exit-codes.js";
import { explainedText, unknownText } from "./explain-text.js";
import { print, printJson, say } from "./output.js";
import { orUnusable } from "./unusable.js";

interface ExplainOptions {
  readonly config?: string;
  readonly prefix?: string;
  readonly cost?: true;
  readonly format: "text" | "json";
}

/** What the key's values cost, by the manifest's sample; nothing for a companion. */
async function costsOf(config: LoadedConfig, manifest: Manifest, { family: name, companion }: Explained) {
  const family = manifest.families.find((each) => each.name === name);
  if (family === undefined || companion !== null) return [];
  const { keyspace } = await loadSchema(config.schema);
  return decodeCosts(family, keyspace.families[family.name]);
}

async function run(key: string, { config: file, prefix, cost, format }: ExplainOptions): Promise<number> {
  const config = await loadConfig(file);
  const manifest = loadManifest(config);
  const found = explain(manifest, key, prefix);
  const explained = cost && found.family !== null ? { ...found, costs: await costsOf(config, manifest, found) } : found;
  if (format === "json") printJson(explained);
  else if (explained.family === null) say(unknownText(explained, process.stderr));
  else print(explainedText(explained, process.stdout));
  return explained.family === null ? exitCodes.findings : exitCodes.well;
}

/** Adds the command; `end` takes its exit code. */
export function explainCommand(program: Command, end: (code: number) => void): void {
  program
    .command("explain")
    .description("say which family a live key belongs to, by the committed manifest; asks no Redis")
    .argument("<key>", "the key as Redis holds it, quoted for the shell")
    .option("-c, --config <file>", "the config (default: keywright.config.ts in this folder)")
    .option("--prefix <text>", "what stands before the key; declared prefixes are recognised without it")
    .option("--cost", "load the schema too, and measure here what it costs to read the manifest's sample of a value")
    .addOption(new Option("--format <format>", "how it is printed").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      "\nExit codes: 0 well, 1 a fault of keywright, 2 usage, 7 the key belongs to no family\n(the nearest are named).",
    )
    .action(async (key: string, options: ExplainOptions) => {
      end(await orUnusable(() => run(key, options)));
    });
}
