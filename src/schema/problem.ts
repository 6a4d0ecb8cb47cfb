/**
 * What is wrong with a schema, in one shape for every part of it. A schema is read to its end and all its problems are
 * told at once; nothing here throws.
 *
 * @module
 */

/** Where a family was declared. Lines and columns count from one. */
export interface SchemaLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One finding about a schema: which rule, where, what, and how to mend it. */
export interface SchemaProblem {
  /** The rule's id in kebab case, e.g. `unknown-codec`. */
  readonly id: string;
  /** The family's name in the keyspace, once it is known. */
  readonly family?: string;
  /** The field of the declaration, e.g. `pattern`, `ttl`, `value.at`, `tag`. */
  readonly field: string;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** What to write instead, as a sentence. */
  readonly fix: string;
  /** Where the family was declared, when the engine can tell. */
  readonly at?: SchemaLocation;
  /** The second place, where two declarations clash. */
  readonly other?: SchemaLocation;
}

/** Deep enough for a factory that calls a factory of ours; shallow, because every family pays for it. */
const FRAMES = 8;

/** The directory that holds all of Keywright's modules, `src/` here and `dist/` in the package, with a final slash. */
const OWN_DIRECTORY = toPath(new URL("../", import.meta.url).href);

/**
 * The place from which a function of ours was called: the first frame outside Keywright.
 *
 * @param skip the public function that was called; its own frame and all above it are left out
 * @returns undefined where the engine gives no such frame, as in a bundle or an evaluated string
 */
// biome-ignore lint/complexity/noBannedTypes: Error.captureStackTrace takes any function, as this does.
export function callSite(skip: Function): SchemaLocation | undefined {
  const limit = Error.stackTraceLimit;
  const holder: { stack?: unknown } = {};
  Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(holder, skip);
  const stack = holder.stack;
  Error.stackTraceLimit = limit;
  // Somebody's Error.prepareStackTrace may return anything.
  return typeof stack === "string" ? firstForeignFrame(stack, OWN_DIRECTORY) : undefined;
}

/** The first frame of a V8 stack that is neither Node's nor in `ownDirectory` (with a final slash). */
export function firstForeignFrame(stack: string, ownDirectory: string): SchemaLocation | undefined {
  for (const line of stack.split("\n")) {
    const location = readFrame(line);
    if (location && !location.file.replaceAll("\\", "/").startsWith(ownDirectory)) return location;
  }
  return undefined;
}

/** Reads `at name (file:line:column)` and `at file:line:column`; the file may be a path or a `file://` URL. */
function readFrame(line: string): SchemaLocation | undefined {
  const text = line.trim();
  if (!text.startsWith("at ")) return undefined;
  const open = text.endsWith(")") ? text.indexOf(" (") : -1;
  const place = open >= 0 ? text.slice(open + 2, -1) : text.slice(3).replace(/^async /, "");
  const parts = /^(.+):(\d+):(\d+)$/.exec(place);
  if (!parts) return undefined;
  const file = parts[1]!;
  // `node:internal/…`, `<anonymous>`, `eval at …`, `index 0` of Promise.all: no file of anybody's.
  if (!/^(?:file:\/\/|\/|[A-Za-z]:[\\/]|\\\\)/.test(file)) return undefined;
  return { file: toPath(file), line: Number(parts[2]), column: Number(parts[3]) };
}

/** A `file://` URL as a path; loaders append queries (`?t=1`) to reload a module, which are no part of it. */
function toPath(file: string): string {
  if (!file.startsWith("file://")) return file;
  const url = new URL(file);
  const path = decodeURIComponent(url.pathname);
  if (/^\/[A-Za-z]:\//.test(path)) return path.slice(1);
  return url.host === "" ? path : `//${url.host}${path}`;
}
