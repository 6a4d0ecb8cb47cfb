/**
 * When a token or a code expires: what the schema says, and what the caller of `issue` may.
 *
 * @module
 */
import { type ErrorContext, InvalidArgumentError, MisuseError } from "../runtime/errors.js";
import type { Runtime } from "../runtime/runtime.js";
import { type Duration, formatDuration, type TtlPolicy } from "../schema/ttl.js";
import { durationArgument, type RepositoryFamily, type ResolvedTtl, resolveTtl } from "./repository.js";
import { hasPassed, timeArgument } from "./time-argument.js";

/** Options of `issue` where the schema fixes the TTL. */
export interface IssueOptions {
  /** It has expired by then, whatever its TTL: the end of the session that it belongs to. */
  readonly notBeyond?: Date | number;
}

/** Options of `issue` where the schema leaves the TTL to the caller: `ttl` or `expiresAt`, up to the schema's maximum. */
export type IssueWithTtlOptions = IssueOptions &
  (
    | {
        /** How long it lives, `"90s"` or milliseconds. */
        readonly ttl: Duration | number;
        readonly expiresAt?: never;
      }
    | {
        /** When it expires: a date, or milliseconds since 1970. */
        readonly expiresAt: Date | number;
        readonly ttl?: never;
      }
  );

/** What `issue` takes behind the value. */
export interface IssueArguments {
  readonly fixed: [options?: IssueOptions];
  readonly perCall: [options: IssueWithTtlOptions];
}

/** Whatever a caller without types may give. */
type AnyIssueOptions = IssueOptions & { readonly ttl?: Duration | number; readonly expiresAt?: Date | number };

/** What the scripts take: TTL in ms, when it expires instead, by when it has expired; empty for none. */
export type ExpiryArguments = readonly [ttl: string, expiresAt: string, notBeyond: string];

/** The replies of the scripts that refuse an expiry. */
const passed = -3;
const tooLate = -4;

export class TokenExpiry {
  readonly #family: RepositoryFamily;
  readonly #ttl: Extract<ResolvedTtl, { readonly kind: "fixed" | "sliding" | "perCall" }>;
  readonly #fixed: ExpiryArguments;

  constructor(runtime: Runtime, family: RepositoryFamily & { readonly ttl: TtlPolicy }) {
    const ttl = resolveTtl(family, family.ttl, runtime.startUpTtl);
    if (ttl.kind === "none") {
      throw new MisuseError(
        { family: family.name, operation: "ttl" },
        "a token has no TTL",
        'Write a duration in the schema, such as ttl: "10m", and generate again.',
      );
    }
    this.#ttl = ttl;
    this.#family = family;
    this.#fixed = [this.longest, "", ""];
  }

  /** The longest that one may live, in milliseconds. */
  get longest(): string {
    return String(this.#ttl.kind === "perCall" ? this.#ttl.max : this.#ttl.ms);
  }

  /** @throws InvalidArgumentError for what the schema leaves no room for */
  of([options = {}]: readonly (AnyIssueOptions | undefined)[]): ExpiryArguments {
    const { ttl, expiresAt, notBeyond } = options;
    const end = notBeyond === undefined ? "" : timeArgument(this.#context, "notBeyond", notBeyond);
    if (this.#ttl.kind !== "perCall") {
      if (ttl !== undefined) throw this.#fixedBySchema("ttl");
      if (expiresAt !== undefined) throw this.#fixedBySchema("expiresAt");
      return end === "" ? this.#fixed : [this.longest, "", end];
    }
    const { max } = this.#ttl;
    if ((ttl === undefined) === (expiresAt === undefined)) {
      throw this.#refused(
        "ttl",
        ttl === undefined ? "is missing, and the schema leaves it to the caller" : "and expiresAt are both given",
        `Pass { ttl } or { expiresAt }, at most ${formatDuration(max)} from now. Nothing was sent.`,
      );
    }
    if (expiresAt !== undefined) return [this.longest, timeArgument(this.#context, "expiresAt", expiresAt), end];
    return [String(durationArgument(this.#family, "issue", "ttl", ttl as Duration | number, max)), "", end];
  }

  /** The error for a script's reply to an issue with that expiry; undefined where it refused no expiry. */
  refusal(reply: unknown, [, expiresAt, notBeyond]: ExpiryArguments): InvalidArgumentError | undefined {
    if (reply === passed) {
      const isEnd = expiresAt === "" || (notBeyond !== "" && Number(notBeyond) < Number(expiresAt));
      return isEnd
        ? hasPassed(this.#context, "notBeyond", notBeyond)
        : hasPassed(this.#context, "expiresAt", expiresAt);
    }
    if (reply === tooLate) {
      const most = formatDuration(Number(this.longest));
      return this.#refused(
        "expiresAt",
        `is later than ${most} from now, which is the schema's maximum`,
        "Pass an earlier time, or raise upTo in the schema. Nothing was stored.",
      );
    }
    return undefined;
  }

  get #context(): ErrorContext {
    return { family: this.#family.name, operation: "issue" };
  }

  #fixedBySchema(field: string): InvalidArgumentError {
    return this.#refused(
      field,
      "is given, but the schema fixes the TTL",
      "Leave it out, end it earlier with notBeyond, or declare ttl: { upTo } in the schema. Nothing was sent.",
    );
  }

  #refused(field: string, what: string, fix: string): InvalidArgumentError {
    return new InvalidArgumentError(this.#context, field, what, fix);
  }
}
