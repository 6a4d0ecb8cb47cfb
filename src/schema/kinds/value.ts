/**
 * `value`: one typed value a key, a STRING.
 *
 * @module
 */
import type { z } from "zod";
import { declaration, type FamilyDeclaration, type FamilyOptions, type WithTag, type WithTtl } from "../family.js";
import type { CheckPattern } from "../patterns/index.js";
import type { WithStaleReads } from "../stale-reads.js";
import type { NoTag, TagScope } from "../tag.js";
import { type Wire, wireOf } from "../values/wire.js";
import { throwsOrAbsent, type WithWhenDown } from "../when-down.js";
import type { Kind } from "./kind.js";
import { readOwnVersion, type VersionOptions } from "./version.js";

/** With `version`, `json` and `superjson` are stored in the envelope, else bare. */
export interface ValueOptions<S extends z.core.$ZodType = z.core.$ZodType>
  extends FamilyOptions,
    WithTtl,
    WithWhenDown<"throw" | "absent">,
    WithStaleReads,
    VersionOptions {
  /** What is stored. Values are validated when they are written and when they are read. */
  readonly value: S;
  /** How it is stored; where it is left out, the generator chooses by the schema and says so. */
  readonly wire?: Wire;
  /** Whether overwriting a value starts its TTL anew (`restart`, the default) or keeps the deadline of the first write. */
  readonly overwrite?: "restart" | "keep";
  /** Whether a stored value that does not decode is an error (`throw`, the default) or reads as absent (`miss`). Both are an event. */
  readonly undecodable?: "throw" | "miss";
}

/**
 * Declares a family of typed values: get, getMany, set, setIfAbsent, replace, compareAndSet, take, delete, touch and
 * get-and-touch.
 */
export function value<const P extends string, S extends z.core.$ZodType, G extends TagScope | NoTag>(
  pattern: P & CheckPattern<P>,
  options: WithTag<P, G, ValueOptions<S>>,
): FamilyDeclaration<"value", P, "value"> {
  return declaration("value", pattern as P, options, { value: options.value }, value);
}

const ttlForms =
  'Write a duration such as "24h", { sliding: "30m" }, { upTo: "1h" }, { config, default, max } or { persist: "why" }.';

export const valueKind: Kind = {
  name: "value",
  options: ["ttl", "value", "wire", "version", "upgrade", "overwrite", "undecodable"],
  mayBeStale: true,
  ttlForms,
  tier: "R3",
  whenDown: () => throwsOrAbsent,
  read(family, context) {
    const options = family.options as ValueOptions;
    const overwrite = options.overwrite ?? "restart";
    const undecodable = options.undecodable ?? "throw";
    if (overwrite !== "restart" && overwrite !== "keep") {
      context.problem(
        "unknown-option",
        "overwrite",
        `"${overwrite}" is no way to overwrite`,
        'Write "restart" or "keep".',
      );
    }
    if (undecodable !== "throw" && undecodable !== "miss") {
      context.problem("unknown-option", "undecodable", `"${undecodable}" is no policy`, 'Write "throw" or "miss".');
    }
    const ttl = context.ttl(options.ttl);
    if (ttl?.kind === "sliding" && ttl.max !== undefined) {
      context.problem(
        "unsupported-ttl",
        "ttl",
        "a bare value has no place to keep the maximum of a sliding TTL",
        "Leave max out.",
      );
    }
    if (ttl?.kind === "fixed" && ttl.jitter !== undefined) {
      context.problem("unsupported-ttl", "ttl", "jitter is for keys that can be rebuilt", "Leave jitter out.");
    }
    if (ttl?.kind === "sliding" && overwrite === "keep") {
      context.problem(
        "unsupported-ttl",
        "overwrite",
        "a sliding TTL starts anew with every access, so an overwrite cannot keep it",
        'Write overwrite: "restart", or a fixed ttl.',
      );
    }
    if (ttl?.kind === "sliding" && options.staleReads !== undefined) {
      context.problem(
        "unsupported-option",
        "staleReads",
        "a sliding TTL starts anew with every read, which a replica cannot do",
        "Leave staleReads out, or choose a fixed ttl.",
      );
    }
    const version = readOwnVersion(options, wireOf(options.wire, options.value), context);
    return {
      redisType: "STRING",
      ttl,
      ttlSet:
        ttl?.kind === "sliding"
          ? "set by every read and write"
          : overwrite === "keep"
            ? "set by the first write, kept by overwrites"
            : "set by every write",
      summary: undecodable === "miss" ? "reads as absent where it does not decode" : "",
      settings: { overwrite, undecodable, ...(version === undefined ? {} : { envelope: true, version }) },
      values: [
        {
          field: "value",
          wire: options.wire,
          envelope: version === undefined ? false : "same",
          version: version ?? null,
        },
      ],
      companions: [],
    };
  },
};
