/**
 * Writes the sources as plain JavaScript, as the published package holds them. A loader is no way to measure: it wraps
 * every function to keep its name, and compiles for another target. It also pins what is measured while somebody edits.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";

export const project = dirname(dirname(fileURLToPath(import.meta.url)));

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
};

async function transpile(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true, recursive: true });
  await Promise.all(
    entries.map(async (entry) => {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) return;
      const source = join(entry.parentPath, entry.name);
      const target = join(to, source.slice(from.length)).replace(/\.ts$/, ".js");
      await mkdir(dirname(target), { recursive: true });
      const { outputText } = ts.transpileModule(await readFile(source, "utf8"), { compilerOptions: options });
      await writeFile(target, outputText);
    }),
  );
}

/** Two builds side by side, and how to be rid of them. */
export interface Build {
  /** Holds `src` and `bench`. */
  readonly folder: string;
  /** The worker over the sources as they are. */
  readonly worker: string;
  /** The worker over the other sources. */
  readonly workerAgainst: string | undefined;
  remove(): Promise<void>;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function sourcesOf(against: string, folder: string): Promise<string> {
  if (await isFolder(join(against, "src"))) return join(against, "src");
  const archive = join(folder, "against.tar");
  const run = promisify(execFile);
  await run("git", ["-C", project, "archive", "--format=tar", "-o", archive, against, "src"]);
  await mkdir(join(folder, "against-source"));
  await run("tar", ["-xf", archive, "-C", join(folder, "against-source")]);
  return join(folder, "against-source", "src");
}

/** @param against a git ref, or a folder with `src` in it, whose sources are built beside ours under the same bench */
export async function build(against?: string): Promise<Build> {
  // Within the project, where the packages are found.
  await mkdir(join(project, ".results"), { recursive: true });
  const folder = await mkdtemp(join(project, ".results", "bench-build-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await transpile(join(project, "src"), join(folder, "src"));
    await transpile(join(project, "bench"), join(folder, "bench"));
    // The command line reads its version there.
    await copyFile(join(project, "package.json"), join(folder, "package.json"));
    let workerAgainst: string | undefined;
    if (against !== undefined) {
      await transpile(await sourcesOf(against, folder), join(folder, "against", "src"));
      await transpile(join(project, "bench"), join(folder, "against", "bench"));
      workerAgainst = join(folder, "against", "bench", "worker.js");
    }
    return { folder, worker: join(folder, "bench", "worker.js"), workerAgainst, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
