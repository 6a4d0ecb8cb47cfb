/**
 * The files of a move: the ledger, which is committed, and what this machine remembers.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { entryOf, type Ledger, ledgerFile, ledgerFormat, ledgerOf, type PassedPhase } from "../schema/moves/index.js";
import { writeWhole } from "./journal.js";
import { MigrationRefusal } from "./refusal.js";
import type { Target } from "./target.js";

/** The ledger in the folder of the generated files; undefined where there is none. */
export function readLedger(folder: string): Ledger | undefined {
  const file = join(folder, ledgerFile);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const ledger = ledgerOf(text);
  if (ledger !== undefined) return ledger;
  throw new MigrationRefusal(`${file} is no ledger of moves`, "Take it back from version control: it is not edited.");
}

/** Adds a step of a family. What another move of it had passed is replaced. */
export function writeStep(folder: string, { family, moved }: Target, step: PassedPhase): void {
  const ledger = readLedger(folder);
  const before = entryOf(ledger, family.name, moved.from, family.pattern)?.phases ?? [];
  const families = {
    ...ledger?.families,
    [family.name]: { from: moved.from, to: family.pattern, phases: [...before, step] },
  };
  const sorted = Object.fromEntries(Object.entries(families).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeWhole(join(folder, ledgerFile), { moves: ledgerFormat, families: sorted });
}

/** A file in the folder of the journals, of a family behind a prefix. */
export function memoryFile(folder: string, task: string, { manifest, family, prefix }: Target): string {
  const behind = prefix === "" ? "" : `-${createHash("sha1").update(prefix).digest("hex").slice(0, 8)}`;
  return join(folder, `${manifest.name}-${family.name}${behind}-${task}.json`);
}

/**
 * Remembers since when all instances have been seen in the phase: what they were before nobody can tell later.
 *
 * @returns undefined where they are not
 */
export function homogeneousSince(file: string, { moved }: Target, homogeneous: boolean, now: Date): Date | undefined {
  let known: { readonly from?: string; readonly phase?: string; readonly since?: string | null } = {};
  try {
    known = JSON.parse(readFileSync(file, "utf8")) as typeof known;
  } catch {
    // It is seen for the first time.
  }
  const same = known.from === moved.from && known.phase === moved.phase;
  const since = !homogeneous ? null : same && typeof known.since === "string" ? known.since : now.toISOString();
  if (!same || known.since !== since) writeWhole(file, { from: moved.from, phase: moved.phase, since });
  return since === null ? undefined : new Date(since);
}
