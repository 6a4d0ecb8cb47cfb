/**
 * What a `rateLimit` family adds to the strategy `bounded`, while it counts on its old and its new keys.
 *
 * @module
 */
import type { BoundedPlans, Taken } from "../runtime/moves/move.js";
import { type Plan, scriptCall } from "../runtime/plan.js";
import { type Meter, meters, type Quota } from "./rate-limit-meters.js";
import type { RateLimitFamily, Taking } from "./rate-limit-plans.js";
import { Verdict } from "./rate-limit-verdict.js";

const nothing = (): void => undefined;

/** ARGV of a script call that takes or gives: limit, window, burst, units, how or id, slowest, ladder. */
const argumentsOf = (plan: Plan<unknown>): string[] => plan.args.slice(3 + plan.keys.length) as string[];
const placeOfId = 4;

function isTaking(result: unknown): result is Taking {
  return (result as { readonly verdict?: unknown } | undefined)?.verdict instanceof Verdict;
}

/** Two keys' states as one: what is less stands. */
function stricter(a: Verdict, b: Verdict): Verdict {
  const blocked = (a.blocked?.untilMs ?? 0) > (b.blocked?.untilMs ?? 0) ? a.blocked : b.blocked;
  const violations = Math.max(a.violations ?? -1, b.violations ?? -1);
  return new Verdict({
    allowed: a.allowed && b.allowed,
    limit: Math.min(a.limit, b.limit),
    remaining: Math.min(a.remaining, b.remaining),
    resetMs: Math.max(a.resetMs, b.resetMs),
    nextMs: Math.max(a.nextMs, b.nextMs),
    retryAfterMs: Math.max(a.retryAfterMs, b.retryAfterMs),
    blocked,
    violations: violations < 0 ? undefined : violations,
    degraded: a.degraded || b.degraded,
    policy: a.policy,
    windowMs: a.windowMs,
  });
}

export class RateLimitMoves implements BoundedPlans {
  readonly countsDenials: boolean;
  readonly #family: RateLimitFamily;
  readonly #meter: Meter;

  constructor(family: RateLimitFamily) {
    this.#family = family;
    this.#meter = meters[family.algorithm];
    this.countsDenials = family.ladder !== null;
  }

  taking<T>(plan: Plan<T>): Plan<Taken<T>> {
    const [limit, window, burst, , , slowest] = argumentsOf(plan).map(Number) as [number, number, number, ...number[]];
    const quota: Quota = { limit, window, burst, slowest: slowest as number };
    const decode = (reply: unknown): Taken<T> => {
      // First, since it refuses what is no state.
      const result = plan.decode(reply);
      const { allowed } = isTaking(result) ? result.verdict : (result as unknown as Verdict);
      return { result, admitted: allowed, id: this.#meter.level(reply as readonly (string | number)[], quota).id };
    };
    return { ...plan, decode };
  }

  refund(taken: Plan<unknown>, id: string): Plan<void> {
    const [limit, window, burst, units, , slowest] = argumentsOf(taken) as [
      string,
      string,
      string,
      string,
      ...string[],
    ];
    const args = [limit, window, burst, units, id, slowest as string];
    return scriptCall(this.#family, "refund", this.#meter.give, taken.keys, args, nothing);
  }

  refundOf(plan: Plan<unknown>, side: "old" | "new"): Plan<unknown> {
    const at = 3 + plan.keys.length + placeOfId;
    const [old, its] = (plan.args[at] as string).split(" ");
    return { ...plan, args: plan.args.with(at, (side === "old" ? old : its) ?? "") };
  }

  /** Verdicts, takings, and whether something was removed. */
  combined<T>(old: T, its: T): T {
    if (old instanceof Verdict) return stricter(old, its as Verdict) as T;
    if (typeof old === "boolean") return (old || its) as T;
    if (!isTaking(old)) return its;
    const other = its as Taking;
    const taking: Taking = { verdict: stricter(old.verdict, other.verdict), id: `${old.id} ${other.id}` };
    return taking as T;
  }
}
