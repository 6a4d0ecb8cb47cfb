/**
 * A parameter of a key pattern and the codec that writes it into the key.
 *
 * @module
 */

/** How a parameter's values become text in a key. Distinct canonical values never give the same text. */
export interface ParameterCodec {
  /** The codec's name, e.g. `enum`. */
  readonly name: string;
  /** What stands in its parentheses, e.g. `login|register`. */
  readonly argument?: string;
  /** The TypeScript type of the parameter in the generated key interface, e.g. `string` or `"login" | "register"`. */
  readonly type: string;
  /** The exported function that generated code calls, e.g. `oneOf`. */
  readonly calls: string;
  /**
   * The set of encoded texts, or a superset of it, as the source of a regular expression: anchored by the reader, for
   * the `u` flag, in the subset that `parseLanguage` reads.
   */
  readonly language: string;
  /**
   * The text in the key.
   *
   * @throws ParameterProblem, which never holds the value
   */
  encode(value: unknown): string;
  /** The value of an encoded text: what was passed, or the digest for the `sha256` codecs. */
  decode(text: string): unknown;
  /** Whether a text is one that `encode` gives; sharper than the language (a calendar day, a canonical address). */
  accepts(text: string): boolean;
  /** The TypeScript text of the call, e.g. `oneOf(k.scene, "login|register", "scene")` for `k.scene`. */
  emit(expression: string): string;
}

/** A parameter where it stands in its pattern. */
export interface Parameter {
  readonly name: string;
  readonly codec: ParameterCodec;
  /** As the pattern writes it, e.g. `<roomId>` or `<ip:ip>`. */
  readonly text: string;
}
