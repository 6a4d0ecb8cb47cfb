/**
 * What one key may hold, by its model, when calls fail whose outcome is open.
 *
 * @module
 */
import { anything, type Step } from "../model/answers.js";

/** Data as text that is equal for equal data, whatever the order of properties. */
export function canonical(data: unknown): string {
  const text = JSON.stringify(data, function (this: Record<string, unknown>, key, value: unknown) {
    // What is given here has been through its toJSON already.
    const raw = this[key];
    if (raw instanceof Uint8Array) return { bytes: Buffer.from(raw).toString("hex") };
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return text ?? "undefined";
}

/** What a fault may take with it: writes that were acknowledged last, as a failover does, or all that was stored. */
export type Loss = "nothing" | "recent" | "everything";

/** A state set by its text: what is equal is there once. */
type States = Map<string, unknown>;

function statesOf(states: Iterable<unknown>): States {
  return new Map([...states].map((state) => [canonical(state), state]));
}

export class History {
  /** Every state that the key may be in where nothing of it was lost. */
  #kept: States;
  /** Every state that it may be in where something was. */
  #lost: States = new Map();
  /** Every state that it may ever have been in. */
  readonly #ever: States;
  readonly #initial: unknown;
  /** Steps that may be applied at any time from now on, since their outcome is open. */
  #pending: Step<unknown>[] = [];

  constructor(initial: unknown) {
    this.#initial = initial;
    this.#kept = statesOf([initial]);
    this.#ever = statesOf([initial]);
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** The call failed, and it may have been applied, now or later. */
  open(step: Step<unknown>): void {
    this.#pending.push(step);
    this.#remember(this.#reachable(this.#kept));
    this.#remember(this.#reachable(this.#lost));
  }

  /** A fault may have taken something with it by now. It does so once. */
  mayHaveLost(loss: Loss): void {
    if (loss === "nothing" || this.#kept.size === 0) return;
    for (const [text, state] of loss === "recent" ? this.#ever : statesOf([this.#initial])) this.#lost.set(text, state);
  }

  /** Holds an answer against what may be stored. `lost` is the first that only a loss explains. */
  answered(step: Step<unknown>, answer: unknown): "right" | "lost" | "wrong" {
    const text = canonical(answer);
    const kept = follow(this.#reachable(this.#kept), step, text);
    const lost = follow(this.#reachable(this.#lost), step, text);
    if (kept.size === 0 && lost.size === 0) return "wrong";
    const isFirst = kept.size === 0 && this.#kept.size > 0;
    this.#kept = kept;
    this.#lost = lost;
    this.#remember(kept);
    this.#remember(lost);
    if (step.open?.(answer)) this.open(step);
    return isFirst ? "lost" : "right";
  }

  /** What it may hold, for a finding's text. */
  toString(): string {
    const open = this.#pending.map(({ name }) => name).join(", ");
    const states = [...this.#kept.keys(), ...[...this.#lost.keys()].map((state) => `${state} (after a loss)`)];
    return `${states.join(" or ")}${open === "" ? "" : ` (open: ${open})`}`;
  }

  #remember(states: States): void {
    for (const [text, state] of states) this.#ever.set(text, state);
  }

  /** These states, and those after any of the pending steps, in any order, each at most once. */
  #reachable(from: States): States {
    const all: States = new Map();
    const visit = (state: unknown, left: readonly Step<unknown>[]): void => {
      all.set(canonical(state), state);
      for (const step of left) {
        const others = left.filter((other) => other !== step);
        for (const [, next] of step.next(state)) visit(next, others);
        for (const halfway of step.partial?.(state) ?? []) visit(halfway, others);
      }
    };
    for (const state of from.values()) visit(state, this.#pending);
    return all;
  }
}

/** The states after a step that has answered this, from any of those. */
function follow(from: States, step: Step<unknown>, text: string): States {
  const after: States = new Map();
  for (const state of from.values()) {
    for (const [expected, next] of step.next(state)) {
      if (expected === anything || canonical(expected) === text) after.set(canonical(next), next);
    }
  }
  return after;
}
