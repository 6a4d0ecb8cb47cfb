/**
 * One schedule: a fleet on keys of its own, whose operations run command by command in an order that its seed draws.
 *
 * @module
 */

import { ConnectionLostError, type KeywrightError } from "../../../src/runtime/errors.js";
import { type Fills, Move, type MoveCounts, type MoveStrategy } from "../../../src/runtime/moves/move.js";
import type { Steps } from "../../../src/runtime/moves/steps.js";
import { moveStrategies } from "../../../src/runtime/moves/strategies.js";
import { type Plan, proveOneSlot } from "../../../src/runtime/plan.js";
import { strategies, Twins, type Unit } from "../../../src/schema/moves/index.js";
import { Draw } from "../draw.js";
import { ModelClient, type Running } from "./clients.js";
import type { Connection } from "./connection.js";
import { drawStrangersWay, drawWay, isRollBack, type Leg, refuseStrangers } from "./fleet.js";
import type { Elapsed, Entry } from "./history.js";
import type { Control, Gate, MoveCase, Operation } from "./move-case.js";
import { Time } from "./time.js";
import { Trace, whoIs } from "./trace.js";

/** What a schedule came to. */
export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly counts: Counts;
  /** The schedule as text, where something is wrong. */
  readonly trace?: string;
  /** Names of what was drawn and may be left out, to find a smaller schedule that fails. */
  readonly parts: readonly string[];
}

export interface Counts {
  operations: number;
  steps: number;
  crashes: number;
  /** Commands that failed, applied or not. */
  faults: number;
  rollBacks: number;
  fills: number;
  /** TTLs that ran out. */
  elapsed: number;
  /** Operations that ended while an instance of the neighbouring phase ran. */
  mixed: number;
}

export function noCounts(): Counts {
  return { operations: 0, steps: 0, crashes: 0, faults: 0, rollBacks: 0, fills: 0, elapsed: 0, mixed: 0 };
}

export interface Settings {
  readonly connection: Connection;
  /** Before every key of the run. */
  readonly prefix: string;
  /** With strangers beside each other, and without gates. */
  readonly control?: Control | undefined;
  /** Parts of the schedule that are left out. */
  readonly without?: ReadonlySet<string>;
}

const thirtyDays = 30 * 24 * 3_600_000;
const mostInFlight = 3;
const fault = new Error("thrown by the harness");

/** Runs the schedule of a seed. */
export async function runSchedule(theCase: MoveCase<never, never>, seed: number, settings: Settings): Promise<Outcome> {
  const schedule = new Schedule(theCase as unknown as MoveCase, seed, settings);
  try {
    await schedule.run();
  } catch (error) {
    if (!(error instanceof Violation)) schedule.violate(`the harness stopped: ${(error as Error).stack}`);
  }
  const outcome = schedule.outcome();
  await schedule.clean();
  return outcome;
}

/** Ends a schedule at once. */
class Violation extends Error {}

class Schedule {
  readonly #case: MoveCase;
  readonly #strategy: MoveStrategy & Partial<Fills>;
  readonly #seed: number;
  readonly #settings: Settings;
  readonly #draw: Draw;
  readonly #time: Time;
  readonly #trace = new Trace();
  readonly #twins: Twins;
  readonly #key: string;
  readonly #unit: Unit;
  readonly #counts = noCounts();
  readonly #moveCounts = { oldReads: 0, mirrorFailures: 0, lostJoins: 0 } as MoveCounts;
  readonly #violations: string[] = [];
  readonly #parts: string[] = [];
  readonly #keys = new Set<string>();
  readonly #entries: Entry[] = [];
  readonly #elapsed: Elapsed[] = [];
  readonly #clients: ModelClient[] = [];
  readonly #running: Running[] = [];
  #tick = 0;
  #fresh = 0;
  #instances = 0;
  /** One command in so many crashes or fails; 0 for none. */
  readonly #faultEvery: number;
  /** The fill in flight. */
  #filling: Running | undefined;
  #filled = false;

