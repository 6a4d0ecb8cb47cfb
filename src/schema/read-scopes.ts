/**
 * Reads the tag scopes of a keyspace.
 *
 * @module
 */
import type { Keyspace } from "./keyspace.js";
import type { ManifestParameter, ManifestScope } from "./manifest.js";
import { identifier, reservedNames } from "./names.js";
import { type Pattern, parsePattern } from "./patterns/index.js";
import type { Problems } from "./problems.js";

/** The parameters of a pattern, as the manifest holds them. */
export function parametersOf(pattern: Pattern): ManifestParameter[] {
  return pattern.parameters.map(({ name, codec }) => ({
    name,
    codec: codec.argument === undefined ? codec.name : `${codec.name}(${codec.argument})`,
  }));
}

/**
 * All scopes, by name.
 *
 * @param homes the keyspace that declares each
 */
export function readScopes(
  keyspace: Keyspace,
  homes: ReadonlyMap<string, Keyspace>,
  problems: Problems,
): ManifestScope[] {
  const scopes: ManifestScope[] = [];
  const seen = new Map<string, string>();
  for (const [name, scope] of Object.entries(keyspace.scopes)) {
    const field = `scopes.${name}`;
    const at = scope.at ?? (homes.get(name) ?? keyspace).at;
    const { pattern, problems: found } = parsePattern(scope.tag);
    for (const problem of found) problems.add({ ...problem, field }, undefined, at);
    const report = (id: string, message: string, fix: string) =>
      problems.add({ id, field, message, fix }, undefined, at);
    if (!identifier.test(name) || reservedNames.has(name)) {
      report("invalid-name", `"${name}" is no name for a scope`, "Use camelCase, such as room or chatRoom.");
    }
    if (found.length === 0 && pattern.tag?.template !== scope.tag) {
      report(
        "invalid-scope",
        `the scope "${name}" is not one hash tag: ${scope.tag}`,
        'Write the tag alone with its braces, such as "{<roomId>}".',
      );
    }
    if (typeof scope.because !== "string" || scope.because.trim() === "") {
      report(
        "undocumented",
        `the scope "${name}" gives no reason`,
        "Say in because: why these keys belong to one slot.",
      );
    }
    if (pattern.tag?.constant === true && !scope.constant) {
      report(
        "constant-tag",
        `the tag of "${name}" has no parameter, so one slot holds all of its keys`,
        "Write constant: true if that is meant, or put a parameter into the tag.",
      );
    }
    if (pattern.tag?.constant === false && scope.constant) {
      report("constant-tag", `the tag of "${name}" has a parameter but is marked constant`, "Remove constant: true.");
    }
    const twin = seen.get(scope.tag);
    if (twin !== undefined)
      report("duplicate-scope", `"${name}" and "${twin}" are the same tag`, "Keep one of the two scopes.");
    seen.set(scope.tag, name);
    scopes.push({
      name,
      tag: scope.tag,
      because: scope.because,
      constant: scope.constant,
      parameters: parametersOf(pattern),
    });
  }
  return scopes.sort((a, b) => (a.name < b.name ? -1 : 1));
}
