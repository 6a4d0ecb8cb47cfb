/**
 * How a schema says that a family moves: from which keys, how far it has come, and until when.
 *
 * @module
 */
import type { Phase, StrategyName } from "./moves/strategies.js";

/**
 * A family whose live keys are those of another pattern moves to its own, in phases. Instances of one phase and of the
 * next may run side by side, so a service is deployed between any two of them.
 */
export interface Moved {
  /** The pattern of the old keys, with the parameters of the new one, of the same names and codecs. */
  readonly from: string;
  /** How far it has come: `legacy`, the old keys alone, to begin with. The strategy says what follows. */
  readonly phase: Phase;
  /** The day on which it must be over, such as `"2027-01-31"`. When it has passed, `keywright check` fails. */
  readonly until: string;
  /** How it moves; where it is left out, as is usual for the kind. */
  readonly strategy?: StrategyName;
  /** The old patterns of companions whose patterns the schema names, by the companion's name. */
  readonly companions?: Readonly<Record<string, string>>;
}

export const movedOptions = ["from", "phase", "until", "strategy", "companions"] as const;
