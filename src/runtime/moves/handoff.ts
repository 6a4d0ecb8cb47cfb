/**
 * One key at a time is the authority. The old one is, until it is sealed: then its state, with all companions and their
 * deadlines, lies in the seal, and whoever comes first takes it over at the new key, in one step with the operation.
 *
 * | operation | legacy | follow | promote | new |
 * |---|---|---|---|---|
 * | read | O | O unless sealed, else N | O where it is there and not sealed, else N | N |
 * | change | O | O unless sealed, else N | O seal → N | N |
 *
 * Where the seal still holds the state, N is: O seal (which gives the state) → N adopt and operation → O settle. A crash
 * in between leaves the state in the seal, for the next caller. The new keys adopt once: a mark beside them says so.
 *
 * @module
 */
import { type Argument, command, commandThat, type Plan, scriptCall } from "../plan.js";
import { around } from "./around.js";
import { markKey } from "./mark-key.js";
import type { FillOutcome, Fills, Move, MoveStrategy, Unit } from "./move.js";
import { handoffAdopt, handoffLook, handoffSeal, handoffSettle } from "./scripts.js";
import { type Steps, step } from "./steps.js";

/** Where an operation found the state of its place; its result where that was at the old keys. */
type Looked<T> =
  | { readonly at: "old"; readonly result: T }
  /** `nowhere`: there is no old key, and no seal. */
  | { readonly at: "seal" | "new" | "nowhere" };

type Sealed =
  | { readonly kind: "over" }
  | { readonly kind: "held"; readonly state: Argument }
  /** There was none, and nobody but `by` relies on the seal yet. */
  | { readonly kind: "empty"; readonly by: string };

interface Adopted<T> {
  readonly result: T;
  /** True where the new keys, or the mark of a take-over, are there after the operation. */
  readonly there: boolean;
  readonly tookOver: boolean;
}

const places = ["seal", "new", "nowhere"] as const;
const done = (): undefined => undefined;
let asked = 0;

const sealOf = ({ old }: Unit): string => markKey(old[0] as string);

/** The operation on the old keys, unless they are sealed. */
function look<T>(move: Move, plan: Plan<T>, unit: Unit): Plan<Looked<T>> {
  const decode = (reply: unknown): Looked<T> => {
    const [where, result] = reply as [number, unknown];
    return where === 0
      ? { at: "old", result: plan.decode(result) }
      : { at: places[where - 1] as (typeof places)[number] };
  };
  const reads = move.useOf(plan) === "read";
  // In promote the new keys may be there alone, made by an instance that knows no old ones.
  const keys = move.phase === "promote" ? [...unit.old, sealOf(unit)] : [sealOf(unit)];
  return around(move.onOld(plan), {
    frame: handoffLook,
    keys,
    args: [reads ? "" : String(move.markTtl)],
    decode,
    readOnly: reads,
  });
}

// Steps of the move that do nothing of the operation may be repeated, and leave nothing that an error would have to tell:
// to the executor they are reads.
const repeatable = { writes: false } as const;

function seal(move: Move, { family, operation }: Named, unit: Unit): Plan<Sealed> {
  asked += 1;
  const by = `${move.client}.${asked}`;
  const decode = (reply: unknown): Sealed => {
    const [kind, state] = reply as [number, Argument?];
    if (kind === 0) return { kind: "over" };
    return kind === 1 ? { kind: "held", state: state as Argument } : { kind: "empty", by };
  };
  const keys = [...unit.old, sealOf(unit)];
  const args = [String(move.markTtl), by];
  return { ...scriptCall(family, operation, handoffSeal, keys, args, decode, true), ...repeatable };
}

/** The operation on the new keys, which take the state over before it, if nobody has done so. */
function adopt<T>(move: Move, plan: Plan<T>, unit: Unit, state: Argument): Plan<Adopted<T>> {
  const decode = (reply: unknown): Adopted<T> => adopted(reply, plan.decode);
  const keys = [...unit.new, markKey(unit.new[0] as string)];
  const args = [String(move.markTtl), state];
  return { ...around(plan, { frame: handoffAdopt, keys, args, decode }), writes: plan.writes };
}

