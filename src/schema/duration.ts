/**
 * Lengths of time, as schemas and services write them.
 *
 * @module
 */

/** Milliseconds, seconds, minutes, hours, days. */
export type DurationUnit = "ms" | "s" | "m" | "h" | "d";

/** A length of time: a whole number and its unit, e.g. `"15m"`. */
export type Duration = `${bigint}${DurationUnit}`;

/** A sentence that the compiler shows where a duration is wrong. Nothing has this type. */
export interface DurationError<Sentence extends string> {
  readonly "keywright: the duration is wrong": Sentence;
}

/** The duration itself where it is a positive whole number of a unit, and a {@link DurationError} otherwise. */
export type CheckDuration<Text extends string> = string extends Text
  ? Text
  : AmountOf<Text> extends `${infer Amount extends bigint}`
    ? bigint extends Amount
      ? NoDuration<Text>
      : `${Amount}` extends `-${string}` | "0"
        ? DurationError<`'${Text}' is not longer than nothing`>
        : Text
    : NoDuration<Text>;

/** What stands before the unit. One unit after the other: a union at the end of a template matches too early. */
type AmountOf<Text extends string> = Text extends `${infer Amount}ms`
  ? Amount
  : Text extends `${infer Amount}s`
    ? Amount
    : Text extends `${infer Amount}m`
      ? Amount
      : Text extends `${infer Amount}h`
        ? Amount
        : Text extends `${infer Amount}d`
          ? Amount
          : "";

type NoDuration<Text extends string> =
  DurationError<`'${Text}' is no duration: write a whole number and ms, s, m, h or d, such as '15m'`>;

/** Why a text is no duration. */
export class DurationProblem extends Error {
  override readonly name = "DurationProblem";
  /** What to write instead, as a sentence. */
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

const UNITS: Readonly<Record<DurationUnit, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Ten years: longer is a mistake in the unit, or a key that should say `persist`. */
const LONGEST = 3650 * UNITS.d;

/**
 * A duration in milliseconds: positive, whole, at most ten years.
 *
 * @throws DurationProblem
 */
export function parseDuration(text: unknown): number {
  const parts = typeof text === "string" ? /^([0-9]+)(ms|s|m|h|d)$/.exec(text) : null;
  if (!parts) {
    throw new DurationProblem(
      typeof text === "string"
        ? `'${text}' is no duration`
        : `the duration is ${text === undefined ? "missing" : "no string"}`,
      "Write a whole number and its unit: 500ms, 30s, 15m, 24h or 7d.",
    );
  }
  const ms = Number(parts[1]) * UNITS[parts[2] as DurationUnit];
  if (ms === 0) throw new DurationProblem(`'${text}' is not longer than nothing`, "Write 1ms or more.");
  if (ms > LONGEST) {
    throw new DurationProblem(
      `'${text}' is longer than ten years`,
      'Check the unit (m is minutes), or write { persist: "why" } for keys that stay.',
    );
  }
  return ms;
}

/** A time that has passed, for people: milliseconds up to 10 s, whole seconds above. */
export function formatElapsed(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms).toLocaleString("en-US")} ms` : formatDuration(Math.round(ms / 1000) * 1000);
}

/** A length of time for people: `24 h`, `15 min`, `1 d 2 h`, `1 s 500 ms`. Exactly one day is `24 h`. */
export function formatDuration(ms: number): string {
  if (ms === UNITS.d) return "24 h";
  const words: string[] = [];
  let left = ms;
  for (const [unit, word] of [
    ["d", "d"],
    ["h", "h"],
    ["m", "min"],
    ["s", "s"],
    ["ms", "ms"],
  ] as const) {
    const count = Math.floor(left / UNITS[unit]);
    if (count > 0) words.push(`${count} ${word}`);
    left -= count * UNITS[unit];
  }
  return words.join(" ") || "0 ms";
}
