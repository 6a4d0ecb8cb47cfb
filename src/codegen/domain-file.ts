/**
 * Emits one TypeScript file a domain.
 *
 * @module
 */
import { type Artifact, typescriptFile } from "./artifact.js";
import { domainFileName, type EmitInput, type FamilyCode } from "./family-code.js";
import { bracketed } from "./literal.js";

/** `import { a, type B } from "x";`, sorted by name. */
export function importLine(names: readonly string[], from: string): string {
  const bare = (name: string): string => name.replace(/^type /, "");
  const unique = [...new Set(names)].sort((a, b) => {
    const [x, y] = [bare(a).toLowerCase(), bare(b).toLowerCase()];
    return x < y ? -1 : x > y ? 1 : 0;
  });
  return bracketed("import {", unique, `} from ${JSON.stringify(from)};`);
}

/** The file of one domain. */
export function domainFile(domain: string, codes: readonly FamilyCode[], input: EmitInput): Artifact {
  const lines = [
    importLine(
      codes.flatMap(({ imports }) => imports),
      input.library,
    ),
  ];
  if (codes.some(({ usesSchema }) => usesSchema))
    lines.push(`import keyspace from ${JSON.stringify(input.schemaImport)};`);
  const body = `${lines.join("\n")}\n\n${codes.map(({ text }) => text).join("\n\n")}\n`;
  return typescriptFile(`${domainFileName(domain)}.ts`, input.schema, body);
}
