/**
 * Emits `scripts.ts`: the team's own scripts, with their text and its SHA-1, typed.
 *
 * @module
 */
import type { Manifest, ManifestScript, ManifestScriptValue } from "../schema/manifest.js";
import { parsePattern } from "../schema/patterns/index.js";
import type { Wire } from "../schema/values/wire.js";
import { accessOf } from "./access.js";
import { type Artifact, typescriptFile } from "./artifact.js";
import { docComment } from "./doc-comment.js";
import { importLine } from "./domain-file.js";
import type { EmitInput } from "./family-code.js";
import { bracketed, commentText, literal, pascalCase } from "./literal.js";

const types: Partial<Record<Wire, string>> = { string: "string", int: "number", float: "number", boolean01: "boolean" };

function typeOf({ wire, nullable }: ManifestScriptValue): string {
  return `${types[wire]}${nullable ? " | null" : ""}`;
}

/** The files of a keyspace's scripts: one, or none. */
export function scriptsFiles(manifest: Manifest, input: EmitInput): Artifact[] {
  const { scripts = [] } = manifest;
  if (scripts.length === 0) return [];
  const imports = [
    "type OwnScript",
    ...(scripts.some(({ parameters }) => parameters.length === 0) ? ["type NoKey"] : []),
    ...(scripts.some(({ args, returns }) => args.length > 0 || returns !== null) ? ["scriptCodec"] : []),
  ];
  const lines = [importLine(imports, input.library)];
  if (imports.includes("scriptCodec")) lines.push(`import keyspace from ${JSON.stringify(input.schemaImport)};`);
  const body = [...lines, "", ...scripts.map((script) => scriptCode(script, manifest, input))].join("\n");
  return [typescriptFile("scripts.ts", input.schema, body)];
}

function scriptCode(script: ManifestScript, manifest: Manifest, input: EmitInput): string {
  const { name, args, returns, keys } = script;
  const pascal = pascalCase(name);
  const codecOf = ({ wire }: ManifestScriptValue, arg: string | undefined): string =>
    `scriptCodec(keyspace, ${literal(name)}, ${arg === undefined ? "undefined" : literal(arg)}, ${literal(wire)})`;
  const ttlOf = (family: string): object =>
    manifest.families.find((one) => one.name === family)?.ttl ?? { kind: "persist", because: "" };
  const types = `${pascal}Key, ${args.length === 0 ? "undefined" : `${pascal}Arguments`}, ${resultType(script)}`;
  return [
    `/** Parameters of the keys of \`${name}\`. */`,
    keyInterface(script, manifest),
    "",
    ...(args.length === 0
      ? []
      : [
          `/** Arguments of \`${name}\`. */`,
          bracketed(
            `export interface ${pascal}Arguments {`,
            [args.map((arg) => `readonly ${arg.name}: ${typeOf(arg)}`).join("; ")],
            "}",
          ),
          "",
        ]),
    docComment([factsOfScript(script)]),
    `export const ${name}Script: OwnScript<${types}> = {`,
    `  name: ${literal(name)},`,
    `  kind: "script",`,
    `  pattern: ${literal(script.file)},`,
    `  store: ${literal(script.store)},`,
    `  tier: ${literal(manifest.families.find((one) => one.name === keys[0]?.family)?.tier)},`,
    `  deadline: ${literal(script.deadline)},`,
    `  retries: ${literal(script.retries)},`,
    "  keys: [",
    ...keys.map(
      ({ family, access }) =>
        `    { family: ${literal(family)}, access: ${literal(access)}, ttl: ${literal(ttlOf(family))} },`,
    ),
    "  ],",
    ...(args.length === 0
      ? ["  args: [],"]
      : ["  args: [", ...args.map((arg) => `    [${literal(arg.name)}, ${codecOf(arg, arg.name)}],`), "  ],"]),
    returns === null
      ? "  returns: undefined,"
      : `  returns: { codec: ${codecOf(returns, undefined)}, nullable: ${returns.nullable} },`,
    "  script: {",
    `    name: ${literal(name)},`,
    `    sha1: ${literal(script.sha1)},`,
    `    readOnly: ${script.flags.includes("no-writes")},`,
    `    source: ${templateLiteral(input.scripts.get(name) ?? "")},`,
    "  },",
    "};",
    "",
  ].join("\n");
}

/** ``Takes a seat. `take-seat.lua` · writes seats · reads topic · in one slot of room.`` */
export function factsOfScript({ purpose, file, keys, scope }: ManifestScript): string {
  const named = (access: string): string =>
    keys
      .filter((key) => key.access === access)
      .map(({ family }) => family)
      .join(", ");
  const facts = [`\`${file}\``];
  if (named("write") !== "") facts.push(`writes ${named("write")}`);
  if (named("read") !== "") facts.push(`reads ${named("read")}`);
  if (scope !== null) facts.push(`in one slot of ${scope}`);
  return commentText(`${purpose} ${facts.join(" · ")}.`);
}

export function resultType({ returns }: ManifestScript): string {
  return returns === null ? "void" : typeOf(returns);
}

/** The types of a script's key parameters, by name. */
export function keyFields({ keys }: ManifestScript, manifest: Manifest): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const { family } of keys) {
    const pattern = manifest.families.find((one) => one.name === family)?.pattern ?? "";
    for (const parameter of parsePattern(pattern).pattern.parameters) fields.set(parameter.name, parameter.codec.type);
  }
  return fields;
}

function keyInterface(script: ManifestScript, manifest: Manifest): string {
  const { name, parameters } = script;
  if (parameters.length === 0) return `export type ${pascalCase(name)}Key = NoKey;`;
  const texts = [...keyFields(script, manifest)].map(([field, type]) => `readonly ${field}: ${type}`);
  return bracketed(`export interface ${pascalCase(name)}Key {`, [texts.join("; ")], "}");
}

/** True where a service may write all that the script writes, and read the rest. */
export function mayCall(service: string, script: ManifestScript, manifest: Manifest): boolean {
  return script.keys.every(({ family: name, access }) => {
    const family = manifest.families.find((one) => one.name === name);
    const allowed = family === undefined ? undefined : accessOf(service, family);
    return access === "write" ? allowed === "write" : allowed !== undefined;
  });
}

function templateLiteral(text: string): string {
  return `\`${text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")}\``;
}
