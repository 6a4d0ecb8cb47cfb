/**
 * Consumers read both keys before producers write the new one; nothing is written twice.
 *
 * | operation | legacy | readBoth | writeNew | new |
 * |---|---|---|---|---|
 * | write | O | O | N | N |
 * | claim, ack: what looks for an item | O | O; not found → N | O; not found → N | N |
 *
 * An item lies at one key, so whoever looks for it goes on to the other key only where the first does not have it. There is no
 * fill: O drains. It is empty, with all companions, before `new`, and N before a roll-back to `legacy`.
 *
 * @module
 */

import type { Plan } from "../plan.js";
import type { AdditivePlans, Move, MoveStrategy } from "./move.js";
import { type Steps, step } from "./steps.js";

export const additive: MoveStrategy = {
  *steps<T>(move: Move, plan: Plan<T>): Steps<T> {
    const { phase } = move;
    if (phase === "legacy") return yield* step(move.onOld(plan));
    if (phase === "new") return yield* step(plan);
    if (move.useOf(plan) === "write") return yield* step(phase === "readBoth" ? move.onOld(plan) : plan);
    const old = yield* step(move.onOld(plan));
    if ((move.additive as AdditivePlans).found(plan, old)) return old;
    return yield* step(plan);
  },
};
