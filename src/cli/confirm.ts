/**
 * What changes a Redis is confirmed by its name: whoever types it has looked where it goes.
 *
 * @module
 */
import { createInterface } from "node:readline/promises";
import { MigrationRefusal } from "../migration/refusal.js";

/**
 * @param names the server's addresses; any of them names it
 * @param yesOn `--yes-on`
 * @throws MigrationRefusal where another is named, or nobody can be asked
 */
export async function confirmOn(what: string, names: readonly string[], yesOn: string | undefined): Promise<void> {
  const known = [...new Set(names)];
  const [name] = known as [string];
  if (yesOn !== undefined) {
    if (known.includes(yesOn)) return;
    throw new MigrationRefusal(
      `--yes-on names ${yesOn}, but the Redis is ${known.join(", ")}`,
      "Nothing was changed. See whether --url is the one that you mean.",
    );
  }
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new MigrationRefusal(
      "--execute asks for a confirmation, and there is no terminal to ask on",
      `Give --yes-on ${name}. Nothing was changed.`,
    );
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question(`${what} on ${known.join(", ")}. Type ${name} to go on: `);
    if (known.includes(answer.trim())) return;
  } finally {
    asking.close();
  }
  throw new MigrationRefusal("it was not confirmed", "Nothing was changed.");
}
