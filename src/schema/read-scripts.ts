/**
 * Reads the scripts of a keyspace: their keys against its families, their text, their arguments and what they return.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { z } from "zod";
import type { FamilyDeclaration } from "./family.js";
import type { Keyspace } from "./keyspace.js";
import type { Json } from "./kinds/kind.js";
import type { ManifestFamily, ManifestParameter, ManifestScript, ManifestScriptValue } from "./manifest.js";
import { identifier, reservedNames } from "./names.js";
import type { Problems, Report } from "./problems.js";
import { type ScriptDeclaration, type ScriptKey, scriptOptions } from "./script.js";
import { guardedScript, readHeader } from "./script-text.js";
import { DurationProblem, parseDuration } from "./ttl.js";
import { toJsonSchema } from "./values/json-schema.js";
import { shapeOf } from "./values/shape-of.js";
import { scalarWires, wireProblems } from "./values/wire.js";

/** Reads a file of a script by its name beside the file that declares it. */
export type ReadScriptFile = (declaration: ScriptDeclaration) => string;

export interface ReadScripts {
  readonly scripts: ManifestScript[];
  /** What is embedded and sent, by the script's name. */
  readonly texts: ReadonlyMap<string, string>;
}

/** All scripts, by name. */
export function readScripts(
  keyspace: Keyspace,
  families: readonly ManifestFamily[],
  problems: Problems,
  readFile: ReadScriptFile | undefined,
): ReadScripts {
  const scripts: ManifestScript[] = [];
  const texts = new Map<string, string>();
  for (const [name, declared] of Object.entries(keyspace.scripts)) {
    const at = declared?.at ?? keyspace.at;
    const report: Report = (id, field, message, fix) => problems.add({ id, field, message, fix }, name, at);
    if (declared?.kind !== "script" || typeof declared.options !== "object" || declared.options === null) {
      report("invalid-script", "scripts", `"${name}" is no script`, 'Declare it with script("file.lua", { … }).');
      continue;
    }
    checkNames(name, keyspace, declared, report);
    const keys = readKeys(declared, keyspace, families, report);
    const source = readSource(declared, readFile, report);
    const args = Object.entries(declared.options.args ?? {}).map(([arg, schema]) =>
      readValue(arg, `args.${arg}`, schema, false, report),
    );
    const { returns } = declared.options;
    const returned = returns === undefined ? null : readValue("returns", "returns", returns, true, report);
    const flags = source === undefined ? [] : readHeader(source);
    if ("message" in flags) {
      report("script-header", "file", `${declared.file}: ${flags.message}`, flags.fix);
      continue;
    }
    const writes = keys.some(({ access }) => access === "write");
    if (source === undefined || keys.length === 0) continue;
    if (writes === flags.includes("no-writes")) {
      report(
        "script-header",
        "file",
        writes
          ? `${declared.file} has the flag no-writes, but ${keys.find(({ access }) => access === "write")?.name} is declared with write`
          : `${declared.file} is declared to write nothing, but has not the flag no-writes`,
        writes
          ? "Remove the flag, or declare the key with read."
          : "Write #!lua flags=no-writes, so that Redis holds it.",
      );
    }
    const used = keys.map((key) => families.find((family) => family.name === key.family) as ManifestFamily);
    const text = guardedScript(source, writes);
    texts.set(name, text);
    const [first] = used as [ManifestFamily];
    scripts.push({
      name,
      file: declared.file,
      sha1: createHash("sha1").update(text).digest("hex"),
      flags,
      purpose: declared.options.purpose,
      scope: "scope" in first.tag ? first.tag.scope : null,
      store: first.store,
      deadline: readDeadline(declared, report) ?? Math.max(...used.map(({ deadline }) => deadline)),
      keys,
      parameters: parametersOf(used, report),
      args: args.filter((arg) => arg !== undefined),
      returns: returned ?? null,
    });
  }
  return { scripts: scripts.sort((a, b) => (a.name < b.name ? -1 : 1)), texts };
}

function checkNames(name: string, keyspace: Keyspace, { options }: ScriptDeclaration, report: Report): void {
  if (!identifier.test(name) || reservedNames.has(name)) {
    report("invalid-name", "name", `"${name}" is no name for a script`, "Use camelCase, such as takeSeat.");
  }
  for (const [what, names] of [
    ["family", keyspace.families],
    ["tag scope", keyspace.scopes],
  ] as const) {
    if (!Object.hasOwn(names, name)) continue;
    report(
      "invalid-name",
      "name",
      `a ${what} has the name "${name}" too`,
      "Both are members of the generated repositories: rename one.",
    );
  }
  if (typeof options.purpose !== "string" || options.purpose.trim() === "") {
    report("undocumented", "purpose", "nothing says what the script does", "Write purpose: one sentence.");
  }
  for (const option of Object.keys(options)) {
    if ((scriptOptions as readonly string[]).includes(option)) continue;
    report("unknown-option", option, `there is no option "${option}"`, `The options are ${scriptOptions.join(", ")}.`);
  }
}

function familyOf(key: ScriptKey): { family: FamilyDeclaration | undefined; access: "read" | "write" } {
  return "write" in key ? { family: key.write, access: "write" } : { family: key.read, access: "read" };
}

function readKeys(
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

function readSource(
  declared: ScriptDeclaration,
  readFile: ReadScriptFile | undefined,
  report: Report,
): string | undefined {
  try {
    if (readFile === undefined) throw new Error("nothing here can read files");
    return readFile(declared).replaceAll("\r\n", "\n");
  } catch (error) {
    report(
      "script-file",
      "file",
      `${String(declared.file)} cannot be read (${error instanceof Error ? ((error as { code?: string }).code ?? error.message) : String(error)})`,
      "Name a .lua file relative to the file that declares the script.",
    );
    return undefined;
  }
}

function readValue(
  name: string,
  field: string,
  schema: z.ZodType,
  mayBeNil: boolean,
  report: Report,
): ManifestScriptValue | undefined {
  if (typeof schema !== "object" || schema === null || !("_zod" in schema)) {
    report("script-value", field, `"${name}" is no zod schema`, "Write a schema of zod 4, such as z.int().");
    return undefined;
  }
  const shape = shapeOf(schema);
  const nullable = mayBeNil && shape.kind === "nullable";
  const inner = nullable && shape.kind === "nullable" ? shape.inner : shape;
  const wire = scalarWires.find((one) => wireProblems(inner, one).length === 0);
  if (wire === undefined) {
    report(
      "script-value",
      field,
      `${name} is neither a string, a number nor a boolean`,
      mayBeNil
        ? "Return one of these; .nullable() where the script may return nil."
        : "Pass several values, or a text that you write yourself.",
    );
    return undefined;
  }
  return { name, wire, nullable, jsonSchema: toJsonSchema(inner, wire) as Json };
}

function readDeadline({ options }: ScriptDeclaration, report: Report): number | undefined {
  if (options.deadline === undefined) return undefined;
  try {
    const ms = parseDuration(options.deadline);
    if (ms <= 60_000) return ms;
    report("invalid-deadline", "deadline", "a deadline of more than a minute bounds nothing", "Write at most 60s.");
  } catch (problem) {
    if (!(problem instanceof DurationProblem)) throw problem;
    report("duration", "deadline", problem.message, problem.fix);
  }
  return undefined;
}

/** The parameters of all keys; those of one name are one. */
function parametersOf(families: readonly ManifestFamily[], report: Report): ManifestParameter[] {
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
