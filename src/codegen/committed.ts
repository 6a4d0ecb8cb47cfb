/**
 * The manifest that a schema is held against: the one on disk, or that of a git ref, and what changed since then that would
 * lose live keys.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { brokenMoves } from "../rules/breaking/moves.js";
import { byHand } from "../rules/breaking/phase-by-hand.js";
import type { Finding } from "../rules/rule.js";
import type { Manifest } from "../schema/manifest.js";
import { type Ledger, ledgerFile, ledgerOf } from "../schema/moves/index.js";
import { LoadError, type LoadedConfig } from "./load.js";
import { readManifest } from "./load-manifest.js";

const name = "manifest.json";

/** The manifest in the config's folder; undefined where nothing was generated yet. */
export function manifestOnDisk(config: LoadedConfig): Manifest | undefined {
  const file = join(config.out, name);
  return existsSync(file) ? readManifest(readFileSync(file, "utf8"), file) : undefined;
}

function git(folder: string, ...args: string[]): string | undefined {
  try {
    const stdio = ["ignore", "pipe", "ignore"] as const;
    return execFileSync("git", args, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28, stdio: [...stdio] });
  } catch {
    return undefined;
  }
}

/**
 * The manifest of a git ref, or of a file or a folder that holds it; undefined where the ref has none.
 *
 * @throws LoadError where there is no such ref, file or folder
 */
export function manifestOf(config: LoadedConfig, against: string, cwd = process.cwd()): Manifest | undefined {
  const path = resolve(cwd, against);
  if (existsSync(path)) {
    const file = statSync(path).isDirectory() ? join(path, name) : path;
    if (!existsSync(file)) throw new LoadError(`there is no ${file}`, "Name a folder that holds a manifest.json.");
    return readManifest(readFileSync(file, "utf8"), file);
  }
  const folder = dirname(config.file);
  const commit = against.startsWith("-")
    ? undefined
    : git(folder, "rev-parse", "--verify", "-q", `${against}^{commit}`);
  if (commit === undefined) {
    throw new LoadError(
      `"${against}" is neither a file nor a git ref here`,
      "Name a branch, a tag or a commit that is fetched, such as origin/main, or a manifest.json.",
    );
  }
  const place = `./${relative(folder, join(config.out, name)).split(sep).join("/")}`;
  const text = git(folder, "show", `${commit.trim()}:${place}`);
  return text === undefined ? undefined : readManifest(text, `${against}:${place}`);
}

/**
 * What changed since an earlier manifest that would lose live keys.
 *
 * @param withoutKeys families and patterns that have no live keys
 */
export function brokenSince(
  before: Manifest | undefined,
  after: Manifest | undefined,
  withoutKeys: readonly string[],
): Finding[] {
  if (before === undefined || after === undefined) return [];
  return brokenMoves(before, after).filter(
    ({ family, field }) =>
      !withoutKeys.includes(family ?? "") && !withoutKeys.some((each) => field === `retired.${each}`),
  );
}

function ledgerOnDisk(config: LoadedConfig): Ledger | undefined {
  const file = join(config.out, ledgerFile);
  if (!existsSync(file)) return undefined;
  const ledger = ledgerOf(readFileSync(file, "utf8"));
  if (ledger !== undefined) return ledger;
  throw new LoadError(`${file} is no ledger of moves`, "Take it back from version control: it is not edited.");
}

/**
 * Phases that the ledger beside the generated files does not know: nobody has held their gates. A part of a keyspace has no ledger
 * of its own where the whole one has it, and is then not held against one.
 *
 * @throws LoadError where the ledger cannot be read
 */
export function phasesUnknown(config: LoadedConfig, manifest: Manifest | undefined): Finding[] {
  if (manifest?.families.some(({ moved }) => moved !== undefined) !== true) return [];
  const ledger = ledgerOnDisk(config);
  if (ledger === undefined && config.services !== undefined) return [];
  return byHand(manifest, ledger);
}
