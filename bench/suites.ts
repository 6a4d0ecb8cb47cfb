/**
 * Finds the suites: the files of `suites/`.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { GrowthSuite, Suite } from "./suite.js";

const folder = join(dirname(fileURLToPath(import.meta.url)), "suites");
const ending = /\.[jt]s$/;

export async function suiteNames(): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => ending.test(file))
    .map((file) => file.replace(ending, ""))
    .sort();
}

/** Loads one suite by its file's name. */
export async function loadSuite(name: string): Promise<Suite | GrowthSuite> {
  const file = (await readdir(folder)).find((each) => ending.test(each) && each.replace(ending, "") === name);
  if (file === undefined) throw new Error(`there is no suite "${name}"`);
  return ((await import(pathToFileURL(join(folder, file)).href)) as { readonly default: Suite | GrowthSuite }).default;
}