/** The same without an operation. */
function takeOver(move: Move, { family, operation }: Named, unit: Unit, state: Argument): Plan<Adopted<undefined>> {
  const decode = (reply: unknown): Adopted<undefined> => adopted(reply, done);
  const keys = [...unit.new, markKey(unit.new[0] as string)];
  const args = ["0", "2", String(move.markTtl), state];
  return { ...scriptCall(family, operation, handoffAdopt, keys, args, decode), ...repeatable };
}

function adopted<T>(reply: unknown, decode: (reply: unknown) => T): Adopted<T> {
  const [there, result, tookOver] = reply as [number, unknown, number];
  return { result: decode(result), there: there === 1, tookOver: tookOver === 1 };
}

function settle(move: Move, { family, operation }: Named, unit: Unit, by: string): Plan<unknown> {
  const args = [String(move.markTtl), by];
  return { ...scriptCall(family, operation, handoffSettle, [sealOf(unit)], args, done), ...repeatable };
}

type Named = Pick<Plan<unknown>, "family" | "operation">;

/** Settles the seal after an operation that has been answered: what goes wrong here, the next caller mends. */
function* settled(move: Move, plan: Named, unit: Unit, by: string): Steps<void> {
  try {
    yield* step(settle(move, plan, unit, by));
  } catch {
    move.count("mirrorFailures", plan.operation);
  }
}

/** The operation on the new keys of a place that is sealed before. */
function* handedOver<T>(move: Move, plan: Plan<T>, unit: Unit): Steps<T> {
  const sealed = yield* step(seal(move, plan, unit));
  if (sealed.kind === "over") return yield* step(plan);
  const state = sealed.kind === "held" ? sealed.state : "";
  const { result, there } = yield* step(adopt(move, plan, unit, state));
  if (sealed.kind === "held") yield* settled(move, plan, unit, "");
  // Nothing was there, and nothing is: without this every token that somebody guesses would leave a seal.
  else if (!there) yield* settled(move, plan, unit, sealed.by);
  return result;
}

/** The operation where the state is found. */
function* found<T>(move: Move, plan: Plan<T>): Steps<T> {
  const unit = move.unitOf(plan);
  const looked = yield* step(look(move, plan, unit));
  if (looked.at === "old") {
    if (move.phase === "promote") move.count("oldReads", plan.operation);
    return looked.result;
  }
  return looked.at === "seal" ? yield* handedOver(move, plan, unit) : yield* step(plan);
}

export const handoff: MoveStrategy & Fills = {
  phases: ["promote"],

  *steps<T>(move: Move, plan: Plan<T>): Steps<T> {
    switch (move.phase) {
      case "legacy":
        return yield* step(move.onOld(plan));
      case "follow":
        return yield* found(move, plan);
      case "promote":
        return move.useOf(plan) === "read"
          ? yield* found(move, plan)
          : yield* handedOver(move, plan, move.unitOf(plan));
      default:
        return yield* step(plan);
    }
  },

  /**
   * Seals a place and hands its state over. Of a place that only the new keys have it makes the seal, which `follow` must
   * meet: so before a roll-back to it, this runs over the new keys too.
   */
  *fill(move: Move, unit: Unit): Steps<FillOutcome> {
    const named = { family: move.family, operation: "fill" };
    const sealed = yield* step(seal(move, named, unit));
    if (sealed.kind === "over") return "same";
    if (sealed.kind === "empty") return "absent";
    const { tookOver } = yield* step(takeOver(move, named, unit, sealed.state));
    yield* step(settle(move, named, unit, ""));
    return tookOver ? "copied" : "newer";
  },

  held(move: Move, unit: Unit): Plan<boolean> {
    const seal = sealOf(unit);
    const args = ["GETRANGE", seal, "0", "0"];
    return command(move.family, "fill", seal, args, (reply) => reply === "s", commandThat.reads);
  },
};
