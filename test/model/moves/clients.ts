/**
 * Instances of the service in a model, with their operations in flight.
 *
 * @module
 */
import type { Move, MoveStrategy, Unit } from "../../../src/runtime/moves/move.js";
import type { Steps } from "../../../src/runtime/moves/steps.js";
import type { Plan } from "../../../src/runtime/plan.js";
import type { Entry } from "./history.js";
import type { Client } from "./move-case.js";

export class ModelClient implements Client {
  readonly number: number;
  readonly move: Move;
  readonly memory: unknown;
  readonly key: string;
  readonly unit: Unit;
  readonly #strategy: MoveStrategy;

  constructor(number: number, move: Move, strategy: MoveStrategy, memory: unknown, key: string, unit: Unit) {
    this.number = number;
    this.move = move;
    this.memory = memory;
    this.key = key;
    this.unit = unit;
    this.#strategy = strategy;
  }

  get phase(): string {
    return this.move.phase;
  }

  run<T>(plan: Plan<T>): Steps<T> {
    return this.#strategy.steps(this.move, plan);
  }
}

/** An operation in flight. */
export interface Running {
  readonly client: ModelClient;
  readonly label: string;
  readonly steps: Steps<unknown>;
  /** undefined for the operator's own. */
  readonly entry: Entry | undefined;
  readonly answered: ((result: unknown) => void) | undefined;
  /** The command that it waits for. */
  next: Plan<unknown>;
  /** True where a command that writes was applied, or may have been. */
  applied: boolean;
  /** The moment it began, in milliseconds. */
  readonly began: number;
  readonly beganAt: number;
  /** What was thrown into it by the harness. */
  thrown: unknown;
}
