/**
 * The lossy fold of key parts that some programs use. It is no codec, and no pattern can name it: `a+b` and `a b` fold to
 * one text, and two users would share a key.
 *
 * @module
 */

/**
 * Folds a text as those programs do: trimmed, lower case; `a-z`, `0-9`, `-`, `_`, `:` and `.` stay, every other run
 * becomes one `-`; none at the ends; `unknown` where nothing is left.
 *
 * For those who must find keys that are there. Different texts give the same key: never fold an id.
 */
export function fold(text: string): string {
  const folded = text
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9\-_:.]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return folded === "" ? "unknown" : folded;
}
