/**
 * An operation of a moving family is a sequence of single commands, each on one slot. It is written as a generator that
 * yields them one by one, so that the route runs it by its deadline, and a model test runs it command by command
 * between those of others.
 *
 * @module
 */
import type { Plan } from "../plan.js";

/**
 * Yields plans, and is given their results. The failure of a plan is thrown into it: what it does not catch is the
 * operation's.
 */
export type Steps<T> = Generator<Plan<unknown>, T, unknown>;

/** Yields one plan, with its type. */
export function* step<T>(plan: Plan<T>): Generator<Plan<unknown>, T, unknown> {
  return (yield plan) as T;
}
