/**
 * All generated files of a keyspace. Pure: the same manifest gives the same bytes on any machine.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import { type Artifact, jsonFile } from "./artifact.js";
import { domainFile } from "./domain-file.js";
import { domainFileName, type EmitInput, familyCode } from "./family-code.js";
import { indexFile } from "./index-file.js";
import { inventoryFile } from "./inventory-file.js";

export function artifactsOf(manifest: Manifest, input: EmitInput): Artifact[] {
  const codes = manifest.families.map((family) => familyCode(family, input));
  const files = [...new Set(manifest.families.map(({ domain }) => domainFileName(domain)))].sort();
  return [
    ...files.map((file) =>
      domainFile(
        file,
        codes.filter(({ family }) => domainFileName(family.domain) === file),
        input,
      ),
    ),
    indexFile(manifest, codes, input),
    jsonFile("manifest.json", input.schema, manifest),
    inventoryFile(manifest, input.schema),
  ];
}
