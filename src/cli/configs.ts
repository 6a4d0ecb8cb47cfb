/**
 * The configs of a command that takes several keyspaces.
 *
 * @module
 */
import { Option } from "commander";
import { type LoadedConfig, loadConfig } from "../codegen/load.js";

export function configOption(): Option {
  return new Option("-c, --config <files...>", "one config or several (default: keywright.config.ts in this folder)");
}

/** For keys that nobody has written yet. */
export function withoutKeysOption(): Option {
  return new Option("--without-keys <names...>", "families and retired patterns without live keys: they need no move");
}

/** All of them before the first is worked on, so that a name that is misspelt stops the command before anything is done. */
export async function loadConfigs(paths: readonly string[]): Promise<LoadedConfig[]> {
  const all: LoadedConfig[] = [];
  for (const path of paths.length === 0 ? [undefined] : paths) all.push(await loadConfig(path));
  return all;
}
