import { SuperJSON } from "superjson";
import { dateOf } from "./iso-date.js";
import { MalformedText } from "./malformed-text.js";

const superjson = new SuperJSON();

/** One revival: the place, and what to make of what stands there. */
interface Step {
  readonly path: readonly string[];
  readonly revive: (stored: unknown) => unknown;
}

const BARE = '{"json":';
const ENVELOPE = '{"kw":{';
const META = ',"meta":{"values":{';
/** What no JSON ends with. */
const UNLIKELY = "\0";

/** Annotations longer than this (lists of dates) differ from value to value; remembering them would only cost. */
const REMEMBERED_LENGTH = 256;
const REMEMBERED = 64;

/**
 * A reader of superjson's text, written by us or by any superjson. It gives what `superjson.parse` gives, sooner:
 *
 * - The annotations of a family hardly vary, so their text is compiled once into steps and found again by that text.
 * - What has another form (further fields, spaces, references, other types, older versions) goes to superjson itself.
 *
 * Further top-level fields (`kw`) are ignored. Each family has a reader of its own, so that none evicts another's steps.
 *
 * The text is cut without being read first: `{"json":` A `,"meta":` B `}` with A and B both complete JSON can be read in
 * one way only, so a cut inside a string or a deeper object shows itself by an A or a B that does not parse.
 */
export function superjsonReader(): (text: string) => unknown {
  const remembered = new Map<string, readonly Step[]>();
  /** The end of the text read last, from `,"meta"` on, and its steps. */
  let lastEnd = UNLIKELY;
  let lastSteps: readonly Step[] = [];

  return (text) => {
    const start = jsonStart(text);
    if (start === 0) return readWhole(text);
    if (!text.endsWith(lastEnd)) {
      const meta = text.lastIndexOf(META);
      if (meta < start) return text.includes(',"meta":', start) ? readWhole(text) : readBare(text, start);
      const end = text.slice(meta);
      const steps = remembered.get(end) ?? stepsOf(tryParse(end.slice(',"meta":'.length, -1)));
      if (steps === undefined || !end.endsWith("}")) return readWhole(text);
      if (end.length > REMEMBERED_LENGTH) return readCut(text, start, meta, steps);
      if (remembered.size >= REMEMBERED) remembered.clear();
      remembered.set(end, steps);
      lastEnd = end;
      lastSteps = steps;
    }
    return readCut(text, start, text.length - lastEnd.length, lastSteps);
  };
}

function readBare(text: string, start: number): unknown {
  const json = text.endsWith("}") ? tryParse(text.slice(start, -1)) : UNPARSED;
  return json === UNPARSED ? readWhole(text) : json;
}

function readCut(text: string, start: number, end: number, steps: readonly Step[]): unknown {
  const json = tryParse(text.slice(start, end));
  const value = json === UNPARSED ? IRREGULAR : revived(json, steps);
  return value === IRREGULAR ? readWhole(text) : value;
}

/** Where the value's JSON begins, bare or after an envelope's head; 0 where the text has another form. */
function jsonStart(text: string): number {
  if (text.startsWith(BARE)) return BARE.length;
  if (!text.startsWith(ENVELOPE)) return 0;
  const end = text.indexOf("}", ENVELOPE.length);
  return end > 0 && text.startsWith(',"json":', end + 1) ? end + 9 : 0;
}

const UNPARSED = Symbol("unparsed");
const IRREGULAR = Symbol("irregular");

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return UNPARSED;
  }
}

/** The way for every form: superjson itself. */
function readWhole(text: string): unknown {
  const document = tryParse(text);
  if (document === UNPARSED) throw new MalformedText("is no JSON");
  if (document === null || typeof document !== "object" || !Object.hasOwn(document, "json")) {
    throw new MalformedText('is no superjson: an object with "json" is expected');
  }
  const { meta } = document as { meta?: { values?: unknown } | null };
  if (!isTree(meta?.values)) throw new MalformedText(MISFIT);
  try {
    return superjson.deserialize(document as Parameters<typeof superjson.deserialize>[0], { inPlace: true });
  } catch {
    throw new MalformedText(MISFIT);
  }
}

const MISFIT = "is no superjson: its meta does not fit its json";

/** superjson walks a text among its annotations letter by letter, without end, until the stack overflows: seconds. */
function isTree(annotations: unknown): boolean {
  if (typeof annotations === "string") return annotations === "";
  if (annotations === null || typeof annotations !== "object") return true;
  return Array.isArray(annotations) ? isTree(annotations[1]) : Object.values(annotations).every(isTree);
}

