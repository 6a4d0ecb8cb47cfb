import type { RateLimitRepository } from "../../../src/repositories/rate-limit.js";
import type { Verdict } from "../../../src/repositories/rate-limit-verdict.js";
import { model, OpenOutcome } from "../answers.js";
import { operations } from "./operations.js";

export const rateLimitOperations = operations<RateLimitRepository<unknown>, unknown, unknown>([
  (repository, key) => repository.consume(key),
  (repository, key, _samples, draw) => repository.consume(key, { cost: draw.int(1, 5) }),
  (repository, key) => repository.peek(key),
  (repository, key, _samples, draw) => repository.penalty(key, draw.int(1, 3)),
  (repository, key, _samples, draw) => repository.reward(key, draw.int(1, 3)),
  (repository, key, _samples, draw) => repository.block(key, draw.int(1, 60_000), "by-chance"),
  (repository, key) => repository.unblock(key),
  (repository, key) => repository.reset(key),
]);

/** Units that were taken since then, on this process's clock. */
interface Taken {
  readonly units: number;
  readonly since: number | null;
}

type Limits = RateLimitRepository<unknown>;

/** Where Redis could not answer, the declared answer says nothing of what was counted. */
function answered(verdict: Verdict): boolean {
  if (verdict.degraded) throw new OpenOutcome();
  return verdict.allowed;
}

/**
 * Never more than the capacity and what has come back meanwhile, and a unit that is there is not refused. In between,
 * where it depends on the clock, both are right.
 */
function outcomes({ family }: Limits, { units, since }: Taken, now: number): readonly boolean[] {
  const capacity = family.burst ?? family.limit;
  if (units < capacity) return [true];
  const back = since === null ? 0 : ((now - since) / family.window) * family.limit;
  return units < capacity + back + 1 ? [true, false] : [false];
}

export const rateLimitModel = model<Limits, unknown, unknown, Taken>({ units: 0, since: null }, [
  ({ repository, key }) => {
    const began = performance.now();
    return {
      name: "consume",
      call: async () => answered(await repository.consume(key)),
      next: (taken) =>
        outcomes(repository, taken, performance.now()).map((allowed) => [
          allowed,
          allowed ? { units: taken.units + 1, since: taken.since ?? began } : taken,
        ]),
    };
  },
  ({ repository, key }) => ({
    name: "peek",
    reads: true,
    call: async () => answered(await repository.peek(key)),
    next: (taken) => outcomes(repository, taken, performance.now()).map((allowed) => [allowed, taken]),
  }),
]);
