/**
 * Reads the keys of a script: families of the keyspace, in one slot.
 *
 * @module
 */
import type { FamilyDeclaration } from "./family.js";
import type { Keyspace } from "./keyspace.js";
import type { ManifestFamily, ManifestParameter, ManifestScript } from "./manifest.js";
import { hasOnePlainKey } from "./moves/index.js";
import type { Report } from "./problems.js";
import type { ScriptDeclaration, ScriptKey } from "./script.js";

function familyOf(key: ScriptKey): { family: FamilyDeclaration | undefined; access: "read" | "write" } {
  return "write" in key ? { family: key.write, access: "write" } : { family: key.read, access: "read" };
}

/** The keys in their order; those that cannot be used are reported and left out. */
export function readScriptKeys(
  { options }: ScriptDeclaration,
  keyspace: Keyspace,
  families: readonly ManifestFamily[],
  report: Report,
): ManifestScript["keys"] {
  const keys: { name: string; family: string; access: "read" | "write" }[] = [];
  const used: ManifestFamily[] = [];
  for (const [name, key] of Object.entries(options.keys ?? {})) {
    const field = `keys.${name}`;
    if (typeof key !== "object" || key === null || "read" in key === "write" in key) {
      report(
        "script-keys",
        field,
        "it does not say whether the script reads or writes it",
        `Write ${name}: { read: family } or { write: family }.`,
      );
      continue;
    }
    const { family: declaration, access } = familyOf(key);
    const familyName = Object.entries(keyspace.families).find(
      // A loader may evaluate a module twice; a pattern is one family's.
      ([, one]) => one === declaration || (declaration !== undefined && one?.pattern === declaration.pattern),
    )?.[0];
    if (familyName === undefined) {
      report(
        "script-keys",
        field,
        "it is no family of the keyspace",
        "Name a family that keyspace({ families }) lists.",
      );
      continue;
    }
    const family = families.find((one) => one.name === familyName);
    // One that has mistakes of its own is told already.
    if (family === undefined) continue;
    if (used.includes(family)) {
      report("script-keys", field, `the family ${familyName} is there twice`, "A script takes one key of a family.");
      continue;
    }
    const { moved } = family;
    if (moved !== undefined && !hasOnePlainKey(moved.strategy, moved.phase)) {
      report(
        "script-keys",
        field,
        `the family ${familyName} moves by ${moved.strategy}, and the script would know one of its two keys`,
        "End the move first, or do it with the repository's operations meanwhile.",
      );
    }
    used.push(family);
    keys.push({ name, family: familyName, access });
  }
  const scopes = used.map(({ tag }) => ("scope" in tag ? tag.scope : undefined));
  if (used.length > 1 && (scopes[0] === undefined || scopes.some((scope) => scope !== scopes[0]))) {
    report(
      "script-keys",
      "keys",
      `its keys lie in different slots: ${used.map(({ name, pattern }) => `${name} (${pattern})`).join(", ")}`,
      "Give their families one scope: only keys with the same hash tag can be changed in one step.",
    );
  }
  if (Object.keys(options.keys ?? {}).length === 0) {
    report(
      "script-keys",
      "keys",
      "the script has no keys",
      "Declare every key that it touches: without one it has no slot.",
    );
  }
  return keys;
}

/** The parameters of all keys; those of one name are one. */
export function scriptParameters(families: readonly ManifestFamily[], report: Report): ManifestParameter[] {
  const parameters = new Map<string, ManifestParameter>();
  for (const family of families) {
    for (const parameter of family.parameters) {
      const before = parameters.get(parameter.name);
      if (before !== undefined && before.codec !== parameter.codec) {
        report(
          "script-keys",
          "keys",
          `the parameter ${parameter.name} is ${before.codec} in one pattern and ${parameter.codec} in that of ${family.name}`,
          "Give it one codec, or two names.",
        );
      }
      parameters.set(parameter.name, parameter);
    }
  }
  return [...parameters.values()];
}
