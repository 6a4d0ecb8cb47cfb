/**
 * What each operation of a `rateLimit` family sends, and how its replies are read.
 *
 * @module
 */
import { InvalidArgumentError, UndecodableValueError } from "../runtime/errors.js";
import { events } from "../runtime/events.js";
import { publish } from "../runtime/executor.js";
import { command, commandThat, type Decode, type Plan, scriptCall } from "../runtime/plan.js";
import type { Script } from "../runtime/script.js";
import { blockReason, longestBlock, type RateLimitAlgorithm } from "../schema/kinds/rate-limit.js";
import type { Duration } from "../schema/ttl.js";
import { type Level, type Meter, meters, NoState, type Quota } from "./rate-limit-meters.js";
import { RateLimitMoves } from "./rate-limit-moves.js";
import { type Blocked, Verdict } from "./rate-limit-verdict.js";
import { companionOf, durationArgument, Plans, type RepositoryFamily, wholeNumber } from "./repository.js";
import { rateLimitPeek } from "./scripts.js";

/** A ladder as generated code declares it; durations in milliseconds. */
export interface RateLimitLadder {
  readonly remember: number;
  readonly steps: readonly { readonly violations: number; readonly block: number }[];
  readonly reason: string;
}

export interface RateLimitFamily extends RepositoryFamily {
  readonly kind: "rateLimit";
  /** Units in a window. */
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
  readonly algorithm: RateLimitAlgorithm;
  /** Units at once; of use to `gcra` and `token-bucket`. */
  readonly burst: number;
  /** Up to where a call may choose the limit; null where it may not. */
  readonly limitPerCall: number | null;
  readonly whenDown: "allow" | "deny" | "throw";
  readonly ladder: RateLimitLadder | null;
}

/** For families that let the call choose the limit. */
export interface LimitOptions {
  /**
   * Units in a window, up to the schema's `limitPerCall.max`; the family's limit where it is left out. With `gcra` and
   * `token-bucket` it is the rate, and the burst stays.
   */
  readonly limit?: number;
}

export interface ConsumeOptions extends LimitOptions {
  /** Units, 1 where it is left out. More than could ever pass at once is an InvalidArgumentError. */
  readonly cost?: number;
}

/** What was taken, and what a refund of it needs. */
export interface Taking {
  readonly verdict: Verdict;
  /** The window, or moment, that the units belong to; while two keys are counted, that of each, with a space between. */
  readonly id: string;
}

type Reply = readonly (string | number | null)[];
/** Whether units were asked for, and so the reply's first entry is the answer. */
type Question = "take" | "look";

const nothing = (): void => undefined;
const some = (reply: unknown): boolean => (reply as number) > 0;
const mostPoints = 1_000_000_000;
const longestReason = 100;

/** What each operation of a `rateLimit` family sends. */
export class RateLimitPlans extends Plans<RateLimitFamily> {
  /** @internal What a family that moves needs to count on two keys. */
  readonly bounded: RateLimitMoves | undefined;
  readonly #meter: Meter;
  readonly #quota: Quota;
  /** The most that can pass at once. */
  readonly #most: (quota: Quota) => number;
  readonly #ladder: readonly string[];
  /** ARGV of the usual call, for one unit. */
  readonly #one: readonly string[];
  readonly #consumed: Decode<Verdict>;
  readonly #looked: Decode<Verdict>;
  readonly #peeked: Decode<Verdict>;

  constructor(family: RateLimitFamily) {
    super(family);
    if (family.moved !== undefined) this.bounded = new RateLimitMoves(family);
    const { limit, window, burst, algorithm, ladder } = family;
    // A call chooses a limit from 1 on, where it may choose one.
    const quota = { limit, window, burst, slowest: family.limitPerCall === null ? limit : 1 };
    const bursts = algorithm === "gcra" || algorithm === "token-bucket";
    this.#meter = meters[algorithm];
    this.#quota = quota;
    this.#most = bursts ? (its) => its.burst : (its) => its.limit;
    this.#ladder =
      ladder === null
        ? []
        : [
            ladder.remember,
            `blocked:${ladder.reason}`,
            ...ladder.steps.flatMap((step) => [step.violations, step.block]),
          ].map(String);
    this.#one = [String(limit), String(window), String(burst), "1", "TAKE", String(quota.slowest), ...this.#ladder];
    this.#consumed = (reply) => this.#verdict("consume", reply as Reply, quota, 1, "take");
    this.#looked = (reply) => this.#verdict("reward", reply as Reply, quota, 1, "look");
    this.#peeked = (reply) => this.#peek(reply as Reply, quota, 1);
  }

  /** EVALSHA of the algorithm's `take` */
  consume(key: string, options?: ConsumeOptions): Plan<Verdict> {
    const cost = options?.cost ?? 1;
    const quota = this.#quotaOf("consume", options);
    this.#cost("consume", cost, quota);
    if (cost === 1 && quota === this.#quota) {
      return scriptCall(this.family, "consume", this.#meter.take, this.#keys(key), this.#one, this.#consumed);
    }
    return this.#take("consume", key, quota, cost, "TAKE", (reply) =>
      this.#verdict("consume", reply as Reply, quota, cost, "take"),
    );
  }

