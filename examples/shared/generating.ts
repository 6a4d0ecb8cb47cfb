/** What `npx keywright generate` does, in this process. */
import { basename, dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { problemText } from "../../src/cli/problem-text.js";
import { generate } from "../../src/codegen/generate.js";
import { loadConfig } from "../../src/codegen/load.js";
import { writeArtifacts } from "../../src/codegen/write.js";
import { Unexpected } from "./expecting.js";
import { heading, milliseconds, result } from "./printing.js";

/** `example` is the example's directory, with a final slash. */
export async function generating(example: URL): Promise<void> {
  heading("0 Generate");
  const began = performance.now();
  const config = await loadConfig(fileURLToPath(new URL("keywright.config.ts", example)));
  const generated = await generate(config);
  if (!generated.ok) throw new Unexpected(problemText(generated.problems, config.schema, process.stderr));
  const written = writeArtifacts(config.out, generated.artifacts);
  const what = written.length === 0 ? "up to date" : `${written.map(({ path }) => path).join(", ")} written`;
  const files = `${basename(config.schema)} → ${relative(dirname(config.schema), config.out)}`;
  result(`${generated.families} families, ${files}: ${what} (${milliseconds(performance.now() - began)})`);
}
