/**
 * A value is written to both keys, the old one first, and a stamp beside each says which of two states is later.
 *
 * | operation | legacy | mirror | flipped | settled | new |
 * |---|---|---|---|---|---|
 * | read | O | O | N; where nothing is known there: O | N | N |
 * | set | O | O → N | O → N | O → N | N |
 * | create: a set where there is none | O | O → N | O → N | N there? O → N | N |
 * | touch: what changes only what is there | O | O → N | O → N; none at O: as settled | N → O | N |
 * | delete | O | O → N | O → N | O → N | N → O |
 *
 * A *state* is a value with its absolute deadline, or a tombstone. Its stamp is its birth and its last change: a set has a
 * new birth, which is its change too; a touch keeps the birth; a tombstone's birth is the deletion, and its change never.
 * Stamps compare by birth, then by change. A change at the first key runs the operation and mints the stamp in one
 * step, later than the node's time and than what was known there: so what happens at one key is stamped in its order. The
 * second key takes the state over where it is later than its own (a *join*), so that both end with the same, whatever
 * the order in which they come. Both keys have the first one's deadline.
 *
 * A join that is *lost* found something later. By the order of the steps it came by the first key after this change, and then
 * nothing is to be done; or the second key was ahead of the first, since it was written alone in `new`, or its clock is ahead.
 * So the first key is asked:
 *
 * | it holds | then |
 * |---|---|
 * | this change | it is stamped anew, later than what won, and joined |
 * | what is as late as what won, or came by somebody without stamps | this change was before that: done |
 * | another change that is behind too | the operation runs once more, later than what won, and is joined |
 *
 * What begins at the new key and finds something later at the old one, on its way or left by a crash: a replacement is made
 * later in the same way; what only starts the TTL anew brings what it found over to the new key. A deletion wins over both.
 * What only starts the TTL anew never brings its value over another one of the same birth.
 *
 * After 3 times it is an error: it may have been applied. A touch is different where what won has another birth: a tombstone
 * answers that there is none, and where reads go to the new key first, a newer birth is touched in its place.
 *
 * A deletion leaves its tombstone at both keys, so no older state comes back at either, and a set at the old key is
 * stamped later than a deletion there. A stamp counts only for the value and the deadline that it was made for:
 * whoever knows no stamps makes it void, and the next change, or the fill, gives a new birth.
 *
 * Reads beside a crash: what a crash leaves at the old key alone is an operation that was never acknowledged.
 * It may be seen at the old key and not at the new one until the next change, or the fill, brings it over.
 *
 * The way back ends at `settled` once `new` has written: at the old key is then what `new` found there. Back to `flipped`
 * it may go when one longest TTL has passed.
 *
 * @module
 */
import { RefusedError } from "../errors.js";
import { unreadable } from "../failure.js";
import type { Plan } from "../plan.js";
import { asText } from "./around.js";
import type { FillOutcome, Fills, Move, MoveStrategy, Unit } from "./move.js";
import { type Steps, step } from "./steps.js";
import {
  birthOf,
  type Changed,
  change,
  isThere,
  isTombstone,
  type Joined,
  join,
  knownRead,
  type Mode,
  type Over,
  type Stamp,
  type State,
  stampAt,
  stamped,
} from "./value-steps.js";

/** How often a change that was lost is made again. */
const attempts = 3;

/** The result of the operation's own reply. */
function resultOf<T>(plan: Plan<T>, reply: unknown): T {
  try {
    return plan.decode(plan.binary ? reply : asText(reply));
  } catch (error) {
    throw unreadable(error, plan.family, plan.operation, plan.writes);
  }
}

/** A step after another that was applied. */
function* second<T>(move: Move, plan: Plan<T>): Steps<T> {
  try {
    return yield* step(plan);
  } catch (error) {
    move.count("mirrorFailures", plan.operation);
    throw error;
  }
}

