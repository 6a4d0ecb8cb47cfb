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
import { endFailed, type GoesOn, type StandIn } from "../stand-in.js";
import type { Steps } from "./steps.js";

export class RouteCall<T> extends Due {
  readonly #plan: Plan<T>;
  readonly #steps: Steps<T>;
  readonly #runner: Runner;
  readonly #lane: DeadlineLane;
  readonly #standIn: StandIn<T> | GoesOn | undefined;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #began = performance.now();
  /** True where a step that writes was applied, or may have been. */
  #applied = false;

  constructor(
    plan: Plan<T>,
    steps: Steps<T>,
    runner: Runner,
    lane: DeadlineLane,
    standIn: StandIn<T> | GoesOn | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#plan = plan;
    this.#steps = steps;
    this.#runner = runner;
    this.#lane = lane;
    this.#standIn = standIn;
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
    this.#end(new DeadlineError({ family: family.name, operation }, this.#lane.ms, writes));
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
    this.#runner.run(sent).then(
      (result) => {
        if (!this.waiting) return;
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

  #end(error: unknown): void {
    if (this.#standIn === undefined || !isOutage(error)) {
      this.#reject(error);
      return;
    }
    const { family, operation } = this.#plan;
    endFailed(error, family, operation, performance.now() - this.#began, this.#standIn, this.#resolve, this.#reject);
  }
}
