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

/**
 * The hash tags of those programs, `{scope:value}` with the value folded, for the scopes that are approved. As lossy as the
 * fold: for finding keys that are there.
 *
 * ```ts
 * const tag = foldedTags(["tenant", "user"]);
 * tag("tenant", " Acme Inc. "); // {tenant:acme-inc.}
 * tag("tenant", ""); // {tenant:unknown}
 * ```
 */
export function foldedTags<const S extends readonly string[]>(scopes: S): (scope: S[number], value: string) => string {
  return (scope, value) => {
    if (scopes.includes(scope)) return `{${scope}:${fold(value)}}`;
    throw new TypeError(`"${scope}" is no approved scope of a tag: use one of ${scopes.join(", ")}`);
  };
}