/** What came of a change at the old key and its join. */
interface OldFirst {
  /** Of the operation at the old key. */
  readonly reply: unknown;
  /** False where it changed nothing. */
  readonly changed: boolean;
  /** Of a touch: another birth, or a deletion, that was later at the new key. */
  readonly lost: Stamp | undefined;
  readonly joined: Joined | undefined;
}

/** True where what won against a touch is of another birth, which a later change of its own cannot be brought above. */
function isAnother(stamp: Stamp, later: Stamp): boolean {
  return isTombstone(later) || birthOf(later) !== birthOf(stamp);
}

function* oldFirst(move: Move, plan: Plan<unknown>, mode: Mode, over: Over = ""): Steps<OldFirst> {
  const old = move.onOld(plan);
  const key = plan.keys[0] as string;
  const first = yield* step(change(move, old, mode));
  if (first.state === undefined) return { reply: first.reply, changed: false, lost: undefined, joined: undefined };
  let { reply } = first;
  let last: Changed & { readonly state: State } = { ...first, state: first.state };
  for (let attempt = 0; ; attempt += 1) {
    const joined: Joined = yield* second(move, join(move, plan.operation, key, last.state, over));
    if (joined.later === undefined) return { reply, changed: true, lost: undefined, joined };
    move.count("lostJoins", plan.operation);
    const { stamp } = last.state;
    if (joined.differs) return { reply, changed: true, lost: joined.later, joined: undefined };
    // What had no stamp is there whatever was known of it: it is born now, above what won.
    if (mode === "touch" && !last.born && isAnother(stamp, joined.later)) {
      return { reply, changed: true, lost: joined.later, joined: undefined };
    }
    if (attempt === attempts) throw lostTooOften(plan);
    const again: Changed = yield* second(
      move,
      change(move, old, mode === "touch" && last.born ? "set" : mode, stamp, joined.later),
    );
    if (again.state === undefined) {
      if (again.superseded || mode !== "touch") return { reply, changed: true, lost: undefined, joined };
      return { reply: again.reply, changed: false, lost: undefined, joined: undefined };
    }
    if (mode === "touch" && again.reply !== null) reply = again.reply;
    last = { ...again, state: again.state };
  }
}

function lostTooOften({ family, operation }: Plan<unknown>): RefusedError {
  return new RefusedError(
    { family: family.name, operation },
    "BUSY",
    `others wrote to the second key of the move during each of ${attempts + 1} attempts`,
    "The first key was written: read before you repeat it.",
    undefined,
    true,
  );
}

function* read<T>(move: Move, plan: Plan<T>): Steps<T> {
  if (move.phase === "mirror") return yield* step(move.onOld(plan));
  if (move.phase !== "flipped") return yield* step(plan);
  const [known, reply] = yield* step(knownRead(plan));
  if (known === 1) return resultOf(plan, reply);
  const found = yield* step(move.onOld(plan));
  // A touch of what has no TTL only asks whether it is there.
  if (found !== (move.useOf(plan) === "touch" ? false : null)) move.count("oldReads", plan.operation);
  return found;
}

function* set<T>(move: Move, plan: Plan<T>): Steps<T> {
  if (move.phase === "new") return resultOf(plan, (yield* step(change(move, plan, "set"))).reply);
  return resultOf(plan, (yield* oldFirst(move, plan, "set")).reply);
}

/** A set that the first key refuses where it holds one; `settled` first looks for what `new` has written alone. */
function* create<T>(move: Move, plan: Plan<T>): Steps<T> {
  const looks = move.phase === "settled" && (yield* step(isThere(move, plan.operation, plan.keys[0] as string)));
  return looks ? resultOf(plan, 0) : yield* set(move, plan);
}

