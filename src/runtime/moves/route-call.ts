/**
 * One operation of a moving family in flight: its steps one after the other, by one deadline.
 *
 * @module
 */
import { type DeadlineLane, Due } from "../deadlines.js";
import { DeadlineError, type KeywrightError } from "../errors.js";
import type { Runner } from "../executor.js";
import { afterOtherSteps, isOutage } from "../failure.js";
import type { Plan } from "../plan.js";
import { endFailed, GoesOn, goesOnInOutage, type StandIn } from "../stand-in.js";
import type { Steps } from "./steps.js";

export class RouteCall<T> extends Due {
  readonly #plan: Plan<T>;
  readonly #steps: Steps<T>;
  /** The next step goes this way: the first as any call, those after it also when the store was closed meanwhile. */
  #runner: Runner;
  readonly #further: Runner;
  readonly #lane: DeadlineLane;
  readonly #standIn: StandIn<T> | GoesOn | undefined;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #began = performance.now();
  /** What a step that fails publishes: where something stands in for the answer, it is no error. */
  readonly #stepFails: GoesOn | undefined;
  #answered = 0;
  /** True where a step that writes was applied, or may have been. */
  #applied = false;

  constructor(
    plan: Plan<T>,
    steps: Steps<T>,
    runner: Runner,
    further: Runner,
    lane: DeadlineLane,
    standIn: StandIn<T> | GoesOn | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#plan = plan;
    this.#steps = steps;
    this.#runner = runner;
    this.#further = further;
    this.#lane = lane;
    this.#standIn = standIn;
    this.#stepFails = standIn === undefined || standIn instanceof GoesOn ? standIn : goesOnInOutage;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    this.#lane.add(this);
    this.#advance(() => this.#steps.next());
  }

  /** By now the steps under way have ended, or end by the same deadline a little later; nobody waits for them. */
  expire(): void {
    const { family, operation, writes } = this.#plan;
    const error = new DeadlineError({ family: family.name, operation }, this.#lane.ms, writes);
    if (this.#standIn === undefined || this.#answered === 0) {
      // The first step ends by the same deadline, and publishes it.
      this.#end(error);
      return;
    }
    endFailed(error, family, operation, performance.now() - this.#began, this.#standIn, this.#resolve, this.#reject);
  }

  #advance(next: () => IteratorResult<Plan<unknown>, T>): void {
    let found: IteratorResult<Plan<unknown>, T>;
    try {
      found = next();
    } catch (error) {
      this.#lane.remove(this);
      this.#end(this.#applied ? afterOtherSteps(error) : error);
      return;
    }
    if (found.done === true) {
      this.#lane.remove(this);
      this.#resolve(found.value);
      return;
    }
    const sent = found.value;
    const runner = this.#runner;
    this.#runner = this.#further;
    runner.run(sent, this.#stepFails).then(
      (result) => {
        if (!this.waiting) return;
        this.#answered += 1;
        if (sent.writes) this.#applied = true;
        this.#advance(() => this.#steps.next(result));
      },
      (error: unknown) => {
        if (!this.waiting) return;
        if (sent.writes && (error as KeywrightError).mayHaveBeenApplied === true) this.#applied = true;
        this.#advance(() => this.#steps.throw(error));
      },
    );
  }

  /** The step that failed has published it. */
  #end(error: unknown): void {
    const standIn = this.#standIn;
    if (standIn === undefined || standIn instanceof GoesOn || !isOutage(error)) this.#reject(error);
    else this.#resolve(standIn());
  }
}
