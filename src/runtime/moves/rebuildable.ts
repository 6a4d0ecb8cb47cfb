/**
 * What can be loaded again is written to one key and deleted from the other: nothing is written twice.
 *
 * | operation | legacy | purgeBoth | writeNew | new |
 * |---|---|---|---|---|
 * | own: get, fill | O | O | N | N |
 * | delete | O | O → N | O → N | N |
 * | change: set, push | O | O change → N delete | O delete → N change | N |
 *
 * @module
 */
import { command, commandThat, type Plan } from "../plan.js";
import type { Move, MoveStrategy } from "./move.js";
import { type Steps, step } from "./steps.js";

const nothing = (): void => undefined;

/** Deletes all keys of a place. */
function deletion(plan: Plan<unknown>, keys: readonly string[]): Plan<void> {
  const args = ["DEL", ...keys];
  return { ...command(plan.family, plan.operation, keys[0] as string, args, nothing, commandThat.writes), keys };
}

export const rebuildable: MoveStrategy = {
  *steps<T>(move: Move, plan: Plan<T>): Steps<T> {
    const { phase } = move;
    const old = phase === "legacy" || phase === "purgeBoth";
    const both = phase === "purgeBoth" || phase === "writeNew";
    const use = move.useOf(plan);
    if (use === "own" || !both) return yield* step(old ? move.onOld(plan) : plan);
    if (use === "delete") {
      const before = yield* step(move.onOld(plan));
      const after = yield* step(plan);
      return old ? before : after;
    }
    const unit = move.unitOf(plan);
    if (old) {
      const changed = yield* step(move.onOld(plan));
      yield* step(deletion(plan, unit.new));
      return changed;
    }
    yield* step(deletion(plan, unit.old));
    return yield* step(plan);
  },
};