function* remove<T>(move: Move, plan: Plan<T>): Steps<T> {
  if (move.phase === "new") {
    const { reply, state } = yield* step(change(move, plan, "delete"));
    // Older than the deletion, so that a roll-back does not find it.
    const { old } = move.unitOf(plan);
    yield* second(move, join(move, plan.operation, old[0] as string, state as State));
    return resultOf(plan, reply);
  }
  const { reply, joined } = yield* oldFirst(move, plan, "delete");
  // Where reads go to the new key, what was there is what was deleted.
  if (move.phase === "mirror" || joined?.known !== true) return resultOf(plan, reply);
  return resultOf(plan, joined.there ? 1 : 0);
}

const isNone = (reply: unknown): boolean => reply === null || reply === 0;

function* touch<T>(move: Move, plan: Plan<T>): Steps<T> {
  const { phase } = move;
  if (phase === "mirror" || phase === "flipped") {
    // Beside settled, which replaces at the new key first.
    const over = phase === "flipped" && move.useOf(plan) !== "replace" ? "VALUE" : "";
    const { reply, changed, lost } = yield* oldFirst(move, plan, "touch", over);
    const atNew = phase === "flipped" && (lost === undefined ? !changed && isNone(reply) : !isTombstone(lost));
    if (!atNew) return resultOf(plan, lost !== undefined && isTombstone(lost) ? null : reply);
  }
  return resultOf(plan, yield* newFirst(move, plan));
}

/** The operation at the new key, and its join at the old one, in `new` without. Returns the operation's own reply. */
function* newFirst(move: Move, plan: Plan<unknown>): Steps<unknown> {
  const { operation } = plan;
  const { reply, state } = yield* step(change(move, plan, "touch"));
  if (state === undefined || move.phase === "new") return reply;
  const [[old], [to]] = [move.unitOf(plan).old as [string], plan.keys as [string]];
  const replaces = move.useOf(plan) === "replace";
  let last = state;
  for (let attempt = 0; ; attempt += 1) {
    const over = replaces ? (attempt === 0 ? "SAME" : "") : "SAME VALUE";
    const { later }: Joined = yield* second(move, join(move, operation, old, last, over));
    if (later === undefined || later < last.stamp) return reply;
    move.count("lostJoins", operation);
    if (!replaces) {
      // A change on its way, or one that crashed: it goes over to the new key, and a deletion wins.
      const found: State | undefined = yield* second(move, stamped(move, operation, old, later));
      if (found !== undefined) yield* second(move, join(move, operation, to, found));
      return isTombstone(later) ? null : reply;
    }
    if (attempt === attempts) throw lostTooOften(plan);
    const mode = isAnother(last.stamp, later) ? "set" : "touch";
    const again: Changed = yield* second(move, change(move, plan, mode, last.stamp, later));
    if (again.state === undefined) return reply;
    last = again.state;
  }
}

export const value: MoveStrategy & Fills = {
  *steps<T>(move: Move, plan: Plan<T>): Steps<T> {
    if (move.phase === "legacy") return yield* step(move.onOld(plan));
    if (!plan.writes) return yield* read(move, plan);
    switch (move.useOf(plan)) {
      case "set":
        return yield* set(move, plan);
      case "create":
        return yield* create(move, plan);
      case "delete":
        return yield* remove(move, plan);
      default:
        // A read that starts the TTL anew is a touch.
        return yield* touch(move, plan);
    }
  },

  phases: ["mirror", "flipped"],

  /**
   * The stamp at the new key → the state at the old key, stamped if it has no stamp → its join. Each step may be repeated, and
   * what a crash leaves is a stamp beside an unchanged value.
   */
  *fill(move: Move, unit: Unit): Steps<FillOutcome> {
    const [old, to] = [unit.old[0] as string, unit.new[0] as string];
    const floor = yield* step(stampAt(move, "fill", to));
    const state = yield* step(stamped(move, "fill", old, floor));
    // The new key alone is known: it was written alone, by `new`.
    if (state === undefined) return floor === "" || isTombstone(floor) ? "absent" : "newer";
    const { later, same } = yield* step(join(move, "fill", to, state));
    if (later !== undefined) return "newer";
    if (state.value === undefined) return "absent";
    return same ? "same" : "copied";
  },
};
