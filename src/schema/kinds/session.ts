/**
 * `session`: a typed value behind a token, with a sliding TTL and a hard end, a STRING; and a ZSET of the sessions of
 * each owner.
 *
 * @module
 */
import type { z } from "zod";
import type { Companion } from "../companion.js";
import { declaration, type FamilyDeclaration, type FamilyOptions, type WithTag, type WithTtl } from "../family.js";
import { type CheckPattern, parsePattern } from "../patterns/index.js";
import type { NoTag, TagScope } from "../tag.js";
import type { TtlPolicy } from "../ttl.js";
import { throwsOnly, type WithWhenDown } from "../when-down.js";
import type { Kind, KindContext } from "./kind.js";
import { readVersion, type VersionOptions } from "./version.js";

/** `ttl` is `{ sliding, max }`, or a fixed duration, which no access prolongs. Without `version` it is 1. */
export interface SessionOptions<S extends z.core.$ZodType = z.core.$ZodType>
  extends FamilyOptions,
    WithTtl,
    WithWhenDown<"throw">,
    VersionOptions {
  /** What is stored. Values are validated when they are written and when they are read. */
  readonly value: S;
  /** How it is stored, within the envelope; where it is left out, the generator chooses by the schema and says so. */
  readonly wire?: "json" | "superjson";
  /** Whose session it is, to list and to end all sessions of one owner; null for nobody's, such as before the sign-in. */
  readonly ownedBy?: (value: z.output<S>) => string | number | null;
  /** Pattern of the owner's index, with one parameter, such as `session:web:owner:<userId:uuid>`. Goes with `ownedBy`. */
  readonly owners?: string;
}

/** Declares a family of sessions: create, load, loadAndTouch, save, touch, rotate, destroy, and the sessions of an owner. */
export function session<
  const P extends string,
  S extends z.core.$ZodType,
  G extends TagScope | NoTag,
  const O extends string = string,
>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, SessionOptions<S>> & { readonly owners?: O & CheckPattern<O> },
): FamilyDeclaration<"session", P> {
  return declaration("session", pattern as P, options, { value: options.value }, session);
}

/** How long a session can live: what the audit holds an owner's index against. */
function longestLife(ttl: TtlPolicy | undefined): number {
  if (ttl?.kind === "fixed") return ttl.ms;
  return ttl?.kind === "sliding" || ttl?.kind === "config" ? (ttl.max ?? 1) : 1;
}

const ttlForms = 'Write { sliding: "30m", max: "24h" }, a duration such as "12h", or { config, default, max }.';

function checkTtl(ttl: TtlPolicy | undefined, context: KindContext): void {
  const refuse = (message: string): void => context.problem("unsupported-ttl", "ttl", message, ttlForms);
  if (ttl?.kind === "sliding" && ttl.max === undefined) {
    refuse("a session that slides without a maximum never ends while a thief uses it");
  }
  if (ttl?.kind === "fixed" && ttl.jitter !== undefined) refuse("jitter is for keys that can be rebuilt");
  if (ttl?.kind === "persist") refuse("a session without a TTL never ends");
  if (ttl?.kind === "upTo") refuse("a session's maximum is the family's; create takes an earlier end for one of them");
}

function ownerIndex(options: SessionOptions, ttl: TtlPolicy | undefined, context: KindContext): Companion | undefined {
  const { owners } = options;
  if (owners === undefined && options.ownedBy === undefined) return undefined;
  if (owners === undefined || typeof options.ownedBy !== "function") {
    const [there, missing] = owners === undefined ? ["ownedBy", "owners"] : ["owners", "ownedBy"];
    context.problem(
      "incomplete-owner",
      missing as string,
      `"${there}" is declared without "${missing}"`,
      'Declare both: ownedBy: (s) => s.userId, owners: "session:web:owner:<userId:uuid>".',
    );
    return undefined;
  }
  const { pattern, problems } = parsePattern(owners);
  for (const { id, message, fix } of problems) context.problem(id, "owners", message, fix);
  if (problems.length > 0) return undefined;
  if (pattern.parameters.length !== 1) {
    context.problem(
      "invalid-owner",
      "owners",
      `the index of an owner has ${pattern.parameters.length} parameters, and ownedBy gives one value`,
      "Write a pattern with exactly one, such as session:web:owner:<userId:uuid>.",
    );
    return undefined;
  }
  return {
    name: "owners",
    pattern: owners,
    redisType: "ZSET",
    ttl: { kind: "fixed", ms: longestLife(ttl) },
    purpose: "The sessions of an owner by when they end at the latest; in a slot of its own.",
    readers: false,
  };
}

export const sessionKind: Kind = {
  name: "session",
  options: ["ttl", "value", "wire", "version", "upgrade", "ownedBy", "owners"],
  ttlForms,
  tier: "R1",
  whenDown: () =>
    throwsOnly("whoever is signed in would be signed out, for good where the service then clears the cookie"),
  read(family, context) {
    const options = family.options as SessionOptions;
    const ttl = context.ttl(options.ttl);
    checkTtl(ttl, context);
    const version = readVersion(options, context);
    const index = ownerIndex(options, ttl, context);
    return {
      redisType: "STRING",
      ttl,
      ttlSet:
        ttl?.kind === "sliding"
          ? "set by create, loadAndTouch, touch and save, never beyond the hard end"
          : "set by create, kept by what follows",
      summary: index === undefined ? "" : "listed by owner",
      settings: { envelope: true, ...(version === 1 ? {} : { version }), owners: index?.pattern ?? null },
      values: [{ field: "value", wire: options.wire, envelope: true, version: options.version ?? null }],
      companions: index === undefined ? [] : [index],
    };
  },
};
