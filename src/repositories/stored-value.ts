/**
 * The way of a value into Redis and out of it, with the errors that name its family.
 *
 * @module
 */
import { InvalidValueError, UndecodableValueError } from "../runtime/errors.js";
import { events, publish } from "../runtime/events.js";
import type { Family } from "../runtime/family.js";
import type { Argument } from "../runtime/plan.js";
import type { Codec } from "../schema/values/codec.js";
import { NewerVersionProblem, type ValueIssue, ValueProblem } from "../schema/values/value-problem.js";

/**
 * What is stored for a value. `field` names it in the error where it is one of several arguments, such as a member.
 *
 * @throws InvalidValueError
 */
export function encodeValue<V>(family: Family, operation: string, codec: Codec<V>, value: V, field = ""): Argument {
  try {
    const stored = codec.encode(value);
    // A copy of bytes: the command leaves after this call, when the caller may have filled its buffer again.
    return typeof stored === "string" ? stored : Buffer.from(stored);
  } catch (problem) {
    if (!(problem instanceof ValueProblem)) throw problem;
    throw new InvalidValueError({ family: family.name, operation }, problem.issues.map(within(field)));
  }
}

/** The same for a codec whose texts are never bytes. */
export function encodeText<V>(family: Family, operation: string, codec: Codec<V>, value: V, field = ""): string {
  return encodeValue(family, operation, codec, value, field) as string;
}

/** The value of what is stored; undefined, with the event `undecodable`, where it is none. */
export function decodeOrSkip<V>(
  family: Family,
  operation: string,
  codec: Codec<V>,
  stored: string | Uint8Array,
): V | undefined {
  try {
    return codec.decode(stored);
  } catch (problem) {
    undecodable(family, operation, problem);
    return undefined;
  }
}

/** The error for what a codec refused to decode, which it also publishes. What is no {@link ValueProblem} it throws. */
export function undecodable(
  family: Family,
  operation: string,
  problem: unknown,
  taken = false,
  fix?: string,
): UndecodableValueError {
  if (!(problem instanceof ValueProblem)) throw problem;
  if (problem instanceof NewerVersionProblem) return newerVersion(family, operation, problem);
  if (events.hasSubscribers) publish("undecodable", family, operation);
  return new UndecodableValueError({ family: family.name, operation }, problem.issues, taken, fix);
}

/** The error for what a newer version of the schema stored, which it also publishes. It stays as it is. */
export function newerVersion(family: Family, operation: string, problem: NewerVersionProblem): UndecodableValueError {
  if (events.hasSubscribers) publish("newer-version", family, operation);
  return new UndecodableValueError(
    { family: family.name, operation },
    problem.issues,
    false,
    "A newer version of the schema stored it: deploy that version here. The stored value was not changed.",
  );
}

function within(field: string): (issue: ValueIssue) => ValueIssue {
  if (field === "") return (issue) => issue;
  return ({ path, message }) => {
    if (path === "") return { path: field, message };
    return { path: path.startsWith("[") ? field + path : `${field}.${path}`, message };
  };
}
