/**
 * Loads the config and the schema, in TypeScript or JavaScript, without a build.
 *
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import type { BuildFailure } from "esbuild";
import type { FamilyDeclaration } from "../schema/family.js";
import type { Keyspace } from "../schema/keyspace.js";
import type { KeywrightConfig } from "./config.js";
import { runModule } from "./run-module.js";

/** The config or the schema cannot be used as it is: our user's to mend. */
export class LoadError extends Error {
  readonly fix: string;
  constructor(message: string, fix: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LoadError";
    this.fix = fix;
  }
}

/** A config with its paths made absolute. */
export interface LoadedConfig {
  readonly file: string;
  readonly schema: string;
  readonly out: string;
  /** The services whose families are emitted; undefined: all families. */
  readonly services?: readonly string[] | undefined;
}

/** The config's `service`, as a list. */
function servicesOf(service: unknown, file: string): readonly string[] | undefined {
  if (service === undefined) return undefined;
  const list: unknown[] = Array.isArray(service) ? service : [service];
  if (list.length > 0 && list.every((name) => typeof name === "string" && name !== "")) return list as string[];
  throw new LoadError(
    `${file} has a service that is no name`,
    'Write service: "chat", or service: ["chat", "gateway"].',
  );
}

const names = ["keywright.config.ts", "keywright.config.mts", "keywright.config.js", "keywright.config.mjs"];

/** The first place of a stack that is in a file of the user's. */
function placeIn(stack = ""): string | undefined {
  const places = [...stack.matchAll(/\(((?:\/|[A-Za-z]:\\).+?:\d+:\d+)\)$/gm)].map(([, place]) => place as string);
  return places.find((place) => !/[\\/]node_modules[\\/]/.test(place));
}

/** What a module failed with, and where, if the error says it. */
function reasonOf(error: unknown, file: string): string {
  if (!(error instanceof Error)) return String(error);
  // What cannot be read or found is told by esbuild, with its place.
  if ("errors" in error) {
    const [first] = (error as BuildFailure).errors;
    const at = first?.location;
    return `${first?.text}${at ? ` (${resolve(dirname(file), at.file)}:${at.line}:${at.column + 1})` : ""}`;
  }
  const words = error.message.split("\n").slice(0, 2).join(" ").replace(/\s+/g, " ").trim();
  const place = placeIn(error.stack);
  return place === undefined ? words : `${words} (${place})`;
}

/** The module's exports. */
async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await runModule(file);
  } catch (error) {
    throw new LoadError(
      `${file} cannot be loaded: ${reasonOf(error, file)}`,
      "Mend the module so that it can be imported.",
      error,
    );
  }
}

export async function loadConfig(path: string | undefined, cwd = process.cwd()): Promise<LoadedConfig> {
  const file = path === undefined ? names.map((name) => resolve(cwd, name)).find(existsSync) : resolve(cwd, path);
  if (file === undefined || !existsSync(file)) {
    throw new LoadError(
      path === undefined ? `no ${names[0]} in ${cwd}` : `${path} does not exist`,
      'Create it: import { defineConfig } from "keywright/config"; export default defineConfig({ schema: "redis.schema.ts", out: "generated/redis" });',
    );
  }
  const config = (await load(file)).default as Partial<KeywrightConfig> | undefined;
  for (const field of ["schema", "out"] as const) {
    if (typeof config?.[field] !== "string" || config[field] === "") {
      throw new LoadError(
        `${file} names no ${field}`,
        'Write export default defineConfig({ schema: "redis.schema.ts", out: "generated/redis" }).',
      );
    }
  }
  const { schema, out, service } = config as KeywrightConfig;
  const folder = dirname(file);
  const absolute = resolve(folder, schema);
  if (!existsSync(absolute)) {
    throw new LoadError(`the schema ${absolute} does not exist`, `Create it, or mend "schema" in ${file}.`);
  }
  const outFolder = resolve(folder, out);
  if (existsSync(outFolder) && !statSync(outFolder).isDirectory()) {
    throw new LoadError(`the output folder ${outFolder} is a file`, 'Choose a folder, such as "generated/redis".');
  }
  if ([absolute, file].some((path) => path.startsWith(outFolder + sep))) {
    throw new LoadError(
      `the output folder ${outFolder} holds the schema or the config`,
      'Choose a folder of its own, such as "generated/redis".',
    );
  }
  return { file, schema: absolute, out: outFolder, services: servicesOf(service, file) };
}

function isFamily(value: unknown): boolean {
  const family = value as Partial<FamilyDeclaration> | null | undefined;
  return typeof family === "object" && family !== null && typeof family.pattern === "string" && "schemas" in family;
}

/** A schema: its keyspace, and the families that it exports beside. */
export interface LoadedSchema {
  readonly keyspace: Keyspace;
  /** Exported families that the keyspace does not list, by their export's name. */
  readonly unlisted: ReadonlyMap<string, FamilyDeclaration>;
}

export async function loadSchema(file: string): Promise<LoadedSchema> {
  const module = await load(file);
  const loaded = module.default as Partial<Keyspace> | undefined;
  if (loaded?.kind !== "keyspace") {
    throw new LoadError(
      `${file} has no keyspace as its default export`,
      "End the schema with export default keyspace({ name, scopes, families }).",
    );
  }
  const listed = new Set<unknown>(Object.values(loaded.families ?? {}));
  const unlisted = Object.entries(module).filter(([, value]) => isFamily(value) && !listed.has(value));
  return { keyspace: loaded as Keyspace, unlisted: new Map(unlisted as [string, FamilyDeclaration][]) };
}

/** The schema's module as a file in `out` imports it: relative, with the ending that Node resolves. */
export function schemaImport(out: string, schema: string): string {
  const path = relative(out, schema)
    .split(sep)
    .join("/")
    .replace(/\.([mc]?)tsx?$/, ".$1js");
  return path.startsWith(".") ? path : `./${path}`;
}
