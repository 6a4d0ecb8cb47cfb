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
    },
  },
  presence: { handoff: "every" },
  cappedList: {
    rebuildable: { push: "change", recent: "own", length: "own", clear: "delete" },
    handoff: "every",
  },
  geoIndex: { handoff: "every" },
  cache: {
    rebuildable: {
      get: "own",
      getMany: "own",
      fetch: "own",
      fetchMany: "own",
      lookup: "own",
      set: "change",
      invalidate: "delete",
    },
  },
};

/** The strategies of a kind, the first of which is the usual one; none where it cannot be moved. */
export function strategiesOf(kind: string): StrategyName[] {
  return Object.keys(movesOfKinds[kind] ?? {}) as StrategyName[];
}
