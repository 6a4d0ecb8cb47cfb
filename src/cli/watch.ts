/**
 * Watches what keyspaces are made of: the modules of their schemas, those of included packages, and the Lua of scripts.
 *
 * @module
 */
import { realpathSync } from "node:fs";
import { dirname, sep } from "node:path";
import { watch } from "chokidar";

const module = /\.(?:[mc]?[jt]sx?|lua|json)$/;

/** The folders, not the files alone: a schema imports modules beside it. A package that is installed does not change. */
function foldersOf(files: readonly string[]): string[] {
  const real = files.flatMap((file) => {
    try {
      return [dirname(realpathSync(file))];
    } catch {
      return [dirname(file)];
    }
  });
  return [...new Set(real)].filter((folder) => !folder.split(sep).includes("node_modules"));
}

/**
 * Calls `again` at every change, one call at a time; changes that come meanwhile are one more call. `again` returns the
 * files that it has read, whose folders are watched from then on.
 */
export function watchFiles(
  files: readonly string[],
  outputs: readonly string[],
  again: () => Promise<readonly string[]>,
  ready: () => void,
): void {
  const watcher = watch(foldersOf(files), {
    ignoreInitial: true,
    ignored: (path) =>
      path.split(sep).includes("node_modules") ||
      outputs.some((output) => path === output || path.startsWith(output + sep)),
    awaitWriteFinish: { stabilityThreshold: 50, pollInterval: 20 },
  });
  let running = false;
  let changed = false;
  const run = async (): Promise<void> => {
    changed = true;
    if (running) return;
    running = true;
    while (changed) {
      changed = false;
      watcher.add(foldersOf(await again()));
    }
    running = false;
  };
  watcher.on("all", (_event, path) => {
    if (module.test(path)) void run();
  });
  watcher.on("ready", ready);
}
