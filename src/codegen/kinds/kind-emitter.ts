/**
 * What the generator knows of a kind: which repository its classes extend, and the fields of the family literal. One
 * file a kind beside this one, and one line in the registry.
 *
 * @module
 */
import type { ManifestFamily } from "../../schema/manifest.js";
import type { TtlPolicy } from "../../schema/ttl.js";

/** What a kind's emitter may ask for. */
export interface EmitterContext {
  /** The TypeScript type of a value; declares its interface, under the given name, where it has one. */
  type(field: string, name: string): string;
  /** The text that makes a value's codec. */
  codec(field: string): string;
  /** The family's name in PascalCase. */
  readonly pascal: string;
}

/** A field of the family literal: name and TypeScript text. */
export type LiteralField = readonly [name: string, text: string];

export interface KindCode {
  /** The class that the repository extends, e.g. `ValueRepository`. */
  readonly repository: string;
  /** Its type arguments after the key's. */
  readonly typeArguments: readonly string[];
  /** The family's type with its arguments, e.g. `ValueFamily<boolean>`. */
  readonly family: string;
  /** What its transactions are made of, e.g. `ValuePlans<boolean>`. */
  readonly plans: string;
  /** Everything that is imported from "keywright" for it. */
  readonly imports: readonly string[];
  readonly fields: readonly LiteralField[];
}

/** The type argument of a class whose callers choose the TTL; none where the schema fixes it. */
export function perCall(ttl: TtlPolicy): readonly string[] {
  return ttl.kind === "upTo" ? ['"perCall"'] : [];
}

export interface KindEmitter {
  emit(family: ManifestFamily, context: EmitterContext): KindCode;
}
