/**
 * What may be consumed once: it is issued to every key that a neighbour may consume from, and one key decides who consumes
 * it.
 *
 * | operation | legacy | mirror | both | flipped | new |
 * |---|---|---|---|---|---|
 * | issue | O | O → N, the same deadline | as mirror | as mirror, N too must be free | N |
 * | consume | O | O; hit → N if the same; O's is the answer | O; hit → N if the same, the answer where it was | O → N; N's is the answer | N |
 * | peek | O | O | O | N | N |
 * | revoke | O | O → N, O's answer | O → N, true where either was there | O → N, N's answer | N |
 *
 * Without `both` a token that a consumer of `mirror` takes at O while one of `flipped` takes it at N would be consumed
 * twice. At the second key a consumer takes only what it has taken at the first: a key that is issued again meanwhile, which a
 * random token never is, has another value, and stays at both. (`flipped` takes at N whatever it finds, and takes that from
 * O too.) In `mirror` and `both` what is at N alone is the rest of a token that was consumed at O, so an issue replaces it; in
 * `flipped` it is live, so the key is taken, and the issue takes its own back from O.
 *
 * There is no fill: a token lives for minutes or hours, so one lifetime passes instead. Before `both` after `legacy` has
 * drained: what it issued is at O alone, and what it consumed at N still. Before `flipped` after `mirror` has drained: what
 * a consumer took at O before its issue was acknowledged came to N after it. And before a roll-back from `flipped` to
 * `both` after `new` has drained: what it issued is at N alone.
 *
 * @module
 */
import { type Argument, command, commandThat, type Plan, scriptCall } from "../plan.js";
import { around, asText } from "./around.js";
import type { Move, MoveStrategy } from "./move.js";
import { moveIfSame, moveRetire, moveUntil } from "./scripts.js";
import { type Steps, step } from "./steps.js";

const asIs = (reply: unknown): unknown => reply;

/** The plan's reply as bytes: what cannot be read was there too, and is consumed at both keys. */
const raw = (plan: Plan<unknown>): Plan<Buffer | null> => ({ ...plan, binary: true, decode: asBytes });
const asBytes = (reply: unknown): Buffer | null => reply as Buffer | null;

/** The same, where the key still holds the value. */
const ifSame = (plan: Plan<unknown>, value: Buffer): Plan<Buffer | null> =>
  around(plan, { frame: moveIfSame, keys: [], args: [value], decode: asBytes, binary: true });

/** Of the two replies the one that decides. */
function* take(move: Move, plan: Plan<unknown>): Steps<Buffer | null> {
  const onOld = move.onOld(plan);
  const old = yield* step(raw(onOld));
  if (move.phase === "flipped") {
    const its = yield* step(raw(plan));
    if (its !== null && old?.equals(its) !== true) yield* step(ifSame(onOld, its));
    return its;
  }
  if (old === null) return null;
  const its = yield* step(ifSame(plan, old));
  return move.phase === "mirror" ? old : its;
}

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
    move.count("mirrorFailures", plan.operation);
    throw error;
  }
  // Taken at N: nobody may be told that it was issued, so it must not be consumable at O either.
  move.count("lostJoins", plan.operation);
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
        const reply = yield* take(move, plan);
        return plan.decode(plan.binary ? reply : asText(reply));
      }
      case "revoke": {
        const old = yield* step(move.onOld(plan));
        const its = yield* step(plan);
        if (flipped) return its;
        // A consumer that holds the old half finds no other one then, so the token was ended here.
        return phase === "both" && (its as unknown) === true ? its : old;
      }
      default:
        return yield* step(flipped ? plan : move.onOld(plan));
    }
  },
};
