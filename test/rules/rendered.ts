import { dirname } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { problemText } from "../../src/cli/problem-text.js";
import type { Finding } from "../../src/rules/rule.js";

/** As a pipe shows it to somebody in the schema's folder. */
export function rendered(findings: readonly Finding[], schema: string): string {
  const before = process.cwd();
  process.chdir(dirname(schema));
  try {
    const pipe = { isTTY: false } as NodeJS.WriteStream;
    return stripVTControlCharacters(problemText(findings, schema, pipe));
  } finally {
    process.chdir(before);
  }
}
