/**
 * Runs a module in TypeScript or JavaScript with all that it imports, as the files are now. esbuild makes one module of
 * them, which is evaluated in this process; nothing is kept from one run to the next, and nothing is written.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { SourceMap, type SourceMapPayload } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildOptions, build, type Loader, type OnResolveArgs, type PluginBuild } from "esbuild";
import * as schemaModule from "../schema/index.js";
import * as configModule from "./config.js";

type Exports = Readonly<Record<string, unknown>>;

/** A schema declares with the very modules that read its declarations, wherever it has the package from. */
const ours: Readonly<Record<string, Exports>> = {
  "keywright/schema": schemaModule,
  "keywright/config": configModule,
};
/** Where the evaluated module finds them. */
const shared = Symbol.for("keywright.modules");

function reExport(name: string): string {
  const names = Object.keys(ours[name] as Exports).join(", ");
  return `const { ${names} } = globalThis[Symbol.for("keywright.modules")]["${name}"];\nexport { ${names} };`;
}

/** What a file knows of itself, and would not know as a part of another. */
const itself = { url: "__keywright_url", filename: "__keywright_filename", dirname: "__keywright_dirname" };
const knowsItself = /\bimport\.meta\b|\b__(?:file|dir)name\b/;

/** In the file's first line, so that the others stay where they are. */
function withItself(file: string, text: string): string {
  if (!knowsItself.test(text)) return text;
  const values = { url: pathToFileURL(file).href, filename: file, dirname: dirname(file) };
  const constants = Object.entries(values).map(([key, value]) => {
    return `${itself[key as keyof typeof itself]} = ${JSON.stringify(value)}`;
  });
  return `const ${constants.join(", ")}; ${text.replace(/^#!/, "//")}`;
}

/** The package's own folder, where the file belongs to an installed package. */
const installed = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;

/**
 * Installed packages run as they are, and once, as zod must: only what Node cannot run is made part of the module, and
 * packages of keyspaces. Those name keywright in their package.json.
 */
function runsAsItIs(file: string): boolean {
  const folder = installed.exec(file)?.[0];
  if (folder === undefined || !/\.([cm]?js|node)$/.test(file)) return false;
  if (basename(folder) === "keywright") return true;
  try {
    return !readFileSync(join(folder, "package.json"), "utf8").includes('"keywright"');
  } catch {
    return true;
  }
}

const plugin = {
  name: "keywright",
  setup(building: PluginBuild): void {
    const asked = {};
    building.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...from }: OnResolveArgs) => {
      if (path in ours) return { path, namespace: "keywright" };
      if (pluginData === asked || from.kind === "entry-point") return undefined;
      const { importer, namespace, resolveDir, kind } = from;
      const found = await building.resolve(path, { importer, namespace, resolveDir, kind, pluginData: asked });
      if (found.external || found.errors.length > 0 || !runsAsItIs(found.path)) return found;
      // The evaluated module lies nowhere, so it can name a package by its place only.
      return { path: kind === "require-call" ? found.path : pathToFileURL(found.path).href, external: true };
    });
    building.onLoad({ filter: /.*/, namespace: "keywright" }, ({ path }) => ({ contents: reExport(path) }));
    building.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => ({
      contents: withItself(path, await readFile(path, "utf8")),
      loader: extname(path).replace(/[cm](?=[jt]s)|\./g, "") as Loader,
    }));
  },
};

function optionsFor(file: string): BuildOptions {
  const folder = dirname(file);
  return {
    // All exports of the file, whether it is an ECMAScript module or CommonJS.
    stdin: { contents: `export * as module from ${JSON.stringify(file)};`, resolveDir: folder },
    bundle: true,
    write: false,
    outdir: folder,
    absWorkingDir: folder,
    platform: "node",
    target: "node20.19",
    format: "esm",
    // Conditions of Node alone, where esbuild adds those of bundlers.
    conditions: [],
    define: Object.fromEntries([
      ...Object.entries(itself).map(([key, name]) => [`import.meta.${key}`, name]),
      ["__filename", itself.filename],
      ["__dirname", itself.dirname],
    ]),
    banner: {
      js: `import { createRequire as __keywright_require } from "node:module"; const require = __keywright_require(${JSON.stringify(file)});`,
    },
    sourcemap: "external",
    sourcesContent: false,
    // What a package calls free of side effects may declare a family nevertheless.
    ignoreAnnotations: true,
    charset: "utf8",
    logLevel: "silent",
    plugins: [plugin],
  };
}

/** Where the text of a stack's frame names a place of the evaluated module, the place in the user's file. */
function tellPlaces(name: string, folder: string, map: SourceMap): (error: Error, frames: NodeJS.CallSite[]) => string {
  return (error, frames) => {
    const lines = frames.map((frame) => {
      if (frame.getScriptNameOrSourceURL() !== name) return frame.toString();
      const found = map.findEntry((frame.getLineNumber() ?? 1) - 1, (frame.getColumnNumber() ?? 1) - 1);
      if (!("originalSource" in found)) return frame.toString();
      const place = `${resolve(folder, found.originalSource)}:${found.originalLine + 1}:${found.originalColumn + 1}`;
      return `${frame.getFunctionName() ?? "<module>"} (${place})`;
    });
    return [String(error), ...lines.map((line) => `    at ${line}`)].join("\n");
  };
}

/** The files that make up the module: itself, and what it imports but for installed packages. */
export async function sourcesOf(file: string): Promise<string[]> {
  const { metafile } = await build({ ...optionsFor(file), metafile: true });
  const inputs = Object.keys(metafile?.inputs ?? {}).filter((input) => !/^<stdin>$|^keywright:/.test(input));
  return inputs.map((input) => resolve(dirname(file), input));
}

let runs = 0;

/**
 * The module's exports. Stacks that are read while it runs tell files, lines and columns as they were written; so does
 * that of the error that it ends with.
 */
export async function runModule(file: string): Promise<Exports> {
  const { outputFiles = [] } = await build(optionsFor(file));
  const [map, code] = [".js.map", ".js"].map((end) => outputFiles.find(({ path }) => path.endsWith(end))?.text);
  // A name of its own, so that it is evaluated anew.
  const name = `keywright-module-${++runs}.mjs`;
  const text = `${code}\n//# sourceURL=${name}\n`;
  const before = Error.prepareStackTrace;
  const payload = JSON.parse(map as string) as SourceMapPayload;
  Error.prepareStackTrace = tellPlaces(name, dirname(file), new SourceMap(payload));
  Object.assign(globalThis, { [shared]: ours });
  try {
    const url = `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
    return ((await import(/* @vite-ignore */ url)) as { module: Exports }).module;
  } catch (error) {
    // A stack is put into words when it is first read.
    if (error instanceof Error) void error.stack;
    throw error;
  } finally {
    Error.prepareStackTrace = before;
  }
}
