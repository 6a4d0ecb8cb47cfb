/** Moves: strategies, what the kinds' operations are to them, the keys of both sides, their marks, and the ledger. */
export {
  entryOf,
  type Ledger,
  type LedgerMove,
  ledgerFile,
  ledgerFormat,
  ledgerOf,
  type PassedPhase,
  type PhaseByHand,
  phasesByHand,
} from "./ledger.js";
export { markedKey, markPattern } from "./marks.js";
export { schemaHash } from "./schema-hash.js";
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
