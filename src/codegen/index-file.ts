/**
 * Emits the index: `Repositories`, `createRepositories`, what each service may use, and the handles of the tag scopes.
 *
 * @module
 */
import { serviceOf } from "../schema/documentation.js";
import type { Manifest, ManifestFamily, ManifestScope } from "../schema/manifest.js";
import { parsePattern } from "../schema/patterns/index.js";
import { formatDuration } from "../schema/ttl.js";
import { type Access, accessOf } from "./access.js";
import { type Artifact, typescriptFile } from "./artifact.js";
import { docComment } from "./doc-comment.js";
import { importLine } from "./domain-file.js";
import { domainFileName, type EmitInput, type FamilyCode, memberComment } from "./family-code.js";
import { commentText, literal, pascalCase, propertyName } from "./literal.js";
import { member } from "./member.js";
import { isKeptOut } from "./moving-code.js";
import { scriptMember, scriptPlan, scriptsOf } from "./script-members.js";
import { factsOfScript, mayCall } from "./scripts-file.js";

/** A parameter list as a type; `NoKey` where it is empty. */
function keyType(family: ManifestFamily | ManifestScope, names: readonly string[]): string {
  const text = "pattern" in family ? family.pattern : family.tag;
  const fields = parsePattern(text)
    .pattern.parameters.filter(({ name }) => names.includes(name))
    .map(({ name, codec }) => `readonly ${name}: ${codec.type}`);
  return fields.length === 0 ? "NoKey" : `{ ${fields.join("; ")} }`;
}

interface ScopeMember {
  readonly code: FamilyCode;
  /** Parameters that the scope leaves open. */
  readonly open: readonly string[];
}

/** The families of a scope that its transactions can hold; one that moves has keys of other slots too. */
function membersOf(scope: ManifestScope, codes: readonly FamilyCode[]): ScopeMember[] {
  const fixed = scope.parameters.map(({ name }) => name);
  return codes
    .filter(({ family }) => isOf(scope, family) && !isKeptOut(family))
    .map((code) => ({
      code,
      open: code.family.parameters.map(({ name }) => name).filter((name) => !fixed.includes(name)),
    }));
}

function isOf(scope: ManifestScope, { tag }: ManifestFamily): boolean {
  return "scope" in tag && tag.scope === scope.name;
}

/** Says in a transaction which families of the scope it leaves out, and why. */
function keptOutComment(scope: ManifestScope, codes: readonly FamilyCode[]): string[] {
  const out = codes.filter(({ family }) => isOf(scope, family) && isKeptOut(family)).map(({ family }) => family.name);
  if (out.length === 0) return [];
  return [`  // Left out while it moves, since two keys in two slots cannot change in one step: ${out.join(", ")}.`];
}

function why(service: string, family: ManifestFamily): string {
  return `${service} only reads ${family.name}; it is written by ${family.writers.map(serviceOf).join(", ")}`;
}

function scopeSection(scope: ManifestScope, codes: readonly FamilyCode[], manifest: Manifest): string[] {
  const pascal = pascalCase(scope.name);
  return [
    `/** Parameters of \`${commentText(scope.tag)}\`. */`,
    `export type ${pascal}ScopeKey = ${keyType(
      scope,
      scope.parameters.map(({ name }) => name),
    )};`,
    "",
    `/** What a transaction on \`${commentText(scope.tag)}\` is made of: ${commentText(scope.because)}. */`,
    `export interface ${pascal}Transaction {`,
    ...keptOutComment(scope, codes),
    ...membersOf(scope, codes).map(({ code, open }) => {
      const rest = open.length === 0 ? "" : `, ${keyType(code.family, open)}`;
      return `${memberComment(code.family, "  ")}\n  readonly ${code.family.name}: InTransaction<${code.plans}${rest}>;`;
    }),
    ...scriptsOf(scope, manifest).map(
      (script) => `${docComment([factsOfScript(script)], "  ")}\n  ${scriptPlan(script, scope, manifest)}`,
    ),
    "}",
    "",
  ];
}

