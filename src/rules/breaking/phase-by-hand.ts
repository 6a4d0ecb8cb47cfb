/**
 * Phases in the schema that the ledger of the moves does not know: nobody has held the gates before them.
 *
 * @module
 */
import type { Manifest } from "../../schema/manifest.js";
import { type Ledger, ledgerFile, phasesByHand } from "../../schema/moves/index.js";
import type { Finding } from "../rule.js";

/** @param ledger undefined where there is none yet: then every move is in its first phase */
export function byHand(manifest: Manifest, ledger: Ledger | undefined): Finding[] {
  return phasesByHand(manifest, ledger).map(({ family, phase, known }) => ({
    id: "phase-by-hand",
    severity: "error",
    family,
    field: "moved.phase",
    message: `the phase is ${phase}, and ${ledgerFile} beside the generated files knows ${known}: nobody has held the gates between them`,
    fix: `Set it back to "${known}", and run keywright migrate advance ${family} --execute (or rollback), which sets the phase and records it; commit ${ledgerFile} too.`,
  }));
}
