/**
 * The strategies that the route knows, by name.
 *
 * @module
 */
import type { StrategyName } from "../../schema/moves/strategies.js";
import { collection } from "./collection.js";
import { handoff } from "./handoff.js";
import type { MoveStrategy } from "./move.js";
import { rebuildable } from "./rebuildable.js";

export const moveStrategies: Partial<Record<StrategyName, MoveStrategy>> = { collection, handoff, rebuildable };
