import { type RateLimitFamily, RateLimitRepository } from "../../src/repositories/rate-limit.js";
import type { KeyFunction } from "../../src/repositories/repository.js";
import type { Runtime } from "../../src/runtime/runtime.js";
import type { RateLimitAlgorithm } from "../../src/schema/kinds/rate-limit.js";

export const algorithms: readonly RateLimitAlgorithm[] = ["fixed-window", "sliding-window", "gcra", "token-bucket"];

export const hour = 3_600_000;

export interface SubjectKey {
  readonly id: string;
}

/** A repository as generated code declares it. */
export class Limits extends RateLimitRepository<SubjectKey> {
  constructor(runtime: Runtime, settings: Partial<RateLimitFamily> = {}, key?: KeyFunction<SubjectKey>) {
    const family = familyWith(settings);
    const place = family.pattern.replace("<id>", "");
    super(runtime, family, key ?? ((k) => `${place}${k.id}`));
  }
}

/** Ten an hour, with what a test changes. */
export function familyWith(settings: Partial<RateLimitFamily>): RateLimitFamily {
  const limit = settings.limit ?? 10;
  return {
    name: "login",
    kind: "rateLimit",
    pattern: "rate:login:<id>",
    store: "default",
    tier: "R1",
    deadline: 5000,
    retries: 0,
    tagged: false,
    limit,
    window: hour,
    algorithm: "fixed-window",
    burst: limit,
    limitPerCall: null,
    whenDown: "throw",
    ladder: null,
    ...settings,
  };
}

let subjects = 0;
/** A subject that no other test has. */
export function subject(): SubjectKey {
  subjects += 1;
  return { id: `s${subjects}` };
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
