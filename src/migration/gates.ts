/**
 * Holds the gates of a step against the fleet, the journals and Redis.
 *
 * @module
 */
import { formatElapsed } from "../schema/duration.js";
import { strategies } from "../schema/moves/index.js";
import { longestTtl } from "../schema/ttl.js";
import type { FleetInstance } from "./fleet.js";
import { type Gate, gatesOf } from "./gate-table.js";
import type { JournalText } from "./journal.js";
import { marksPass, type Pass, passesOf } from "./passes.js";
import { primariesOf, type Server, sameServers } from "./primaries.js";
import type { Target } from "./target.js";

/** A gate as it was found. */
export interface HeldGate {
  readonly gate: Gate | "fleet" | "foreign-writers";
  readonly open: boolean;
  /** Why, as a sentence without its full stop. */
  readonly because: string;
}

/** What the gates are held against, beside Redis. */
export interface GateFacts {
  readonly fleet: readonly FleetInstance[];
  /** How many instances there are, as the user counts them; undefined: as many as report. */
  readonly instances?: number | undefined;
  /** Since when all instances have been seen in the phase; undefined where they are not. */
  readonly since: Date | undefined;
  readonly fill: JournalText | undefined;
  readonly verify: JournalText | undefined;
  /** When the family last came into its first phase, or went back: fills from before are worth nothing. */
  readonly entered: Date | undefined;
  readonly now: Date;
}

/** The phase that a step leads to; undefined where there is none. */
export function phaseAfter({ moved }: Target, direction: "forward" | "back"): string | undefined {
  const { phases } = strategies[moved.strategy];
  return phases[phases.indexOf(moved.phase) + (direction === "forward" ? 1 : -1)];
}

/** How long it takes until every key has been written anew or has ended, in milliseconds; undefined: never by itself. */
export function drainOf({ family }: Target): number | undefined {
  const all = [family.ttl, ...family.companions.map(({ ttl }) => ttl)].map(longestTtl);
  return all.includes(undefined) ? undefined : Math.max(...(all as number[]));
}

function named({ service, instance, phase }: FleetInstance): string {
  return `${service ?? "no service"} ${instance} (${phase})`;
}

function fleetGate({ moved }: Target, { fleet, instances }: GateFacts): HeldGate {
  const others = fleet.filter(({ phase }) => phase !== moved.phase);
  const held = (open: boolean, because: string): HeldGate => ({ gate: "fleet", open, because });
  if (others.length > 0) {
    return held(false, `${others.map(named).join(", ")} ${others.length === 1 ? "is" : "are"} not in ${moved.phase}`);
  }
  if (instances === undefined) {
    if (fleet.length > 0) {
      return held(
        true,
        `all ${fleet.length} that report are in ${moved.phase}; one that is older than the move reports nothing, which --instances <n> would show`,
      );
    }
    return held(false, "no instance reports; deploy the generated code, or say --instances 0 where none runs");
  }
  if (fleet.length !== instances) {
    const what = fleet.length < instances ? "the others are older than the move, or not there" : "there are more";
    return held(false, `${fleet.length} of ${instances} instances report ${moved.phase}: ${what}`);
  }
  return held(true, `all ${instances} instances are in ${moved.phase}`);
}

function foreignGate({ family }: Target): HeldGate {
  const foreign = family.writers.filter((writer) => typeof writer !== "string" && writer.moved !== true);
  const names = foreign.map((writer) =>
    typeof writer === "string" ? writer : `${writer.service} (${writer.foreign})`,
  );
  return {
    gate: "foreign-writers",
    open: foreign.length === 0,
    because:
      foreign.length === 0
        ? "no foreign writer is without the move"
        : `${names.join(", ")} would write the old keys alone; mark as moved: true once it uses what the phases need`,
  };
}

function lifetimeGate(target: Target, { since, now }: GateFacts): HeldGate {
  const drain = drainOf(target);
  const held = (open: boolean, because: string): HeldGate => ({ gate: "lifetime", open, because });
  if (drain === undefined) return held(false, "keys of the family have no TTL, so they never end by themselves");
  if (since === undefined) return held(false, `the time runs from when all instances are in ${target.moved.phase}`);
  const passed = now.getTime() - since.getTime();
  if (passed >= drain) return held(true, `keys live for ${formatElapsed(drain)} at most, which have passed`);
  return held(
    false,
    `keys live for ${formatElapsed(drain)}, and all instances were first seen in ${target.moved.phase} ${formatElapsed(passed)} ago; ${formatElapsed(drain - passed)} are left`,
  );
}

interface Runs {
  readonly fill: JournalText | undefined;
  readonly verify: JournalText | undefined;
}

/**
 * The runs that have ended in this move, behind its last step back, on the Redis that is asked now: of another one, or of a
 * primary that has started or failed over since, nobody knows what is there.
 */
