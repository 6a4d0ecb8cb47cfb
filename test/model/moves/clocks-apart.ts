/**
 * The same strategy on two nodes whose clocks are a minute apart: the stamps of one side are minted by a clock that is
 * ahead. Which side it is depends on the place.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Fills, MoveStrategy } from "../../../src/runtime/moves/move.js";
import type { Steps } from "../../../src/runtime/moves/steps.js";
import type { Plan } from "../../../src/runtime/plan.js";
import type { Script } from "../../../src/runtime/script.js";

const clock = "time[1] * 1000000";
const ahead = new Map<string, Script>();

function withClockAhead(script: Script): Script {
  let made = ahead.get(script.sha1);
  if (made === undefined) {
    const source = script.source.replaceAll(clock, "(time[1] + 60) * 1000000");
    made = { ...script, source, sha1: createHash("sha1").update(source).digest("hex") };
    ahead.set(script.sha1, made);
  }
  return made;
}

/** The plan as the node of its key would run it. */
function onItsNode(plan: Plan<unknown>, isNew: (key: string) => boolean): Plan<unknown> {
  const { script, args, keys } = plan;
  const key = keys[0] as string;
  if (script?.source.includes(clock) !== true || isNew(key) !== newIsAhead(key)) return plan;
  const other = withClockAhead(script);
  return { ...plan, script: other, args: [args[0] as string, other.sha1, ...args.slice(2)] };
}

/** The digits of a place are its schedule's seed. */
function newIsAhead(key: string): boolean {
  return Number(/\d(?=\D*$)/.exec(key)?.[0]) % 2 === 0;
}

function* onNodes<T>(steps: Steps<T>, isNew: (key: string) => boolean): Steps<T> {
  let next = steps.next();
  while (next.done !== true) {
    let result: unknown;
    try {
      result = yield onItsNode(next.value, isNew);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(result);
  }
  return next.value;
}

export function clocksApart(strategy: MoveStrategy & Fills, isNew: (key: string) => boolean): MoveStrategy & Fills {
  return {
    phases: strategy.phases,
    steps: (move, plan) => onNodes(strategy.steps(move, plan), isNew),
    fill: (move, unit) => onNodes(strategy.fill(move, unit), isNew),
  };
}