function scopeMember(scope: ManifestScope, transaction: string): string[] {
  const parameters = scope.parameters.length === 0 ? "" : `scope: ${pascalCase(scope.name)}ScopeKey`;
  return [
    `  /** Everything of one \`${commentText(scope.tag)}\`, in one slot. */`,
    `  ${scope.name}(${parameters}): Scope<${transaction}>;`,
  ];
}

/** `ValueReader` */
export function readerOf({ repository }: FamilyCode): string {
  return repository.replace(/Repository$/, "Reader");
}

/** A service's member of a family: its repository, or what a reader has of it. */
function familyMember(code: FamilyCode, access: Access, service: string): string {
  const { family } = code;
  if (access === "write") return `    readonly ${family.name}: ${pascalCase(family.name)}Repository;`;
  const types = [JSON.stringify(why(service, family)), ...code.typeArguments];
  return member(family.name, readerOf(code), types, "    ");
}

/** `ValueTransactionReader` */
export function transactionReaderOf({ repository }: FamilyCode): string {
  return repository.replace(/Repository$/, "TransactionReader");
}

/** The same within a transaction of a scope. */
function transactionMember(scoped: ScopeMember, access: Access, service: string, transaction: string): string {
  const { code, open } = scoped;
  const { name } = code.family;
  if (access === "write") return `      readonly ${name}: ${transaction}["${name}"];`;
  const [, planArguments] = /<(.*)>$/.exec(code.plans) ?? [];
  const types = [JSON.stringify(why(service, code.family)), keyType(code.family, open)];
  // What a write takes is nothing to a reader.
  if (planArguments !== undefined) types.push(planArguments.replace(/, "perCall"$/, ""));
  return member(name, transactionReaderOf(code), types, "      ");
}

function serviceSection(service: string, manifest: Manifest, codes: readonly FamilyCode[]): string[] {
  const lines: string[] = [];
  for (const code of codes) {
    const access = accessOf(service, code.family);
    if (access === undefined) continue;
    lines.push(memberComment(code.family, "    "), familyMember(code, access, service));
  }
  for (const scope of manifest.scopes) {
    const members = membersOf(scope, codes).filter(({ code }) => accessOf(service, code.family) !== undefined);
    if (members.length === 0) continue;
    const pascal = pascalCase(scope.name);
    const all = members.length === membersOf(scope, codes).length;
    if (all && members.every(({ code }) => accessOf(service, code.family) === "write")) {
      lines.push(...scopeMember(scope, `${pascal}Transaction`).map((line) => `  ${line}`));
      continue;
    }
    const parts = members.map((each) => {
      const access = accessOf(service, each.code.family) as Access;
      return transactionMember(each, access, service, `${pascal}Transaction`);
    });
    for (const script of scriptsOf(scope, manifest)) {
      if (mayCall(service, script, manifest)) parts.push(`      ${scriptPlan(script, scope, manifest)}`);
    }
    lines.push(...scopeMember(scope, `{\n${parts.join("\n")}\n    }`).map((line) => `  ${line}`));
  }
  for (const script of manifest.scripts ?? []) {
    if (mayCall(service, script, manifest)) lines.push(...scriptMember(script, "    "));
  }
  const name = propertyName(service);
  if (lines.length > 0) return [`  readonly ${name}: Stores & {`, ...lines, "  };"];
  return ["  /** It neither writes nor reads a family. */", `  readonly ${name}: Stores;`];
}

