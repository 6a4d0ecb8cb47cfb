/**
 * The strategies that the route knows, by name.
 *
 * @module
 */
import type { StrategyName } from "../../schema/moves/strategies.js";
import { additive } from "./additive.js";
import { bounded } from "./bounded.js";
import { collection } from "./collection.js";
import { consume } from "./consume.js";
import { handoff } from "./handoff.js";
import type { Fills, MoveStrategy } from "./move.js";
import { rebuildable } from "./rebuildable.js";
import { value } from "./value.js";

export const moveStrategies: Partial<Record<StrategyName, MoveStrategy>> = {
  value,
  rebuildable,
  bounded,
  consume,
  additive,
  collection,
  handoff,
};

/** What brings places over that nobody writes, by the strategies that need it. */
export const moveFills: Partial<Record<StrategyName, Fills>> = { value, collection, handoff };
