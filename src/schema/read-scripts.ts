/**
 * Reads the scripts of a keyspace: their keys against its families, their text, their arguments and what they return.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { z } from "zod";
import type { Keyspace } from "./keyspace.js";
import type { Json } from "./kinds/kind.js";
import type { ManifestFamily, ManifestScript, ManifestScriptCall, ManifestScriptValue } from "./manifest.js";
import { identifier, reservedNames } from "./names.js";
import type { Problems, Report } from "./problems.js";
import type { Profile } from "./profile.js";
import { readProfile } from "./read-profile.js";
import { readAllow } from "./read-rules.js";
import { readScriptKeys, scriptParameters } from "./read-script-keys.js";
import { type ScriptDeclaration, scriptOptions } from "./script.js";
import { readCalls, type ScriptCall } from "./script-calls.js";
import { guardedScript, readHeader } from "./script-text.js";
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
    const at = (typeof declared === "object" ? declared?.at : undefined) ?? keyspace.at;
    const report: Report = (id, field, message, fix) => problems.add({ id, field, message, fix }, name, at);
    if (declared?.kind !== "script" || typeof declared.options !== "object" || declared.options === null) {
      report("invalid-script", "scripts", `"${name}" is no script`, 'Declare it with script("file.lua", { … }).');
      continue;
    }
    checkNames(name, keyspace, declared, report);
    const keys = readScriptKeys(declared, keyspace, families, report);
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
    const calls = source === undefined ? [] : readCalls(source);
    if ("message" in calls) {
      report(
        "script-syntax",
        "file",
        `${declared.file}, line ${calls.line}, is no Lua: ${calls.message}`,
        "Mend it; Redis runs Lua 5.1.",
      );
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
      ...readProfile(declared.options, profileOf(used), report),
      keys,
      parameters: scriptParameters(used, report),
      args: args.filter((arg) => arg !== undefined),
      returns: returned ?? null,
      calls: manifestCalls(calls, keys),
      allow: readAllow(declared.options.allow, report),
    });
  }
  return { scripts: scripts.sort((a, b) => (a.name < b.name ? -1 : 1)), texts };
}

/** The calls with the names of their keys, each once. */
function manifestCalls(calls: readonly ScriptCall[], keys: ManifestScript["keys"]): ManifestScriptCall[] {
  const once = new Map<string, ManifestScriptCall>();
  for (const { command = null, reads, writes, undeclared } of calls) {
    const named = (numbers: readonly number[]) => numbers.flatMap((number) => keys[number - 1]?.name ?? []);
    const strange = [...reads, ...writes].filter((number) => keys[number - 1] === undefined);
    const all = [...undeclared, ...strange.map((number) => `KEYS[${number}]`)];
    const call = {
      command,
      reads: named(reads),
      writes: named(writes),
      ...(all.length === 0 ? {} : { undeclared: all }),
    };
    once.set(JSON.stringify(call), call);
  }
  return [...once.values()];
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
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
    const fix = "Use letters, digits and '_', beginning with a letter: it becomes a property of the arguments.";
    report("invalid-name", field, `"${name}" is no name for an argument`, fix);
  }
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

/** The longest of the deadlines; the fewest retries, since what one family must not repeat is not repeated for another. */
function profileOf(families: readonly ManifestFamily[]): Profile {
  return {
    deadline: Math.max(...families.map(({ deadline }) => deadline)),
    retries: Math.min(...families.map(({ retries }) => retries)),
  };
}
