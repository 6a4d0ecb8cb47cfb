/**
 * What the operations of each kind are to the strategies that can move it: one row a kind, the strategy that it takes
 * where the schema names none first. A kind without a row cannot be moved.
 *
 * @module
 */
import type { StrategyName } from "./strategies.js";

/** Operations by what they are to the strategy; one that is left out is refused while the family moves. */
export type Uses = Readonly<Record<string, string>>;

/** `every`: each operation is what its plan says it is, a read or a change. */
export type KindMoves = Readonly<Partial<Record<StrategyName, Uses | "every">>>;

/** `value`: read, set (blind), create (where there is none), touch and replace (only what is present), delete. */
const valueUses: Uses = {
  get: "read",
  getMany: "read",
  set: "set",
  replace: "replace",
  touch: "touch",
  getAndTouch: "touch",
  delete: "delete",
};

export const movesOfKinds: Readonly<Record<string, KindMoves>> = {
  value: { value: valueUses, handoff: "every" },
  session: {
    value: {
      create: "create",
      load: "read",
      loadAndTouch: "touch",
      save: "replace",
      touch: "touch",
      destroy: "delete",
    },
    handoff: "every",
  },
  token: {
    consume: { issue: "issue", consume: "consume", peek: "peek", revoke: "revoke" },
    handoff: "every",
  },
  counter: { handoff: "every" },
  rateLimit: {
    bounded: {
      consume: "count",
      peek: "look",
      penalty: "both",
      reward: "both",
      block: "both",
      unblock: "both",
      reset: "both",
      // Of several limits in order, where a later one denies.
      refund: "giveBack",
    },
  },
  presence: { handoff: "every" },
  cappedList: {
    rebuildable: { push: "change", recent: "own", length: "own", clear: "delete" },
    handoff: "every",
  },
  geoIndex: {
    handoff: "every",
    // Where members do not expire: what they expire by lies in a companion.
    collection: {
      add: "change",
      addMany: "change",
      remove: "change",
      near: "read",
      position: "read",
      distance: "read",
      count: "read",
    },
  },
  cache: {
    rebuildable: {
      get: "own",
      getMany: "own",
      fetch: "own",
      fetchEntry: "own",
      fetchMany: "own",
      lookup: "own",
      set: "change",
      invalidate: "delete",
      invalidateMany: "delete",
    },
  },
};

type Settings = { readonly [name: string]: unknown };

/** Kinds of which some families keep a state that their usual strategy would not bring over. */
const handoffOnly: Readonly<Record<string, (settings: Settings) => boolean>> = {
  // A code has its failed attempts, and at most one token of a scope is live: both are read and written in one step.
  token: ({ form, current }) => form === "code" || (current ?? null) !== null,
  // Nothing loads again what a list without a backfill holds.
  cappedList: ({ history }) => history !== "whole",
};

/**
 * The strategies of a kind, the first of which is the usual one; none where it cannot be moved.
 *
 * @param settings the family's, as the manifest has them
 */
export function strategiesOf(kind: string, settings: Settings = {}): StrategyName[] {
  const all = Object.keys(movesOfKinds[kind] ?? {}) as StrategyName[];
  return handoffOnly[kind]?.(settings) === true ? all.filter((strategy) => strategy === "handoff") : all;
}

/**
 * The members of the repositories that a strategy has no place for: those that decide by what is there. All of them
 * write. Kinds and strategies that are not here have all of theirs.
 */
const membersLeftOut: Readonly<Record<string, Readonly<Partial<Record<StrategyName, readonly string[]>>>>> = {
  value: { value: ["setIfAbsent", "compareAndSet", "take"] },
  session: { value: ["rotate"] },
  token: { consume: ["rotate"] },
};

/** The members of a repository that are refused while its family moves. */
export function leftOutOf(kind: string, strategy: StrategyName): readonly string[] {
  return membersLeftOut[kind]?.[strategy] ?? [];
}
