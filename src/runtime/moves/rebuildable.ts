/**
 * What can be loaded again is written to one key and deleted from the other: nothing is written twice.
 *
 * | operation | legacy | purgeBoth | writeNew | new |
 * |---|---|---|---|---|
 * | own: get, fill | O | O | N | N |
 * | delete | O | O → N | O → N | N |
 * | change: set, push | O | O change → N delete | O delete → N change | N |
 *
 * There is no fill: what is missing is loaded again. But what lies on a key that nobody has kept up to date must not be read:
 * the new keys are purged before `writeNew` is entered, and the old ones before it is left backwards.
 *
 * @module
 */
import { command, commandThat, type Plan } from "../plan.js";
import type { Move, MoveStrategy, Purges, Unit } from "./move.js";
import { type Steps, step } from "./steps.js";

const nothing = (): void => undefined;

/** Deletes all keys of a place. */
function deletion(plan: Plan<unknown>, keys: readonly string[]): Plan<void> {
  const args = ["DEL", ...keys];
  return { ...command(plan.family, plan.operation, keys[0] as string, args, nothing, commandThat.writes), keys };
}

export const rebuildable: MoveStrategy & Purges = {
  purges: [
    { from: "purgeBoth", into: "writeNew", side: "new" },
    { from: "writeNew", into: "purgeBoth", side: "old" },
  ],

  *purge({ family }: Move, unit: Unit, side: keyof Unit): Steps<void> {
    const keys = unit[side];
    const args = ["DEL", ...keys];
    yield* step({ ...command(family, "purge", keys[0] as string, args, nothing, commandThat.writes), keys });
  },

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
