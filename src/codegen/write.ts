/**
 * Writes generated files: only those that differ, each in one step, and removes those that are generated no more.
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Artifact, generatedMark } from "./artifact.js";
import { LoadError } from "./load.js";

export type Change = { readonly path: string; readonly change: "created" | "updated" | "removed" };

/** The text of a file; undefined where it cannot be read. Git may check it out with the line ends of Windows: it is the same file. */
export function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replaceAll("\r\n", "\n");
  } catch {
    return undefined;
  }
}

/** True where a text begins as our files do; a mention of us further down makes nothing ours. */
function isGenerated(text: string): boolean {
  return [`// ${generatedMark} `, `<!-- ${generatedMark} `, `{\n  "generated": "${generatedMark} `].some((start) =>
    text.startsWith(start),
  );
}

/** Generated files in `folder`, not below it: another keyspace may have its folder there. */
function generatedFiles(folder: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch {
    return [];
  }
  return entries.filter((entry) => /\.(ts|md|json)$/.test(entry) && isGenerated(read(join(folder, entry)) ?? ""));
}

/** What would change in `folder`. */
export function changesOf(folder: string, artifacts: readonly Artifact[]): Change[] {
  const paths = new Set(artifacts.map(({ path }) => path));
  const changes: Change[] = [];
  for (const { path, text } of artifacts) {
    const before = read(join(folder, path));
    if (before !== text) changes.push({ path, change: before === undefined ? "created" : "updated" });
  }
  for (const path of generatedFiles(folder)) if (!paths.has(path)) changes.push({ path, change: "removed" });
  return changes;
}

/** Files that stand where a generated one belongs, and are not generated: they are not ours to overwrite. */
function filesOfYours(folder: string, artifacts: readonly Artifact[]): string[] {
  return artifacts
    .map(({ path }) => path)
    .filter((path) => {
      const before = read(join(folder, path));
      return before !== undefined && before.trim() !== "" && !isGenerated(before);
    });
}

/** @throws LoadError where a file of the user's stands where a generated one belongs */
export function refuseFilesOfYours(folder: string, artifacts: readonly Artifact[]): void {
  const yours = filesOfYours(folder, artifacts);
  if (yours.length === 0) return;
  throw new LoadError(
    `${yours.map((path) => join(folder, path)).join(", ")} would be overwritten, but is not generated`,
    "Move it away, or choose another folder for out.",
  );
}

/** Makes `folder` hold the artifacts; returns what was changed. */
export function writeArtifacts(folder: string, artifacts: readonly Artifact[]): Change[] {
  const changes = changesOf(folder, artifacts);
  const texts = new Map(artifacts.map(({ path, text }) => [path, text]));
  for (const { path, change } of changes) {
    const target = join(folder, path);
    if (change === "removed") {
      rmSync(target);
      continue;
    }
    mkdirSync(dirname(target), { recursive: true });
    // A reader, or a crash, finds the old file or the new one, never a part of one.
    const temporary = `${target}.${process.pid}.tmp`;
    writeFileSync(temporary, texts.get(path) as string);
    renameSync(temporary, target);
  }
  return changes;
}
