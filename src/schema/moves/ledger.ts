/**
 * The ledger of the moves: which phases `keywright migrate` has gone to, when, and by which gates. It is committed beside
 * the generated files, so that a review sees an advance, and a phase that was set by hand is found.
 *
 * @module
 */
import type { Manifest } from "../manifest.js";
import { strategies } from "./strategies.js";

export interface PassedPhase {
  readonly phase: string;
  /** ISO date. */
  readonly at: string;
  /** True where the way led back. */
  readonly back?: true;
  /** The gates that were held, in words. */
  readonly gates: readonly string[];
}

export interface LedgerMove {
  readonly from: string;
  readonly to: string;
  readonly phases: readonly PassedPhase[];
}

export const ledgerFormat = 1;

export interface Ledger {
  readonly moves: typeof ledgerFormat;
  /** By family. */
  readonly families: Readonly<Record<string, LedgerMove>>;
}

/** The file's name, in the folder of the generated files. */
export const ledgerFile = "moves.json";

/** The ledger in a text; undefined where it is none. */
export function ledgerOf(text: string): Ledger | undefined {
  let ledger: Partial<Ledger> | null;
  try {
    ledger = JSON.parse(text) as Partial<Ledger> | null;
  } catch {
    return undefined;
  }
  const { moves, families } = ledger ?? {};
  return moves === ledgerFormat && typeof families === "object" && families !== null ? (ledger as Ledger) : undefined;
}

/** What the ledger knows of a family's move; undefined for another move of it. */
export function entryOf(ledger: Ledger | undefined, family: string, from: string, to: string): LedgerMove | undefined {
  const entry = ledger !== undefined && Object.hasOwn(ledger.families, family) ? ledger.families[family] : undefined;
  return entry?.from === from && entry.to === to ? entry : undefined;
}

/** A family whose phase is none that `keywright migrate` has set. */
export interface PhaseByHand {
  readonly family: string;
  readonly phase: string;
  /** The phase that the ledger knows. */
  readonly known: string;
}

/** The families whose phase was set by hand, past the gates. Without an entry a move is in its first phase. */
export function phasesByHand(manifest: Manifest, ledger: Ledger | undefined): PhaseByHand[] {
  return manifest.families.flatMap(({ name, pattern, moved }) => {
    if (moved === undefined) return [];
    const first = strategies[moved.strategy].phases[0] as string;
    const known = entryOf(ledger, name, moved.from, pattern)?.phases.at(-1)?.phase ?? first;
    return moved.phase === known ? [] : [{ family: name, phase: moved.phase, known }];
  });
}
