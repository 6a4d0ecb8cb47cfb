/**
 * Reads the committed manifest: what every tool but the generator works from.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Manifest, manifestFormat } from "../schema/manifest.js";
import { LoadError, type LoadedConfig } from "./load.js";

/** @throws LoadError where there is none, or it is of another format */
export function loadManifest(config: LoadedConfig): Manifest {
  const file = join(config.out, "manifest.json");
  const again = "Run keywright generate.";
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new LoadError(`there is no ${file}`, again);
  }
  let manifest: Partial<Manifest> | null;
  try {
    manifest = JSON.parse(text) as Partial<Manifest> | null;
  } catch {
    throw new LoadError(`${file} is no JSON`, again);
  }
  if (manifest?.keywright !== manifestFormat || !Array.isArray(manifest.families)) {
    throw new LoadError(`${file} is no manifest of the format ${manifestFormat}`, again);
  }
  return manifest as Manifest;
}
