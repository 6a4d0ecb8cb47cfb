/**
 * What a strategy is held against: the operations that its clients run, and what must be true of their history.
 *
 * @module
 */
import type { Family } from "../../../src/runtime/family.js";
import type { AdditivePlans, BoundedPlans, Fills, Move, MoveStrategy, Unit } from "../../../src/runtime/moves/move.js";
import type { Steps } from "../../../src/runtime/moves/steps.js";
import type { Plan } from "../../../src/runtime/plan.js";
import type { MovedPattern, StrategyName, Uses } from "../../../src/schema/moves/index.js";
import type { Draw } from "../draw.js";
import type { History } from "./history.js";

/** An instance of the service, in one phase. A crash ends it, and another takes its place. */
export interface Client<Memory = unknown> {
  /** Its place in the fleet, from 0. */
  readonly number: number;
  readonly phase: string;
  readonly move: Move;
  /** What it keeps in its process, such as the locks that it holds; a new one after a crash or a deploy. */
  readonly memory: Memory;
  /** The new key of the schedule. */
  readonly key: string;
  /** All keys of the schedule's place. */
  readonly unit: Unit;
  /** The operation as the strategy runs it in the client's phase; the plan is built on the new keys. */
  run<T>(plan: Plan<T>): Steps<T>;
}

/** One operation, drawn, and not begun. */
export interface Operation<Data = unknown, T = unknown> {
  /** For the trace, such as `set 7`. */
  readonly name: string;
  /** What the check reads of it. */
  readonly data: Data;
  /** Its commands: usually `client.run(plan)`. */
  readonly steps: () => Steps<T>;
  /** Told of its result, where it has one, before anything else happens: what the client remembers of it. */
  readonly answered?: (result: T) => void;
}

/** What the operator does before the first instance goes to the next phase, while all run the same one. */
export interface Gate {
  /** A fill has ended since the fleet came to the phases in which it may run. */
  readonly fill?: boolean;
  /** So many milliseconds pass with nothing in flight: what lives no longer has run out. */
  readonly elapse?: number;
  /** Commands of the operator, between those of the clients, such as a purge of what is left behind. */
  readonly steps?: (operator: Client) => Steps<unknown>;
  /** False where the fleet may not go there: it stays for good. Asked with nothing in flight. */
  readonly may?: (state: KeyState) => Promise<boolean>;
}

/** Two phases that are no neighbours, in which violations must be found. */
export interface Control {
  readonly phases: readonly [string, string];
  /** What goes wrong, for the report. */
  readonly because: string;
  /** How many schedules may be needed to find it. Default 4000. */
  readonly schedules?: number;
}

/** The raw keys of a schedule with nothing in flight. */
export interface KeyState {
  readonly unit: Unit;
  /** Every key that any plan has named so far. */
  readonly keys: readonly string[];
  /** Sends one command. */
  send(args: readonly string[]): Promise<unknown>;
}

export interface MoveCase<Data = unknown, Memory = unknown> {
  readonly strategy: StrategyName;
  /** Where a strategy has several cases. Default: the strategy's. */
  readonly name?: string;
  readonly family: Family;
  /** As in `movesOfKinds`. */
  readonly uses: Uses | "every";
  /** As in the manifest. The harness puts a prefix before every key. */
  readonly keys: readonly MovedPattern[];
  /** The new key without its prefix; `place` is unlike that of any other schedule: letters and digits. */
  keyOf(place: string): string;
  /** Milliseconds. Default 30 days. */
  readonly markTtl?: number;
  readonly bounded?: BoundedPlans;
  readonly additive?: AdditivePlans;
  /** Default: the registered one. */
  readonly moves?: MoveStrategy & Partial<Fills>;
  /**
   * The TTL of what the operations write, in milliseconds, the shortest where there are several: where it is given, it runs
   * out now and then, on both sides at once, for what was written before the first began of those that are in flight.
   */
  readonly ttl?: number;
  /** Default 2 to 4, and 3 in flight at most. */
  readonly clients?: { readonly least: number; readonly most: number };
  /** What a client remembers when it starts. */
  memory?(): Memory;
  /** @param fresh a number that the schedule has not had before */
  operation(client: Client<Memory>, draw: Draw, fresh: number): Operation<Data>;
  /** An operation that each client runs alone, with nothing in flight, such as a read: what all must agree on. */
  probe?(client: Client<Memory>, fresh: number): Operation<Data>;
  /** What stands between two neighbouring phases, onwards and back. */
  gate?(from: string, to: string): Gate | undefined;
  /** What is wrong with a history, in words. */
  check(history: History<Data>): readonly string[];
  /** What is wrong with the keys at the end, with nothing in flight. */
  final?(state: KeyState, history: History<Data>): Promise<readonly string[]>;
  /** Keys that may be there without a TTL. Default: none. */
  persists?(key: string): boolean;
  /** True where the own keys of both sides have the same deadline whenever both are there and nothing is in flight. */
  readonly equalDeadlines?: boolean;
  /** True of an error that an operation may end with by itself, and that leaves nothing open. */
  refuses?(error: unknown): boolean;
  readonly controls: readonly Control[];
}

export function nameOf({ name, strategy }: MoveCase<never, never>): string {
  return name ?? strategy;
}
