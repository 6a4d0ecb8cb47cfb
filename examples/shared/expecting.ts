/** The demo prints nothing that it has not checked. */
import { isDeepStrictEqual } from "node:util";

export class Unexpected extends Error {
  override readonly name = "Unexpected";
}

/** Throws unless the scenario did what it shows. */
export function expect<T>(what: string, actual: T, wanted: T): void {
  if (isDeepStrictEqual(actual, wanted)) return;
  throw new Unexpected(`${what}: expected ${JSON.stringify(wanted)}, but it is ${JSON.stringify(actual)}`);
}

export function expectThat(what: string, holds: boolean): void {
  if (!holds) throw new Unexpected(`${what}: it does not hold`);
}
