/**
 * Emits the code of one family: its key and value types, its literal, and its repository.
 *
 * @module
 */

import type { ManifestFamily } from "../schema/manifest.js";
import { parsePattern } from "../schema/patterns/index.js";
import { describeRetries } from "../schema/profile.js";
import { shapeKey } from "../schema/read-values.js";
import { describeTtl } from "../schema/ttl.js";
import type { Shape } from "../schema/values/shape.js";
import { describeWhenDown } from "../schema/when-down.js";
import { docComment } from "./doc-comment.js";
import { encodedOf, keyTemplate } from "./key-template.js";
import { emitters } from "./kinds/index.js";
import { bracketed, commentText, literal, pascalCase } from "./literal.js";
import { moveComment, movedLiteral, movingType } from "./moving-code.js";
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
  /** Of the whole keyspace, whatever the phases of its moves. */
  readonly schemaHash: string;
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
  const wires = [...new Set(family.values.map(({ wire }) => wire))];
  const facts = [
    `\`${family.pattern}\``,
    family.redisType,
    `TTL ${describeTtl(family.ttl)}`,
    ...(family.summary === "" ? [] : [family.summary]),
    ...(wires.length === 0 ? [] : [`wire ${wires.join(", ")}`]),
    `tier ${family.tier}, deadline ${family.deadline} ms, ${describeRetries(family.retries)}, ${describeWhenDown(family.whenDown)}`,
    `owner ${family.owner}`,
    `writers ${writersText(family)}`,
  ];
  if (family.readers.length > 0) facts.push(`readers ${family.readers.join(", ")}`);
  return commentText(facts.join(" · "));
}

/** What an editor shows on a family's member: purpose, pattern, TTL and owner. */
export function memberComment(family: ManifestFamily, indent: string): string {
  const facts = `\`${family.pattern}\` · TTL ${describeTtl(family.ttl)} · owner ${family.owner}`;
  return docComment([commentText(`${family.purpose} ${facts}`)], indent);
}

/** How prose names a wire. */
function wireText(wire: string | undefined): string {
  if (wire === "json") return "JSON";
  return wire === "plain" ? "plain JSON" : String(wire);
}

/** What a declared type is to its family: the value itself, an item of a list, … */
function roleText(family: ManifestFamily, field: string): string {
  if (field === "value") return `What \`${family.name}\` stores,`;
  return `${/^[aeiou]/.test(field) ? "An" : "A"} ${field} of \`${family.name}\`, stored`;
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
  return {
    type: bracketed(`export interface ${name} {`, [fields.join("; ")], "}"),
    key: `(k) => ${keyTemplate(pattern, encodedOf)}`,
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
  /** The library's class of its repository, e.g. `ValueRepository`, and the type arguments. */
  readonly repository: string;
  readonly typeArguments: readonly string[];
  /** What its transactions are made of, e.g. `ValuePlans<UserLocation>`, and the import of that. */
  readonly plans: string;
  readonly plansImport: string;
  /** Interfaces that the type arguments and the plans name, declared in the domain's file. */
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
        if (i > 0) declarations.push(declaration);
        else {
          const comment = `${roleText(family, field)} as ${wireText(wire?.wire)}${because}.`;
          declarations.push(`${docComment([comment])}\n${declaration}`);
        }
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
  const typeArguments = [`${pascal}Key`, ...code.typeArguments];
  const repository = `${code.repository}<${typeArguments.join(", ")}>`;
  const moving = movingType(family, repository);
  const fields: readonly (readonly [string, string])[] = [
    ["name", literal(family.name)],
    ["kind", literal(family.kind)],
    ["pattern", literal(family.pattern)],
    ["store", literal(family.store)],
    ["tier", literal(family.tier)],
    ["deadline", literal(family.deadline)],
    ["retries", literal(family.retries)],
    ["whenDown", literal(family.whenDown)],
    ["tagged", literal("scope" in family.tag)],
    ...(family.shared === undefined ? [] : ([["shared", "true"]] as const)),
    ...(family.staleReads === undefined ? [] : ([["staleReads", "true"]] as const)),
    ...(family.moved === undefined ? [] : ([["moved", movedLiteral(family.moved)]] as const)),
    ...code.fields,
  ];
  const companions = family.companions.map(
    (companion) =>
      `Beside it \`${companion.pattern}\` · ${companion.redisType} · TTL ${describeTtl(companion.ttl)}: ${companion.purpose}`,
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
      ...(family.staleReads === undefined
        ? []
        : [commentText(`Plain reads may go to a replica: ${family.staleReads}.`)]),
      ...(family.moved === undefined ? [] : [moveComment(family, family.moved)]),
      ...(family.notes === null ? [] : [commentText(family.notes)]),
    ]),
    `export type ${pascal}Repository = ${moving ?? repository};`,
    "",
    `export function ${family.name}Repository(runtime: Runtime): ${pascal}Repository {`,
    creation(repository, family.name, key.key, moving === undefined ? "" : ` as unknown as ${pascal}Repository`),
    "}",
  ].join("\n");
  return {
    family,
    text,
    imports: ["type Runtime", ...(moving === undefined ? [] : ["type Moving"]), ...code.imports, ...key.imports],
    usesSchema,
    repository: code.repository,
    typeArguments,
    plans: code.plans,
    plansImport: `type ${code.plans.replace(/<.*/, "")}`,
    valueTypes,
  };
}

/** `as` is how its type differs from what is made. */
function creation(repository: string, name: string, key: string, as: string): string {
  const line = `  return new ${repository}(runtime, ${name}Family, ${key})${as};`;
  if (line.length <= 120) return line;
  return `  return new ${repository}(\n    runtime,\n    ${name}Family,\n    ${key},\n  )${as};`;
}
