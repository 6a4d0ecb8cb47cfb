/**
 * `token`: what is used once. With a `value`, the key is the token (or its digest) and holds what it stands for; with a
 * `code`, the key is whom it was sent to and holds the code, beside it the failed attempts and the cooldown. STRINGs.
 *
 * @module
 */
import type { z } from "zod";
import type { Companion } from "../companion.js";
import { declaration, type FamilyDeclaration, type FamilyOptions, type WithTag, type WithTtl } from "../family.js";
import type { CheckPattern } from "../patterns/index.js";
import type { NoTag, TagScope } from "../tag.js";
import { type Duration, formatDuration, type TtlPolicy } from "../ttl.js";
import { type Wire, wireOf } from "../values/wire.js";
import { throwsOnly, type WithWhenDown } from "../when-down.js";
import type { Kind, KindContext, KindReading } from "./kind.js";
import { attemptsOf, cooldownOf, pointerOf } from "./token-companions.js";
import { readOwnVersion, type VersionOptions } from "./version.js";

/** A token that stands for a value; with `version` it is stored in the envelope, else bare. `ttl` is a duration, `{ upTo }` or `{ config, default, max }`. */
export interface TokenOptions<S extends z.ZodType = z.ZodType>
  extends FamilyOptions,
    WithTtl,
    WithWhenDown<"throw">,
    VersionOptions {
  /** What the token stands for. Validated when it is written and when it is read. */
  readonly value: S;
  /** How it is stored; where it is left out, the generator chooses by the schema and says so. */
  readonly wire?: Wire;
  /**
   * At most one live token for each set of the other parameters: pattern of a pointer that names it, with all of the
   * family's parameters but the token, in the same tag, such as `stream:current:{session:<sessionId>}`.
   */
  readonly current?: string;
}

/** How often somebody may fail. */
export interface Attempts {
  /** The attempt that reaches it ends the code. */
  readonly max: number;
  /** How long failures are remembered, from the first; as long as a code lives where it is left out. */
  readonly ttl?: Duration;
  /** Pattern of their counter, for live keys: the family's tag and parameters. */
  readonly pattern?: string;
}

/** How soon the next code may be issued. */
export interface Cooldown {
  readonly for: Duration;
  /** Pattern of its key, for live keys: the family's tag and parameters. */
  readonly pattern?: string;
}

/** A code that somebody types in. `ttl` is a duration, `{ upTo }` or `{ config, default, max }`. */
export interface CodeOptions<S extends z.ZodType<string> = z.ZodType<string>>
  extends FamilyOptions,
    WithTtl,
    WithWhenDown<"throw"> {
  /** What codes look like, such as `z.string().regex(/^\d{6}$/)`. Stored as it is: a digest of six digits hides nothing. */
  readonly code: S;
  readonly attempts: Attempts;
  /** Where it is left out, a code may be issued at any time. */
  readonly cooldown?: Cooldown;
}

/** Declares a family of codes: issue, verify, revoke. */
export function token<
  const P extends string,
  S extends z.ZodType<string>,
  G extends TagScope | NoTag,
  const A extends string = string,
  const C extends string = string,
>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, CodeOptions<S>> & {
    readonly attempts: { readonly pattern?: A & CheckPattern<A> };
    readonly cooldown?: { readonly pattern?: C & CheckPattern<C> };
  },
): FamilyDeclaration<"token", P, "code">;
/** Declares a family of tokens: issue, consume, peek, rotate, revoke. */
export function token<
  const P extends string,
  S extends z.ZodType,
  G extends TagScope | NoTag,
  const C extends string = string,
>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, TokenOptions<S>> & { readonly current?: C & CheckPattern<C> },
): FamilyDeclaration<"token", P, "value">;
export function token(pattern: string, options: TokenOptions | CodeOptions): FamilyDeclaration<"token"> {
  const schemas: Record<string, z.ZodType> = "code" in options ? { code: options.code } : { value: options.value };
  return declaration("token", pattern, options, schemas, token);
}

/** How long a token can live: what the audit holds its companions against. */
function longestLife(ttl: TtlPolicy | undefined): number {
  return ttl?.kind === "config" ? ttl.max : ttl?.kind === "fixed" || ttl?.kind === "upTo" ? ttl.ms : 1;
}

const ttlForms = 'Write a duration such as "10m", { upTo: "7d" }, or { config, default, max }.';

