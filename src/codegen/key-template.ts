/**
 * The TypeScript text that builds the key of a pattern.
 *
 * @module
 */
import type { Parameter, Pattern } from "../schema/patterns/index.js";

/** Text inside a template literal is that text. */
function templateText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
}

/** The template literal of a key; `expression` gives the text of a parameter's encoded value. */
export function keyTemplate(pattern: Pattern, expression: (parameter: Parameter) => string): string {
  const parts = pattern.segments.map((segment) =>
    "literal" in segment ? templateText(segment.literal) : `\${${expression(segment.parameter)}}`,
  );
  return `\`${parts.join("")}\``;
}

/** The parameter's encoded value, of the object of parameters `k`. */
export function encodedOf({ name, codec }: Parameter): string {
  return codec.emit(`k.${name}`);
}
