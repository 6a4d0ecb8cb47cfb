/**
 * Who owns a session: by the schema's `ownedBy`, and in the owner's index, a ZSET of the owner's sessions.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type ErrorContext, InvalidArgumentError } from "../runtime/errors.js";
import { parameterError } from "./repository.js";
import type { SessionFamily, SessionOwners } from "./session-family.js";

/** The schema's `ownedBy`. Called by generated code, which declares its type; not inferred, as with `codec`. */
// biome-ignore lint/suspicious/noExplicitAny: the compiler could not compare it with the schema's.
export function ownedBy(family: { readonly options: object } | undefined): (value: any) => any {
  const declared = (family?.options as { ownedBy?: (value: unknown) => unknown } | undefined)?.ownedBy;
  if (declared !== undefined) return declared;
  throw new TypeError(
    "The schema no longer declares the ownedBy that the generated code was made for. Run `keywright generate`.",
  );
}

/** An owner as the index and the sessions name it. */
export interface Owner {
  /** The index's key, prefix included. */
  readonly index: string;
  /** Stands in the head of each of the owner's sessions, so that a script can tell whose it is. */
  readonly digest: string;
}

/** @throws InvalidParameterError for an owner that the index's pattern refuses */
export function ownerOf<V, O>(family: SessionFamily<V, O>, prefix: string, operation: string, owner: O): Owner {
  const owners = family.owners as SessionOwners<V, O>;
  let key: string;
  try {
    key = owners.key(owner);
  } catch (problem) {
    throw parameterError(family, operation, problem, {});
  }
  // Without the prefix: a session means the same wherever its data is restored.
  return { index: prefix + key, digest: createHash("sha256").update(key).digest("hex").slice(0, 16) };
}

/** The owner of a value; undefined where the schema knows none, or the session is nobody's. */
export function ownerOfValue<V, O>(
  family: SessionFamily<V, O>,
  prefix: string,
  operation: string,
  value: V,
): Owner | undefined {
  if (family.owners === undefined) return undefined;
  const context: ErrorContext = { family: family.name, operation };
  let owner: O | null;
  try {
    owner = family.owners.of(value);
  } catch {
    throw new InvalidArgumentError(context, "ownedBy", "threw for this value", "Mend the schema. Nothing was sent.");
  }
  return owner === null ? undefined : ownerOf(family, prefix, operation, owner);
}
