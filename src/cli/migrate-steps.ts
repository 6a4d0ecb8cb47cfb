/**
 * `keywright migrate advance | rollback`: to the next phase, or one back, where the gates are open.
 *
 * @module
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadSchema } from "../codegen/load.js";
import { holdGates, phaseAfter } from "../migration/gates.js";
import { readLedger, writeStep } from "../migration/ledger-file.js";
import { MigrationRefusal } from "../migration/refusal.js";
import { withPhase } from "../migration/schema-phase.js";
import { type Target, targetOf } from "../migration/target.js";
import { ledgerFile, phasesByHand } from "../schema/moves/index.js";
import { colors } from "./colors.js";
import { confirmOn } from "./confirm.js";
import { exitCodes } from "./exit-codes.js";
import { type Context, factsOf, type MigrateOptions, serversOf } from "./migrate-context.js";
import { gatesText } from "./migrate-text.js";
import { print, printJson, say } from "./output.js";
import { shownPath } from "./problem-text.js";

export interface StepOptions extends MigrateOptions {
  readonly execute?: boolean;
  readonly yesOn?: string;
}

interface Rewritten {
  readonly file: string;
  readonly text: string;
}

/** The schema's file with the new phase. */
export async function rewritten({ config }: Context, target: Target, to: string): Promise<Rewritten> {
  const { family, moved } = target;
  const { keyspace, unlisted } = await loadSchema(config.schema);
  const all = [...Object.values(keyspace.families), ...unlisted.values()];
  const at = keyspace.families[family.name]?.at;
  const byHand = `Write phase: "${to}" in its moved by hand where it says "${moved.phase}", and record it: nothing was changed.`;
  if (at === undefined) throw new MigrationRefusal(`where ${family.name} is declared is not known`, byHand);
  const others = all.flatMap((each) => (each.at !== undefined && each.at.file === at.file ? [each.at] : []));
  const text = withPhase(readFileSync(at.file, "utf8"), at, others, moved.phase, to);
  if (text !== undefined) return { file: at.file, text };
  throw new MigrationRefusal(
    `between the declaration of ${family.name} (${shownPath(at.file)}:${at.line}) and the next there is not exactly one phase: "${moved.phase}"`,
    `Write it there once, as a text in its own place. Nothing was changed.`,
  );
}

export async function runStep(
  context: Context,
  name: string,
  direction: "forward" | "back",
  options: StepOptions,
): Promise<number> {
  const { manifest, client, prefix, config } = context;
  const target = targetOf(client, manifest, name, prefix);
  const { moved } = target;
  const to = phaseAfter(target, direction);
  const command = direction === "forward" ? "advance" : "rollback";
  if (to === undefined) {
    throw new MigrationRefusal(
      `${name} is in ${moved.phase}, the ${direction === "forward" ? "last" : "first"} phase`,
      direction === "forward"
        ? `Run keywright migrate cleanup ${name}, then take moved out of the schema and retire the old pattern.`
        : "Take moved out of the schema: no key has moved yet.",
    );
  }
  const [hand] = phasesByHand(manifest, readLedger(config.out)).filter(({ family }) => family === name);
  if (hand !== undefined) {
    const { keyspace } = await loadSchema(config.schema);
    if (keyspace.families[name]?.options.moved?.phase === hand.known) {
      throw new MigrationRefusal(
        `the schema and ${ledgerFile} say ${hand.known} of ${name}, but manifest.json still says ${hand.phase}`,
        `Run keywright generate, deploy what it writes, and then keywright migrate ${command} ${name}.`,
      );
    }
    throw new MigrationRefusal(
      `the phase ${hand.phase} of ${name} was set by hand: ${ledgerFile} knows ${hand.known}`,
      `Set it back to "${hand.known}", generate, and go on with keywright migrate ${command} ${name}.`,
    );
  }
  const facts = await factsOf(context, target);
  const gates = await holdGates(target, direction, facts);
  const open = gates.every((gate) => gate.open);
  const execute = options.execute === true && open;
  if (execute) {
    const change = await rewritten(context, target, to);
    const servers = await serversOf(target);
    const names = [...servers.map(({ address }) => address), ...context.hosts];
    await confirmOn(`${command} ${name} from ${moved.phase} to ${to}, by what was found`, names, options.yesOn);
    const temporary = `${change.file}.${process.pid}.tmp`;
    writeFileSync(temporary, change.text);
    renameSync(temporary, change.file);
    writeStep(config.out, target, {
      phase: to,
      at: facts.now.toISOString(),
      ...(direction === "back" ? { back: true as const } : {}),
      gates: gates.map(({ gate, because }) => `${gate}: ${because}`),
    });
  }
  if (options.format === "json") {
    printJson({ task: command, family: name, from: moved.phase, to, open, executed: execute, gates });
  } else {
    const mark = open ? colors.green("open") : colors.red("closed");
    print(`${name}: ${moved.phase} → ${to}, ${mark}\n${gatesText(gates, process.stdout)}`);
  }
  if (!open) {
    say(`${colors.red("✗")} ${name} stays in ${moved.phase}. Nothing was changed.`);
    return exitCodes.findings;
  }
  if (execute) {
    say(
      `${colors.green("✓")} the schema and ${shownPath(join(config.out, ledgerFile))} say ${to}: generate, review, deploy`,
    );
  } else say(colors.dim(`dry run: --execute sets the phase in the schema, and records it in ${ledgerFile}`));
  return exitCodes.well;
}
