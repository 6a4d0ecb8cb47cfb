/**
 * Reads the prefixes of a keyspace: patterns of what an environment or a tenant puts before every key.
 *
 * @module
 */
import type { Keyspace } from "./keyspace.js";
import type { ManifestPrefix } from "./manifest.js";
import { identifier } from "./names.js";
import { isPrefixFree } from "./patterns/ambiguity.js";
import { parsePattern } from "./patterns/index.js";
import type { Problems } from "./problems.js";

/** All prefixes, by name; undefined where the keyspace declares none. */
export function readPrefixes(keyspace: Keyspace, problems: Problems): ManifestPrefix[] | undefined {
  const { prefixes } = keyspace;
  if (prefixes === undefined) return undefined;
  const read: ManifestPrefix[] = [];
  for (const [name, text] of Object.entries(prefixes)) {
    const report = (id: string, message: string, fix: string): void =>
      problems.add({ id, field: `prefixes.${name}`, message, fix }, undefined, keyspace.at);
    const example = 'Write it like "preview:<sha:hex>:" or "tenant:<tenant>:".';
    if (!identifier.test(name)) report("invalid-name", `"${name}" is no name for a prefix`, "Use camelCase.");
    if (typeof text !== "string") {
      report("invalid-prefix", `the prefix "${name}" is no text`, example);
      continue;
    }
    const { pattern, problems: found } = parsePattern(text);
    for (const { id, message, fix } of found) report(id, message, fix);
    if (found.length > 0) continue;
    if (pattern.tag !== undefined) {
      report(
        "invalid-prefix",
        `the prefix "${name}" holds a hash tag, which would move every key to another slot`,
        "Leave the braces out.",
      );
    } else if (!isPrefixFree(pattern.segments)) {
      report(
        "invalid-prefix",
        `where the prefix "${name}" ends cannot be told: one of its texts may begin another`,
        `End it, and each of its parameters, with a character that the parameter cannot hold. ${example}`,
      );
    }
    read.push({ name, pattern: text });
  }
  return read.sort((a, b) => (a.name < b.name ? -1 : 1));
}
