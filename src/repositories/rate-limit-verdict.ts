/**
 * The answer of a limit, and its HTTP fields.
 *
 * @module
 */

/** Why a subject is blocked, and for how long. */
export interface Blocked {
  /** What stands behind `blocked:` in the block's key, e.g. `too-many-violations`. */
  readonly reason: string;
  /** When the block ends, in milliseconds since 1970 by Redis's clock. */
  readonly untilMs: number;
}

/** What a verdict is made of. */
export type VerdictFields = Omit<Verdict, "headers">;

/** The answer of a limit. Its fields are readonly in types; it is not frozen, since every request makes one. */
export class Verdict {
  /** Whether the units were taken; for an operation that takes none, whether they could be. */
  readonly allowed: boolean;
  /** The limit that was applied, in units a window. */
  readonly limit: number;
  /** Whole units that could be taken now; at most the limit, or the burst of `gcra` and `token-bucket`. */
  readonly remaining: number;
  /** Milliseconds until nothing is missing any more, if nothing further is taken. */
  readonly resetMs: number;
  /** Milliseconds until `remaining` grows by one; 0 where nothing is missing. */
  readonly nextMs: number;
  /** Milliseconds until the same call would pass, if nothing further is taken; 0 where it passed. */
  readonly retryAfterMs: number;
  /** Present while the subject is blocked. */
  readonly blocked: Blocked | undefined;
  /** Violations so far, where the family has a ladder and the call read them: on a denial, while blocked, on a peek. */
  readonly violations: number | undefined;
  /** True where Redis could not answer, and this is what the schema declares for that. Then nothing else is known. */
  readonly degraded: boolean;
  /** The family, which is the policy's name in the HTTP fields. */
  readonly policy: string;
  /** The window in milliseconds. */
  readonly windowMs: number;

  constructor(fields: VerdictFields) {
    this.allowed = fields.allowed;
    this.limit = fields.limit;
    this.remaining = fields.remaining;
    this.resetMs = fields.resetMs;
    this.nextMs = fields.nextMs;
    this.retryAfterMs = fields.retryAfterMs;
    this.blocked = fields.blocked;
    this.violations = fields.violations;
    this.degraded = fields.degraded;
    this.policy = fields.policy;
    this.windowMs = fields.windowMs;
  }

  /**
   * The fields of an HTTP response, by draft-ietf-httpapi-ratelimit-headers-10:
   * `RateLimit-Policy: "login";q=10;w=900` and `RateLimit: "login";r=5;t=30`, `Retry-After` (RFC 9110) on a denial, and
   * `RateLimit-Degraded: ?1` in the place of `RateLimit` where Redis could not answer. Seconds are rounded up.
   *
   * @param policy the policy's public name, where it is not to be the family's
   */
  headers(policy: string = this.policy): Record<string, string> {
    return headersOf([this], [policy]);
  }
}

/** A String of RFC 9651, which is ASCII. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, "\\$&")}"`;
}

const seconds = (ms: number): number => Math.ceil(ms / 1000);

/** The fields of several limits that one response answers to. */
export function headersOf(verdicts: readonly Verdict[], names: readonly string[]): Record<string, string> {
  const policies = new Set<string>();
  const limits: string[] = [];
  let retry: number | undefined;
  let degraded = false;
  for (const [i, verdict] of verdicts.entries()) {
    const name = quoted(names[i] as string);
    policies.add(`${name};q=${verdict.limit};w=${Math.max(1, seconds(verdict.windowMs))}`);
    if (verdict.degraded) degraded = true;
    else limits.push(`${name};r=${verdict.remaining};t=${seconds(verdict.nextMs)}`);
    if (!verdict.allowed) retry = Math.max(1, retry ?? 0, seconds(verdict.retryAfterMs));
  }
  const headers: Record<string, string> = {};
  if (policies.size > 0) headers["RateLimit-Policy"] = [...policies].join(", ");
  if (limits.length > 0) headers.RateLimit = limits.join(", ");
  if (retry !== undefined) headers["Retry-After"] = String(retry);
  if (degraded) headers["RateLimit-Degraded"] = "?1";
  return headers;
}
