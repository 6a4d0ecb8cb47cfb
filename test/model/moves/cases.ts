/**
 * The cases of the strategies.
 *
 * @module
 */

import { additive } from "./additive.js";
import { bounded, boundedByLadder } from "./bounded.js";
import { collection } from "./collection.js";
import { consumeCase } from "./consume.js";
import { handoff, handoffOfTokens } from "./handoff.js";
import type { MoveCase } from "./move-case.js";
import { rebuildable } from "./rebuildable.js";
import { session, value, valueClocksApart } from "./value.js";

export const moveCases: readonly MoveCase<never, never>[] = [
  additive,
  bounded,
  boundedByLadder,
  collection,
  consumeCase,
  handoff,
  handoffOfTokens,
  rebuildable,
  session,
  value,
  valueClocksApart,
].map((each) => each as unknown as MoveCase<never, never>);
