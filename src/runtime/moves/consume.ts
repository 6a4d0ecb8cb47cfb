/**
 * What may be consumed once: it is issued to every key that a neighbour may consume from, and one key decides who consumes
 * it.
 *
 * | operation | legacy | mirror | both | flipped | new |
 * |---|---|---|---|---|---|
 * | issue | O | O → N, the same deadline | as mirror | as mirror, N too must be free | N |
 * | consume | O | O; hit → N; O's is the answer | O; hit → N; the answer where both hit | O → N; N's is the answer | N |
 * | peek | O | O | O | N | N |
 * | revoke | O | O → N, O's answer | O → N, O's answer | O → N, N's answer | N |
 *
 * Without `both` a token that a consumer of `mirror` takes at O while one of `flipped` takes it at N would be consumed
 * twice. In `mirror` and `both` what is at N alone is the rest of a token that was consumed at O, so an issue replaces it; in
 * `flipped` it is live, so the key is taken, and the issue takes its own back from O.
 *
 * There is no fill: a token lives for minutes or hours, so `both` and `flipped` begin one lifetime after `legacy` has
 * drained, when every live token has been issued to both keys, and every one that `legacy` consumed at O alone has expired
 * at N. `both` begins one lifetime after `new` has drained, where it is a roll-back: what `new` issued is at N alone.
 *
 * @module
 */
import { type Argument, command, commandThat, type Plan, scriptCall } from "../plan.js";
import { around } from "./around.js";
import type { Move, MoveStrategy } from "./move.js";
import { moveRetire, moveUntil } from "./scripts.js";
import { type Steps, step } from "./steps.js";

const asIs = (reply: unknown): unknown => reply;

/** The plan's reply before it is decoded: a token that cannot be read was there, and is consumed at both keys. */
const raw = (plan: Plan<unknown>): Plan<unknown> => ({ ...plan, decode: asIs });

/** What an issue stores: behind SET and its key, or first among a script's arguments. */
const storedBy = (plan: Plan<unknown>): Argument =>
  plan.args[plan.script === undefined ? 2 : 3 + plan.keys.length] as Argument;

function* issue<T>(move: Move, plan: Plan<T>): Steps<T> {
  const onOld = move.onOld(plan);
  const key = plan.keys[0] as string;
  const value = storedBy(plan);
  const issued = around(onOld, {
    frame: moveUntil,
    keys: [],
    args: [],
    decode: (reply) => {
      const [until, own] = reply as [number, unknown];
      return { until, result: onOld.decode(own) };
    },
  });
  const { until, result } = yield* step(issued);
  const end = until < 0 ? [] : ["PXAT", String(until)];
  const free = move.phase === "flipped" ? ["NX"] : [];
  const copy = command(
    plan.family,
    plan.operation,
    key,
    ["SET", key, value, ...free, ...end],
    asIs,
    commandThat.writes,
  );
  try {
    if ((yield* step(copy)) !== null) return result;
  } catch (error) {
    move.counts.mirrorFailures += 1;
    throw error;
  }
  // Taken at N: nobody may be told that it was issued, so it must not be consumable at O either.
  move.counts.lostJoins += 1;
  yield* step(scriptCall(plan.family, plan.operation, moveRetire, onOld.keys, [value], asIs));
  return plan.decode(plan.script === undefined ? null : 0);
}

export const consume: MoveStrategy = {
  *steps<T>(move: Move, plan: Plan<T>): Steps<T> {
    const { phase } = move;
    if (phase === "legacy") return yield* step(move.onOld(plan));
    if (phase === "new") return yield* step(plan);
    const flipped = phase === "flipped";
    switch (move.useOf(plan)) {
      case "issue":
        return yield* issue(move, plan);
      case "consume": {
        const old = yield* step(raw(move.onOld(plan)));
        if (old === null && !flipped) return plan.decode(null);
        const its = yield* step(raw(plan));
        return plan.decode(phase === "mirror" ? old : its);
      }
      case "revoke": {
        const old = yield* step(move.onOld(plan));
        const its = yield* step(plan);
        return flipped ? its : old;
      }
      default:
        return yield* step(flipped ? plan : move.onOld(plan));
    }
  },
};
