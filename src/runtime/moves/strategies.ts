/**
 * The strategies that the route knows, by name.
 *
 * @module
 */
import type { StrategyName } from "../../schema/moves/strategies.js";
import type { Fills, MoveStrategy } from "./move.js";
import { rebuildable } from "./rebuildable.js";

export const moveStrategies: Partial<Record<StrategyName, MoveStrategy>> = { rebuildable };

/** What brings places over that nobody writes, by the strategies that need it. */
export const moveFills: Partial<Record<StrategyName, Fills>> = {};