/** Start-up TTLs by name, with their default and maximum in words. */
function startUpTtls(manifest: Manifest): [name: string, words: string][] {
  const names = new Map<string, string>();
  for (const { name, ttl } of manifest.families) {
    if (ttl.kind !== "config") continue;
    const words = `${name}: ${formatDuration(ttl.default)}, at most ${formatDuration(ttl.max)}`;
    const before = names.get(ttl.name);
    names.set(ttl.name, before === undefined ? words : `${before}; ${words}`);
  }
  return [...names].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `, as chat and gateway use it` */
export function subsetWords({ subset }: Manifest): string {
  return subset === undefined
    ? ""
    : `, as far as ${subset.services.join(" and ")} ${subset.services.length === 1 ? "uses" : "use"} it`;
}

/** The service that a subset is of, where it is of one: what is left out then is not for others either. */
function onlyService({ subset }: Manifest): string | undefined {
  return subset?.services.length === 1 ? subset.services[0] : undefined;
}

/** The index of the generated files. */
export function indexFile(manifest: Manifest, codes: readonly FamilyCode[], input: EmitInput): Artifact {
  const files = new Map<string, FamilyCode[]>();
  for (const code of codes) {
    const file = domainFileName(code.family.domain);
    files.set(file, [...(files.get(file) ?? []), code]);
  }
  const byDomain = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  // An approved tag that no family has yet leads nowhere.
  const scopes = manifest.scopes.filter((scope) => membersOf(scope, codes).length > 0);
  const scoped = scopes.flatMap((scope) => membersOf(scope, codes).map(({ code }) => code));
  const everyone = manifest.services;
  const read = codes.filter(({ family }) => everyone.some((service) => accessOf(service, family) === "read"));
  const readInScopes = read.filter((code) => scoped.includes(code));
  // What a scope fixes as a whole has no key of its own in a reader's transaction.
  const wholeReads = scopes.some((scope) =>
    membersOf(scope, codes).some(({ code, open }) => open.length === 0 && read.includes(code)),
  );
  const only = onlyService(manifest);
  const noKey = scopes.some((scope) => scope.parameters.length === 0);

  const { scripts = [] } = manifest;
  const ttlNames = startUpTtls(manifest);
  const options = ttlNames.length === 0 ? "RuntimeOptions" : "Options";
  const imports = [
    importLine(
      [
        "assembleRepositories",
        "Runtime",
        "type Clients",
        "type RuntimeOptions",
        "type Stores",
        ...(scopes.length > 0 ? ["type InTransaction", "type Scope"] : []),
        ...(scopes.some((scope) => scriptsOf(scope, manifest).length > 0) ? ["type ScriptPlan"] : []),
        ...((manifest.scripts ?? []).length > 0 ? ["type ScriptFunction"] : []),
        ...read.map((code) => `type ${readerOf(code)}`),
        ...readInScopes.map((code) => `type ${transactionReaderOf(code)}`),
        ...(noKey || wholeReads ? ["type NoKey"] : []),
        ...scoped.map(({ plansImport }) => plansImport),
      ],
      input.library,
    ),
    ...byDomain.map(([file, members]) =>
      importLine(
        members.flatMap((code) => {
          const { name } = code.family;
          const pascal = pascalCase(name);
          const values = scoped.includes(code) || read.includes(code) ? code.valueTypes : [];
          const types = [`${pascal}Repository`, ...(read.includes(code) ? [`${pascal}Key`] : []), ...values];
          return [`${name}Repository`, ...types.map((type) => `type ${type}`)];
        }),
        `./${file}.js`,
      ),
    ),
  ];

  const scriptImports = scripts.flatMap(({ name, args }) => [
    `${name}Script`,
    `type ${pascalCase(name)}Key`,
    ...(args.length === 0 ? [] : [`type ${pascalCase(name)}Arguments`]),
  ]);
  if (scripts.length > 0) imports.push(importLine(scriptImports, "./scripts.js"));

  const body = [
    ...imports,
    "",
    ...byDomain.map(([file]) => `export * from "./${file}.js";`),
    ...(scripts.length === 0 ? [] : ['export * from "./scripts.js";']),
    "",
    ...scopes.flatMap((scope) => scopeSection(scope, codes, manifest)),
    `/** All repositories of ${manifest.name}${subsetWords(manifest)}. */`,
    "export interface Repositories extends Stores {",
    ...codes.flatMap(({ family }) => [
      memberComment(family, "  "),
      `  readonly ${family.name}: ${pascalCase(family.name)}Repository;`,
    ]),
    ...scopes.flatMap((scope) => scopeMember(scope, `${pascalCase(scope.name)}Transaction`)),
    ...scripts.flatMap((script) => scriptMember(script, "  ")),
    "}",
    "",
    "/** What each service may use: writers everything, readers what changes nothing. */",
    "export interface ServiceRepositories {",
    ...everyone.flatMap((service) => serviceSection(service, manifest, codes)),
    "}",
    "",
    "export type Service = keyof ServiceRepositories;",
    ...(ttlNames.length === 0
      ? []
      : [
          "",
          "/** TTLs that the schema leaves to start-up, each with its default. */",
          "export type StartUpTtl = {",
          ...ttlNames.map(([name, words]) => `  /** ${words} */\n  readonly ${propertyName(name)}?: string;`),
          "};",
          "",
          'export type Options = Omit<RuntimeOptions, "ttl"> & { readonly ttl?: StartUpTtl };',
        ]),
    "",
    "/**",
    " * Creates the repositories on a connected node-redis client, which stays the caller's to close.",
    " *",
    only === undefined
      ? " * With `{ service }` they offer what the schema allows that service, and nothing else."
      : ` * They offer what the schema allows ${commentText(only)}, and nothing else.`,
    " */",
    "export function createRepositories(",
    "  clients: Clients,",
    `  options?: ${options} & { readonly service?: undefined },`,
    only === undefined ? "): Repositories;" : `): ServiceRepositories[${JSON.stringify(only)}];`,
    "export function createRepositories<S extends Service>(",
    "  clients: Clients,",
    `  options: ${options} & { readonly service: S },`,
    "): ServiceRepositories[S];",
    "export function createRepositories(",
    "  clients: Clients,",
    `  options: ${options} & { readonly service?: Service | undefined } = {},`,
    "): Repositories | ServiceRepositories[Service] {",
    `  const runtime = new Runtime(clients, ${literal(manifest.stores)}, options);`,
    `  return assembleRepositories<Repositories>(runtime, options.service${only === undefined ? "" : ` ?? ${JSON.stringify(only)}`}, {`,
    "    families: {",
    ...codes.map(({ family }) => `      ${family.name}: ${family.name}Repository(runtime),`),
    "    },",
    "    scopes: {",
    ...scopes.flatMap((scope) => [
      `      ${scope.name}: {`,
      ...membersOf(scope, codes).map(({ code, open }) => `        ${code.family.name}: ${JSON.stringify(open)},`),
      "      },",
    ]),
    "    },",
    ...(scripts.length === 0
      ? []
      : ["    scripts: {", ...scripts.map(({ name }) => `      ${name}: ${name}Script,`), "    },"]),
    ...(manifest.prefixes === undefined
      ? []
      : [
          "    prefixes: {",
          ...manifest.prefixes.map(({ name, pattern }) => `      ${name}: ${JSON.stringify(pattern)},`),
          "    },",
        ]),
    ...(codes.every(({ family }) => family.moved === undefined)
      ? []
      : [
          "    // What the instances of a fleet have in common, whichever phase they run.",
          `    moves: { keyspace: ${literal(manifest.name)}, schema: ${literal(input.schemaHash)} },`,
        ]),
    "    access: {",
    ...everyone.flatMap((service) => [
      `      ${propertyName(service)}: {`,
      ...codes.flatMap(({ family }) => {
        const access = accessOf(service, family);
        return access === undefined ? [] : [`        ${family.name}: ${JSON.stringify(access)},`];
      }),
      "      },",
    ]),
    "    },",
    "  });",
    "}",
    "",
  ].join("\n");
  return typescriptFile("index.ts", input.schema, body);
}
