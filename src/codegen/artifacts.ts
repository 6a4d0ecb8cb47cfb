/**
 * All generated files of a keyspace. Pure: the same manifest gives the same bytes on any machine.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import type { SchemaProblem } from "../schema/problem.js";
import { type Artifact, jsonFile } from "./artifact.js";
import { domainFile } from "./domain-file.js";
import { domainFileName, type EmitInput, familyCode } from "./family-code.js";
import { indexFile } from "./index-file.js";
import { inventoryFile } from "./inventory-file.js";
import { pascalCase } from "./literal.js";
import { nameClashes } from "./names.js";
import { scriptsFiles } from "./scripts-file.js";

/** The names that a family takes whatever it stores. */
function namesOf(family: string): string[] {
  const pascal = pascalCase(family);
  return [pascal, `${pascal}Key`, `${pascal}Repository`, `${pascal}Member`, `${pascal}Arguments`];
}

/** All files, or why the schema's names cannot be those of TypeScript. */
export function artifactsOf(
  manifest: Manifest,
  files: Omit<EmitInput, "taken">,
): { readonly artifacts: readonly Artifact[]; readonly problems: readonly SchemaProblem[] } {
  const input: EmitInput = {
    ...files,
    taken: new Set([...manifest.families, ...(manifest.scripts ?? [])].flatMap(({ name }) => namesOf(name))),
  };
  const codes = manifest.families.map((family) => familyCode(family, input));
  const problems = nameClashes(manifest, codes);
  if (problems.length > 0) return { artifacts: [], problems };
  const domains = [...new Set(manifest.families.map(({ domain }) => domainFileName(domain)))].sort();
  const artifacts = [
    ...domains.map((file) =>
      domainFile(
        file,
        codes.filter(({ family }) => domainFileName(family.domain) === file),
        input,
      ),
    ),
    ...scriptsFiles(manifest, input),
    indexFile(manifest, codes, input),
    jsonFile("manifest.json", input.schema, manifest),
    inventoryFile(manifest, input.schema),
  ];
  return { artifacts, problems: [] };
}
