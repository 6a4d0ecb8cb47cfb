import { type FieldShape, mayBeUndefined, type ObjectShape, type Shape } from "./shape.js";
import { escapedKey } from "./superjson-tree.js";

/**
 * The body of a function of `v`, a parsed value, and `iso`, which writes a Date: it returns superjson's text, or `null` for
 * a value that needs the tree writer (a -0, an explicit undefined).
 *
 * But for its dates such a value's JSON is already superjson's `json`. So it costs a look at what may need an annotation,
 * a copy of the objects that hold dates, and one native JSON.stringify, which would spend more on a Date than we do.
 *
 * `undefined`: the shape holds what JSON has no form for (maps, bigints, …); use the tree writer for all of it.
 */
export function writerSource(shape: Shape): string | undefined {
  const root = resolved(shape);
  if (root.kind !== "object" && root.kind !== "array" && root.kind !== "record" && root.kind !== "discriminatedUnion") {
    return undefined;
  }
  let lines: string[];
  try {
    lines = new Scan().scan(root, "v", []);
  } catch (problem) {
    if (problem === NOT_SCANNABLE) return undefined;
    throw problem;
  }
  const json = `'{"json":' + JSON.stringify(${plainView(shape, "v")})`;
  const always = lines.filter((line) => line.startsWith("m += "));
  if (always.length < lines.filter((line) => line.includes("m += ")).length) {
    const meta = `(m === "" ? "}" : ',"meta":{"values":{' + m.slice(1) + '},"v":1}}')`;
    return ['let m = "";', ...lines, `return ${json} + ${meta};`].join("\n");
  }
  // All annotations stand whatever the value: they are a constant.
  const values = always.map((line) => JSON.parse(line.slice("m += ".length, -1)) as string).join("");
  const meta = values === "" ? "}" : `,"meta":{"values":{${values.slice(1)}},"v":1}}`;
  return [...lines.filter((line) => !line.startsWith("m += ")), `return ${json} + ${JSON.stringify(meta)};`].join("\n");
}

/**
 * An expression for `value` with its dates as text: a copy along the way to them, the value itself elsewhere. Where it is
 * not sure to be what the schema built (a default stands as its author wrote it) JSON.stringify writes the dates.
 */
function plainView(shape: Shape, value: string, depth = 0): string {
  switch (shape.kind) {
    case "date":
      return `iso(${value})`;
    case "recursive":
      return plainView(shape.inner, value, depth);
    case "nullable":
    case "optional": {
      const inner = plainView(shape.inner, value, depth);
      return inner === value ? value : `(${value} == null ? ${value} : ${inner})`;
    }
    case "array": {
      const item = `i${depth}`;
      const inner = plainView(shape.element, item, depth + 1);
      return inner === item ? value : `${value}.map((${item}) => (${inner}))`;
    }
    case "object": {
      if (typeof shape.unknownKeys === "object") return value;
      const places = shape.fields.map(({ name }) => `${value}[${JSON.stringify(name)}]`);
      const views = shape.fields.map((field, index) => plainView(field.shape, places[index]!, depth));
      if (views.every((view, index) => view === places[index])) return value;
      return `{ ${views.map((view, index) => `${JSON.stringify(shape.fields[index]!.name)}: ${view}`).join(", ")} }`;
    }
    default:
      return value;
  }
}

const NOT_SCANNABLE = Symbol("not scannable");

/** Shapes that one line looks at, whatever stands there. */
const SCALARS: ReadonlySet<Shape["kind"]> = new Set([
  "string",
  "template",
  "boolean",
  "null",
  "never",
  "enum",
  "literal",
  "number",
]);

/** A path to an annotation: fixed names, and expressions of keys and indexes known when the value is there. */
type Path = readonly (string | { readonly expression: string })[];

class Scan {
  #variables = 0;

  /** Lines that look at `value`, an expression without side effects that is never undefined. */
  scan(shape: Shape, value: string, path: Path): string[] {
    switch (shape.kind) {
      case "string":
      case "template":
      case "boolean":
      case "null":
      case "never":
        return [];
      case "enum":
      case "literal":
        if (shape.values.some((one) => one === undefined || typeof one === "bigint" || Object.is(one, -0)))
          throw NOT_SCANNABLE;
        return [];
      case "number":
        if ((shape.minimum ?? shape.exclusiveMinimum ?? -1) > 0) return [];
        return [`if (${value} === 0 && 1 / ${value} < 0) return null;`];
      case "date":
        return [`m += ${annotation(path)};`];
      case "nullable":
      case "optional": {
        const inner = this.scan(resolved(shape.inner), value, path);
        return inner.length === 0 ? [] : [`if (${value} != null) {`, ...indented(inner), "}"];
      }
      case "default":
      case "recursive":
        return this.scan(shape.inner, value, path);
      case "object":
        return this.#object(shape, value, path);
      case "array":
        return this.#array(shape.element, value, path);
      case "record":
        return this.#record(shape.value, value, path);
      case "union":
        return this.#leaves(shape.options, value, path);
      case "discriminatedUnion":
        return this.#alternatives(shape.discriminator, shape.options, value, path);
      default:
        throw NOT_SCANNABLE;
    }
  }

  #object(shape: ObjectShape, value: string, path: Path): string[] {
    if (typeof shape.unknownKeys === "object") {
      if (mayBeUndefined(shape.unknownKeys) || this.scan(resolved(shape.unknownKeys), "x", path).length > 0)
        throw NOT_SCANNABLE;
    }
    return shape.fields.flatMap((field) => this.#field(field, value, path));
  }

