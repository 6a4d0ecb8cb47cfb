import type { z } from "zod";
import { mayBeUndefined, type Shape, someShape } from "./shape.js";
import { shapeOf } from "./shape-of.js";

/**
 * How a value is written into Redis.
 *
 * - `json`: JSON, in the order of the schema's fields.
 * - `superjson`: superjson's text, for dates, maps, sets, bigints and open values.
 * - `plain`: bare JSON for families shared with other languages; never wrapped in an envelope.
 * - `string`, `int`, `float`, `boolean01`: the bare text; integers and floats as Redis's INCR and INCRBYFLOAT read them.
 * - `bytes`: the bytes.
 */
export type Wire = "json" | "superjson" | "string" | "int" | "float" | "boolean01" | "bytes" | "plain";

/** The wires of single values, the narrower first. */
export const scalarWires = ["string", "int", "float", "boolean01"] as const satisfies readonly Wire[];

export interface WireChoice {
  readonly wire: Wire;
  /** The reason, for the generated comment: "it holds a Date at "at"". */
  readonly because: string;
}

/** Where and why a wire cannot carry a shape, and what to do about it. */
export interface WireProblem {
  /** Dotted path inside the value; empty for the value itself. */
  readonly path: string;
  readonly message: string;
  readonly fix: string;
}

/** The wire that a schema gets unless the family names one. */
export function chooseWire(shape: Shape): WireChoice {
  if (unwrapped(shape).kind === "bytes") return { wire: "bytes", because: "it is bytes" };
  const obstacle = obstaclesOf(shape, "json")[0];
  if (!obstacle) return { wire: "json", because: "everything in it is JSON-safe" };
  return {
    wire: "superjson",
    because: obstacle.path === "" ? `it is ${obstacle.what}` : `it holds ${obstacle.what} at "${obstacle.path}"`,
  };
}

/** The wire that a family will have; undefined where its value is no zod schema, which is reported elsewhere. */
export function wireOf(wire: Wire | undefined, schema: unknown): Wire | undefined {
  if (wire !== undefined) return wire;
  return typeof schema === "object" && schema !== null && "_zod" in schema
    ? chooseWire(shapeOf(schema as z.core.$ZodType)).wire
    : undefined;
}

/** Everything in a shape that `wire` cannot carry; empty when it fits. */
export function wireProblems(shape: Shape, wire: Wire): WireProblem[] {
  switch (wire) {
    case "json":
    case "superjson":
    case "plain":
      return obstaclesOf(shape, wire).map(({ path, what, fix }) => ({
        path,
        message: `${path === "" ? "" : `at "${path}": `}${wire} cannot carry ${what}`,
        fix,
      }));
    default:
      return scalarProblem(shape, wire);
  }
}

interface Obstacle {
  readonly path: string;
  readonly what: string;
  readonly fix: string;
}

/** Names that a reader's prototype would answer to; superjson refuses the last two wherever its meta speaks of them. */
const PROTOTYPE_NAMES = { json: ["__proto__"], superjson: ["__proto__", "constructor", "prototype"] };

