/**
 * The ways in which a family moves from its old keys to its new ones: the phases of each, in their order. Instances of one
 * phase and of the next may run side by side for as long as a deploy lasts; others may not.
 *
 * What an operation does in a phase is in `runtime/moves`, one file a strategy; what the operations of each kind are to
 * a strategy is in `uses.ts`.
 *
 * @module
 */

export type StrategyName =
  | "value"
  | "rebuildable"
  | "exclusive"
  | "bounded"
  | "consume"
  | "additive"
  | "append"
  | "collection"
  | "handoff";

/** Any phase of any strategy. */
export type Phase =
  | "legacy"
  | "mirror"
  | "purgeBoth"
  | "readBoth"
  | "writeNew"
  | "both"
  | "follow"
  | "promote"
  | "flipped"
  | "settled"
  | "new";

export interface Strategy {
  /** From `legacy` (the old key alone) to `new` (the new one alone). */
  readonly phases: readonly Phase[];
  /** What it does, in one sentence. */
  readonly purpose: string;
}

export const strategies: Readonly<Record<StrategyName, Strategy>> = {
  value: {
    phases: ["legacy", "mirror", "flipped", "settled", "new"],
    purpose: "Writes go to both keys, the old one first; a stamp says which of two is later, and reads change over.",
  },
  rebuildable: {
    phases: ["legacy", "purgeBoth", "writeNew", "new"],
    purpose: "What can be loaded again is written to one key and deleted from the other.",
  },
  exclusive: {
    phases: ["legacy", "both", "new"],
    purpose: "Who wants to hold it takes both keys, the old one first.",
  },
  bounded: {
    phases: ["legacy", "both", "new"],
    purpose: "Both keys are counted, each in its own window, and both must admit.",
  },
  consume: {
    phases: ["legacy", "mirror", "both", "flipped", "new"],
    purpose: "It is issued to every key that a neighbour may consume from, and one key decides who consumes it.",
  },
  additive: {
    phases: ["legacy", "readBoth", "writeNew", "new"],
    purpose: "Consumers read both keys before producers write the new one; nothing is written twice.",
  },
  append: {
    phases: ["legacy", "readBoth", "writeNew", "new"],
    purpose: "The old log is sealed, and the new one begins where it ends.",
  },
  collection: {
    phases: ["legacy", "mirror", "flipped", "settled", "new"],
    purpose: "As value, for each member; the new key is read once it is marked as filled.",
  },
  handoff: {
    phases: ["legacy", "follow", "promote", "new"],
    purpose: "One key at a time is the authority: the old one until it is sealed and its state has gone over.",
  },
};

/** True where instances of the two phases may run side by side: the same, or one next to the other. */
export function areNeighbours(strategy: StrategyName, a: string, b: string): boolean {
  const phases: readonly string[] = strategies[strategy].phases;
  const [at, to] = [phases.indexOf(a), phases.indexOf(b)];
  return at >= 0 && to >= 0 && Math.abs(at - to) <= 1;
}

/** Of these even the last phase still has stamps, and deletes on the old key. */
const stamped: readonly StrategyName[] = ["value", "collection"];

/** True where an operation is one plain call on the new key: then it may be part of a transaction, or of a script of one's own. */
export function hasOnePlainKey(strategy: StrategyName, phase: string): boolean {
  return phase === "new" && !stamped.includes(strategy);
}