function checkTtl(ttl: TtlPolicy | undefined, context: KindContext): void {
  const refuse = (message: string): void => context.problem("unsupported-ttl", "ttl", message, ttlForms);
  if (ttl?.kind === "sliding") refuse("a token is used once, so no access can prolong it");
  if (ttl?.kind === "persist") refuse("a token without a TTL can be stolen for ever");
  if (ttl?.kind === "fixed" && ttl.jitter !== undefined) refuse("jitter is for keys that can be rebuilt");
}

/** Options of the other form would silently do nothing. */
function refuseOthers(options: object, names: readonly string[], form: string, context: KindContext): void {
  for (const name of names) {
    if ((options as Record<string, unknown>)[name] === undefined) continue;
    context.problem("unsupported-option", name, `a token with a ${form} has no "${name}"`, "Leave it out.");
  }
}

function readValueToken(options: TokenOptions, ttl: TtlPolicy | undefined, context: KindContext): KindReading {
  refuseOthers(options, ["attempts", "cooldown"], "value", context);
  if (context.pattern.parameters.length === 0) {
    context.problem(
      "no-token",
      "pattern",
      "the pattern has no parameter, so all callers would share one token",
      "Let the token be a parameter, such as invite:<token:sha256>.",
    );
  }
  const pointer = pointerOf(options.current, context);
  const companions: Companion[] =
    pointer === undefined
      ? []
      : [
          {
            name: "current",
            pattern: pointer.pattern,
            redisType: "STRING",
            ttl: ttl ?? { kind: "fixed", ms: 1 },
            purpose: `Which ${pointer.token} is the live one.`,
          },
        ];
  const version = readOwnVersion(options, wireOf(options.wire, options.value), context);
  return {
    redisType: "STRING",
    ttl,
    ttlSet: "set by issue, kept by rotate",
    summary: pointer === undefined ? "consumed once" : "consumed once, one at a time",
    settings: {
      form: "value",
      current: pointer ?? null,
      ...(version === undefined ? {} : { envelope: true, version }),
    },
    values: [
      {
        field: "value",
        wire: options.wire,
        envelope: version === undefined ? false : "same",
        version: version ?? null,
      },
    ],
    companions,
  };
}

function readCode(options: CodeOptions, ttl: TtlPolicy | undefined, context: KindContext): KindReading {
  refuseOthers(options, ["wire", "current", "version", "upgrade"], "code", context);
  const life = longestLife(ttl);
  const attempts = attemptsOf(options.attempts, life, context);
  const cooldown = options.cooldown === undefined ? undefined : cooldownOf(options.cooldown, context);
  const companions: Companion[] = [
    {
      name: "attempts",
      pattern: attempts.companion,
      redisType: "STRING",
      ttl: { kind: "fixed", ms: attempts.ttl },
      purpose: "Failed attempts at the code.",
    },
  ];
  const summary = [`${attempts.max} attempts`];
  if (cooldown !== undefined) {
    summary.push(`one every ${formatDuration(cooldown.for)}`);
    companions.push({
      name: "cooldown",
      pattern: cooldown.companion,
      redisType: "STRING",
      ttl: { kind: "fixed", ms: cooldown.for },
      purpose: "No other code is issued while it is there.",
    });
  }
  return {
    redisType: "STRING",
    ttl,
    ttlSet: "set by issue",
    summary: summary.join(", "),
    settings: {
      form: "code",
      attempts: { max: attempts.max, ttl: attempts.ttl, pattern: attempts.pattern ?? null },
      cooldown: cooldown === undefined ? null : { for: cooldown.for, pattern: cooldown.pattern ?? null },
    },
    values: [{ field: "code", wire: "string" }],
    companions,
  };
}

export const tokenKind: Kind = {
  name: "token",
  options: ["ttl", "value", "wire", "version", "upgrade", "current", "code", "attempts", "cooldown"],
  ttlForms,
  tier: "R1",
  whenDown: () => throwsOnly("a token that is absent has been used, so its owner would be told to ask for another"),
  read(family, context) {
    const options = family.options as TokenOptions | CodeOptions;
    const ttl = context.ttl(options.ttl);
    checkTtl(ttl, context);
    const code = "code" in options && options.code !== undefined;
    const value = "value" in options && options.value !== undefined;
    if (code && value) {
      context.problem(
        "token-form",
        "code",
        "a token has either a value or a code",
        "Write value for a token whose key is the secret, code for one that is typed in; a payload of a code is a family beside it.",
      );
    }
    return code
      ? readCode(options as CodeOptions, ttl, context)
      : readValueToken(options as TokenOptions, ttl, context);
  },
};
