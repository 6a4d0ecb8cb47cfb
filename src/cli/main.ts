#!/usr/bin/env node
/**
 * The command line: parses, calls, prints. Data goes to stdout, everything else to stderr.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import pc from "picocolors";
import { exitCodes } from "./exit-codes.js";
import { generateCommand } from "./generate.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const program = new Command("keywright")
  .description("Schema-first Redis for TypeScript.")
  .version(version)
  .showSuggestionAfterError()
  .showHelpAfterError("(keywright --help lists the commands)")
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, pc.red("error"))) })
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? exitCodes.well : exitCodes.usage);
  });

generateCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`${pc.red("error")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  console.error("This is a fault of keywright itself; please report it with the text above.");
  process.exitCode = exitCodes.fault;
}
