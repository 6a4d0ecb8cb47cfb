import type { z } from "zod";
import type { Shape } from "./shape.js";
import type { ValueIssue } from "./value-problem.js";

type Issue = z.core.$ZodIssue;

/**
 * zod's issues in our words. zod's own messages are not used: they name undeclared keys, and an author's error function
 * or a locale may echo the input. `said` holds the messages that the schema itself states (see `statedMessages`).
 */
export function issuesInWords(
  issues: readonly Issue[],
  shape: Shape,
  input: unknown,
  said: ReadonlySet<string>,
): ValueIssue[] {
  return issues.map((issue) => ({
    path: pathInWords(shape, issue.path),
    message: said.has(issue.message) ? issue.message : messageOf(issue, input),
  }));
}

function messageOf(issue: Issue, input: unknown): string {
  switch (issue.code) {
    case "invalid_type": {
      const expected = issue.expected === "nonoptional" ? "a value" : issue.expected;
      return `expected ${expected}, received ${typeAt(input, issue.path)}`;
    }
    case "invalid_value":
      return `expected ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(literal).join(", ")}`;
    case "too_small":
      return `too small: ${sized(issue.origin)}${issue.exact ? "exactly" : issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `too big: ${sized(issue.origin)}${issue.exact ? "exactly" : issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_format":
      return issue.format === "regex" ? "does not match its pattern" : `is no valid ${issue.format}`;
    case "not_multiple_of":
      return `is no multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return issue.keys.length === 1
        ? "holds a field that the schema does not declare"
        : `holds ${issue.keys.length} fields that the schema does not declare`;
    case "invalid_union":
      return "options" in issue && issue.options
        ? `expected one of ${issue.options.map(literal).join(", ")}`
        : "fits none of the alternatives";
    case "invalid_key":
      return `a key of the ${issue.origin} does not fit`;
    case "invalid_element":
      return `an entry of the ${issue.origin} does not fit`;
    case "custom":
      return "is refused by a check of the schema";
    default:
      return "does not fit its schema";
  }
}

const literal = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : `${String(value)}${typeof value === "bigint" ? "n" : ""}`;

const sized = (origin: string): string =>
  origin === "string" ? "characters " : origin === "array" || origin === "set" || origin === "map" ? "entries " : "";

function typeAt(input: unknown, path: readonly PropertyKey[]): string {
  let value = input;
  for (const key of path) {
    if (value instanceof Map) value = value.get(key);
    else if (value !== null && typeof value === "object" && Object.hasOwn(value, key))
      value = (value as Record<PropertyKey, unknown>)[key];
    else return "nothing";
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : "Date";
  if (value instanceof Map) return "Map";
  if (value instanceof Set) return "Set";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value === "number" && !Number.isFinite(value)) return "a number that is not finite";
  return typeof value;
}

function pathInWords(shape: Shape, path: readonly PropertyKey[]): string {
  let text = "";
  let here: readonly Shape[] = [shape];
  for (const key of path) {
    const steps = here.flatMap((candidate) => stepInto(candidate, key));
    const named = steps.find((step) => step.name !== undefined);
    // What the schema does not name is a key out of the data.
    const name = named?.name ?? (typeof key === "number" ? `[${key}]` : "{}");
    text += name.startsWith("[") || name === "{}" || text === "" ? name : `.${name}`;
    here = steps.map((step) => step.shape);
  }
  return text;
}

function stepInto(shape: Shape, key: PropertyKey): { name?: string; shape: Shape }[] {
  switch (shape.kind) {
    case "object": {
      const field = shape.fields.find(({ name }) => name === key);
      if (field) return [{ name: field.name, shape: field.shape }];
      return typeof shape.unknownKeys === "object" ? [{ shape: shape.unknownKeys }] : [];
    }
    case "array":
    case "set":
      return [{ shape: shape.element }];
    case "tuple": {
      const item = shape.items[Number(key)] ?? shape.rest;
      return item ? [{ shape: item }] : [];
    }
    case "record":
    case "map":
      return [{ name: "{}", shape: shape.value }];
    case "union":
    case "discriminatedUnion":
      return shape.options.flatMap((option) => stepInto(option, key));
    case "intersection":
      return [...stepInto(shape.left, key), ...stepInto(shape.right, key)];
    case "optional":
    case "nullable":
    case "default":
    case "recursive":
      return stepInto(shape.inner, key);
    default:
      return [];
  }
}

/**
 * The messages that a schema states as plain text (`.min(3, "too short")`). zod keeps such a text as a function without
 * parameters, which cannot see the input; one that takes the issue might echo it and is left out.
 */
export function statedMessages(schema: z.core.$ZodType): ReadonlySet<string> {
  const said = new Set<string>();
  const seen = new Set<unknown>();
  const visit = (part: unknown, depth: number): void => {
    if (part === null || typeof part !== "object" || seen.has(part) || depth > 64) return;
    seen.add(part);
    if (Array.isArray(part)) {
      for (const item of part) visit(item, depth + 1);
      return;
    }
    const internals = (part as { _zod?: { def?: Record<string, unknown> } })._zod;
    if (!internals?.def) return;
    const { error } = internals.def as { error?: unknown };
    if (typeof error === "function" && error.length === 0) {
      try {
        const message: unknown = error();
        if (typeof message === "string") said.add(message);
      } catch {
        // It wants the issue after all (rest parameters), so it may echo the input.
      }
    }
    for (const [name, child] of Object.entries(internals.def)) {
      if (name === "shape") for (const field of Object.values(child as object)) visit(field, depth + 1);
      else if (name === "getter") visit((child as () => unknown)(), depth + 1);
      else if (name !== "defaultValue") visit(child, depth + 1);
    }
  };
  try {
    visit(schema, 0);
  } catch {
    // A getter that throws costs its author the messages found after it, nothing else.
  }
  return said;
}
