/**
 * What the repository of a moving family has in the place of its store: the route to its old and new keys.
 *
 * @module
 */
import type { BoundedPlans } from "../runtime/moves/move.js";
import { Move } from "../runtime/moves/move.js";
import { Route } from "../runtime/moves/route.js";
import type { Runtime, Way } from "../runtime/runtime.js";
import { type MovedPattern, movesOfKinds, type StrategyName, Twins } from "../schema/moves/index.js";
import type { Plans, RepositoryFamily } from "./repository.js";

/** What generated code says of a move. */
export interface MovedFamily {
  readonly strategy: StrategyName;
  readonly phase: string;
  /** The family's keys, then its companions'. */
  readonly keys: readonly MovedPattern[];
  /** For how long a mark of the move stays in Redis, in milliseconds. */
  readonly markTtl: number;
}

/** The route of a family that moves, in any phase. */
export function movingStore(
  runtime: Runtime,
  family: RepositoryFamily,
  { strategy, phase, keys, markTtl }: MovedFamily,
  plans: Plans<RepositoryFamily> & { readonly bounded?: BoundedPlans | undefined },
): Way {
  const uses = movesOfKinds[family.kind]?.[strategy];
  if (uses === undefined) throw new TypeError(`${family.kind} does not move by ${strategy}`);
  const twins = new Twins(keys, runtime.prefixOf(family));
  const counts = runtime.movesCounted(family, phase);
  const move = new Move(family, { phase, markTtl }, uses, twins, runtime.instance, counts, plans.bounded);
  return new Route(runtime.store(family), strategy, move);
}
