/**
 * What happened to the keys of one schedule, as its clients saw it.
 *
 * @module
 */

/** One operation. It ran between two ticks; no two events have the same. */
export interface Entry<Data = unknown> {
  readonly client: number;
  readonly phase: string;
  readonly name: string;
  readonly data: Data;
  readonly begin: number;
  /** When it was answered, failed or crashed; infinite while it is in flight. */
  end: number;
  /**
   * - `answered`: acknowledged, with its `result`
   * - `unknown`: it failed or crashed after a command that wrote, or may have: what it did may show up later
   * - `nothing`: it failed or crashed before it changed anything, or was refused
   */
  outcome: "answered" | "unknown" | "nothing" | "in flight";
  result: unknown;
  error?: unknown;
  /** True of a probe: nothing else was in flight. */
  readonly probe: boolean;
}

/**
 * The TTL ran out of everything that was written before `before`: by what had ended by then, and by none that began later. An
 * operation that was in flight at that tick may have written before or after it.
 */
export interface Elapsed {
  readonly tick: number;
  readonly before: number;
}

export interface History<Data = unknown> {
  readonly entries: readonly Entry<Data>[];
  readonly elapsed: readonly Elapsed[];
}
