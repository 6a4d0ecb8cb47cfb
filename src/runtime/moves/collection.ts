/**
 * A sorted set whose members are added and removed blindly, member by member: each has a version, in a companion of its set,
 * which stays where the member is removed, and the later version stands on both sides.
 *
 * | operation | legacy | mirror | flipped | settled | new |
 * |---|---|---|---|---|---|
 * | read | O | O | N if it has been filled, else O | N | N |
 * | change | O | O → N if a fill has begun | O → N; where none has begun, a fill | O → N | N |
 *
 * A change that finds a later version at N begins again above it. Its result is that of O, and of N in settled, where O may
 * lack what instances in new have changed. Fill: N mark → O snapshot → N members with a later version, and the mark that it
 * has ended; so N is never partial where it is read.
 *
 * @module
 */
import { RefusedError } from "../errors.js";
import { type Argument, type Plan, scriptCall } from "../plan.js";
import { around } from "./around.js";
import { markKey } from "./mark-key.js";
import type { FillOutcome, Fills, Move, MoveStrategy, Unit } from "./move.js";
import { collectionChange, collectionJoin, collectionMark, collectionRead, collectionSnapshot } from "./scripts.js";
import { type Steps, step } from "./steps.js";

/** How often a change begins again because the new key had a later version. */
const attempts = 3;

type Named = Pick<Plan<unknown>, "family" | "operation">;

/** Members as a join takes them: name, version, score. */
interface Members {
  readonly deadline: string;
  readonly entries: readonly Argument[];
}

interface Changed<T> extends Members {
  readonly result: T;
}

interface Joined {
  readonly unmarked: boolean;
  readonly changed: number;
  /** The latest version that was later than what joined, or empty. */
  readonly lost: string;
}

/** The members that a change concerns: of GEOADD, alone or in its script, and of ZREM. */
function membersOf({ script, args, keys }: Plan<unknown>): Argument[] {
  if (script === undefined && args[0] === "ZREM") return args.slice(2);
  // Behind the command and its key, or the script's keys and its two arguments: longitude, latitude, member, …
  const first = script === undefined ? 2 : 3 + keys.length + 2;
  return args.slice(first).filter((_, i) => i % 3 === 2);
}

function keysOf([key]: readonly string[]): [set: string, versions: string] {
  return [key as string, markKey(key as string)];
}

/** The change, at the side whose key the plan is on, with new versions above `floor`. */
function change<T>(move: Move, plan: Plan<T>, floor: string): Plan<Changed<T>> {
  const members = membersOf(plan);
  const decode = (reply: unknown): Changed<T> => {
    const [result, deadline, ...told] = reply as [unknown, number, ...string[]];
    const entries = members.flatMap((member, i) => [member, told[2 * i] as string, told[2 * i + 1] as string]);
    return { result: plan.decode(result), deadline: String(deadline), entries };
  };
  const keys = [markKey(plan.keys[0] as string)];
  return around(plan, {
    frame: collectionChange,
    keys,
    args: [String(move.markTtl), move.client, floor, ...members],
    decode,
  });
}

function join(
  move: Move,
  { family, operation }: Named,
  unit: Unit,
  { deadline, entries }: Members,
  mode: "marked" | "fill" | "",
): Plan<Joined> {
  const decode = (reply: unknown): Joined => {
    const [unmarked, changed, lost] = reply as [number, number, string];
    return { unmarked: unmarked === 1, changed, lost };
  };
  const args = [String(move.markTtl), deadline, mode, ...entries];
  return scriptCall(family, operation, collectionJoin, keysOf(unit.new), args, decode);
}

function readIfFilled<T>(plan: Plan<T>, unit: Unit): Plan<{ readonly result: T } | undefined> {
  const decode = (reply: unknown): { readonly result: T } | undefined => {
    const [filled, result] = reply as [number, unknown];
    return filled === 1 ? { result: plan.decode(result) } : undefined;
  };
  return around(plan, { frame: collectionRead, keys: keysOf(unit.new).slice(1), args: [], decode, readOnly: true });
}

function snapshot({ family, operation }: Named, unit: Unit): Plan<Members> {
  const decode = (reply: unknown): Members => {
    const [deadline, ...entries] = reply as [number, ...Buffer[]];
    return { deadline: String(deadline), entries };
  };
  return scriptCall(family, operation, collectionSnapshot, keysOf(unit.old), [], decode, true);
}

/** True where a fill has ended before. */
function mark(move: Move, { family, operation }: Named, unit: Unit): Plan<boolean> {
  const keys = keysOf(unit.new).slice(1);
  return scriptCall(family, operation, collectionMark, keys, [String(move.markTtl)], (reply) => reply === 1);
}

function* filled(move: Move, named: Named, unit: Unit): Steps<FillOutcome> {
  const before = yield* step(mark(move, named, unit));
  const found = yield* step(snapshot(named, unit));
  const { changed } = yield* step(join(move, named, unit, found, "fill"));
  if (found.entries.length === 0) return "absent";
  return before && changed === 0 ? "same" : "copied";
}

function* changed<T>(move: Move, plan: Plan<T>, unit: Unit): Steps<T> {
  const settled = move.phase === "settled";
  let floor = "";
  for (let i = 0; i < attempts; i++) {
    const made = yield* step(change(move, move.onOld(plan), floor));
    const joined = yield* step(join(move, plan, unit, made, settled ? "" : "marked"));
    if (joined.unmarked) {
      if (move.phase === "flipped") yield* filled(move, plan, unit);
      return made.result;
    }
    if (joined.lost === "") return settled ? plan.decode(joined.changed) : made.result;
    move.count("lostJoins", plan.operation);
    floor = joined.lost;
  }
  throw new RefusedError(
    { family: plan.family.name, operation: plan.operation },
    "BUSY",
    `others changed the same members during each of ${attempts} attempts`,
    "It may have been applied before theirs; read before you repeat it.",
    undefined,
    true,
  );
}

function* read<T>(move: Move, plan: Plan<T>, unit: Unit): Steps<T> {
  if (move.phase === "mirror") return yield* step(move.onOld(plan));
  if (move.phase === "settled") return yield* step(plan);
  const found = yield* step(readIfFilled(plan, unit));
  if (found !== undefined) return found.result;
  move.count("oldReads", plan.operation);
  return yield* step(move.onOld(plan));
}

export const collection: MoveStrategy & Fills = {
  phases: ["mirror", "flipped"],

  *steps<T>(move: Move, plan: Plan<T>): Steps<T> {
    if (move.phase === "legacy") return yield* step(move.onOld(plan));
    const reads = move.useOf(plan) === "read";
    if (move.phase === "new") {
      return reads ? yield* step(plan) : (yield* step(change(move, plan, ""))).result;
    }
    const unit = move.unitOf(plan);
    if (unit.old.length > 1) throw new TypeError(`${plan.family.name} has companions: it cannot move by collection`);
    return reads ? yield* read(move, plan, unit) : yield* changed(move, plan, unit);
  },

  /** Its last run before settled has to begin when the whole fleet is in flipped. */
  fill: (move, unit) => filled(move, { family: move.family, operation: "fill" }, unit),
};