  /** EVALSHA of `rate-limit-peek` */
  peek(key: string, options?: ConsumeOptions): Plan<Verdict> {
    const cost = options?.cost ?? 1;
    const quota = this.#quotaOf("peek", options);
    this.#cost("peek", cost, quota);
    const decode: Decode<Verdict> =
      cost === 1 && quota === this.#quota ? this.#peeked : (reply) => this.#peek(reply as Reply, quota, cost);
    return scriptCall(this.family, "peek", rateLimitPeek, this.#keys(key), this.#meter.fields, decode);
  }

  /** EVALSHA of the algorithm's `take`, by force */
  penalty(key: string, points: number, options?: LimitOptions): Plan<Verdict> {
    wholeNumber(this.family, "penalty", "points", points, 1, mostPoints);
    const quota = this.#quotaOf("penalty", options);
    return this.#take("penalty", key, quota, points, "FORCE", this.#looking("penalty", quota));
  }

  /** EVALSHA of the algorithm's `give` */
  reward(key: string, points: number, options?: LimitOptions): Plan<Verdict> {
    wholeNumber(this.family, "reward", "points", points, 1, mostPoints);
    const quota = this.#quotaOf("reward", options);
    return this.#script("reward", this.#meter.give, key, quota, points, "", [], this.#looking("reward", quota));
  }

  /** SET … PX of the block */
  block(key: string, duration: Duration | number, reason = "manual"): Plan<void> {
    const ms = durationArgument(this.family, "block", "duration", duration, longestBlock);
    if (typeof reason !== "string" || !blockReason.test(reason)) {
      throw new InvalidArgumentError(
        { family: this.family.name, operation: "block" },
        "reason",
        "is not made of lower-case words",
        'Write it like "card-testing". Nothing was sent.',
      );
    }
    if (reason.length > longestReason) {
      throw new InvalidArgumentError(
        { family: this.family.name, operation: "block" },
        "reason",
        `is longer than ${longestReason} characters`,
        "Write a word or two, and the rest into a log. Nothing was sent.",
      );
    }
    const block = companionOf(this.family, key, "blocked");
    const args = ["SET", block, `blocked:${reason}`, "PX", String(ms)];
    return command(this.family, "block", block, args, nothing, commandThat.writes);
  }

  /** DEL of the block */
  unblock(key: string): Plan<boolean> {
    const block = companionOf(this.family, key, "blocked");
    return command(this.family, "unblock", block, ["DEL", block], some, commandThat.writes);
  }

  /** DEL of the state, the block and the violations */
  reset(key: string): Plan<boolean> {
    const keys = this.#keys(key);
    return { ...command(this.family, "reset", key, ["DEL", ...keys], some, commandThat.writes), keys };
  }

  /** @internal Takes units in such a way that `refund` can give them back. No operation of a transaction: it is static. */
  static take(plans: RateLimitPlans, key: string, options: ConsumeOptions): Plan<Taking> {
    const cost = options.cost ?? 1;
    const quota = plans.#quotaOf("consume", options);
    plans.#cost("consume", cost, quota);
    return plans.#take("consume", key, quota, cost, "TAKE", (reply) => {
      const verdict = plans.#verdict("consume", reply as Reply, quota, cost, "take");
      return { verdict, id: plans.#meter.level(reply as Reply, quota).id };
    });
  }

  /** @internal Gives back what a `take` took, in the same window only. */
  static refund(plans: RateLimitPlans, key: string, options: ConsumeOptions, id: string): Plan<void> {
    const quota = plans.#quotaOf("refund", options);
    return plans.#script("refund", plans.#meter.give, key, quota, options.cost ?? 1, id, [], nothing);
  }

  /** @internal The declared answer for a Redis that cannot answer. */
  static degraded(plans: RateLimitPlans, allowed: boolean, limit: number | undefined): Verdict {
    return new Verdict({
      allowed,
      limit: limit ?? plans.family.limit,
      remaining: 0,
      resetMs: 0,
      nextMs: 0,
      retryAfterMs: allowed ? 0 : 1000,
      blocked: undefined,
      violations: undefined,
      degraded: true,
      policy: plans.family.name,
      windowMs: plans.family.window,
    });
  }

