/**
 * Several limits of one request, one after the other.
 *
 * @module
 */
import { ForbiddenError, MisuseError } from "../runtime/errors.js";
import { type ConsumeOptions, RateLimitRepository } from "./rate-limit.js";
import { headersOf, type Verdict } from "./rate-limit-verdict.js";

/** One limit of a request. */
export interface LimitStep<K> {
  readonly limit: RateLimitRepository<K>;
  readonly key: K;
  /** Units, 1 where it is left out. */
  readonly cost?: number;
  /** The limit of this call, for families that let the call choose it. */
  readonly limitPerCall?: number;
}

/** The answer of several limits. Immutable. */
export class OrderedVerdict {
  /** True where every limit allowed. */
  readonly allowed: boolean;
  /**
   * The verdicts in order, the last of which denied where one did. Those before it tell the state before their units
   * were given back.
   */
  readonly verdicts: readonly Verdict[];
  /** Which step denied, and for which family. */
  readonly denied: { readonly index: number; readonly family: string; readonly verdict: Verdict } | undefined;
  /** True where a limit was not asked, since Redis could not answer, and its declared answer stands instead. */
  readonly degraded: boolean;
  /** False where a limit that had allowed could not be given its units back; they come back with its window. */
  readonly givenBack: boolean;

  constructor(verdicts: readonly Verdict[], givenBack: boolean) {
    const last = verdicts.at(-1);
    this.verdicts = Object.freeze([...verdicts]);
    this.allowed = last?.allowed === true;
    this.denied =
      last === undefined || last.allowed
        ? undefined
        : Object.freeze({ index: verdicts.length - 1, family: last.policy, verdict: last });
    this.degraded = verdicts.some((verdict) => verdict.degraded);
    this.givenBack = givenBack;
    Object.freeze(this);
  }

  /** The HTTP fields of all limits that were asked; see `Verdict.headers`. */
  headers(): Record<string, string> {
    return headersOf(
      this.verdicts,
      this.verdicts.map((verdict) => verdict.policy),
    );
  }
}

interface Taken {
  readonly limit: RateLimitRepository<never>;
  readonly key: string;
  readonly options: ConsumeOptions;
  readonly id: string;
}

/** Gives back what was taken, all at once; true where every limit has it back. */
async function giveBack(taken: readonly Taken[]): Promise<boolean> {
  const given = await Promise.allSettled(
    taken.map(({ limit, key, options, id }) => RateLimitRepository.refund(limit, key, options, id)),
  );
  return given.every((one) => one.status === "fulfilled");
}

/**
 * Consumes several limits one after the other, such as one per address and then one per account. It stops at the first
 * that denies, and gives back what the earlier ones took: in the same window only, so that a refund never credits a
 * later one. Put the limit that denies most often first.
 *
 * Redis: one script a limit, in order; on a denial one more for each that had allowed, all at once. Each key lies in its
 * own slot; nothing is atomic over them: between the taking and the giving back other calls see the units as taken. A
 * call that ends without an answer may have taken its units, which are then not given back.
 *
 * ```ts
 * const verdict = await consumeInOrder([
 *   { limit: redis.loginByIp, key: { ip } },
 *   { limit: redis.loginByAccount, key: { accountId }, cost: 2 },
 * ]);
 * if (!verdict.allowed) return reply.code(429).headers(verdict.headers()).send(`too many: ${verdict.denied?.family}`);
 * ```
 *
 * @throws what a limit throws (bad arguments of any step before anything is sent, or Redis failing where the family
 *   declares `throw`); the earlier ones are given back first
 */
export async function consumeInOrder<K extends readonly unknown[]>(
  steps: readonly [...{ [I in keyof K]: LimitStep<K[I]> }],
): Promise<OrderedVerdict> {
  const planned = (steps as readonly LimitStep<never>[]).map(({ limit, key, cost, limitPerCall }) => {
    if (!(limit instanceof RateLimitRepository)) {
      const context = {
        family: (limit as { family?: { name?: string } }).family?.name ?? "rateLimit",
        operation: "consumeInOrder",
      };
      throw new ForbiddenError(context, "this service may only read the limit");
    }
    const options: ConsumeOptions = {
      ...(cost === undefined ? {} : { cost }),
      ...(limitPerCall === undefined ? {} : { limit: limitPerCall }),
    };
    const name = limit.keyOf(key, "consume");
    // Refuses bad arguments now, before an earlier step has taken anything.
    limit.plans.consume(name, options);
    return { limit, key: name, options };
  });
  if (planned.length === 0) {
    throw new MisuseError(
      { family: "rateLimit", operation: "consumeInOrder" },
      "the list of limits is empty",
      "Give at least one.",
    );
  }
  const taken: Taken[] = [];
  const verdicts: Verdict[] = [];
  for (const step of planned) {
    let verdict: Verdict;
    let id: string;
    try {
      ({ verdict, id } = await RateLimitRepository.take(step.limit, step.key, step.options));
    } catch (error) {
      await giveBack(taken);
      throw error;
    }
    verdicts.push(verdict);
    if (!verdict.allowed) return new OrderedVerdict(verdicts, await giveBack(taken));
    if (!verdict.degraded) taken.push({ ...step, id });
  }
  return new OrderedVerdict(verdicts, true);
}
