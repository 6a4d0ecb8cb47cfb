/**
 * Reads the committed manifest: what every tool but the generator works from.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Manifest, manifestFormat } from "../schema/manifest.js";
import { LoadError, type LoadedConfig } from "./load.js";

const again = "Run keywright generate.";

/** @throws LoadError where there is none, or it is of another format */
export function loadManifest(config: LoadedConfig): Manifest {
  const file = join(config.out, "manifest.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new LoadError(`there is no ${file}`, again);
  }
  return readManifest(text, file);
}

/**
 * Reads a manifest's text.
 *
 * @param file where it is from, for the error
 * @throws LoadError where it is no manifest, or of another format
 */
export function readManifest(text: string, file: string): Manifest {
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
