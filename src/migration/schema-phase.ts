/**
 * Sets the phase of a family in the schema's text, as a person would, and nothing else.
 *
 * @module
 */

/** A place in a text; lines and columns count from one. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

function offsetOf(text: string, { line, column }: TextPlace): number {
  let at = 0;
  for (let i = 1; i < line; i++) {
    const next = text.indexOf("\n", at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return at + column - 1;
}

/**
 * The text with the phase changed, where exactly one `phase: "<from>"` stands between the beginning of the family's
 * declaration and that of the next; else undefined.
 *
 * @param others where the other families of the file are declared
 */
export function withPhase(
  text: string,
  declared: TextPlace,
  others: readonly TextPlace[],
  from: string,
  to: string,
): string | undefined {
  const start = offsetOf(text, declared);
  const after = others.map((other) => offsetOf(text, other)).filter((offset) => offset > start);
  const end = Math.min(text.length, ...after);
  const part = text.slice(start, end);
  const found = [...part.matchAll(/\bphase\s*:\s*(["'`])([A-Za-z]+)\1/g)];
  const [only] = found;
  if (only === undefined || found.length > 1 || only[2] !== from) return undefined;
  const quote = only[1] as string;
  const at = start + only.index;
  const changed = only[0].slice(0, only[0].length - from.length - 2) + quote + to + quote;
  return text.slice(0, at) + changed + text.slice(at + only[0].length);
}
