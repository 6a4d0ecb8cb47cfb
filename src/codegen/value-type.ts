/**
 * The TypeScript type of a value, as a colleague would write it: an object is a flattened interface, a field a line.
 *
 * @module
 */
import type { FieldShape, Shape } from "../schema/values/shape.js";
import { commentText, propertyName } from "./literal.js";

export interface ValueTypeOptions {
  /** Name of the interface, where the value is an object. */
  readonly name: string;
  readonly indent: string;
}

export interface ValueType {
  /** Exported declarations, the value's own first. */
  readonly declarations: string[];
  /** How code names the type. */
  readonly type: string;
}

export function valueType(shape: Shape, { name, indent }: ValueTypeOptions): ValueType {
  if (shape.kind === "object" && typeof shape.unknownKeys === "string" && shape.unknownKeys !== "passthrough") {
    return { declarations: [`export interface ${name} ${fields(shape.fields, indent)}`], type: name };
  }
  return { declarations: [], type: text(shape, indent) };
}

function fields(list: readonly FieldShape[], indent: string): string {
  const lines = list.flatMap(({ name, shape, optional }) => {
    const comment = shape.description === undefined ? [] : [`${indent}  /** ${commentText(shape.description)} */`];
    return [
      ...comment,
      `${indent}  readonly ${propertyName(name)}${optional ? "?" : ""}: ${text(shape, `${indent}  `)};`,
    ];
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

function union(members: readonly string[]): string {
  return [...new Set(members)].join(" | ");
}

/** A type that stands before `[]` or inside a union of functions needs no care here: unions alone are bracketed. */
function element(shape: Shape, indent: string): string {
  const inner = text(shape, indent);
  return inner.includes(" | ") || inner.includes(" & ") ? `(${inner})` : inner;
}

function text(shape: Shape, indent: string): string {
  switch (shape.kind) {
    case "string":
      return "string";
    case "template":
      return `\`${shape.parts.map((part) => (typeof part === "string" ? part : `\${${text(part, indent)}}`)).join("")}\``;
    case "number":
      return "number";
    case "date":
      return "Date";
    case "bytes":
      return shape.buffer ? "Buffer" : "Uint8Array";
    case "open":
    case "unsupported":
      return "unknown";
    case "literal":
      return union(
        shape.values.map((value) => (typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? "undefined"))),
      );
    case "enum":
      return union(shape.values.map((value) => JSON.stringify(value)));
    case "array":
      return `readonly ${element(shape.element, indent)}[]`;
    case "tuple": {
      const items = shape.items.map((item) => text(item, indent));
      if (shape.rest !== undefined) items.push(`...${element(shape.rest, indent)}[]`);
      return `readonly [${items.join(", ")}]`;
    }
    case "object": {
      const own = fields(shape.fields, indent);
      if (shape.unknownKeys === "strip" || shape.unknownKeys === "strict") return own;
      return `${own} & { readonly [field: string]: unknown }`;
    }
    case "record":
      return `{ readonly [K in ${text(shape.key, indent)}]${shape.exhaustive || shape.key.kind === "string" ? "" : "?"}: ${text(shape.value, indent)} }`;
    case "map":
      return `ReadonlyMap<${text(shape.key, indent)}, ${text(shape.value, indent)}>`;
    case "set":
      return `ReadonlySet<${text(shape.element, indent)}>`;
    case "union":
    case "discriminatedUnion":
      return union(shape.options.map((option) => text(option, indent)));
    case "intersection":
      return `${element(shape.left, indent)} & ${element(shape.right, indent)}`;
    case "optional":
      return shape.exact ? text(shape.inner, indent) : `${text(shape.inner, indent)} | undefined`;
    case "nullable":
      return `${text(shape.inner, indent)} | null`;
    case "default":
    case "recursive":
      return text(shape.inner, indent);
    case "ref":
      return "unknown";
    default:
      return shape.kind;
  }
}
