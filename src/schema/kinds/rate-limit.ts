/**
 * `rateLimit`: how often something may happen in a window, in four algorithms, with penalties, blocks and a ladder of
 * violations.
 *
 * @module
 */
import { type Companion, companionPattern } from "../companion.js";
import { declaration, type FamilyDeclaration, type FamilyOptions, type WithTag } from "../family.js";
import type { CheckPattern } from "../patterns/index.js";
import type { NoTag, TagScope } from "../tag.js";
import { type Duration, formatDuration } from "../ttl.js";
import type { WhenDownWords } from "../when-down.js";
import type { Json, Kind, KindContext } from "./kind.js";

/**
 * - `fixed-window`: a plain INCR counter that ends with its window; readable by any program. Up to twice the limit may
 *   pass around the border of two windows.
 * - `sliding-window`: two counters, the earlier weighted by what is left of it. Approximate: a burst at the end of a
 *   window and then a steady flow may come near twice the limit, never a burst alone.
 * - `gcra`: the generic cell rate algorithm (ITU-T I.371): even spacing with a burst, one timestamp a key.
 * - `token-bucket`: a bucket that refills at limit per window and holds `burst`.
 */
export type RateLimitAlgorithm = "fixed-window" | "sliding-window" | "gcra" | "token-bucket";

export const rateLimitAlgorithms: readonly RateLimitAlgorithm[] = [
  "fixed-window",
  "sliding-window",
  "gcra",
  "token-bucket",
];

/** One rung: from this many violations on, the subject is blocked for this long. */
export interface LadderStep {
  readonly violations: number;
  readonly block: Duration;
}

/** Repeated denials count as violations, and enough of them block the subject. */
export interface Ladder {
  /** How long a violation is remembered; runs anew with each one. */
  readonly remember: Duration;
  /** In rising order of violations. */
  readonly steps: readonly LadderStep[];
  /** Stored as `blocked:<reason>`; lower-case words joined by `-`. */
  readonly reason?: string;
}

export interface RateLimitOptions extends FamilyOptions {
  /** How many units pass in a window. */
  readonly limit: number;
  readonly window: Duration;
  readonly algorithm: RateLimitAlgorithm;
  /** Units that may pass at once, for `gcra` and `token-bucket` only; the limit where it is left out. */
  readonly burst?: number;
  /**
   * Allows `consume(key, { limit })` up to this, for plans that differ by customer. With `gcra` and `token-bucket` it is
   * the rate, and the burst stays.
   */
  readonly limitPerCall?: { readonly max: number };
  /** What the caller gets while Redis cannot answer: `allow` and `deny` are verdicts marked degraded, `throw` an error. */
  readonly whenDown: "allow" | "deny" | "throw";
  readonly ladder?: Ladder;
}

/** Declares a family of limits: consume, peek, penalty, reward, block, unblock, reset. */
export function rateLimit<const P extends string, G extends TagScope | NoTag>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, RateLimitOptions>,
): FamilyDeclaration<"rateLimit", P, never> {
  return declaration("rateLimit", pattern as P, options, {}, rateLimit);
}

/** A block lasts at most this long, in milliseconds: longer bans belong into a database. */
export const longestBlock = 366 * 24 * 3600_000;

/** What may stand behind `blocked:`. */
export const blockReason = /^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/;

/** No key lives longer than this, as with every duration. */
const longestWindow = 3650 * 24 * 3600_000;

function wholeNumber(context: KindContext, field: string, input: unknown): number {
  if (typeof input === "number" && Number.isSafeInteger(input) && input >= 1 && input <= 1_000_000_000) return input;
  context.problem(
    "invalid-limit",
    field,
    `"${field}" is ${input === undefined ? "missing" : "not a whole number from 1 to 1,000,000,000"}`,
    `Write ${field} as a positive whole number.`,
  );
  return 1;
}

function readLadder(context: KindContext, ladder: Ladder | undefined): Json {
  if (ladder === undefined) return null;
  const remember = context.duration("ladder.remember", ladder.remember) ?? 1;
  const steps: { violations: number; block: number }[] = [];
  let before = 0;
  for (const [i, step] of ladder.steps.entries()) {
    const violations = wholeNumber(context, `ladder.steps.${i}.violations`, step.violations);
    const block = context.duration(`ladder.steps.${i}.block`, step.block) ?? 1;
    if (block > longestBlock) {
      context.problem(
        "invalid-ladder",
        `ladder.steps.${i}.block`,
        "a block of more than 366 days",
        "Keep longer bans in your database.",
      );
    }
    if (violations <= before) {
      context.problem(
        "invalid-ladder",
        `ladder.steps.${i}`,
        "the steps do not rise",
        "Order the steps by their number of violations.",
      );
    }
    const last = steps.at(-1);
    if (last !== undefined && block < last.block) {
      context.problem(
        "invalid-ladder",
        `ladder.steps.${i}.block`,
        "more violations block for a shorter time than fewer do",
        "Let the blocks grow with the violations.",
      );
    }
    before = violations;
    steps.push({ violations, block });
  }
  if (steps.length === 0) {
    context.problem(
      "invalid-ladder",
      "ladder.steps",
      "a ladder without steps",
      'Add at least one, e.g. { violations: 3, block: "15m" }.',
    );
  }
  const reason = ladder.reason ?? "too-many-violations";
  if (!blockReason.test(reason)) {
    context.problem(
      "invalid-ladder",
      "ladder.reason",
      "the reason is not made of lower-case words",
      'Write it like "too-many-sign-ins".',
    );
  }
  return { remember, steps, reason };
}

