/** Names of families and scopes: members of the generated `Repositories`. */
export const identifier = /^[a-z][A-Za-z0-9]*$/;

/**
 * Members that no family, scope or script may take: a thenable would be awaited, some are every object's, and the rest
 * Keywright's own.
 */
export const reservedNames: ReadonlySet<string> = new Set([
  "then",
  "constructor",
  "toString",
  "valueOf",
  "toJSON",
  "toLocaleString",
  "hasOwnProperty",
  "close",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "health",
]);

/** How to mend a name that is none, or that is reserved. */
export function nameFix(name: string, examples: string): string {
  return reservedNames.has(name)
    ? "It is a member of every set of repositories already: take another name."
    : `Use camelCase, such as ${examples}.`;
}
