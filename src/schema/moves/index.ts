/** Moves: strategies, what the kinds' operations are to them, and the keys of both sides. */
export {
  areNeighbours,
  hasOnePlainKey,
  type Phase,
  type Strategy,
  type StrategyName,
  strategies,
} from "./strategies.js";
export { type MovedPattern, Twins, type Unit } from "./twins.js";
export { type KindMoves, leftOutOf, movesOfKinds, strategiesOf, type Uses } from "./uses.js";
