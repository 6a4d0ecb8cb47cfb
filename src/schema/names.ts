/** Names of families and scopes: members of the generated `Repositories`. */
export const identifier = /^[a-z][A-Za-z0-9]*$/;

/** Members that no family or scope may take: a thenable would be awaited, and these are every object's. */
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
]);
