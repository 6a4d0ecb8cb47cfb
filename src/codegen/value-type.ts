import type { FieldShape, ObjectShape, Shape } from "../schema/values/shape.js";

export interface ValueTypeOptions {
  /** The name of the value's type, and the beginning of the names inside it: `ChatMessage`, `ChatMessageAuthor`. */
  readonly name: string;
  /** Spaces before each line of the declarations; 0 at the top of a module. */
  readonly indent?: number;
  /** Names that are spoken for in the module; the names of inner types are added. */
  readonly taken?: Set<string>;
}

export interface ValueType {
  /** Interfaces and type aliases, in the order to print them, each ending without a newline. */
  readonly declarations: readonly string[];
  /** How the value is spoken of elsewhere: the declared name, or a type as short as `string`. */
  readonly type: string;
}

/**
 * The TypeScript type of a shape's values, as a colleague would write it: one interface with a field a line, everything
 * readonly, small objects in their place and larger ones under a name of their own, descriptions as doc comments.
 *
 * It accepts what zod's output type gives. Brands are types without a trace in the schema, and are not repeated.
 */
export function valueType(shape: Shape, options: ValueTypeOptions): ValueType {
  const writer = new TypeWriter(options.name, options.taken);
  const type = writer.root(shape);
  for (const name of writer.names) options.taken?.add(name);
  const margin = " ".repeat(options.indent ?? 0);
  const declarations = writer.declarations.map((text) => (margin === "" ? text : text.replace(/^(?=.)/gm, margin)));
  return { declarations, type };
}

/** An object within a type stays in its place if it fits on one line with at most so many fields. */
const INLINE_FIELDS = 3;
const INLINE_WIDTH = 72;
const WIDTH = 120;

class TypeWriter {
  readonly declarations: string[] = [];
  readonly #name: string;
  readonly #reserved: ReadonlySet<string>;
  readonly #taken = new Set<string>();
  /** Names of the recursive shapes that are open, by the name in the shape. */
  readonly #recursive = new Map<string, string>();

  constructor(name: string, reserved: ReadonlySet<string> = new Set()) {
    this.#name = name;
    this.#reserved = reserved;
    this.#taken.add(name);
  }

  get names(): ReadonlySet<string> {
    return this.#taken;
  }

  root(shape: Shape): string {
    if (shape.kind === "recursive") this.#recursive.set(shape.name, this.#name);
    const inner = bare(shape);
    if (inner.kind === "object") return this.#declared(this.#name, inner, shape.description);
    // Its parts are declared before it, as they are read.
    const type = this.#type(inner, this.#name);
    const short =
      type.length <= 24 && /^[\w.]+$/.test(type) && shape.kind !== "recursive" && shape.description === undefined;
    if (short) return type;
    this.declarations.push(alias(this.#name, type, shape.description));
    return this.#name;
  }

  #declared(name: string, shape: ObjectShape, description: string | undefined): string {
    // The place is kept while the fields are read: they declare types of their own, which follow it.
    const place = this.declarations.push("") - 1;
    const index = this.#index(shape, name);
    const lines = shape.fields.map((field) => this.#field(field, name)).map((line) => line.replace(/^(?=.)/gm, "  "));
    const doc = docComment(description, "");
    // With an index signature every field would have to be of its type; an intersection asks nothing of the sort.
    const declaration =
      index === undefined || index.endsWith("unknown")
        ? `export interface ${name} {\n${[...lines, ...(index ? [`  ${index};`] : [])].join("\n")}\n}`
        : `export type ${name} = {\n${lines.join("\n")}\n} & { ${index} };`;
    this.declarations[place] =
      doc +
      (shape.fields.length + (index ? 1 : 0) === 0
        ? `export type ${name} = Readonly<Record<string, never>>;`
        : declaration);
    return name;
  }

  #field(field: FieldShape, owner: string): string {
    const name = propertyName(field.name);
    const type = this.#fieldType(field, owner);
    return `${docComment(field.shape.description, "")}readonly ${name}${field.optional ? "?" : ""}: ${type};`;
  }

  #fieldType(field: FieldShape, owner: string): string {
    const { shape } = field;
    const exact = shape.kind === "optional" && shape.exact;
    const inner = shape.kind === "optional" ? shape.inner : shape;
    const type = this.#type(inner, owner + pascal(field.name));
    if (!field.optional || exact || /\bundefined$/.test(type) || type === "unknown") return type;
    return shape.kind === "optional" ? `${type} | undefined` : type;
  }

