/**
 * Another deadline, or other retries, than the family's: for some calls.
 *
 * @module
 */
import { InvalidArgumentError } from "../runtime/errors.js";
import { type Duration, formatDuration, parseDuration } from "../schema/duration.js";
import { longestDeadline, mostRetries, type PartialProfile, type Profile } from "../schema/profile.js";

/** What stands in the place of the schema's profile; what is left out is the schema's. */
export interface CallProfile {
  /** By then the call ends, retries included: `"200ms"` or milliseconds, at most 60 s. */
  readonly deadline?: Duration | number;
  /** How often an attempt that failed is made again, where it was certainly not applied: 0 to 7. */
  readonly retries?: number;
}

/** As many profiles as a service may well have; who computes a deadline for each request has more, and they come and go. */
const mostVariants = 64;

const operation = "with";

function refuse(family: string, field: string, what: string, fix: string): never {
  throw new InvalidArgumentError({ family, operation }, field, what, `${fix} Nothing was sent.`);
}

function milliseconds(given: Duration | number): number | undefined {
  if (typeof given === "number") return given;
  try {
    return parseDuration(given);
  } catch {
    return undefined;
  }
}

/**
 * Reads what some calls are to have; undefined is what was left out.
 *
 * @param family what they are calls of, for errors
 * @throws InvalidArgumentError
 */
export function readCallProfile(family: string, profile: CallProfile): PartialProfile {
  if (typeof profile !== "object" || profile === null) {
    refuse(family, "profile", "is no object", 'Write with({ deadline: "200ms", retries: 0 }).');
  }
  const { deadline, retries } = profile;
  const ms = deadline === undefined ? undefined : milliseconds(deadline);
  if (deadline !== undefined && (ms === undefined || !Number.isSafeInteger(ms) || ms < 1 || ms > longestDeadline)) {
    const bounds = `from 1 ms to ${formatDuration(longestDeadline)}`;
    refuse(family, "deadline", `is no duration ${bounds}`, 'Write it like "200ms", or as whole milliseconds.');
  }
  if (retries !== undefined && (!Number.isInteger(retries) || retries < 0 || retries > mostRetries)) {
    const bounds = `from 0 to ${mostRetries}`;
    refuse(family, "retries", `is no whole number ${bounds}`, "Write 0 for none, or leave it out.");
  }
  return { deadline: ms, retries };
}

/** One repository, or one function of a script, for each profile. */
export class Variants<R> {
  readonly #original: R;
  readonly #own: Profile;
  readonly #byProfile = new Map<number, R>();

  /** @param own the profile of the original */
  constructor(original: R, own: Profile) {
    this.#original = original;
    this.#own = own;
  }

  of({ deadline, retries }: Profile, make: () => R): R {
    if (this.#own.deadline === deadline && this.#own.retries === retries) return this.#original;
    const place = deadline * (mostRetries + 1) + retries;
    let variant = this.#byProfile.get(place);
    if (variant === undefined) {
      variant = make();
      const [oldest] = this.#byProfile.keys();
      if (oldest !== undefined && this.#byProfile.size >= mostVariants) this.#byProfile.delete(oldest);
      this.#byProfile.set(place, variant);
    }
    return variant;
  }
}
