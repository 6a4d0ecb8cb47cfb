/** The demo prints nothing that it has not checked. */
import { isDeepStrictEqual } from "node:util";

export class Unexpected extends Error {
  override readonly name = "Unexpected";
}

/** Throws unless the scenario did what it shows. */
export function expect<T>(what: string, actual: T, wanted: T): void {
  if (isDeepStrictEqual(actual, wanted)) return;
  throw new Unexpected(`${what}: expected ${briefly(wanted)}, but it is ${briefly(actual)}`);
}

export function expectThat(what: string, holds: boolean): void {
  if (!holds) throw new Unexpected(`${what}: it does not hold`);
}

/** Enough to see what it is. */
function briefly(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length <= 200 ? text : `${text.slice(0, 200)}… (${text.length} characters)`;
}
