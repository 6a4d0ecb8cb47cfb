/**
 * `keywright migrate fill | verify | cleanup`
 *
 * @module
 */
import { cleanup, cleanupOfMove, cleanupOfRetired } from "../migration/cleanup.js";
import { fill, fillOf } from "../migration/fill.js";
import { Journal } from "../migration/journal.js";
import { memoryFile } from "../migration/ledger-file.js";
import { primariesOf, type Server } from "../migration/primaries.js";
import { MigrationRefusal } from "../migration/refusal.js";
import { type Target, targetOf } from "../migration/target.js";
import { verify } from "../migration/verify.js";
import { colors } from "./colors.js";
import { confirmOn } from "./confirm.js";
import { exitCodes } from "./exit-codes.js";
import { type Context, factsOf, headOf, type MigrateOptions, serversOf, untilInterrupted } from "./migrate-context.js";
import { cleanedText, filledText, verifiedText } from "./migrate-text.js";
import { print, printJson, say } from "./output.js";
import { ProgressShown } from "./progress.js";

export interface TaskOptions extends MigrateOptions {
  readonly execute?: boolean;
  readonly yesOn?: string;
  readonly rate: number;
  readonly concurrency: number;
  readonly anew?: boolean;
}

export interface VerifyTaskOptions extends TaskOptions {
  readonly rounds: number;
  readonly pause: number;
  readonly tolerance: number;
  readonly samples: number;
}

export interface CleanupTaskOptions extends TaskOptions {
  readonly retired?: string;
  readonly store: string;
  readonly side?: "old" | "new";
}

/** Ended by a signal, as a shell says it. */
const interrupted = 130;

const addresses = (servers: readonly Server[], { hosts }: Context): string[] => [
  ...servers.map(({ address }) => address),
  ...hosts,
];

/** Nothing is brought over, or removed, while an instance may still write the old keys alone. */
async function refuseStale(context: Context, target: Target, phases: readonly string[], task: string): Promise<void> {
  const { fleet } = await factsOf(context, target);
  const others = fleet.filter(({ phase }) => !phases.includes(phase));
  const how = `Wait until all instances are in ${phases.join(" or ")}: keywright migrate status ${target.family.name}. Nothing was changed.`;
  if (others.length > 0) {
    const names = others.map(({ service, instance, phase }) => `${service ?? "no service"} ${instance} (${phase})`);
    throw new MigrationRefusal(`${task} would lose writes of ${names.join(", ")}`, how);
  }
  const { instances } = context;
  if (instances === undefined && fleet.length === 0) {
    throw new MigrationRefusal(
      "no instance reports its phase",
      "Deploy the generated code, or say --instances 0 where none runs. Nothing was changed.",
    );
  }
  if (instances !== undefined && fleet.length !== instances) {
    throw new MigrationRefusal(`${fleet.length} of ${instances} instances report their phase`, how);
  }
}

/** Runs with a bar, whatever comes. */
async function shown<T>(what: string, format: string, task: (show: ProgressShown["show"]) => Promise<T>): Promise<T> {
  const progress = new ProgressShown(what, format === "text" ? undefined : false);
  try {
    return await task(progress.show);
  } finally {
    progress.end();
  }
}

export async function runFill(context: Context, name: string, options: TaskOptions): Promise<number> {
  const { manifest, client, prefix, journals } = context;
  const target = targetOf(client, manifest, name, prefix);
  const { phases } = fillOf(target);
  const servers = await serversOf(target);
  const head = headOf("fill", target);
  const execute = options.execute === true;
  const file = memoryFile(journals, "fill", target);
  const journal = execute ? Journal.open(file, head, servers, options.anew === true) : Journal.none(head, servers);
  if (execute) {
    await refuseStale(context, target, phases, "a fill");
    await confirmOn(`fill ${name}`, addresses(servers, context), options.yesOn);
    // From now on an earlier run no longer counts as one that has ended.
    journal.save();
    if (journal.resumed) say(`goes on from ${file}`);
  }
  const { rate, concurrency, format } = options;
  const filled = await untilInterrupted((signal) =>
    shown(`fill ${name}`, format, (onProgress) =>
      fill(target, journal, { execute, rate, concurrency, signal, onProgress }),
    ),
  );
  if (format === "json") printJson({ task: "fill", family: name, phase: target.moved.phase, execute, ...filled });
  else print(filledText(name, execute, filled));
  if (!filled.ended) return interrupted;
  return filled.failed > 0 ? exitCodes.findings : exitCodes.well;
}

export async function runVerify(context: Context, name: string, options: VerifyTaskOptions): Promise<number> {
  const { manifest, client, prefix, journals } = context;
  const target = targetOf(client, manifest, name, prefix);
  const servers = await serversOf(target);
  // It changes nothing, and a part of it proves nothing: each begins from the start.
  const journal = Journal.open(memoryFile(journals, "verify", target), headOf("verify", target), servers, true);
  const verified = await untilInterrupted((signal) =>
    shown(`verify ${name}`, options.format, (onProgress) =>
      verify(target, journal, { ...options, signal, onProgress }),
    ),
  );
  if (options.format === "json") {
    printJson({ task: "verify", family: name, phase: target.moved.phase, ...verified });
  } else print(verifiedText(name, verified));
  if (!verified.ended) return interrupted;
  return verified.total > 0 ? exitCodes.findings : exitCodes.well;
}

export async function runCleanup(
  context: Context,
  name: string | undefined,
  options: CleanupTaskOptions,
): Promise<number> {
  const { manifest, client, prefix } = context;
  const { retired, store, side, rate, concurrency, format } = options;
  if ((name === undefined) === (retired === undefined)) {
    throw new MigrationRefusal("a cleanup is of a family, or of a retired pattern", "Give one of them.");
  }
  const target = name === undefined ? undefined : targetOf(client, manifest, name, prefix);
  const plan =
    target === undefined
      ? cleanupOfRetired(client, manifest, retired as string, store, prefix)
      : cleanupOfMove(target, side);
  const execute = options.execute === true;
  const servers = (await primariesOf(plan.port)).map(({ server }) => server);
  if (execute) {
    if (target !== undefined && side === undefined) await refuseStale(context, target, [target.moved.phase], "cleanup");
    await confirmOn(`cleanup ${plan.name}`, addresses(servers, context), options.yesOn);
  }
  // What is unlinked is found no more: a run that was ended is simply run again.
  const head = { task: "cleanup", keyspace: manifest.name, family: plan.name, from: "", to: "", schema: "", phase: "" };
  const journal = Journal.none({ ...head, prefix }, servers);
  const cleaned = await untilInterrupted((signal) =>
    shown(`cleanup ${plan.name}`, format, (onProgress) =>
      cleanup(plan, journal, { execute, rate, concurrency, signal, onProgress }),
    ),
  );
  if (format === "json") printJson({ task: "cleanup", of: plan.name, execute, ...cleaned });
  else print(cleanedText(plan.name, execute, cleaned));
  if (!execute) say(colors.dim("dry run: --execute unlinks them"));
  return cleaned.ended ? exitCodes.well : interrupted;
}