  #take<T>(operation: string, key: string, quota: Quota, units: number, how: string, decode: Decode<T>): Plan<T> {
    return this.#script(operation, this.#meter.take, key, quota, units, how, this.#ladder, decode);
  }

  #script<T>(
    operation: string,
    script: Script,
    key: string,
    quota: Quota,
    units: number,
    how: string,
    ladder: readonly string[],
    decode: Decode<T>,
  ): Plan<T> {
    const { limit, window, burst, slowest } = quota;
    const args = [String(limit), String(window), String(burst), String(units), how, String(slowest), ...ladder];
    return scriptCall(this.family, operation, script, this.#keys(key), args, decode);
  }

  #keys(key: string): readonly string[] {
    const { family } = this;
    return family.ladder === null
      ? [key, companionOf(family, key, "blocked")]
      : [key, companionOf(family, key, "blocked"), companionOf(family, key, "violations")];
  }

  #quotaOf(operation: string, options: LimitOptions | undefined): Quota {
    const limit = options?.limit;
    if (limit === undefined) return this.#quota;
    const max = this.family.limitPerCall;
    if (max === null) {
      throw new InvalidArgumentError(
        { family: this.family.name, operation },
        "limit",
        "is given, but the schema fixes it",
        "Leave it out, or declare limitPerCall: { max } in the schema. Nothing was sent.",
      );
    }
    wholeNumber(this.family, operation, "limit", limit, 1, max);
    return { ...this.#quota, limit };
  }

  #cost(operation: string, cost: number, quota: Quota): void {
    if (cost !== 1) wholeNumber(this.family, operation, "cost", cost, 1, this.#most(quota));
  }

  #looking(operation: string, quota: Quota): Decode<Verdict> {
    if (operation === "reward" && quota === this.#quota) return this.#looked;
    return (reply) => this.#verdict(operation, reply as Reply, quota, 1, "look");
  }

  /** The verdict of a reply of `take` or `give`. */
  #verdict(operation: string, reply: Reply, quota: Quota, cost: number, question: Question): Verdict {
    if (reply[0] === -1) throw this.#undecodable(operation, String(reply[1]));
    const level = this.#meter.level(reply, quota);
    const at = 1 + this.#meter.width;
    const left = reply.length > at ? Number(reply[at + 1]) : -2;
    const blocked = left === -2 ? undefined : blockedBy(String(reply[at + 3]), Number(reply[at + 2]));
    const violations = reply.length > at && this.family.ladder !== null ? Number(reply[at]) : undefined;
    const passed = question === "take" ? reply[0] === 1 : undefined;
    return this.#verdictOf(passed, level, quota, cost, blocked, Math.max(1, left), violations);
  }

  #peek(reply: Reply, quota: Quota, cost: number): Verdict {
    const [seconds, microseconds, text, pttl, ends, violations, exists, ttl, ...raw] = reply as [
      number,
      number,
      string | null,
      number,
      number,
      string | null,
      number,
      number,
      ...(string | null)[],
    ];
    let level: Level;
    try {
      // A HASH of another program has none of the fields.
      if (exists === 1 && raw[0] === null) throw new NoState();
      level = this.#meter.stored(raw, ttl, seconds, microseconds, quota);
    } catch (error) {
      if (!(error instanceof NoState)) throw error;
      throw this.#undecodable("peek", "");
    }
    // A block that has lost its TTL gets the longest by the next consume.
    const left = pttl < 0 ? longestBlock : pttl;
    const until = pttl < 0 ? seconds * 1000 + longestBlock : ends;
    const blocked = text === null ? undefined : blockedBy(text, until);
    if (violations !== null && !/^(?:0|[1-9]\d{0,14})$/.test(violations)) throw this.#undecodable("peek", "violations");
    const counted = this.family.ladder === null ? undefined : Number(violations ?? 0);
    return this.#verdictOf(undefined, level, quota, cost, blocked, Math.max(1, left), counted);
  }

  /** @param passed undefined where no units were asked for: then whether they could pass */
  #verdictOf(
    passed: boolean | undefined,
    level: Level,
    quota: Quota,
    cost: number,
    blocked: Blocked | undefined,
    blockLeft: number,
    violations: number | undefined,
  ): Verdict {
    const { remaining } = level;
    const wait = passed === true ? 0 : level.waitFor(cost);
    const allowed = passed ?? (blocked === undefined && wait === 0);
    const still = blocked === undefined ? 0 : blockLeft;
    const retryAfterMs = allowed ? 0 : Math.max(wait, still);
    return new Verdict({
      allowed,
      limit: quota.limit,
      remaining: blocked === undefined ? remaining : 0,
      resetMs: Math.max(level.resetMs, still),
      nextMs: blocked === undefined ? (remaining >= level.whole ? 0 : level.waitFor(remaining + 1)) : retryAfterMs,
      retryAfterMs,
      blocked,
      violations,
      degraded: false,
      policy: this.family.name,
      windowMs: quota.window,
    });
  }

  #undecodable(operation: string, companion: string): UndecodableValueError {
    if (events.hasSubscribers) publish("undecodable", this.family, operation);
    const message = `it is no state of the algorithm ${this.family.algorithm}`;
    return new UndecodableValueError(
      { family: this.family.name, operation },
      companion === "" ? [{ path: "", message }] : [{ path: companion, message: "it is no whole number" }],
      false,
      "Another program, or another algorithm, stored it. Reset the limit, or give it a pattern of its own.",
    );
  }
}

function blockedBy(text: string, untilMs: number): Blocked {
  return { reason: text.startsWith("blocked:") ? text.slice("blocked:".length) : text, untilMs };
}