  constructor(theCase: MoveCase, seed: number, settings: Settings) {
    this.#case = theCase;
    this.#seed = seed;
    this.#settings = settings;
    this.#draw = new Draw(seed);
    this.#time = new Time(settings.connection);
    const strategy = theCase.moves ?? moveStrategies[theCase.strategy];
    if (strategy === undefined) throw new TypeError(`no strategy ${theCase.strategy}`);
    this.#strategy = strategy;
    this.#twins = new Twins(theCase.keys, settings.prefix);
    const at = theCase.keys[0]!.prefixAt.to;
    const bare = theCase.keyOf(`s${seed}${settings.control === undefined ? "" : "c"}`);
    this.#key = bare.slice(0, at) + settings.prefix + bare.slice(at);
    const unit = this.#twins.unitOf(this.#key);
    if (unit === undefined) throw new TypeError(`${bare} is not the new key of ${theCase.strategy}`);
    this.#unit = unit;
    for (const key of [...unit.old, ...unit.new]) this.#keys.add(key);
    this.#faultEvery = this.#draw.oneIn(3) ? 0 : this.#draw.int(6, 24);
  }

  outcome(): Outcome {
    const failed = this.#violations.length > 0;
    return {
      seed: this.#seed,
      violations: this.#violations,
      counts: this.#counts,
      parts: this.#parts,
      ...(failed ? { trace: this.#trace.text(this.#settings.prefix) } : {}),
    };
  }

  violate(text: string): void {
    this.#violations.push(text.replaceAll(this.#settings.prefix, ""));
  }

  async clean(): Promise<void> {
    if (this.#keys.size > 0) await this.#settings.connection.raw(["UNLINK", ...this.#keys]);
  }

  async run(): Promise<void> {
    const { control } = this.#settings;
    const draw = this.#draw;
    const { least, most } = this.#case.clients ?? { least: 2, most: 4 };
    const way = control === undefined ? drawWay(this.#case.strategy, draw) : drawStrangersWay(control.phases, draw);
    const count = draw.int(least, most);
    for (let number = 0; number < count; number++) this.#clients.push(this.#instance(number, way[0]!.from));
    await this.#arrive(way[0]!.from);
    for (const leg of way) if (!(await this.#go(leg))) break;
    await this.#operate(draw.int(1, 4));
    await this.#quiet();
    this.#judge();
    await this.#judgeKeys();
  }

  /** A fleet that begins in a phase behind those of the fill has been through one, if of nothing. */
  async #arrive(phase: string): Promise<void> {
    const { fill, phases } = this.#strategy;
    if (fill === undefined || phases === undefined || this.#settings.control !== undefined) return;
    const all: readonly string[] = strategies[this.#case.strategy].phases;
    if (all.indexOf(phase) <= Math.max(...phases.map((each) => all.indexOf(each)))) return;
    this.#beginFill(phases.at(-1) as string);
    while (this.#filling !== undefined) await this.#step(this.#filling, false);
  }

  /** The fleet goes to another phase, instance by instance. False where a gate keeps it from that. */
  async #go(leg: Leg): Promise<boolean> {
    const draw = this.#draw;
    const controlled = this.#settings.control !== undefined;
    await this.#operate(draw.int(0, 4));
    if (!controlled && !(await this.#pass(leg))) return false;
    if (isRollBack(this.#case.strategy, leg)) this.#counts.rollBacks += 1;
    const order = this.#clients.map((_, i) => i);
    while (order.length > 0) {
      const [number] = order.splice(draw.int(0, order.length - 1), 1) as [number];
      await this.#deploy(number, leg.to);
      await this.#operate(draw.int(0, controlled ? 4 : 2));
      if (draw.oneIn(4)) await this.#quiet();
    }
    return true;
  }

  async #pass(leg: Leg): Promise<boolean> {
    const gate: Gate = this.#case.gate?.(leg.from, leg.to) ?? {};
    const { phases } = this.#strategy;
    if (gate.fill === true) {
      if (this.#strategy.fill === undefined) throw new TypeError(`${this.#case.strategy} has no fill`);
      while (!this.#filled || this.#filling !== undefined) {
        if (this.#filling === undefined) this.#beginFill();
        else await this.#step(this.#draw.oneIn(2) ? this.#filling : this.#draw.one(this.#running));
      }
    }
    // Who fills looks at the fleet first, and has ended before it leaves the phases of the fill.
    while (this.#filling !== undefined && phases?.includes(leg.to) !== true) await this.#step(this.#filling);
    if (gate.elapse !== undefined) {
      await this.#drain();
      const now = await this.#time.fresh();
      await this.#elapse(now - 1 + gate.elapse, this.#tick + 1);
    }
    if (gate.steps !== undefined) {
      const operator = this.#instance(-1, leg.from);
      const own = this.#start(operator, "gate", gate.steps(operator), undefined, undefined);
      while (own !== undefined && this.#running.includes(own)) await this.#step(this.#draw.one(this.#running), false);
    }
    if (gate.may !== undefined) {
      await this.#drain();
      if (!(await gate.may(this.#state()))) {
        this.#trace.event(this.#tick, "fleet", `may not go from ${leg.from} to ${leg.to}`);
        return false;
      }
    }
    if (phases?.includes(leg.to) !== true && isRollBack(this.#case.strategy, leg)) this.#filled = false;
    return true;
  }

  /** An instance ends, and one of the phase takes its place. */
  async #deploy(number: number, phase: string): Promise<void> {
    const others = this.#clients.filter((_, i) => i !== number).map((client) => client.phase);
    if (this.#settings.control === undefined) refuseStrangers(this.#case.strategy, phase, others);
    const leaving = this.#clients[number] as ModelClient;
    for (;;) {
      const own = this.#running.find(({ client }) => client === leaving);
      if (own === undefined) break;
      await this.#step(this.#draw.one(this.#running));
      // It may have crashed meanwhile: then its operations have.
      if (this.#clients[number] !== leaving) break;
    }
    this.#clients[number] = this.#instance(number, phase);
    this.#trace.event(++this.#tick, this.#clients[number] as ModelClient, `starts in the phase ${phase}`);
  }

  /** Begins so many operations, between the commands of those in flight. */
  async #operate(count: number): Promise<void> {
    const draw = this.#draw;
    for (let left = count; left > 0; ) {
      if (this.#running.length < mostInFlight && draw.oneIn(2)) {
        left -= 1;
        await this.#begin();
      } else if (this.#running.length > 0) await this.#step(draw.one(this.#running));
      if (draw.oneIn(12)) await this.#mayElapse();
      if (this.#filling === undefined && draw.oneIn(6) && this.#mayFill()) this.#beginFill();
    }
    const most = draw.int(0, 3 * mostInFlight);
    for (let i = 0; i < most && this.#running.length > 0; i++) await this.#step(draw.one(this.#running));
  }

  async #begin(): Promise<void> {
    const number = this.#draw.int(0, this.#clients.length - 1);
    // Of its own, so that what is left out changes no other operation.
    const own = new Draw((this.#seed * 31 + ++this.#fresh * 7919) | 0);
    const client = this.#clients[number] as ModelClient;
    const operation = this.#case.operation(client, own, this.#fresh);
    if (this.#leftOut(`operation ${this.#fresh}`)) return;
    if (this.#case.ttl !== undefined) await this.#time.fresh();
    this.#startOperation(client, operation, false);
  }

  #startOperation(client: ModelClient, operation: Operation, probe: boolean): Running | undefined {
    const entry: Entry = {
      client: client.number,
      phase: client.phase,
      name: operation.name,
      data: operation.data,
      begin: this.#tick + 1,
      end: Number.POSITIVE_INFINITY,
      outcome: "in flight",
      result: undefined,
      probe,
    };
    this.#entries.push(entry);
    this.#counts.operations += 1;
    return this.#start(client, operation.name, operation.steps(), entry, operation.answered as never);
  }

  #start(
    client: ModelClient,
    label: string,
    steps: Steps<unknown>,
    entry: Entry | undefined,
    answered: ((result: unknown) => void) | undefined,
  ): Running | undefined {
    const running: Running = {
      client,
      label,
      steps,
      entry,
      answered,
      next: undefined as never,
      applied: false,
      began: Date.now(),
      beganAt: ++this.#tick,
      thrown: undefined,
    };
    this.#trace.event(this.#tick, client, `${label} begins`);
    this.#running.push(running);
    this.#advance(running, () => steps.next());
    return this.#running.includes(running) ? running : undefined;
  }

  /** Runs the next command of an operation; now and then it fails, or its client crashes. */
  async #step(running: Running, mayFault = true): Promise<void> {
    const plan = running.next;
    const kind = mayFault ? this.#drawFault(running) : undefined;
    if (kind === "crash before") return this.#crash(running, "before it was sent");
    if (kind === "fail before") {
      this.#trace.command(++this.#tick, running.client, plan, fault, "was not applied");
      return this.#fail(running, new ConnectionLostError(this.#context(plan), false, fault));
    }
    this.#prove(plan);
    await this.#settings.connection.know(plan);
    this.#time.seen();
    // Both leave together, and nobody of this schedule is between them.
    const sent = this.#settings.connection.send(plan);
    const reaped = plan.writes && this.#time.hasPassed ? this.#time.reap([...this.#keys]) : undefined;
    let [result, error]: [unknown, unknown] = [undefined, undefined];
    try {
      result = await sent;
    } catch (thrown) {
      error = thrown ?? fault;
    }
    await reaped;
    this.#time.seen();
    this.#counts.steps += 1;
    if (plan.writes && (error === undefined || (error as KeywrightError).mayHaveBeenApplied === true)) {
      running.applied = true;
    }
    this.#trace.command(++this.#tick, running.client, plan, error ?? result, kind);
    if (kind === "crash after") return this.#crash(running, "before its answer came");
    if (kind === "fail after" && plan.writes) {
      running.applied = true;
      return this.#fail(running, new ConnectionLostError(this.#context(plan), true, fault));
    }
    if (error !== undefined) this.#advance(running, () => running.steps.throw(error));
    else this.#advance(running, () => running.steps.next(result));
  }

  #drawFault(running: Running): "crash before" | "crash after" | "fail before" | "fail after" | undefined {
    if (this.#faultEvery === 0 || !this.#draw.oneIn(this.#faultEvery)) return undefined;
    const kind = this.#draw.one(["crash before", "crash after", "fail before", "fail after"] as const);
    if (running.entry?.probe === true) return undefined;
    return this.#leftOut(`fault ${++this.#fresh}`) ? undefined : kind;
  }

  #fail(running: Running, error: unknown): void {
    this.#counts.faults += 1;
    running.thrown = error;
    this.#advance(running, () => running.steps.throw(error));
  }

  #advance(running: Running, next: () => IteratorResult<Plan<unknown>, unknown>): void {
    let found: IteratorResult<Plan<unknown>, unknown>;
    try {
      found = next();
    } catch (error) {
      this.#end(running, running.applied ? "unknown" : "nothing", undefined, error);
      return;
    }
    if (found.done !== true) running.next = found.value;
    else this.#end(running, "answered", found.value, undefined);
  }

  #end(running: Running, outcome: Entry["outcome"], result: unknown, error: unknown): void {
    this.#running.splice(this.#running.indexOf(running), 1);
    const { client, entry, label } = running;
    this.#trace.event(++this.#tick, client, `${label} ends: ${outcome}`, error ?? result);
    if (running === this.#filling) {
      this.#filling = undefined;
      if (outcome === "answered") {
        this.#filled = true;
        this.#counts.fills += 1;
      }
    }
    const byItself = error !== undefined && running.thrown === undefined;
    if (byItself && this.#case.refuses?.(error) !== true) {
      this.violate(`${label} of ${whoIs(client)} failed by itself: ${(error as Error).stack}`);
    }
    if (entry === undefined) return;
    entry.end = this.#tick;
    entry.outcome = byItself && this.#case.refuses?.(error) === true ? "nothing" : outcome;
    entry.result = result;
    if (error !== undefined) entry.error = error;
    if (new Set(this.#clients.map(({ phase }) => phase)).size > 1) this.#counts.mixed += 1;
    if (outcome === "answered") running.answered?.(result);
  }

  /** The process of an operation ends, and with it all that it has in flight; another starts in its place. */
  #crash(running: Running, when: string): void {
    this.#counts.crashes += 1;
    const { client } = running;
    this.#trace.event(++this.#tick, client, `crashes in ${running.label}, ${when}`);
    for (const each of this.#running.filter((other) => other.client === client)) {
      this.#running.splice(this.#running.indexOf(each), 1);
      if (each === this.#filling) this.#filling = undefined;
      if (each.entry === undefined) continue;
      each.entry.end = this.#tick;
      each.entry.outcome = each.applied ? "unknown" : "nothing";
    }
    if (client.number >= 0) this.#clients[client.number] = this.#instance(client.number, client.phase);
  }

  #mayFill(): boolean {
    const { fill, phases } = this.#strategy;
    if (fill === undefined || this.#settings.control !== undefined) return false;
    return this.#clients.every(({ phase }) => phases?.includes(phase) === true);
  }

  #beginFill(phase = this.#clients[0]!.phase): void {
    const filler = this.#instance(-1, phase);
    const steps = (this.#strategy as Fills).fill(filler.move, this.#unit);
    const began = this.#start(filler, "fill", steps as Steps<unknown>, undefined, undefined);
    this.#filling = began;
    if (began === undefined) this.#filled = true;
  }

  /** What was written before all that is in flight began has come to its end. */
  async #mayElapse(): Promise<void> {
    const { ttl } = this.#case;
    if (ttl === undefined || this.#leftOut(`elapse ${++this.#fresh}`)) return;
    const now = await this.#time.fresh();
    const first = this.#running.filter(({ client }) => client.number >= 0);
    const began = Math.min(now, ...first.map((each) => each.began));
    await this.#elapse(began - 1 + ttl, Math.min(this.#tick + 1, ...first.map((each) => each.beganAt)));
  }

  async #elapse(until: number, before: number): Promise<void> {
    this.#tick += 1;
    this.#counts.elapsed += 1;
    this.#elapsed.push({ tick: this.#tick, before });
    this.#trace.event(this.#tick, "time", `what was begun before ${before} has run out`);
    await this.#time.pass(until, [...this.#keys]);
  }

  async #drain(): Promise<void> {
    while (this.#running.length > 0) await this.#step(this.#draw.one(this.#running));
  }

  /** Nothing is in flight, and each client looks, one after the other. */
  async #quiet(): Promise<void> {
    await this.#drain();
    await this.#judgeDeadlines();
    if (this.#case.probe === undefined) return;
    for (const client of [...this.#clients]) {
      if (this.#case.ttl !== undefined) await this.#time.fresh();
      const probe = this.#startOperation(client, this.#case.probe(client, ++this.#fresh), true);
      while (probe !== undefined && this.#running.includes(probe)) await this.#step(probe, false);
    }
  }

  #judge(): void {
    const history = { entries: this.#entries, elapsed: this.#elapsed };
    for (const text of this.#case.check(history as never)) this.violate(text);
  }

  async #judgeKeys(): Promise<void> {
    await this.#judgeDeadlines();
    const history = { entries: this.#entries, elapsed: this.#elapsed };
    for (const text of (await this.#case.final?.(this.#state(), history as never)) ?? []) this.violate(text);
  }

  async #judgeDeadlines(): Promise<void> {
    const keys = [...this.#keys];
    const deadlines = await this.#time.deadlines(keys);
    keys.forEach((key, i) => {
      if (deadlines[i] === -1 && this.#case.persists?.(key) !== true) this.violate(`${key} has no TTL`);
    });
    if (this.#case.equalDeadlines !== true || this.#settings.control !== undefined) return;
    const [old, own] = [this.#unit.old[0]!, this.#unit.new[0]!].map((key) => deadlines[keys.indexOf(key)] as number);
    if (old! >= 0 && own! >= 0 && old !== own) this.violate(`the deadlines differ by ${own! - old!} ms`);
  }

  /** A Cluster would take the command: its keys share a slot, and stand where it looks for them. */
  #prove(plan: Plan<unknown>): void {
    proveOneSlot([plan]);
    const { args, keys, script } = plan;
    const stated =
      script === undefined ? keys.every((key) => args.includes(key)) : keys.every((key, i) => args[3 + i] === key);
    if (!stated || keys.length === 0 || (script !== undefined && Number(args[2]) !== keys.length)) {
      this.violate(`${plan.operation} sends other keys than it says: ${keys.join(" ")}`);
      throw new Violation();
    }
    for (const key of keys) this.#keys.add(key);
  }

  #instance(number: number, phase: string): ModelClient {
    const { family, uses, markTtl = thirtyDays, bounded, additive, memory } = this.#case;
    const id = new Draw(this.#seed * 17 + ++this.#instances).hex(8);
    const move = new Move(family, { phase, markTtl }, uses, this.#twins, id, this.#moveCounts, bounded, additive);
    return new ModelClient(number, move, this.#strategy, memory?.call(this.#case), this.#key, this.#unit);
  }

  #state() {
    const { connection } = this.#settings;
    return { unit: this.#unit, keys: [...this.#keys], send: (args: readonly string[]) => connection.raw(args) };
  }

  #leftOut(part: string): boolean {
    this.#parts.push(part);
    return this.#settings.without?.has(part) === true;
  }

  #context({ family, operation }: Plan<unknown>) {
    return { family: family.name, operation };
  }
}
