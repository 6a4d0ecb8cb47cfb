/**
 * `keywright migrate status`
 *
 * @module
 */
import Table from "cli-table3";
import { countsOf } from "../migration/fleet.js";
import { drainOf, holdGates, phaseAfter } from "../migration/gates.js";
import { Journal } from "../migration/journal.js";
import { passesOf, type Side } from "../migration/passes.js";
import { MigrationRefusal } from "../migration/refusal.js";
import { scanAll } from "../migration/scan.js";
import { movingFamilies, movingFamily, type Target, targetOf } from "../migration/target.js";
import { formatDuration } from "../schema/duration.js";
import { schemaHash } from "../schema/moves/index.js";
import { colors } from "./colors.js";
import { exitCodes } from "./exit-codes.js";
import { type Context, factsOf, headOf, type MigrateOptions, serversOf } from "./migrate-context.js";
import { gatesText } from "./migrate-text.js";
import { print, printJson, say } from "./output.js";

export interface StatusOptions extends MigrateOptions {
  readonly count?: boolean;
  readonly store?: string;
}

const day = 24 * 3600_000;

/** Keys of one side by SCAN: exact where nothing is written meanwhile. */
async function keysOf(target: Target, side: Side): Promise<number> {
  const { moved, prefix, store } = target;
  const journal = Journal.none(headOf("count", target), await serversOf(target));
  await scanAll(store.executor.port, passesOf(moved.keys, side, prefix), journal, async (keys) => {
    journal.count("places", keys.length);
  });
  return journal.counts.places ?? 0;
}

async function statusOf(context: Context, target: Target, counted: boolean) {
  const { family, moved, manifest } = target;
  const facts = await factsOf(context, target);
  const until = new Date(`${moved.until}T23:59:59Z`);
  const here = schemaHash(manifest);
  const next = phaseAfter(target, "forward");
  const gates = next === undefined ? [] : await holdGates(target, "forward", facts);
  const phases: Record<string, Record<string, number>> = {};
  for (const { service, phase } of facts.fleet) {
    const name = service ?? "no service";
    const of = phases[name] ?? {};
    of[phase] = (of[phase] ?? 0) + 1;
    phases[name] = of;
  }
  return {
    family: family.name,
    from: moved.from,
    to: family.pattern,
    strategy: moved.strategy,
    phase: moved.phase,
    next: next ?? null,
    until: moved.until,
    daysLeft: Math.floor((until.getTime() - facts.now.getTime()) / day),
    /** Instances by service and phase. */
    fleet: phases,
    inPhaseSince: facts.since?.toISOString() ?? null,
    heldBackBy: facts.fleet
      .filter(({ phase }) => phase !== moved.phase)
      .map(({ service, instance, phase, since }) => ({ service, instance, phase, since })),
    otherSchemas: facts.fleet.filter(({ schema }) => schema !== here).length,
    /** Milliseconds; null where keys never end by themselves. */
    drain: drainOf(target) ?? null,
    counts: countsOf(facts.fleet),
    differences: facts.verify?.ended == null ? null : differencesIn(facts.verify.counts),
    keys: counted ? { old: await keysOf(target, "old"), new: await keysOf(target, "new") } : null,
    gates,
  };
}

type Status = Awaited<ReturnType<typeof statusOf>>;

function differencesIn(counts: Readonly<Record<string, number>>): number {
  return Object.entries(counts).reduce((sum, [name, n]) => (name === "places" ? sum : sum + n), 0);
}

const borderless = {
  chars: Object.fromEntries(
    [
      "top",
      "top-mid",
      "top-left",
      "top-right",
      "bottom",
      "bottom-mid",
      "bottom-left",
      "bottom-right",
      "left",
      "left-mid",
      "mid",
      "middle",
      "mid-mid",
      "right",
      "right-mid",
    ].map((name) => [name, ""]),
  ),
};

function statusText(status: Status, stream: NodeJS.WriteStream): string {
  const { daysLeft, counts, keys, drain, fleet, heldBackBy } = status;
  const left =
    daysLeft < 0 ? colors.red(`${-daysLeft} days ago`) : `${daysLeft} ${daysLeft === 1 ? "day" : "days"} left`;
  const services = Object.entries(fleet).map(
    ([service, phases]) =>
      `${service}: ${Object.entries(phases)
        .map(([phase, n]) => `${n} in ${phase}`)
        .join(", ")}`,
  );
  const rows: [string, string][] = [
    ["from", status.from],
    ["to", status.to],
    ["strategy", status.strategy],
    ["phase", status.next === null ? `${status.phase}, the last` : `${status.phase}, then ${status.next}`],
    ["until", `${status.until}, ${left}`],
    ["fleet", services.join("; ") || "no instance reports"],
    [
      "held back by",
      heldBackBy.map(({ service, instance, phase }) => `${service ?? "no service"} ${instance} (${phase})`).join(", "),
    ],
    [
      "other schemas",
      status.otherSchemas === 0 ? "" : `${status.otherSchemas} instances run another schema than the manifest here`,
    ],
    ["drains in", drain === null ? "never by itself: its keys have no TTL" : formatDuration(drain)],
    ["old reads", String(counts.oldReads)],
    ["mirror failures", String(counts.mirrorFailures)],
    ["lost joins", String(counts.lostJoins)],
    ["mismatches", status.differences === null ? "no verify yet" : String(status.differences)],
    [
      "keys counted",
      keys === null ? "" : `${keys.old.toLocaleString("en-US")} old, ${keys.new.toLocaleString("en-US")} new`,
    ],
  ];
  const table = new Table({ ...borderless, style: { head: [], border: [], "padding-left": 2, "padding-right": 0 } });
  for (const [name, text] of rows) if (text !== "") table.push([colors.dim(name), text]);
  const gates = status.gates.length === 0 ? "" : `\n${gatesText(status.gates, stream)}`;
  return `${colors.bold(status.family)}\n${table.toString().replace(/[ ]+$/gm, "")}${gates}\n`;
}

export async function runStatus(context: Context, name: string | undefined, options: StatusOptions): Promise<number> {
  const { manifest, client, prefix } = context;
  const moving = name === undefined ? movingFamilies(manifest) : [movingFamily(manifest, name)];
  const asked = moving.filter(({ store }) => options.store === undefined || store === options.store);
  const stores = [...new Set(asked.map(({ store }) => store))];
  if (stores.length > 1) {
    throw new MigrationRefusal(
      `the families that move live in several stores: ${stores.join(", ")}`,
      "Give --store with the one that --url is of.",
    );
  }
  const all: Status[] = [];
  for (const family of asked) {
    all.push(await statusOf(context, targetOf(client, manifest, family.name, prefix), options.count === true));
  }
  if (options.format === "json") printJson(all);
  else if (all.length === 0) say("no family moves");
  else print(all.map((status) => statusText(status, process.stdout)).join("\n"));
  return exitCodes.well;
}
