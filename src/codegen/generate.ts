/**
 * From a schema file to its artefacts: load, build the manifest, hold it against the rules, emit.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { findingsOf } from "../rules/findings.js";
import type { Finding } from "../rules/rule.js";
import { buildManifest } from "../schema/build-manifest.js";
import type { FamilyDeclaration } from "../schema/family.js";
import { isKeyspace, type Keyspace } from "../schema/keyspace.js";
import type { Manifest } from "../schema/manifest.js";
import { schemaHash } from "../schema/moves/index.js";
import type { SchemaProblem } from "../schema/problem.js";
import type { ScriptDeclaration } from "../schema/script.js";
import type { Artifact } from "./artifact.js";
import { artifactsOf } from "./artifacts.js";
import { brokenSince, manifestOnDisk } from "./committed.js";
import { LoadError, type LoadedConfig, loadSchema, schemaImport } from "./load.js";
import { subsetOf } from "./subset.js";

/** What a schema gives, and all that is to be said about it. */
export interface Inspected {
  /** Errors first. */
  readonly findings: readonly Finding[];
  /** undefined where the schema cannot be read as a whole, or its names clash. */
  readonly artifacts: readonly Artifact[] | undefined;
  readonly families: number;
  /** The whole keyspace, of which the artifacts may be a part; undefined where it cannot be read as a whole. */
  readonly manifest: Manifest | undefined;
  /** Says where a finding of later is. */
  readonly located: (finding: Finding) => Finding;
  /** The files that declare it, in included packages too, and the Lua of its scripts. */
  readonly sources: readonly string[];
}

export type Generated = { readonly sources: readonly string[] } & (
  | {
      readonly ok: true;
      readonly artifacts: readonly Artifact[];
      readonly families: number;
      readonly warnings: readonly Finding[];
    }
  /** A schema with an error generates nothing; the warnings are told beside the errors. */
  | { readonly ok: false; readonly problems: readonly Finding[]; readonly breaking: boolean }
);

/** What the person at the command line says beside the schema. */
export interface Told {
  /** Families and patterns that have no live keys, so that their keys may change without a move. */
  readonly withoutKeys?: readonly string[];
  /** The day that windows of moves are held against; today where it is left out. */
  readonly today?: string;
}

/** A family that is declared and exported, but that nobody would generate or hold against the others. */
function notListed([name, family]: [string, FamilyDeclaration]): SchemaProblem {
  return {
    id: "unlisted-family",
    family: name,
    field: "families",
    message: `"${name}" is exported, but the keyspace does not list it`,
    fix: "Add it to keyspace({ families }), or do not export it.",
    ...(family.at === undefined ? {} : { at: family.at }),
  };
}

/** A script's file lies beside the file that declares it. */
function scriptFile({ file, at }: ScriptDeclaration): string | undefined {
  return at === undefined ? undefined : resolve(dirname(at.file), file);
}

function readScriptFile(script: ScriptDeclaration): string {
  const file = scriptFile(script);
  if (file === undefined) throw new Error("nobody knows which file declares it");
  return readFileSync(file, "utf8");
}

/** Every file in which a part of the keyspace is declared. */
function sourcesOf({ at, families, scripts, include }: Keyspace): string[] {
  const declared = [...Object.values(families), ...Object.values(scripts)].map((one) => one?.at?.file);
  const lua = Object.values(scripts).map((one) => (typeof one?.file === "string" ? scriptFile(one) : undefined));
  const files = [at?.file, ...declared, ...lua].filter((file) => file !== undefined);
  return [...new Set([...files, ...include.filter(isKeyspace).flatMap(sourcesOf)])];
}

/** What the services of the config use. */
function partOf(manifest: Manifest, services: readonly string[]): Manifest {
  const unknown = services.find((service) => !manifest.services.includes(service));
  if (unknown !== undefined) {
    throw new LoadError(
      `the config asks for the service "${unknown}", which the schema does not know`,
      `Use one of ${manifest.services.join(", ")}.`,
    );
  }
  const part = subsetOf(manifest, services);
  if (part.families.length > 0) return part;
  throw new LoadError(
    `the config asks for ${services.join(" and ")}, and no family names it as a reader or writer`,
    "Name it in the schema, or leave service out of the config.",
  );
}

/**
 * Reads a schema to its end: what it would generate, and every finding. Touches no file.
 *
 * @param today the day that windows of moves are held against; today where it is left out
 */
export async function inspect(config: LoadedConfig, today?: string): Promise<Inspected> {
  const { keyspace, unlisted } = await loadSchema(config.schema);
  const built = buildManifest(keyspace, readScriptFile);
  const located = <P extends SchemaProblem>(problem: P): P => {
    const at = built.locations.get(problem.family ?? problem.field) ?? keyspace.at;
    return problem.at !== undefined || at === undefined ? problem : { ...problem, at };
  };
  const asError = (problem: SchemaProblem): Finding => ({ ...located(problem), severity: "error" });
  const unreadable = [...built.problems, ...[...unlisted].map(notListed)].map(asError);
  const found = findingsOf(built.sound, built.manifest !== undefined, today).map(located);
  const manifest =
    built.manifest && (config.services === undefined ? built.manifest : partOf(built.manifest, config.services));
  const emitted =
    manifest === undefined
      ? undefined
      : artifactsOf(manifest, {
          shapes: built.shapes,
          scripts: built.scripts,
          schema: relative(config.out, config.schema).split(sep).join("/"),
          schemaImport: schemaImport(config.out, config.schema),
          schemaHash: schemaHash(built.sound),
          library: "keywright",
        });
  const clashes = emitted?.problems ?? [];
  const all = [...unreadable, ...clashes.map(asError), ...found];
  const findings = (["error", "warning"] as const).flatMap((severity) =>
    all.filter((finding) => finding.severity === severity),
  );
  return {
    findings,
    artifacts: clashes.length > 0 ? undefined : emitted?.artifacts,
    families: (manifest ?? built.sound).families.length,
    manifest: built.manifest,
    located,
    sources: sourcesOf(keyspace),
  };
}

/** Emits the artefacts of a config, or tells every problem of its schema, and what would lose live keys. Touches no file. */
export async function generate(config: LoadedConfig, { withoutKeys = [], today }: Told = {}): Promise<Generated> {
  const { findings, artifacts, families, sources, manifest, located } = await inspect(config, today);
  const errors = findings.some(({ severity }) => severity === "error");
  if (errors || artifacts === undefined) return { ok: false, problems: findings, breaking: false, sources };
  const broken = brokenSince(manifestOnDisk(config), manifest, withoutKeys).map(located);
  if (broken.length > 0) return { ok: false, problems: broken, breaking: true, sources };
  return { ok: true, artifacts, families, warnings: findings, sources };
}
