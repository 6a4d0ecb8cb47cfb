/**
 * The command line's program: its commands, its errors, its exit codes.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { checkCommand } from "./check.js";
import { colors, withoutColors } from "./colors.js";
import { exitCodes } from "./exit-codes.js";
import { explainCommand } from "./explain.js";
import { generateCommand } from "./generate.js";
import { migrateCommand } from "./migrate.js";
import { say } from "./output.js";
import { rulesCommand } from "./rules.js";

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Runs one command line (without node and script); returns the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.well;
  const end = (ended: number): void => {
    code = ended;
  };
  const program = new Command("keywright")
    .description("Schema-first Redis for TypeScript.")
    .version(version())
    .option("--no-color", "plain text; NO_COLOR does the same")
    .on("option:no-color", withoutColors)
    .showSuggestionAfterError()
    .showHelpAfterError("(keywright --help lists the commands)")
    .configureOutput({
      writeErr: (text) => process.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, colors.red("error"))),
    })
    .exitOverride();
  for (const add of [generateCommand, checkCommand, rulesCommand, explainCommand, migrateCommand]) add(program, end);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.well : exitCodes.usage;
    say(`${colors.red("error")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    say("This is a fault of keywright itself; please report it with the text above.");
    return exitCodes.fault;
  }
  return code;
}
