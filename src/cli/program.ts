/**
 * The command line's program: its commands, its errors, its exit codes.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import pc from "picocolors";
import { exitCodes } from "./exit-codes.js";
import { generateCommand } from "./generate.js";

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Runs one command line (without node and script); returns the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.well;
  const program = new Command("keywright")
    .description("Schema-first Redis for TypeScript.")
    .version(version())
    .showSuggestionAfterError()
    .showHelpAfterError("(keywright --help lists the commands)")
    .configureOutput({
      writeErr: (text) => process.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, pc.red("error"))),
    })
    .exitOverride();
  generateCommand(program, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.well : exitCodes.usage;
    process.stderr.write(
      `${pc.red("error")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.stderr.write("This is a fault of keywright itself; please report it with the text above.\n");
    return exitCodes.fault;
  }
  return code;
}
