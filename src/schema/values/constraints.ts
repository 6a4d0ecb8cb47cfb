import { z } from "zod";
import type { FormatParameters } from "./shape.js";

/** A check as zod's `def` holds it; the fields depend on `check`. */
interface CheckDef {
  readonly check?: string;
  readonly value?: unknown;
  readonly inclusive?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly size?: number;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly includes?: string;
  readonly position?: number;
  readonly fn?: unknown;
}

/** What formats take, by zod's names. */
const PARAMETERS = [
  "offset",
  "local",
  "precision",
  "version",
  "hostname",
  "protocol",
  "normalize",
  "alg",
  "delimiter",
] as const;

/** Everything that a schema's checks say, read once; each shape takes what belongs to it. */
export interface Constraints {
  /** The greatest of the lower bounds, the least of the upper ones: numbers, bigints and dates. */
  readonly lower?: { readonly value: unknown; readonly inclusive: boolean };
  readonly upper?: { readonly value: unknown; readonly inclusive: boolean };
  readonly multipleOf?: unknown;
  /** Lengths of strings and arrays, sizes of sets. */
  readonly minSize?: number;
  readonly maxSize?: number;
  /** The last named format, of a string or a number. */
  readonly format?: string;
  readonly parameters?: FormatParameters | undefined;
  readonly patterns: readonly RegExp[];
  /** A check that only code can perform. */
  readonly refined: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the checks of a schema; a format such as `z.uuid()` is a check of its own `def`. */
export function constraintsOf(schema: z.core.$ZodType): Constraints {
  const def = schema._zod.def as unknown as CheckDef & { checks?: readonly { _zod: { def: CheckDef } }[] };
  const checks = (def.checks ?? []).map((check) => check._zod.def);
  if (def.check !== undefined && def.check !== "custom") checks.unshift(def);

  const patterns: RegExp[] = [];
  const found: Mutable<Constraints> = { patterns, refined: false };
  for (const check of checks) {
    switch (check.check) {
      case "greater_than":
        found.lower = tighter(found.lower, check, (a, b) => a > b);
        break;
      case "less_than":
        found.upper = tighter(found.upper, check, (a, b) => a < b);
        break;
      case "multiple_of":
        found.multipleOf = check.value;
        break;
      case "min_length":
      case "min_size":
        found.minSize = Math.max(found.minSize ?? 0, check.minimum ?? 0);
        break;
      case "max_length":
      case "max_size":
        found.maxSize = Math.min(found.maxSize ?? Number.POSITIVE_INFINITY, check.maximum ?? Number.POSITIVE_INFINITY);
        break;
      case "length_equals":
      case "size_equals":
        found.minSize = found.maxSize = check.length ?? check.size ?? 0;
        break;
      case "number_format":
      case "bigint_format":
        if (check.format !== undefined) found.format = check.format;
        break;
      case "string_format":
        if (check.format === "regex" || check.format === "lowercase" || check.format === "uppercase") {
          if (check.pattern) patterns.push(check.pattern);
        } else if (check.prefix !== undefined) {
          patterns.push(new RegExp(`^${escaped(check.prefix)}`));
        } else if (check.suffix !== undefined) {
          patterns.push(new RegExp(`${escaped(check.suffix)}$`));
        } else if (check.includes !== undefined) {
          patterns.push(
            new RegExp(`${check.position ? `^[\\s\\S]{${check.position},}` : ""}${escaped(check.includes)}`),
          );
        } else if (check.format !== undefined) {
          found.format = check.format;
          found.parameters = parametersOf(check);
          // A format of the author's own, which a function decides.
          if (check.fn !== undefined && check.pattern === undefined) found.refined = true;
        }
        break;
      default:
        found.refined = true;
    }
  }
  return found;
}

/** What the format was given beside its name; undefined where that is nothing. */
function parametersOf(check: CheckDef): FormatParameters | undefined {
  const given = check as Readonly<Record<string, unknown>>;
  const found: Record<string, string | number | boolean> = {};
  for (const name of PARAMETERS) {
    const value = given[name];
    if (value instanceof RegExp) found[name] = String(value);
    else if (typeof value === "string" || typeof value === "number" || value === true) found[name] = value;
  }
  const { pattern, format, fn } = check;
  const own = fn !== undefined || (format === "email" && pattern?.source !== z.regexes.email.source);
  if (own && pattern !== undefined) found.pattern = String(pattern);
  return Object.keys(found).length > 0 ? found : undefined;
}

function tighter(
  bound: Constraints["lower"],
  check: CheckDef,
  beats: (a: number, b: number) => boolean,
): { value: unknown; inclusive: boolean } {
  const next = { value: check.value, inclusive: check.inclusive ?? true };
  if (!bound || beats(next.value as number, bound.value as number)) return next;
  const equal = !beats(bound.value as number, next.value as number);
  return equal && !next.inclusive ? next : bound;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
