/**
 * Errors that are the user's to mend: exit 2, with what to do. Any other is ours.
 *
 * @module
 */
import { LoadError } from "../codegen/load.js";
import { MigrationRefusal } from "../migration/refusal.js";
import { KeywrightError } from "../runtime/errors.js";
import { colors } from "./colors.js";
import { exitCodes } from "./exit-codes.js";
import { prose, say } from "./output.js";

function tell(message: string, fix: string): number {
  say(prose(`${colors.red("error")} ${message}.`, "", process.stderr));
  say(prose(`${colors.green("→")} ${fix}`, "  ", process.stderr));
  return exitCodes.usage;
}

/** Runs a command; its exit code, or that of an error of the user's. */
export async function orUnusable(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const { syscall, code, path } = error as NodeJS.ErrnoException;
    if (syscall !== undefined && code !== undefined) {
      return tell(
        `${path ?? "a file"} cannot be read or written (${code})`,
        "Make the folder writable, or choose another for out.",
      );
    }
    if (error instanceof KeywrightError) {
      const { message, fix } = error;
      return tell(message.endsWith(fix) ? message.slice(0, -fix.length).replace(/\. $/, "") : message, fix);
    }
    if (!(error instanceof LoadError || error instanceof MigrationRefusal)) throw error;
    return tell(error.message, error.fix);
  }
}