  /** `name` is what a type of its own would be called here. */
  #type(shape: Shape, name: string): string {
    switch (shape.kind) {
      case "string":
      case "number":
      case "boolean":
      case "bigint":
      case "null":
      case "undefined":
      case "never":
        return shape.kind;
      case "date":
        return "Date";
      case "bytes":
        return shape.buffer ? "Buffer" : "Uint8Array";
      case "open":
      case "unsupported":
        return "unknown";
      case "template":
        return `\`${shape.parts.map((part) => (typeof part === "string" ? escapedTemplate(part) : `\${${this.#type(part, name)}}`)).join("")}\``;
      case "literal":
      case "enum":
        return union(shape.values.map(literal));
      case "array":
        return `readonly ${parenthesized(this.#type(shape.element, singular(name)))}[]`;
      case "set":
        return `ReadonlySet<${this.#type(shape.element, singular(name))}>`;
      case "map":
        return `ReadonlyMap<${this.#type(shape.key, `${name}Key`)}, ${this.#type(shape.value, singular(name))}>`;
      case "record": {
        const keys = this.#type(shape.key, `${name}Key`);
        const value = this.#type(shape.value, singular(name));
        // An alias may hold itself in an index signature, but not in a Record.
        if (keys === "string" || keys === "number") return `{ readonly [key: ${keys}]: ${value} }`;
        const record = `Readonly<Record<${keys}, ${value}>>`;
        const listed = shape.key.kind === "enum" || shape.key.kind === "literal";
        return listed && !shape.exhaustive ? `Partial<${record}>` : record;
      }
      case "tuple": {
        const items = shape.items.map((item, index) => {
          const type = this.#type(item.kind === "optional" ? item.inner : item, `${name}${index + 1}`);
          if (item.kind !== "optional") return type;
          return `${parenthesized(item.exact || type === "unknown" ? type : `${type} | undefined`)}?`;
        });
        const rest = shape.rest ? [`...${parenthesized(this.#type(shape.rest, `${name}Rest`))}[]`] : [];
        return `readonly [${[...items, ...rest].join(", ")}]`;
      }
      case "object":
        return this.#object(shape, name);
      case "union":
      case "discriminatedUnion":
        return union(shape.options.map((option) => this.#type(option, name + optionName(shape, option))));
      case "intersection":
        return [shape.left, shape.right].map((side) => parenthesized(this.#type(side, name))).join(" & ");
      case "optional":
        return union([this.#type(shape.inner, name), "undefined"]);
      case "nullable":
        return union([this.#type(shape.inner, name), "null"]);
      case "default":
        return this.#type(shape.inner, name);
      case "recursive":
        return this.#recursiveType(shape.name, shape.inner, name);
      case "ref":
        return this.#recursive.get(shape.name) ?? "unknown";
    }
  }

  #object(shape: ObjectShape, name: string): string {
    const large =
      shape.fields.length > INLINE_FIELDS || shape.fields.some((field) => field.shape.description !== undefined);
    if (shape.fields.length === 0 && shape.unknownKeys === "strip") return "Readonly<Record<string, never>>";
    if (!large && shape.unknownKeys !== "passthrough" && typeof shape.unknownKeys !== "object") {
      const taken = new Set(this.#taken);
      const count = this.declarations.length;
      const inline = `{ ${shape.fields.map((field) => this.#field(field, name).slice(0, -1)).join("; ")} }`;
      if (inline.length <= INLINE_WIDTH && this.declarations.length === count) return inline;
      // It needs a name after all; what its fields declared is declared again under that name.
      this.declarations.length = count;
      this.#taken.clear();
      for (const kept of taken) this.#taken.add(kept);
    }
    return this.#declared(this.#free(name), shape, shape.description);
  }

  #recursiveType(ref: string, inner: Shape, wanted: string): string {
    const name = this.#free(wanted);
    this.#recursive.set(ref, name);
    const shape = bare(inner);
    if (shape.kind === "object") return this.#declared(name, shape, inner.description);
    const place = this.declarations.push("") - 1;
    this.declarations[place] = alias(name, this.#type(shape, name), inner.description);
    return name;
  }

  #index(shape: ObjectShape, name: string): string | undefined {
    if (shape.unknownKeys === "passthrough") return "readonly [key: string]: unknown";
    if (typeof shape.unknownKeys !== "object") return undefined;
    return `readonly [key: string]: ${this.#type(shape.unknownKeys, `${name}Rest`)}`;
  }

  #free(wanted: string): string {
    // `Keys` of a family `applePublicKeys` are no `ApplePublicKeysKey`: that is the family's own key.
    let name = this.#reserved.has(wanted) || this.#taken.has(wanted) ? `${wanted}Entry` : wanted;
    for (let number = 2; this.#taken.has(name) || this.#reserved.has(name); number++) name = `${wanted}${number}`;
    this.#taken.add(name);
    return name;
  }
}

/** `export type …`, a long union with an alternative a line. */
function alias(name: string, type: string, description: string | undefined): string {
  const line = `export type ${name} = ${type};`;
  const broken =
    line.length > WIDTH && !/[{(`][^})`]* \| /.test(type)
      ? line.replace(/ = /, "\n  = ").replaceAll(" | ", "\n  | ").replace("\n  = ", " =\n  | ")
      : line;
  return docComment(description, "") + broken;
}

/** Through the layers that a type does not show. */
function bare(shape: Shape): Shape {
  return shape.kind === "default" || shape.kind === "recursive" ? bare(shape.inner) : shape;
}

/** The tag of an alternative, for its name: `ShapeCircle`. */
function optionName(shape: Shape, option: Shape): string {
  if (shape.kind !== "discriminatedUnion" || option.kind !== "object") return "";
  const tag = option.fields.find(({ name }) => name === shape.discriminator)?.shape;
  return tag?.kind === "literal" && typeof tag.values[0] === "string" ? pascal(tag.values[0]) : "";
}

function union(types: readonly string[]): string {
  const distinct = [
    ...new Set(types.flatMap((type) => (/^[\w"]+(?: \| [\w"]+)*$/.test(type) ? type.split(" | ") : [type]))),
  ];
  if (distinct.includes("unknown")) return "unknown";
  const wrapped = distinct
    .filter((type) => type !== "never")
    .map((type) => (type.startsWith("readonly ") && distinct.length > 1 ? `(${type})` : type));
  return wrapped.length === 0 ? "never" : wrapped.join(" | ");
}

/** A type as an operand of `[]`, `?` or `&`. */
const parenthesized = (type: string): string =>
  /^[\w.]+$/.test(type) || /^\{[^|&]*\}$/.test(type) || /^\w+<[^|&]*>$/.test(type) ? type : `(${type})`;

function literal(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string")
    return JSON.stringify(value).replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
  return Object.is(value, -0) ? "0" : String(value);
}

const escapedTemplate = (text: string): string => text.replace(/[`\\]|\$\{/g, "\\$&");

const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));

function pascal(name: string): string {
  const words = name.match(/[A-Za-z0-9]+/g) ?? [];
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

/** `ChatMessageTags` holds a `ChatMessageTag`. */
function singular(name: string): string {
  if (/ies$/.test(name)) return name.replace(/ies$/, "y");
  return /[^s]s$/.test(name) ? name.slice(0, -1) : `${name}Item`;
}

function docComment(description: string | undefined, margin: string): string {
  if (description === undefined || description.trim() === "") return "";
  const lines = description.trim().replaceAll("*/", "* /").split(/\r?\n/);
  if (lines.length === 1) return `${margin}/** ${lines[0]} */\n`;
  return `${margin}/**\n${lines.map((line) => `${margin} * ${line}`.trimEnd()).join("\n")}\n${margin} */\n`;
}