function obstaclesOf(root: Shape, wire: "json" | "superjson" | "plain"): Obstacle[] {
  const found: Obstacle[] = [];
  const superjson = wire === "superjson";
  // A family shared with other languages cannot take superjson, so it is not offered there.
  const orSuperjson = (fix: string): string => (wire === "plain" ? fix : `use wire: "superjson", or ${fix}`);
  const report = (path: string, what: string, fix: string): void => void found.push({ path, what, fix });

  /** `placed`: undefined here can be written by leaving the field out. */
  const visit = (shape: Shape, path: string, placed: boolean): void => {
    if (!superjson && !placed && shape.kind !== "open" && mayBeUndefined(shape)) {
      report(path, "undefined here", orSuperjson(path === "" ? "store null, or no key at all" : "use .nullable()"));
    }
    switch (shape.kind) {
      case "unsupported":
        report(
          path,
          // zod makes a pipe of what is written as .transform().
          `a ${shape.type === "pipe" ? "transform, pipe or codec" : shape.type}: ${shape.reason}`,
          "declare the type as it is stored, and convert in the service",
        );
        return;
      case "date":
        if (!superjson) report(path, "a Date", orSuperjson("store an ISO string with z.iso.datetime()"));
        return;
      case "bigint":
        if (!superjson) report(path, "a bigint", orSuperjson("store a decimal string"));
        return;
      case "literal":
        if (!superjson && shape.values.some((value) => typeof value === "bigint")) {
          report(path, "a bigint", orSuperjson("store a decimal string"));
        }
        return;
      case "open":
        if (!superjson) report(path, "an open value", orSuperjson("declare what it holds, or say z.json()"));
        return;
      case "bytes":
        if (!superjson)
          report(path, "bytes", orSuperjson(`store z.base64()${path === "" ? ', or use wire: "bytes"' : ""}`));
        else if (shape.buffer) report(path, "a Buffer", "declare it with bytes(): superjson reads a Uint8Array back");
        return;
      case "map":
        if (!superjson) report(path, "a Map", orSuperjson("store a record with z.record()"));
        visit(shape.key, `${path}{key}`, superjson);
        visit(shape.value, `${path}{}`, superjson);
        return;
      case "set":
        if (!superjson) report(path, "a Set", orSuperjson("store a list with z.array()"));
        visit(shape.element, `${path}[]`, superjson);
        return;
      case "array":
        visit(shape.element, `${path}[]`, false);
        return;
      case "tuple":
        for (const [index, item] of shape.items.entries()) visit(item, `${path}[${index}]`, false);
        if (shape.rest) visit(shape.rest, `${path}[]`, false);
        return;
      case "object": {
        for (const field of shape.fields) {
          const at = path === "" ? field.name : `${path}.${field.name}`;
          if (PROTOTYPE_NAMES[superjson ? "superjson" : "json"].includes(field.name)) {
            report(at, `a field of this name`, "rename it: readers take it for the object's prototype");
          }
          visit(field.shape, at, field.omittable);
        }
        if (typeof shape.unknownKeys === "object") visit(shape.unknownKeys, `${path}{}`, true);
        if (shape.unknownKeys === "passthrough" && !superjson) {
          report(path, "undeclared fields", orSuperjson("declare them, or .catchall(z.json())"));
        }
        return;
      }
      case "record":
        visit(shape.value, `${path}{}`, true);
        return;
      case "union":
      case "discriminatedUnion":
        for (const option of shape.options) visit(option, path, true);
        return;
      case "intersection":
        visit(shape.left, path, true);
        visit(shape.right, path, true);
        return;
      case "optional":
      case "nullable":
      case "default":
      case "recursive":
        visit(shape.inner, path, true);
        return;
      default:
        return;
    }
  };

  visit(root, "", false);
  return found;
}

const SCALARS: Record<
  "string" | "int" | "float" | "boolean01" | "bytes",
  { fits: (shape: Shape) => boolean; wants: string }
> = {
  string: { fits: isText, wants: "a string: z.string(), an enum or literals of strings, or a template" },
  int: { fits: (shape) => isNumeric(shape, true), wants: "a whole number: z.int()" },
  float: { fits: (shape) => isNumeric(shape, false), wants: "a number: z.number()" },
  boolean01: { fits: (shape) => shape.kind === "boolean", wants: "a boolean: z.boolean()" },
  bytes: { fits: (shape) => shape.kind === "bytes", wants: "bytes: bytes()" },
};

function scalarProblem(shape: Shape, wire: keyof typeof SCALARS): WireProblem[] {
  const { fits, wants } = SCALARS[wire];
  if (fits(unwrapped(shape))) return [];
  const unsupported = someShape(shape, (part) => part.kind === "unsupported");
  const fix = unsupported || wire === "bytes" ? `declare ${wants}` : `declare ${wants}, or leave the wire to Keywright`;
  return [{ path: "", message: `${wire} carries nothing but ${wants}`, fix }];
}

/** Through the layers that always leave a value. A default's inner shape never holds undefined. */
function unwrapped(shape: Shape): Shape {
  return shape.kind === "default" || shape.kind === "recursive" ? unwrapped(shape.inner) : shape;
}

function isText(shape: Shape): boolean {
  switch (shape.kind) {
    case "string":
    case "template":
      return true;
    case "enum":
    case "literal":
      return shape.values.every((value) => typeof value === "string");
    case "union":
      return shape.options.every((option) => isText(unwrapped(option)));
    default:
      return false;
  }
}

function isNumeric(shape: Shape, integer: boolean): boolean {
  switch (shape.kind) {
    case "number":
      return shape.integer || !integer;
    case "enum":
    case "literal":
      return shape.values.every((value) => typeof value === "number" && (Number.isSafeInteger(value) || !integer));
    case "union":
      return shape.options.every((option) => isNumeric(unwrapped(option), integer));
    default:
      return false;
  }
}