/**
 * How long a key can live: what the audit holds live keys against. A bucket lives until it is full, which takes longest
 * at the lowest rate: one unit a window, where the call may choose it.
 */
function longestLife(algorithm: RateLimitAlgorithm, lowestLimit: number, window: number, burst: number): number {
  if (algorithm === "fixed-window") return window;
  if (algorithm === "sliding-window") return 2 * window;
  return Math.ceil((burst * window) / lowestLimit);
}

/** `10 per 15 min, fixed-window, 3 violations in 1 h block for 5 min` */
function summaryOf(options: RateLimitOptions, limit: number, window: number, burst: number, ladder: Json): string {
  const words = [`${limit} per ${formatDuration(window)}`, options.algorithm];
  if (burst !== limit) words.push(`burst ${burst}`);
  if (ladder !== null) {
    const { remember, steps } = ladder as unknown as {
      remember: number;
      steps: readonly { violations: number; block: number }[];
    };
    const rungs = steps.map(({ violations, block }) => `${violations} block for ${formatDuration(block)}`).join(", ");
    words.push(`violations in ${formatDuration(remember)}: ${rungs}`);
  }
  return words.join(", ");
}

const limitWords: WhenDownWords = {
  words: ["allow", "deny", "throw"],
  standard: undefined,
  refused: { load: "it has no loader", absent: "that would be to allow, which is to be said" },
};

export const rateLimitKind: Kind = {
  name: "rateLimit",
  options: ["limit", "window", "algorithm", "burst", "limitPerCall", "ladder"],
  tier: "R1",
  whenDown: () => limitWords,
  read(family, context) {
    const options = family.options as RateLimitOptions;
    const limit = wholeNumber(context, "limit", options.limit);
    const window = context.duration("window", options.window) ?? 1;
    if (!rateLimitAlgorithms.includes(options.algorithm)) {
      context.problem(
        "unknown-option",
        "algorithm",
        `${options.algorithm === undefined ? "nothing" : `"${options.algorithm}"`} is no algorithm`,
        `Write one of ${rateLimitAlgorithms.join(", ")}.`,
      );
    }
    const bursts = options.algorithm === "gcra" || options.algorithm === "token-bucket";
    if (options.burst !== undefined && !bursts) {
      context.problem(
        "unsupported-option",
        "burst",
        `${options.algorithm} has no burst`,
        "Leave burst out, or use gcra or token-bucket.",
      );
    }
    const burst = options.burst === undefined ? limit : wholeNumber(context, "burst", options.burst);
    const limitPerCall =
      options.limitPerCall === undefined ? null : wholeNumber(context, "limitPerCall.max", options.limitPerCall.max);
    if (limitPerCall !== null && limitPerCall < limit) {
      context.problem(
        "invalid-limit",
        "limitPerCall.max",
        "the highest limit of a call is below the limit of calls that name none",
        "Raise limitPerCall.max, or lower limit.",
      );
    }
    const life = longestLife(options.algorithm, limitPerCall === null ? limit : 1, window, burst);
    if (life > longestWindow) {
      context.problem(
        "invalid-limit",
        bursts ? "burst" : "window",
        `it would take ${formatDuration(life)} until nothing is missing, and a key lives ten years at most`,
        bursts ? "Lower burst, shorten window, or raise limit." : "Shorten window.",
      );
    }
    const ladder = readLadder(context, options.ladder);
    const tagged = context.pattern.tag !== undefined;
    const companions: Companion[] = [
      {
        name: "blocked",
        pattern: companionPattern(family.pattern, tagged, "blocked"),
        redisType: "STRING",
        ttl: { kind: "upTo", ms: longestBlock },
        purpose: "The subject is blocked; holds blocked:<reason>.",
      },
    ];
    if (options.ladder !== undefined) {
      companions.push({
        name: "violations",
        pattern: companionPattern(family.pattern, tagged, "violations"),
        redisType: "STRING",
        ttl: { kind: "sliding", ms: (ladder as { remember: number }).remember },
        purpose: "How often the subject was denied of late.",
      });
    }
    return {
      redisType: options.algorithm === "fixed-window" || options.algorithm === "gcra" ? "STRING" : "HASH",
      ttl: { kind: "fixed", ms: life },
      ttlSet: {
        "fixed-window": "set by the first unit of a window, kept by the next",
        "sliding-window": "set by every unit, to the end of the next window",
        gcra: "set by every unit, to when the burst is whole again",
        "token-bucket": "set by every unit, to when the bucket is full again",
      }[options.algorithm],
      summary: summaryOf(options, limit, window, burst, ladder),
      settings: {
        limit,
        window,
        algorithm: options.algorithm,
        burst,
        limitPerCall,
        ladder,
      },
      values: [],
      companions,
    };
  },
};
