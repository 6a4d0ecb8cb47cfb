/**
 * `keywright migrate status | fill | verify | cleanup | advance | rollback`
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Context, type MigrateOptions, withContext } from "./migrate-context.js";
import { runStatus, type StatusOptions } from "./migrate-status.js";
import { runStep, type StepOptions } from "./migrate-steps.js";
import {
  type CleanupTaskOptions,
  runCleanup,
  runFill,
  runVerify,
  type TaskOptions,
  type VerifyTaskOptions,
} from "./migrate-tasks.js";
import { orUnusable } from "./unusable.js";

/** A whole number from `least` on. */
const whole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || text.trim() === "") {
      throw new InvalidArgumentError(`Write a whole number from ${least} on.`);
    }
    return value;
  };

/** Places a second: few enough that the traffic beside it goes on undisturbed. */
const usualRate = 1000;

function common(command: Command): Command {
  return command
    .option("-c, --config <file>", "the config (default: keywright.config.ts in this folder)")
    .option(
      "--url <url>",
      "the Redis (default: REDIS_URL): redis://host, rediscluster://host,host or redissentinel://host,host/name",
    )
    .option("--prefix <text>", "what stands before every key")
    .option("--journals <folder>", "where this machine remembers (default: .keywright beside the config)")
    .addOption(
      new Option("--instances <n>", "how many instances run, to be compared with those that report").argParser(
        whole(0),
      ),
    )
    .addOption(new Option("--format <format>", "how it is printed").choices(["text", "json"]).default("text"));
}

function changing(command: Command, what: string): Command {
  return common(command)
    .option("--execute", what)
    .option("--yes-on <host:port>", "confirms --execute by the server's name, without asking");
}

function paced(command: Command, unit: string): Command {
  return command
    .addOption(new Option("--rate <n>", `${unit} a second`).argParser(whole(1)).default(usualRate))
    .addOption(new Option("--concurrency <n>", "how many at once").argParser(whole(1)).default(32));
}

/** Adds the commands; `end` takes the exit code. */
export function migrateCommand(program: Command, end: (code: number) => void): void {
  const migrate = program.command("migrate").description("carry out moves of key families; dry by default");
  migrate.addHelpText(
    "after",
    "\nExit codes: 0 well, 1 a fault of keywright, 2 usage, or refused, 7 a gate is closed, a fill failed\non a place, or a verify found differences, 130 ended by Ctrl-C (fill goes on from its journal).",
  );
  const run = async <O extends MigrateOptions>(options: O, use: (context: Context) => Promise<number>): Promise<void> =>
    end(await orUnusable(() => withContext(options, use)));

  common(migrate.command("status").argument("[family]"))
    .description("where each move stands: phase, fleet, gates, counts")
    .option("--count", "count the keys of both sides, by SCAN")
    .option("--store <name>", "families of this store only")
    .action((name: string | undefined, options: StatusOptions) =>
      run(options, (context) => runStatus(context, name, options)),
    );
  paced(changing(migrate.command("fill").argument("<family>"), "fill them"), "places")
    .description("bring over what nobody writes, beside the traffic; goes on from its journal")
    .option("--anew", "drop the journal, and begin from the start")
    .action((name: string, options: TaskOptions) => run(options, (context) => runFill(context, name, options)));
  paced(common(migrate.command("verify").argument("<family>")), "places")
    .description("compare both sides in both directions; changes nothing")
    .addOption(new Option("--rounds <n>", "in how many a difference must stand").argParser(whole(1)).default(3))
    .addOption(new Option("--pause <ms>", "between two rounds").argParser(whole(0)).default(1000))
    .addOption(new Option("--tolerance <ms>", "by which deadlines may differ").argParser(whole(0)).default(1000))
    .addOption(
      new Option("--samples <n>", "how many differences are named, by their keys").argParser(whole(0)).default(20),
    )
    .action((name: string, options: VerifyTaskOptions) => run(options, (context) => runVerify(context, name, options)));
  paced(changing(migrate.command("cleanup").argument("[family]"), "unlink them"), "old keys")
    .description("unlink the old keys of a move that has ended, and its marks")
    .option("--retired <pattern>", "in the place of a family: a pattern that the schema has retired")
    .option("--store <name>", "the store of the retired pattern", "default")
    .addOption(new Option("--side <side>", "purge one side of a family that can be rebuilt").choices(["old", "new"]))
    .action((name: string | undefined, options: CleanupTaskOptions) =>
      run(options, (context) => runCleanup(context, name, options)),
    );
  for (const [name, direction, words] of [
    ["advance", "forward", "go to the next phase where the gates are open: sets it in the schema"],
    ["rollback", "back", "go one phase back where the gates are open: sets it in the schema"],
  ] as const) {
    changing(migrate.command(name).argument("<family>"), "set the phase in the schema and in moves.json")
      .description(words)
      .action((family: string, options: StepOptions) =>
        run(options, (context) => runStep(context, family, direction, options)),
      );
  }
}