function runsOf(
  { family, moved, prefix }: Target,
  { fill, verify, entered }: GateFacts,
  servers: readonly Server[],
): Runs {
  const counts = (journal: JournalText | undefined): boolean =>
    journal !== undefined &&
    journal.ended !== null &&
    sameServers(journal.servers, servers) &&
    journal.family === family.name &&
    journal.from === moved.from &&
    journal.to === family.pattern &&
    journal.prefix === prefix &&
    (entered === undefined || new Date(journal.began) > entered);
  return { fill: counts(fill) ? fill : undefined, verify: counts(verify) ? verify : undefined };
}

/** What is wrong with the record of a run that does not count. */
function why(journal: JournalText | undefined, servers: readonly Server[], task: "fill" | "verify"): string {
  return journal?.ended == null || sameServers(journal.servers, servers)
    ? `no ${task} has gone to its end`
    : `the last ${task} was of another Redis, or of one that has started again or failed over since`;
}

function filledGate(target: Target, facts: GateFacts, servers: readonly Server[]): HeldGate {
  const { fill } = runsOf(target, facts, servers);
  const held = (open: boolean, because: string): HeldGate => ({ gate: "filled", open, because });
  const lifetime = lifetimeGate(target, facts);
  // Written anew or ended in a phase that writes both: nothing is left to fill. A seal is nobody's write.
  if (lifetime.open && target.moved.strategy !== "handoff") return held(true, `no fill is needed: ${lifetime.because}`);
  if (fill === undefined) {
    const because = why(facts.fill, servers, "fill");
    return held(false, `${because} (keywright migrate fill ${target.family.name})`);
  }
  const failed = fill.counts.failed ?? 0;
  if (failed > 0) return held(false, `the fill failed on ${failed} places`);
  return held(true, `a fill has gone to its end, ${fill.ended}`);
}

function verifiedGate(target: Target, facts: GateFacts, servers: readonly Server[]): HeldGate {
  const { fill, verify } = runsOf(target, facts, servers);
  const held = (open: boolean, because: string): HeldGate => ({ gate: "verified", open, because });
  const again = `keywright migrate verify ${target.family.name}`;
  if (verify?.phase !== target.moved.phase) {
    return held(false, `${why(facts.verify, servers, "verify")} in ${target.moved.phase} (${again})`);
  }
  if (fill !== undefined && new Date(verify.began) < new Date(fill.ended as string)) {
    return held(false, `the last verify began before the fill had ended (${again})`);
  }
  const found = Object.entries(verify.counts).filter(([name, count]) => name !== "places" && count > 0);
  if (found.length > 0) {
    return held(false, `the last verify found ${found.map(([name, count]) => `${count} ${name}`).join(", ")}`);
  }
  return held(true, `a verify found no difference, ${verify.ended}`);
}

/** True where a key of the passes is there; looks no further than the first. */
export async function anyKey({ store }: Target, passes: readonly Pass[]): Promise<string | undefined> {
  for (const primary of await primariesOf(store.executor.port)) {
    for (const pass of passes) {
      for (let cursor = "0"; ; ) {
        const answer = await primary.scan(cursor, pass.glob, 1000);
        if (answer.keys.some((key) => pass.owns(key))) return pass.pattern;
        cursor = answer.cursor;
        if (cursor === "0") break;
      }
    }
  }
  return undefined;
}

async function emptyGate(target: Target, gate: "old-empty" | "new-empty" | "no-seals"): Promise<HeldGate> {
  const { moved, prefix, family } = target;
  const passes =
    gate === "no-seals"
      ? [marksPass(moved.keys, "old", prefix)]
      : passesOf(moved.keys, gate === "old-empty" ? "old" : "new", prefix);
  const found = await anyKey(target, passes);
  if (found === undefined) return { gate, open: true, because: `there is no key of ${passes[0]?.pattern}` };
  const purge =
    moved.strategy === "rebuildable"
      ? `; keywright migrate cleanup ${family.name} --side ${gate === "old-empty" ? "old" : "new"} purges them`
      : "";
  return { gate, open: false, because: `there are keys of ${found}${purge}` };
}

/** All gates of a step, each as it is found. */
export async function holdGates(
  target: Target,
  direction: "forward" | "back",
  facts: GateFacts,
): Promise<readonly HeldGate[]> {
  const { moved } = target;
  const servers = (await primariesOf(target.store.executor.port)).map(({ server }) => server);
  const held = [fleetGate(target, facts), ...(direction === "forward" ? [foreignGate(target)] : [])];
  for (const gate of gatesOf(moved.strategy, moved.phase, direction)) {
    if (gate === "lifetime") held.push(lifetimeGate(target, facts));
    else if (gate === "filled") held.push(filledGate(target, facts, servers));
    else if (gate === "verified") held.push(verifiedGate(target, facts, servers));
    else held.push(await emptyGate(target, gate));
  }
  return held;
}
