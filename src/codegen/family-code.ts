/**
 * Emits the code of one family: its key and value types, its literal, and its repository class.
 *
 * @module
 */

import type { ManifestFamily } from "../schema/manifest.js";
import { parsePattern } from "../schema/patterns/index.js";
import { shapeKey } from "../schema/read-values.js";
import { describeTtl } from "../schema/ttl.js";
import type { Shape } from "../schema/values/shape.js";
import { emitters } from "./kinds/index.js";
import { bracketed, commentText, literal, pascalCase } from "./literal.js";
import { valueType } from "./value-type.js";

/** What an emitter works from. */
export interface EmitInput {
  readonly shapes: ReadonlyMap<string, Shape>;
  /** The texts of the team's own scripts, by name. */
  readonly scripts: ReadonlyMap<string, string>;
  /** The schema's path for headers, relative to the config. */
  readonly schema: string;
  /** The schema's module as the generated files import it. */
  readonly schemaImport: string;
  /** Names of types that the generated files declare, so that no two are the same. */
  readonly taken: Set<string>;
  /** The package that generated code imports. */
  readonly library: string;
}

/** The file's name of a domain, without its ending. */
export function domainFileName(domain: string): string {
  const name = domain
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return ["", "index", "scripts"].includes(name) ? `${name}keys` : name;
}

/** `writers chat, legacy-api (go)` */
function writersText(family: ManifestFamily): string {
  return family.writers
    .map((writer) => (typeof writer === "string" ? writer : `${writer.service} (${writer.foreign})`))
    .join(", ");
}

/** The facts of a family in one line: pattern, type, TTL, wire, who. */
export function factsOf(family: ManifestFamily): string {
  const facts = [
    `\`${family.pattern}\``,
    family.redisType,
    describeTtl(family.ttl),
    ...(family.summary === "" ? [] : [family.summary]),
    ...family.values.map(({ wire }) => wire).filter((wire, i, all) => all.indexOf(wire) === i),
    `${family.tier}, ${family.deadline} ms`,
    `owner ${family.owner}`,
    `writers ${writersText(family)}`,
  ];
  if (family.readers.length > 0) facts.push(`readers ${family.readers.join(", ")}`);
  return commentText(facts.join(" · "));
}

/** Breaks a text into comment lines of at most `width`. */
function wrapped(text: string, width = 116): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines;
}

function docComment(paragraphs: readonly string[]): string {
  const lines = paragraphs.flatMap((paragraph, i) => (i === 0 ? wrapped(paragraph) : ["", ...wrapped(paragraph)]));
  if (lines.length === 1) return `/** ${lines[0]} */`;
  return ["/**", ...lines.map((line) => (line === "" ? " *" : ` * ${line}`)), " */"].join("\n");
}

/** The key's interface and its function. */
function keyCode(family: ManifestFamily): { type: string; key: string; imports: string[] } {
  const { pattern } = parsePattern(family.pattern);
  const name = `${pascalCase(family.name)}Key`;
  if (pattern.parameters.length === 0) {
    return {
      type: `export type ${name} = NoKey;`,
      key: `() => ${JSON.stringify(family.pattern)}`,
      imports: ["type NoKey"],
    };
  }
  const fields = pattern.parameters.map(({ name: field, codec }) => `readonly ${field}: ${codec.type}`);
  const text = pattern.segments
    .map((segment) =>
      "literal" in segment
        ? segment.literal.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")
        : `\${${segment.parameter.codec.emit(`k.${segment.parameter.name}`)}}`,
    )
    .join("");
  return {
    type: bracketed(`export interface ${name} {`, [fields.join("; ")], "}"),
    key: `(k) => \`${text}\``,
    imports: pattern.parameters.map(({ codec }) => codec.calls),
  };
}

/** The code of one family, and what the index needs of it. */
export interface FamilyCode {
  readonly family: ManifestFamily;
  readonly text: string;
  readonly imports: readonly string[];
  /** True where it compiles a codec from the schema's module. */
  readonly usesSchema: boolean;
  /** What its transactions are made of, e.g. `ValuePlans<UserLocation>`, and the import of that. */
  readonly plans: string;
  readonly plansImport: string;
  /** Interfaces that the plans name, declared in the domain's file. */
  readonly valueTypes: readonly string[];
}

/** All code of one family. */
export function familyCode(family: ManifestFamily, input: EmitInput): FamilyCode {
  const emitter = emitters[family.kind];
  if (emitter === undefined) throw new Error(`no emitter for the kind ${family.kind}`);
  const pascal = pascalCase(family.name);
  const declarations: string[] = [];
  const valueTypes: string[] = [];
  let usesSchema = false;
  const code = emitter.emit(family, {
    pascal,
    type(field, name) {
      const shape = input.shapes.get(shapeKey(family.name, field));
      if (shape === undefined) return "unknown";
      const { declarations: own, type } = valueType(shape, { name, taken: input.taken });
      if (own.length > 0) valueTypes.push(name);
      const wire = family.values.find((value) => value.field === field);
      const because = wire?.because == null ? "" : `, since ${commentText(wire.because)}`;
      own.forEach((declaration, i) => {
        declarations.push(
          i === 0 ? `/** What \`${family.name}\` stores, as ${wire?.wire}${because}. */\n${declaration}` : declaration,
        );
      });
      return type;
    },
    codec(field) {
      usesSchema = true;
      const wire = family.values.find((value) => value.field === field)?.wire;
      return `codec(keyspace.families.${family.name}.schemas.${field}, ${JSON.stringify(wire)})`;
    },
  });
  const key = keyCode(family);
  const base = [`${pascal}Key`, ...code.typeArguments].join(", ");
  const fields: readonly (readonly [string, string])[] = [
    ["name", literal(family.name)],
    ["kind", literal(family.kind)],
    ["pattern", literal(family.pattern)],
    ["store", literal(family.store)],
    ["tier", literal(family.tier)],
    ["deadline", literal(family.deadline)],
    ["tagged", literal("scope" in family.tag)],
    ...(family.shared === undefined ? [] : ([["shared", "true"]] as const)),
    ...code.fields,
  ];
  const companions = family.companions.map(
    (companion) =>
      `Beside it \`${companion.pattern}\` · ${companion.redisType} · ${describeTtl(companion.ttl)}: ${companion.purpose}`,
  );
  const text = [
    ...declarations.flatMap((declaration) => [declaration, ""]),
    key.type,
    "",
    `const ${family.name}Family: ${code.family} = {`,
    ...fields.map(([name, value]) => `  ${name}: ${value},`),
    "};",
    "",
    docComment([
      commentText(family.purpose),
      factsOf(family),
      ...companions.map(commentText),
      ...(family.shared === undefined ? [] : [commentText(`Shared, takes no prefix: ${family.shared}.`)]),
      ...(family.notes === null ? [] : [commentText(family.notes)]),
    ]),
    `export class ${pascal}Repository extends ${code.repository}<${base}> {`,
    "  constructor(runtime: Runtime) {",
    constructorCall(family.name, key.key),
    "  }",
    "}",
  ].join("\n");
  return {
    family,
    text,
    imports: ["type Runtime", ...code.imports, ...key.imports],
    usesSchema,
    plans: code.plans,
    plansImport: `type ${code.plans.replace(/<.*/, "")}`,
    valueTypes,
  };
}

function constructorCall(name: string, key: string): string {
  const line = `    super(runtime, ${name}Family, ${key});`;
  if (line.length <= 120) return line;
  return `    super(\n      runtime,\n      ${name}Family,\n      ${key},\n    );`;
}
