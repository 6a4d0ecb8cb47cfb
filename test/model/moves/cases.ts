/**
 * The cases of the strategies.
 *
 * @module
 */
import { handoff, handoffOfTokens } from "./handoff.js";
import type { MoveCase } from "./move-case.js";
import { rebuildable } from "./rebuildable.js";

export const moveCases: readonly MoveCase<never, never>[] = [handoff, handoffOfTokens, rebuildable].map(
  (each) => each as unknown as MoveCase<never, never>,
);
