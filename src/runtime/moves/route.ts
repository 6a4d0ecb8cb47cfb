/**
 * The way of a moving family to its store: which keys, in which order, by the phase. A family that does not move has none
 * of it in its way.
 *
 * @module
 */
import type { StrategyName } from "../../schema/moves/strategies.js";
import type { Reader } from "../batch.js";
import { MisuseError } from "../errors.js";
import type { Runner } from "../executor.js";
import type { Plan } from "../plan.js";
import { getPlan, type ReadSide } from "../reads.js";
import type { Store, Way } from "../runtime.js";
import type { GoesOn, StandIn } from "../stand-in.js";
import type { Move, MoveStrategy } from "./move.js";
import { RouteCall } from "./route-call.js";
import { moveStrategies } from "./strategies.js";

/** Takes the place of a store in the repository of a moving family. */
export class Route implements Way, Runner, ReadSide {
  readonly executor: Runner = this;
  readonly reads: ReadSide = this;
  readonly #store: Store;
  readonly #further: Runner;
  readonly #move: Move;
  readonly #strategy: MoveStrategy;
  readonly #name: StrategyName;

  constructor(store: Store, name: StrategyName, move: Move) {
    this.#store = store;
    this.#further = store.further();
    this.#move = move;
    this.#name = name;
    const strategy = moveStrategies[name];
    if (strategy === undefined) throw new TypeError(`no strategy ${name}`);
    this.#strategy = strategy;
  }

  readsOf(): ReadSide {
    return this;
  }

  /** @param standIn answers in the place of Redis, where Redis failed before anything was applied */
  run<T>(plan: Plan<T>, standIn?: StandIn<T> | GoesOn): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#refuse(plan);
      const lane = this.#store.lane(plan.family.deadline);
      const steps = this.#strategy.steps(this.#move, plan);
      new RouteCall(plan, steps, this.#store.executor, this.#further, lane, standIn, resolve, reject).begin();
    });
  }

  get<T>(
    reader: Reader<T>,
    operation: string,
    key: string,
    standIn: StandIn<T> | GoesOn | undefined = reader.standIn,
  ): Promise<T> {
    return this.run(getPlan(reader, operation, key), standIn);
  }

  #refuse(plan: Plan<unknown>): void {
    const { family, operation } = plan;
    const context = { family: family.name, operation };
    if (this.#move.useOf(plan) === undefined) {
      throw new MisuseError(
        context,
        `the family moves by the strategy ${this.#name}, which has no safe order of commands for ${operation}`,
        "Wait until the move has ended, or move the family by another strategy, such as handoff. Nothing was sent.",
      );
    }
    if (!this.#move.isOfOnePlace(plan)) {
      throw new MisuseError(
        context,
        `${operation} concerns keys of several places of a family that moves`,
        "Call it for each of them, or wait until the move has ended. Nothing was sent.",
      );
    }
  }
}
