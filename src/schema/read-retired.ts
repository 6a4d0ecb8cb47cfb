/**
 * Reads the retired patterns of a keyspace: those of moves that are over, whose keys nobody may use again.
 *
 * @module
 */
import type { Keyspace } from "./keyspace.js";
import { parsePattern } from "./patterns/index.js";
import type { Problems } from "./problems.js";

/** All of them in order, with their reasons; undefined where there are none. */
export function readRetired(keyspace: Keyspace, problems: Problems): Readonly<Record<string, string>> | undefined {
  const { retired } = keyspace;
  const read: [string, string][] = [];
  for (const [text, because] of Object.entries(retired)) {
    const report = (id: string, message: string, fix: string): void =>
      problems.add({ id, field: `retired.${text}`, message, fix }, undefined, keyspace.at);
    const { problems: found } = parsePattern(text);
    for (const { id, message, fix } of found) report(id, message, fix);
    if (typeof because !== "string" || because.trim() === "") {
      report("undocumented", `nothing says why ${text} is retired`, "Write the reason, and since when, as its value.");
    }
    if (found.length === 0) read.push([text, String(because).trim()]);
  }
  return read.length === 0 ? undefined : Object.fromEntries(read.sort(([a], [b]) => (a < b ? -1 : 1)));
}
