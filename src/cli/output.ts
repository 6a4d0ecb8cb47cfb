/**
 * Where words go: data to stdout, everything else to stderr.
 *
 * @module
 */
import wrapAnsi from "wrap-ansi";

/** Data: what a program behind a pipe reads. */
export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") || text === "" ? text : `${text}\n`);
}

export function printJson(value: object): void {
  print(JSON.stringify(value, null, 2));
}

/** Everything else. */
export function say(text: string): void {
  process.stderr.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** Text that is wider than this tires the eye. */
const widest = 110;

/** The stream's width; undefined where nothing says it: a pipe, without COLUMNS in the environment. */
function widthOf(stream: NodeJS.WriteStream): number | undefined {
  if (stream.isTTY === true) return stream.columns || 80;
  const asked = Number(process.env.COLUMNS);
  return Number.isInteger(asked) && asked >= 20 ? asked : undefined;
}

/**
 * Breaks prose to the terminal's width, its lines after the first set in. A pipe gets it in one line, to grep in, unless
 * COLUMNS says how wide it is.
 */
export function prose(text: string, indent: string, stream: NodeJS.WriteStream): string {
  const columns = widthOf(stream);
  if (columns === undefined) return `${indent}${text}`;
  const width = Math.min(columns, widest) - indent.length;
  return wrapAnsi(text, width, { trim: true }).replace(/^/gm, indent);
}
