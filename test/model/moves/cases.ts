/**
 * The cases of the strategies.
 *
 * @module
 */
import { collection } from "./collection.js";
import { handoff, handoffOfTokens } from "./handoff.js";
import type { MoveCase } from "./move-case.js";
import { rebuildable } from "./rebuildable.js";

export const moveCases: readonly MoveCase<never, never>[] = [collection, handoff, handoffOfTokens, rebuildable].map(
  (each) => each as unknown as MoveCase<never, never>,
);
