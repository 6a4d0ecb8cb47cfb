/**
 * What a strategy knows of a move.
 *
 * @module
 */
import { type CallEvent, events, publish } from "../events.js";
import type { Family } from "../family.js";
import type { Argument, Plan } from "../plan.js";
import type { Steps } from "./steps.js";

/** The old and the new keys of one place of the family: its own first, then its companions, in one order. */
export interface Unit {
  readonly old: readonly string[];
  readonly new: readonly string[];
}

/** Finds the keys of both sides; the repositories make it from the patterns. */
export interface TwinKeys {
  oldOf(key: string): string | undefined;
  unitOf(key: string): Unit | undefined;
}

/** What is counted of a move beside the outcome of its operations. */
export type MoveCount =
  /** A read that the old key answered though the new one is read first. */
  | "oldReads"
  /** A second write that failed after the first was applied. */
  | "mirrorFailures"
  /** A write that the other key already had something later than. */
  | "lostJoins";

export type MoveCounts = Record<MoveCount, number>;

const eventOf: Readonly<Record<MoveCount, CallEvent["type"]>> = {
  oldReads: "old-key-read",
  mirrorFailures: "mirror-failed",
  lostJoins: "join-lost",
};

/** A taking as the strategy sees it. */
export interface Taken<T> {
  /** What the plan itself answers. */
  readonly result: T;
  readonly admitted: boolean;
  /** The window, or the moment, that what was taken belongs to. */
  readonly id: string;
}

/** What a `bounded` kind adds: what of its plans and answers the strategy must know. */
export interface BoundedPlans {
  /** True where a denial leaves something behind, such as a count of violations, which both keys must have then. */
  readonly countsDenials: boolean;
  /** The same taking, in such a way that `refund` can give it back. */
  taking<T>(plan: Plan<T>): Plan<Taken<T>>;
  /** Gives back what a taking took, in the same window only. `taken` is the plan that `taking` was made of. */
  refund(taken: Plan<unknown>, id: string): Plan<void>;
  /** Of a refund that a caller asks for, whose taking both keys counted: the part of one key. */
  refundOf(plan: Plan<unknown>, side: "old" | "new"): Plan<unknown>;
  /** Two keys' answers as one: where one of them denies, or leaves less, that is the answer. */
  combined<T>(old: T, its: T): T;
}

/** What an `additive` kind adds. */
export interface AdditivePlans {
  /** True where a claim got an item of the key that it was sent to, or an ack found its item there. */
  found(plan: Plan<unknown>, result: unknown): boolean;
}

/** One family on its way. */
export class Move {
  readonly family: Family;
  readonly phase: string;
  /** Makes stamps unique: one for each runtime, eight hexadecimal digits. */
  readonly client: string;
  readonly counts: MoveCounts;
  readonly bounded: BoundedPlans | undefined;
  readonly additive: AdditivePlans | undefined;
  /** For how long a seal, a stamp of something that has no TTL, or a mark of the move stays, in milliseconds. */
  readonly markTtl: number;
  readonly #twins: TwinKeys;
  readonly #uses: Readonly<Record<string, string>> | "every";

  constructor(
    family: Family,
    settings: { readonly phase: string; readonly markTtl: number },
    uses: Readonly<Record<string, string>> | "every",
    twins: TwinKeys,
    client: string,
    counts: MoveCounts,
    bounded?: BoundedPlans,
    additive?: AdditivePlans,
  ) {
    this.family = family;
    this.phase = settings.phase;
    this.markTtl = settings.markTtl;
    this.client = client;
    this.counts = counts;
    this.bounded = bounded;
    this.additive = additive;
    this.#twins = twins;
    this.#uses = uses;
  }

  /** Counts what happened in an operation, and publishes it. */
  count(what: MoveCount, operation: string): void {
    this.counts[what] += 1;
    if (events.hasSubscribers) publish(eventOf[what], this.family, operation);
  }

  /** What an operation is to the strategy; undefined where the strategy has no place for it. */
  useOf(plan: Plan<unknown>): string | undefined {
    if (this.#uses === "every") return plan.writes ? "change" : "read";
    return Object.hasOwn(this.#uses, plan.operation) ? this.#uses[plan.operation] : undefined;
  }

  /** All keys of the place that a plan is about. */
  unitOf(plan: Plan<unknown>): Unit {
    const unit = this.#twins.unitOf(plan.keys[0] as string);
    if (unit === undefined) throw new TypeError(`${plan.family.pattern} does not own the key of ${plan.operation}`);
    return unit;
  }

  /** True where all keys of a plan are of one place of the family. */
  isOfOnePlace(plan: Plan<unknown>): boolean {
    if (plan.keys.length === 1) return true;
    const { new: keys } = this.unitOf(plan);
    return plan.keys.every((key) => keys.includes(key));
  }

  /** The same plan on the old keys. */
  onOld<T>(plan: Plan<T>): Plan<T> {
    const keys = plan.keys.map((key) => this.#twins.oldOf(key) ?? key);
    const args: Argument[] = plan.args.slice();
    // A script's keys stand behind EVALSHA, its SHA-1 and their number; those of a command are where they stand.
    if (plan.script !== undefined)
      keys.forEach((key, i) => {
        args[3 + i] = key;
      });
    else
      plan.keys.forEach((key, i) => {
        const at = args.indexOf(key, 1);
        if (at > 0) args[at] = keys[i] as string;
      });
    return { ...plan, keys, args };
  }
}

/** A strategy: what each operation sends in each phase. */
export interface MoveStrategy {
  /** @param plan built on the new keys */
  steps<T>(move: Move, plan: Plan<T>): Steps<T>;
}

/** What filling one place came to: its state went over, was there already, is gone on both sides, or is newer there. */
export type FillOutcome = "copied" | "same" | "absent" | "newer";

/** What brings a place that nobody writes over to its new keys; safe to repeat, and beside operations of its phases. */
export interface Fills {
  /** The phases in which it may run: legacy has drained, and nobody relies on the new keys alone. */
  readonly phases: readonly string[];
  fill(move: Move, unit: Unit): Steps<FillOutcome>;
  /**
   * Asks whether the state of a place lies in the mark of its old keys, so that it has no key on either side. Where it is
   * left out no state does, and marks are not scanned.
   */
  held?(move: Move, unit: Unit): Plan<boolean>;
}

/** Which side of every place must be empty before a phase is entered from the one beside it, where it may hold what is stale. */
export interface Purge {
  readonly from: string;
  readonly into: string;
  readonly side: keyof Unit;
}

/** What deletes one side of a place; safe to repeat, and beside operations of the phase that the fleet is in. */
export interface Purges {
  readonly purges: readonly Purge[];
  purge(move: Move, unit: Unit, side: keyof Unit): Steps<void>;
}
