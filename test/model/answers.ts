/**
 * What the operations of a kind may answer: a small model of one key, held against a repository while servers fail. A
 * kind joins beside its operations in the registry.
 *
 * @module
 */
import type { Draw } from "./draw.js";

/** An answer of which nothing is said. */
export const anything = Symbol("anything");

/** Thrown by a step whose call ended well and left open what it did, such as a degraded verdict. */
export class OpenOutcome extends Error {}

/** One operation on the model's key. */
export interface Step<S> {
  readonly name: string;
  /** Sends it. What it answers is compared as plain data; {@link OpenOutcome} where the answer leaves its effect open. */
  call(): Promise<unknown>;
  /** What may be answered in that state, each with the state after it. */
  next(state: S): readonly (readonly [answer: unknown, after: S])[];
  /** States in which it may have stopped halfway, where it has several steps. */
  partial?(state: S): readonly S[];
  /** True where it changes nothing. */
  readonly reads?: boolean;
  /** True where the answer came although the effect is open: it may still be applied. */
  open?(answer: unknown): boolean;
  /** How many deadlines of the family it may take, where it runs several plans. Default 1. */
  readonly deadlines?: number;
}

/** The key that a model is held against, and its values, which no other key has. */
export interface Subject<R, K, V> {
  readonly repository: R;
  readonly key: K;
  /** Another key of the same subject, in the same tag scope. */
  readonly other: K;
  /** Value `i` of this key. */
  value(i: number): V;
  /** One that was not there before. */
  fresh(): V;
}

/** The steps of a kind, drawn by chance, over states that are plain data. */
export interface Model<R = never, K = never, V = never, S = unknown> {
  readonly initial: S;
  step(subject: Subject<R, K, V>, draw: Draw): Step<S>;
}

/** A model whose steps are drawn evenly. */
export function model<R, K, V, S>(
  initial: S,
  steps: readonly ((subject: Subject<R, K, V>, draw: Draw) => Step<S>)[],
): Model<R, K, V, S> {
  return { initial, step: (subject, draw) => draw.one(steps)(subject, draw) };
}
