/** Holds the borders between the folders of src/, by reading every import in it. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));

/** Which folders a folder may import from, beside itself. Imports run downwards only. */
const below: Readonly<Record<string, readonly string[]>> = {
  // Of the clients, the command line opens those of `migrate`.
  cli: ["clients", "codegen", "migration", "keyspace", "rules", "runtime", "schema"],
  codegen: ["rules", "schema"],
  rules: ["schema"],
  migration: ["keyspace", "runtime", "schema"],
  keyspace: ["runtime", "schema"],
  repositories: ["runtime", "schema"],
  clients: ["runtime", "schema"],
  runtime: ["schema"],
  schema: [],
  testing: [],
  // What traces and counts for those who have OpenTelemetry; the core never imports it.
  opentelemetry: ["runtime"],
  // What services and generated code import.
  "index.ts": ["clients", "repositories", "runtime", "schema"],
};

/** Of these, that alone is for others. */
const only: Readonly<Record<string, readonly RegExp[]>> = {
  // The runtime knows slots, durations, profiles and failure policies, and no families of the schema.
  runtime: [/^schema\/(patterns\/slot|duration|profile|health-key|fleet-key|when-down|moves\/strategies)\.ts$/],
  clients: [/^runtime\//, /^schema\/duration\.ts$/],
  "index.ts": [/^clients\//, /^repositories\//, /^runtime\//, /^schema\/(patterns|values)\//],
};

/** Packages that only some folders may use, whichever others are free. */
const packages: Readonly<Record<string, readonly string[]>> = {
  // The client is the caller's, and its types are structural: only the test servers, and openStore, make clients of their own.
  redis: ["testing", "clients"],
  "redis-memory-server": ["testing"],
  zod: ["clients", "schema", "repositories", "codegen", "rules", "cli"],
  superjson: ["schema"],
  "@opentelemetry/api": ["opentelemetry"],
  luaparse: ["schema"],
  commander: ["cli"],
  esbuild: ["codegen"],
  chokidar: ["cli", "codegen"],
  "cli-progress": ["cli"],
  "cli-table3": ["cli"],
  diff: ["codegen"],
  "wrap-ansi": ["cli"],
  picocolors: ["cli"],
};

interface Import {
  readonly file: string;
  readonly what: string;
}

function importsOf(file: string, text = readFileSync(join(src, file), "utf8")): Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => ({ file, what: fileName }));
}

/** The file of src/ that a relative import names; undefined where it is a package. */
function target({ file, what }: Import): string | undefined {
  if (!what.startsWith(".")) return undefined;
  return relative(src, resolve(src, dirname(file), what)).replace(/\.js$/, ".ts");
}

const folderOf = (file: string): string => file.split("/")[0] as string;
const packageOf = (what: string): string =>
  what
    .split("/")
    .slice(0, what.startsWith("@") ? 2 : 1)
    .join("/");

/** Why the import may not be; undefined where it may. */
function objection(one: Import): string | undefined {
  const from = folderOf(one.file);
  const file = target(one);
  if (file === undefined) {
    if (one.what.startsWith("node:")) return undefined;
    const name = packageOf(one.what);
    if (name === "keywright") return `${one.file} imports ${one.what}: inside, files are imported by their path`;
    const allowed = packages[name];
    if (allowed === undefined) return `${one.file} imports ${name}, which is in no list of packages`;
    return allowed.includes(from) ? undefined : `${one.file} imports ${name}, which is for ${allowed.join(", ")}`;
  }
  const to = folderOf(file);
  if (file.startsWith("..")) return `${one.file} imports ${one.what} from outside of src`;
  if (to === from) return undefined;
  if (!(below[from] ?? []).includes(to)) return `${one.file} imports ${file}: ${from} may not know ${to}`;
  const kept = only[from];
  if (kept !== undefined && !kept.some((pattern) => pattern.test(file)))
    return `${one.file} imports ${file}, which is not for ${from}`;
  return undefined;
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

describe("the borders inside src", () => {
  test("every folder has its place", () => {
    const places = new Set(files.map(folderOf));
    for (const place of places) if (place !== "index.ts") expect(below).toHaveProperty(place);
    expect(files.length).toBeGreaterThan(60);
  });

  test("imports run downwards only", () => {
    expect(files.flatMap((file) => importsOf(file).flatMap((one) => objection(one) ?? []))).toEqual([]);
  });

  test("schema does no I/O", () => {
    const io = /^node:(fs|net|http|https|child_process|dns|tls|worker_threads)/;
    const found = files
      .filter((file) => file.startsWith("schema/"))
      .flatMap((file) => importsOf(file))
      .filter(({ what }) => io.test(what));
    expect(found).toEqual([]);
  });

  test("nothing is imported in a circle between folders", () => {
    const reaches = (from: string, to: string): boolean =>
      (below[from] ?? []).some((next) => next === to || reaches(next, to));
    for (const folder of Object.keys(below)) expect([folder, reaches(folder, folder)]).toEqual([folder, false]);
  });

  test.each([
    ["runtime/x.ts", 'import { Lock } from "../repositories/lock.js";', "runtime may not know repositories"],
    ["runtime/x.ts", 'import type { Kind } from "../schema/kinds/kind.js";', "is not for runtime"],
    ["runtime/x.ts", 'import type { RedisClientType } from "redis";', "which is for testing"],
    ["runtime/x.ts", 'export * from "@redis/client";', "in no list of packages"],
    ["schema/x.ts", 'const { createClient } = await import("redis");', "which is for testing"],
    ["schema/kinds/x.ts", 'import { command } from "../../runtime/plan.js";', "schema may not know runtime"],
    ["rules/x.ts", 'import "../codegen/generate.js";', "rules may not know codegen"],
    ["codegen/x.ts", 'export { Runtime } from "../runtime/runtime.js";', "codegen may not know runtime"],
    ["testing/x.ts", 'import { keySlot } from "../schema/patterns/slot.js";', "testing may not know schema"],
    ["index.ts", 'export { keyspace } from "./schema/keyspace.js";', "is not for index.ts"],
    ["repositories/x.ts", 'import { uniquePrefix } from "../../test/setup/topologies.js";', "outside of src"],
    ["keyspace/x.ts", 'import { startRedis } from "keywright/testing";', "imported by their path"],
  ])("would be seen: %s with %s", (file, text, words) => {
    expect(importsOf(file, text).map(objection)).toEqual([expect.stringContaining(words)]);
  });
});
