/** Families on their way for tests: the old key without a tag, the new one with one, in slots of their own. */
import type { MovedFamily } from "../../../src/repositories/moving.js";
import type { RepositoryFamily } from "../../../src/repositories/repository.js";
import { type BoundedPlans, Move } from "../../../src/runtime/moves/move.js";
import { Runtime, type RuntimeOptions } from "../../../src/runtime/runtime.js";
import { companionPattern } from "../../../src/schema/companion.js";
import { movesOfKinds, type StrategyName, Twins, type Uses } from "../../../src/schema/moves/index.js";
import { type Connection, topologies } from "../../setup/topologies.js";

/** One server, and one Cluster, where there is one. */
export const places = topologies.filter(({ name }) => name === "single" || name === "cluster");

/** What generated code says of a move from an untagged pattern to a tagged one. */
export function movedFrom(
  from: string,
  to: string,
  strategy: StrategyName,
  phase: string,
  companions: readonly string[] = [],
): MovedFamily {
  return {
    strategy,
    phase,
    markTtl: 60_000,
    keys: [
      { to, from, prefixAt: { to: 0, from: 0 } },
      ...companions.map((companion) => ({
        companion,
        to: companionPattern(to, true, companion),
        from: companionPattern(from, false, companion),
        // The companion of an untagged key begins with the brace.
        prefixAt: { to: 0, from: 1 } as const,
      })),
    ],
  };
}

interface MovingRepository {
  readonly family: RepositoryFamily;
  readonly plans: object;
}

/** An instance of a service: each has a runtime of its own. */
export function instance(connection: Connection, options: RuntimeOptions): Runtime {
  return new Runtime(connection.client as never, ["default"], options);
}

/** The move of a repository's family as its route knows it, for tests that take its steps one by one. */
export function moveOf(repository: MovingRepository, runtime: Runtime): Move {
  const { family } = repository;
  const { bounded } = repository.plans as { readonly bounded?: BoundedPlans };
  const { strategy, phase, keys, markTtl } = family.moved as MovedFamily;
  const uses = movesOfKinds[family.kind]?.[strategy] as Uses;
  const twins = new Twins(keys, runtime.prefixOf(family));
  const counts = runtime.movesCounted(family, phase);
  return new Move(family, { phase, markTtl }, uses, twins, runtime.instance, counts, bounded);
}
