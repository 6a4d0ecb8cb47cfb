/**
 * What must hold before a family goes on, or back, by one phase: for each strategy, by the phase that is left. That every
 * instance runs the phase that is left, and that no foreign writer is without it, is asked before every step.
 *
 * @module
 */
import type { StrategyName } from "../schema/moves/index.js";

export type Gate =
  /** The longest that a key lives has passed since all instances were first seen in the phase. */
  | "lifetime"
  /** A fill has gone to its end, or the longest life of a key has passed in a phase that writes both. */
  | "filled"
  /** A verify after it has found no difference. */
  | "verified"
  | "old-empty"
  | "new-empty"
  /** No old key is sealed. */
  | "no-seals";

type Gates = Readonly<Record<string, readonly Gate[]>>;

interface Steps {
  readonly forward: Gates;
  readonly back: Gates;
}

/** Both sides hold all before reads rely on the new one alone; and before they rely on the old one again. */
const mirrored: Steps = {
  forward: { flipped: ["filled", "verified"], settled: ["verified"] },
  back: { settled: ["verified"], flipped: ["verified"] },
};

export const gateTable: Readonly<Record<StrategyName, Steps>> = {
  value: mirrored,
  collection: mirrored,
  rebuildable: {
    // What is there of an earlier try would be read as if it were new.
    forward: { purgeBoth: ["new-empty"] },
    back: { writeNew: ["old-empty"] },
  },
  exclusive: {
    // Who took the old key alone, or the new one alone, has given it back or lost it.
    forward: { both: ["lifetime"] },
    back: { both: ["lifetime"] },
  },
  bounded: {
    // Both sides have counted for one whole window.
    forward: { both: ["lifetime"] },
    back: { both: ["lifetime"] },
  },
  consume: {
    // No token is left that was issued to one key only, and then none whose second half came after it was consumed.
    forward: { mirror: ["lifetime"], both: ["lifetime"] },
    back: { new: ["lifetime"], flipped: ["lifetime"] },
  },
  additive: {
    forward: { writeNew: ["old-empty"] },
    back: { readBoth: ["new-empty"] },
  },
  append: {
    forward: { writeNew: ["old-empty"] },
    back: { readBoth: ["no-seals"] },
  },
  handoff: {
    forward: { promote: ["filled", "verified"] },
    // What new has written alone has no seal, which the fill makes: without one, follow would look at the old key.
    back: { promote: ["filled"], follow: ["no-seals"] },
  },
};

/** The gates of a step, beside those of every step. */
export function gatesOf(strategy: StrategyName, phase: string, direction: "forward" | "back"): readonly Gate[] {
  return gateTable[strategy][direction][phase] ?? [];
}
