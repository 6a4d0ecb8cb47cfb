/**
 * How the generated files on disk differ from what the schema gives.
 *
 * @module
 */
import { join } from "node:path";
import { createTwoFilesPatch } from "diff";
import type { Artifact } from "./artifact.js";
import { type Change, changesOf, read } from "./write.js";

export interface Drift extends Change {
  /** A unified diff from the file on disk to what the schema gives, for `patch -p1` in the folder of the files. */
  readonly diff: string;
}

/** Every file that generating would change. */
export function driftOf(folder: string, artifacts: readonly Artifact[]): Drift[] {
  const texts = new Map(artifacts.map(({ path, text }) => [path, text]));
  return changesOf(folder, artifacts).map(({ path, change }) => {
    const before = read(join(folder, path)) ?? "";
    const after = texts.get(path) ?? "";
    const from = change === "created" ? "/dev/null" : `a/${path}`;
    const to = change === "removed" ? "/dev/null" : `b/${path}`;
    const patch = createTwoFilesPatch(from, to, before, after, "", "", { context: 3 });
    // The first line is a rule that only separates patches.
    return { path, change, diff: patch.replace(/^=+\n/, "") };
  });
}
