/**
 * Both keys are counted, each in its own window, and both must admit: never the sum of both.
 *
 * | operation | legacy | both | new |
 * |---|---|---|---|
 * | count | O | O take → N take; where N denies, O is refunded, in the same window only | N |
 * | giveBack: a caller's refund of a count | O | O → N, each in the window of its own taking | N |
 * | look | O | O → N, the stricter | N |
 * | both: penalty, reward, block, unblock, reset | O | O → N, the stricter | N |
 *
 * Every admission of `legacy` and `both` is counted at O, and every one of `both` and `new` at N, so no window of either
 * key holds more than the limit. A client that dies between two commands has counted too much, never too little.
 *
 * Where denials are counted too (a ladder of violations), a denial by O goes on to N, which in time denies as well, so that
 * `new` begins with violations and blocks, and what N admits then is refunded.
 *
 * There is no fill. What N lacks is what was counted at O alone, and it ends with its window: `both` lasts at least one
 * window after `legacy` has drained, and one before a roll-back to it. A block that `legacy` wrote by hand is at O alone.
 *
 * @module
 */
import type { Plan } from "../plan.js";
import type { BoundedPlans, Move, MoveStrategy } from "./move.js";
import { type Steps, step } from "./steps.js";

/** Takes on both keys, or on neither. */
function* count<T>(move: Move, bounded: BoundedPlans, plan: Plan<T>): Steps<T> {
  const onOld = move.onOld(plan);
  const old = yield* step(bounded.taking(onOld));
  if (!old.admitted && !bounded.countsDenials) return old.result;
  const its = yield* step(bounded.taking(plan));
  if (old.admitted === its.admitted) return bounded.combined(old.result, its.result);
  try {
    yield* step(old.admitted ? bounded.refund(onOld, old.id) : bounded.refund(plan, its.id));
  } catch {
    // It was denied, whether the other key has its units back now or when its window ends.
    move.count("mirrorFailures", plan.operation);
  }
  return old.admitted ? its.result : old.result;
}

export const bounded: MoveStrategy = {
  *steps<T>(move: Move, plan: Plan<T>): Steps<T> {
    if (move.phase === "legacy") return yield* step(move.onOld(plan));
    if (move.phase === "new") return yield* step(plan);
    const plans = move.bounded as BoundedPlans;
    switch (move.useOf(plan)) {
      case "count":
        return yield* count(move, plans, plan);
      case "giveBack":
        yield* step(move.onOld(plans.refundOf(plan, "old")));
        return (yield* step(plans.refundOf(plan, "new"))) as T;
      default: {
        const old = yield* step(move.onOld(plan));
        return plans.combined(old, yield* step(plan));
      }
    }
  },
};
