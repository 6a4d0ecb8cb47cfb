/**
 * A process of its own: reads one schema and times what `keywright generate` does with it, step by step. Prints JSON.
 *
 * @module
 */
import { artifactsOf } from "../../src/codegen/artifacts.js";
import { loadSchema } from "../../src/codegen/load.js";
import { findingsOf } from "../../src/rules/findings.js";
import { buildManifest } from "../../src/schema/build-manifest.js";

/** Milliseconds of CPU time of this process; on a busy machine they are steadier than those of the clock. */
export interface Phases {
  /** The modules bundled and evaluated; what esbuild does in its own process is not counted. */
  readonly load: number;
  /** Patterns parsed and proved unambiguous, values looked into, the manifest. */
  readonly build: number;
  /** No key belongs to two families. */
  readonly proof: number;
  /** The texts of the generated files. */
  readonly emit: number;
  readonly families: number;
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const began = cpu();
const { keyspace } = await loadSchema(process.argv[2] as string);
const loaded = cpu();
const { manifest, shapes, scripts, problems } = buildManifest(keyspace);
const built = cpu();
if (manifest === undefined)
  throw new Error(`the synthetic schema has problems: ${JSON.stringify(problems.slice(0, 3))}`);
const findings = findingsOf(manifest);
const proved = cpu();
if (findings.length > 0) throw new Error(`the synthetic schema has findings: ${JSON.stringify(findings.slice(0, 3))}`);
const files = {
  shapes,
  scripts,
  schema: "../redis.schema.ts",
  schemaHash: "",
  schemaImport: "../redis.schema.js",
  library: "keywright",
};
const { artifacts } = artifactsOf(manifest, files);
const emitted = cpu();
if (artifacts.length === 0) throw new Error("nothing was generated");
const phases: Phases = {
  load: loaded - began,
  build: built - loaded,
  proof: proved - built,
  emit: emitted - proved,
  families: manifest.families.length,
};
console.log(JSON.stringify(phases));
