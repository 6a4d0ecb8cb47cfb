/**
 * The instances of one schedule, and the phases that they go through.
 *
 * @module
 */
import { areNeighbours, type StrategyName, strategies } from "../../../src/schema/moves/index.js";
import type { Draw } from "../draw.js";

/** From one phase to the next, or back. */
export interface Leg {
  readonly from: string;
  readonly to: string;
}

/** The refusal of strangers: thrown before anything of the fleet has changed. */
export class StrangersError extends Error {}

/** @throws StrangersError where an instance of the phase may not run beside one of the others */
export function refuseStrangers(strategy: StrategyName, phase: string, others: readonly string[]): void {
  const stranger = others.find((other) => !areNeighbours(strategy, phase, other));
  if (stranger !== undefined) throw new StrangersError(`${strategy}: ${phase} may not run beside ${stranger}`);
}

/**
 * A way through the phases: half of them all of it, the others a part. On most of them the fleet goes back: one phase, or two,
 * one after the other; and on again.
 */
export function drawWay(strategy: StrategyName, draw: Draw): Leg[] {
  const phases: readonly string[] = strategies[strategy].phases;
  const last = phases.length - 1;
  let [first, end] = [0, last];
  if (draw.oneIn(2)) {
    first = draw.int(0, last - 1);
    end = draw.int(first + 1, last);
  }
  const turn = draw.oneIn(5) ? -1 : draw.int(first + 1, end);
  const back = Math.min(turn, draw.oneIn(3) ? 2 : 1);
  const stops: number[] = [];
  for (let at = first; at <= end; at++) {
    stops.push(at);
    if (at !== turn) continue;
    for (let n = 1; n <= back; n++) stops.push(at - n);
    for (let n = back - 1; n >= 0; n--) stops.push(at - n);
  }
  return stops.slice(1).map((to, i) => ({ from: phases[stops[i] as number]!, to: phases[to]! }));
}

/** The way of a control: from one of two phases that are no neighbours to the other. */
export function drawStrangersWay([a, b]: readonly [string, string], draw: Draw): Leg[] {
  return draw.oneIn(2) ? [{ from: a, to: b }] : [{ from: b, to: a }];
}

export function isRollBack(strategy: StrategyName, { from, to }: Leg): boolean {
  const phases: readonly string[] = strategies[strategy].phases;
  return phases.indexOf(to) < phases.indexOf(from);
}