  #field(field: FieldShape, value: string, path: Path): string[] {
    // JavaScript moves integer-like names to the front, in the value and in the annotations, but not alike.
    if (/^\d+$/.test(field.name) || field.name === "__proto__") throw NOT_SCANNABLE;
    const shape = resolved(field.shape);
    const name = JSON.stringify(field.name);
    const at = `${value}[${name}]`;
    if (!mayBeUndefined(shape) && !field.optional) return this.#held(shape, at, [...path, field.name]);
    const present = this.#held(shape, at, [...path, field.name]);
    const absent = `if (${at} === undefined) { if (${name} in ${value}) return null; }`;
    return present.length === 0 ? [absent] : [`${absent} else {`, ...indented(present), "}"];
  }

  /** Reads the expression once where it is looked at more than once. */
  #held(shape: Shape, expression: string, path: Path): string[] {
    const probe = this.scan(shape, "?", path);
    if (probe.join("").split("?").length <= 2) return this.scan(shape, expression, path);
    const name = this.#variable();
    return [`const ${name} = ${expression};`, ...this.scan(shape, name, path)];
  }

  #array(element: Shape, value: string, path: Path): string[] {
    const [index, item] = [this.#variable(), this.#variable()];
    const inner = this.scan(resolved(element), item, [...path, { expression: index }]);
    const absent = mayBeUndefined(element) ? [`if (${item} === undefined) return null;`] : [];
    if (inner.length + absent.length === 0) return [];
    return [
      `for (let ${index} = 0; ${index} < ${value}.length; ${index}++) {`,
      ...indented([`const ${item} = ${value}[${index}];`, ...absent, ...inner]),
      "}",
    ];
  }

  #record(element: Shape, value: string, path: Path): string[] {
    const [key, item] = [this.#variable(), this.#variable()];
    const inner = this.scan(resolved(element), item, [...path, { expression: `p${key}` }]);
    const absent = mayBeUndefined(element) ? [`if (${item} === undefined) return null;`] : [];
    if (inner.length + absent.length === 0) return [];
    const annotates = inner.some((line) => line.includes("m += "));
    return [
      `for (const ${key} in ${value}) {`,
      ...indented([
        `const ${item} = ${value}[${key}];`,
        ...absent,
        // Plain names need no escape; any other goes to the tree writer, which also refuses prototype names.
        ...(annotates
          ? [
              `if (!/^[A-Za-z0-9_:@-]+$/.test(${key}) || ${key} === "constructor" || ${key} === "prototype") return null;`,
              `const p${key} = ${key};`,
            ]
          : []),
        ...inner,
      ]),
      "}",
    ];
  }

  /** A union of scalars is told apart by the value; one that holds containers is left to the tree writer. */
  #leaves(options: readonly Shape[], value: string, path: Path): string[] {
    const lines = new Set<string>();
    for (const option of options.flatMap(alternatives)) {
      if (option.kind === "date") lines.add(`if (${value} instanceof Date) { m += ${annotation(path)}; }`);
      else if (option.kind !== "undefined") {
        if (!SCALARS.has(option.kind)) throw NOT_SCANNABLE;
        for (const line of this.scan(option, value, path)) lines.add(line);
      }
    }
    return [...lines];
  }

  #alternatives(discriminator: string, options: readonly Shape[], value: string, path: Path): string[] {
    const tag = `${value}[${JSON.stringify(discriminator)}]`;
    const cases = options.map((option) => {
      const object = resolved(option);
      const field = object.kind === "object" ? object.fields.find(({ name }) => name === discriminator) : undefined;
      const tagShape = field && resolved(field.shape);
      if (tagShape?.kind !== "literal" && tagShape?.kind !== "enum") throw NOT_SCANNABLE;
      if (!tagShape.values.every((one) => typeof one === "string")) throw NOT_SCANNABLE;
      return {
        labels: tagShape.values.map((one) => `case ${JSON.stringify(one)}:`),
        lines: this.scan(object, value, path),
      };
    });
    if (cases.every(({ lines }) => lines.length === 0)) return [];
    return [
      `switch (${tag}) {`,
      ...cases.flatMap(({ labels, lines }) => [...labels, "{", ...indented([...lines, "break;"]), "}"]),
      "default: return null;",
      "}",
    ];
  }

  #variable(): string {
    return `x${this.#variables++}`;
  }
}

/** Through the layers that leave no trace in a parsed value. */
function resolved(shape: Shape): Shape {
  return shape.kind === "recursive" || (shape.kind === "default" && shape.mode !== "catch")
    ? resolved(shape.inner)
    : shape;
}

function alternatives(shape: Shape): readonly Shape[] {
  const inner = resolved(shape);
  if (inner.kind === "union") return inner.options.flatMap(alternatives);
  if (inner.kind === "nullable") return [{ kind: "null" }, ...alternatives(inner.inner)];
  if (inner.kind === "optional") return [{ kind: "undefined" }, ...alternatives(inner.inner)];
  return [inner];
}

/** A JavaScript expression for `,"<path>":["Date"]`. */
function annotation(path: Path): string {
  let fixed = ',"';
  let expression = "";
  for (const [place, segment] of path.entries()) {
    if (place > 0) fixed += ".";
    if (typeof segment === "string") fixed += JSON.stringify(escapedKey(segment)).slice(1, -1);
    else {
      expression += `${JSON.stringify(fixed)} + ${segment.expression} + `;
      fixed = "";
    }
  }
  return expression + JSON.stringify(`${fixed}":["Date"]`);
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
