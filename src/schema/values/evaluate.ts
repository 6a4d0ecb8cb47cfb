/** Where `new Function` is forbidden (a content security policy, `--disallow-code-generation-from-strings`) we interpret. */
let allowed: boolean | undefined;

export function mayGenerate(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function("return true")() === true;
    } catch {
      allowed = false;
    }
  }
  return allowed;
}

/** Builds a function from its body. Callers put only names of the schema into `body`, quoted by JSON.stringify. */
export function generated<F>(parameters: readonly string[], body: string): F {
  return new Function(...parameters, `"use strict";\n${body}`) as F;
}
