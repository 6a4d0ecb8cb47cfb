/**
 * Runs plans: refuses what cannot be sent, or must not be, before anything is queued, ends every call by its family's
 * deadline, sends a script whole where the server does not know it, makes another attempt where that is safe, and
 * publishes what happened.
 *
 * @module
 */
import type { PartialProfile } from "../schema/profile.js";
import { Call } from "./call.js";
import type { ClientPort } from "./client-port.js";
import type { Deadlines } from "./deadlines.js";
import { type Plan, proveOneSlot } from "./plan.js";
import { endRefused, type GoesOn, type StandIn } from "./stand-in.js";
import { startPlan, starts, startTrace } from "./trace.js";
import { TransactionCall } from "./transaction-call.js";

export { publish } from "./events.js";

/** Runs plans one by one. */
export interface Runner {
  run<T>(plan: Plan<T>, standIn?: StandIn<T> | GoesOn): Promise<T>;
}

/** The way from a plan to its result on one store. */
export class Executor implements Runner {
  readonly port: ClientPort;
  readonly #deadlines: Deadlines;

  constructor(port: ClientPort, deadlines: Deadlines) {
    this.port = port;
    this.#deadlines = deadlines;
  }

  /**
   * Runs one plan; rejects with a KeywrightError, by the family's deadline at the latest. Where Redis failed, `standIn`
   * answers in its place.
   */
  run<T>(plan: Plan<T>, standIn?: StandIn<T> | GoesOn): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (plan.keys.length > 1) proveOneSlot([plan]);
      const trace = starts.hasSubscribers ? startPlan(plan) : undefined;
      const node = this.port.ready(plan.keys[0] as string);
      if (node?.refuses === true) {
        endRefused(node, plan.family, plan.operation, trace, standIn, resolve, reject);
        return;
      }
      const lane = this.#deadlines.lane(plan.family.deadline);
      const call = new Call(plan, standIn, this.port, lane, resolve, reject, trace);
      lane.add(call);
      call.begin(node);
    });
  }

  /**
   * Runs plans as one MULTI/EXEC and gives their raw replies in order, an Error where one failed. `profile` stands in the
   * place of the longest of their deadlines and the fewest of their retries.
   */
  transaction(plans: readonly Plan<unknown>[], profile?: PartialProfile): Promise<unknown[]> {
    return new Promise<unknown[]>((resolve, reject) => {
      const first = plans[0];
      if (first === undefined) {
        resolve([]);
        return;
      }
      proveOneSlot(plans);
      const trace = starts.hasSubscribers
        ? startTrace(first.family, "transaction", "MULTI", undefined, plans.length)
        : undefined;
      const node = this.port.ready(first.keys[0] as string);
      if (node?.refuses === true) {
        endRefused(node, first.family, "transaction", trace, undefined, resolve, reject);
        return;
      }
      // The longest of the deadlines: each operation was promised at least its own.
      const deadline = profile?.deadline ?? Math.max(...plans.map((plan) => plan.family.deadline));
      // The fewest: what one of the families must not repeat is not repeated for the sake of another.
      const retries = profile?.retries ?? Math.min(...plans.map((plan) => plan.family.retries));
      const lane = this.#deadlines.lane(deadline);
      const call = new TransactionCall(plans, retries, this.port, lane, resolve, reject, trace);
      lane.add(call);
      call.begin(node);
    });
  }
}
