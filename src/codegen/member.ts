/**
 * Members of the generated interfaces.
 *
 * @module
 */

/** `readonly name: Type<…>;`, broken into lines where it is too long. */
export function member(name: string, type: string, typeArguments: readonly string[], indent: string): string {
  const line = `${indent}readonly ${name}: ${type}<${typeArguments.join(", ")}>;`;
  if (line.length <= 120) return line;
  const lines = typeArguments.map((argument) => `${indent}  ${argument}`);
  return `${indent}readonly ${name}: ${type}<\n${lines.join(",\n")}\n${indent}>;`;
}
