/**
 * The cases of the strategies.
 *
 * @module
 */
import type { MoveCase } from "./move-case.js";
import { rebuildable } from "./rebuildable.js";
import { session, value, valueClocksApart } from "./value.js";

export const moveCases: readonly MoveCase<never, never>[] = [rebuildable, value, valueClocksApart, session].map(
  (each) => each as unknown as MoveCase<never, never>,
);