function revived(json: unknown, steps: readonly Step[]): unknown {
  let root = json;
  for (let index = 0; index < steps.length; index++) {
    const { path, revive } = steps[index]!;
    const last = path.length - 1;
    if (last < 0) {
      root = revive(root);
      continue;
    }
    let parent = root;
    for (let place = 0; place < last; place++) {
      if (parent === null || typeof parent !== "object") return IRREGULAR;
      parent = (parent as Tree)[path[place]!];
    }
    if (parent === null || typeof parent !== "object") return IRREGULAR;
    const name = path[last]!;
    // What is absent, comes from a prototype (a method), or lies inside a revived Date or Map has none of the forms that a
    // revival accepts: text, a list, null.
    const value = revive((parent as Tree)[name]);
    if (value === IRREGULAR) return IRREGULAR;
    (parent as Tree)[name] = value;
  }
  return root;
}

type Tree = Record<string, unknown>;

/** superjson's own revivals, where the stored form is what superjson writes; anything else is superjson's to judge. */
const REVIVALS: ReadonlyMap<unknown, (stored: unknown) => unknown> = new Map<unknown, (stored: unknown) => unknown>([
  ["Date", (stored) => (typeof stored === "string" ? dateOf(stored) : IRREGULAR)],
  ["bigint", (stored) => (typeof stored === "string" && /^-?\d+$/.test(stored) ? BigInt(stored) : IRREGULAR)],
  ["number", (stored) => (typeof stored === "string" ? Number(stored) : IRREGULAR)],
  ["undefined", (stored) => (stored === null ? undefined : IRREGULAR)],
  ["set", (stored) => (Array.isArray(stored) ? new Set(stored) : IRREGULAR)],
  ["map", (stored) => (isEntries(stored) ? new Map(stored) : IRREGULAR)],
]);

function isEntries(stored: unknown): stored is [unknown, unknown][] {
  return Array.isArray(stored) && stored.every(Array.isArray);
}

/** The steps that a `meta` asks for, in superjson's order; nothing where it asks for what only superjson knows. */
function stepsOf(meta: unknown): readonly Step[] | undefined {
  if (!isContainer(meta) || meta.v !== 1) return undefined;
  if (Object.keys(meta).some((name) => name !== "values" && name !== "v")) return undefined;
  const steps: Step[] = [];
  return collect(meta.values, [], steps) ? steps : undefined;
}

function isContainer(value: unknown): value is Tree {
  return value !== null && typeof value === "object";
}

function collect(tree: unknown, origin: readonly string[], steps: Step[]): boolean {
  if (!isContainer(tree)) return false;
  if (!Array.isArray(tree)) {
    return Object.entries(tree).every(([path, subtree]) => {
      const segments = segmentsOf(path);
      return segments !== undefined && collect(subtree, [...origin, ...segments], steps);
    });
  }
  const [type, children] = tree as unknown[];
  const revive = Array.isArray(type) ? bytesRevival(type) : REVIVALS.get(type);
  if (revive === undefined) return false;
  // superjson revives the inside before the container, while that is still a list.
  if (children !== undefined && (Array.isArray(children) || !collect(children, origin, steps))) return false;
  steps.push({ path: origin, revive });
  return true;
}

function bytesRevival(type: readonly unknown[]): ((stored: unknown) => unknown) | undefined {
  if (type.length !== 2 || type[0] !== "typed-array" || type[1] !== "Uint8Array") return undefined;
  return (stored) => (Array.isArray(stored) ? new Uint8Array(stored as number[]) : IRREGULAR);
}

/** A path of superjson's version 1; nothing for a bad escape or a name that reaches for a prototype. */
function segmentsOf(path: string): readonly string[] | undefined {
  let segments: string[];
  if (!path.includes("\\")) segments = path.split(".");
  else {
    segments = [];
    let segment = "";
    for (let place = 0; place < path.length; place++) {
      const char = path[place]!;
      if (char === "\\") {
        const escaped = path[++place];
        if (escaped !== "\\" && escaped !== ".") return undefined;
        segment += escaped;
      } else if (char === ".") {
        segments.push(segment);
        segment = "";
      } else segment += char;
    }
    segments.push(segment);
  }
  return segments.some((name) => name === "__proto__" || name === "constructor" || name === "prototype")
    ? undefined
    : segments;
}
