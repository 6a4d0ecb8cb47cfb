import { z } from "zod";
import { bytesClassOf } from "./bytes.js";
import { type Constraints, constraintsOf } from "./constraints.js";
import { type FieldShape, type LiteralValue, mayBeNull, type Shape } from "./shape.js";

type AnyZod = z.core.$ZodType;

/** zod's `def`, with the fields of every type that we read. */
interface Def {
  readonly type: string;
  readonly coerce?: boolean;
  readonly element?: AnyZod;
  readonly shape?: Record<string, AnyZod>;
  readonly catchall?: AnyZod;
  readonly options?: readonly AnyZod[];
  readonly discriminator?: string;
  readonly left?: AnyZod;
  readonly right?: AnyZod;
  readonly items?: readonly AnyZod[];
  readonly rest?: AnyZod | null;
  readonly keyType?: AnyZod;
  readonly valueType?: AnyZod;
  readonly mode?: string;
  readonly partial?: boolean;
  readonly values?: readonly LiteralValue[];
  readonly innerType?: AnyZod;
  readonly defaultValue?: unknown;
  readonly getter?: () => AnyZod;
  readonly parts?: readonly unknown[];
}

/** Beyond this a schema generates itself anew at every look (a getter that builds fresh objects): give up, in words. */
const DEEPEST = 64;
const LARGEST = 20_000;

const STORED_TYPE = "the stored type must be the type that the service uses";

const REFUSED: Record<string, string> = {
  function: "a function is code, not data",
  promise: "a promise is not a value yet",
  symbol: "a symbol means nothing in another process",
  transform: `it transforms, and ${STORED_TYPE}`,
  pipe: `it changes the type, and ${STORED_TYPE}`,
  success: `it transforms, and ${STORED_TYPE}`,
  file: "a file lives in its process",
  nan: "NaN is no number that a wire carries",
  void: "void is no value; use z.undefined() or z.null()",
};

/**
 * Reads a zod schema into a {@link Shape}.
 *
 * Never throws: what cannot be stored becomes an `unsupported` shape with its reason. Recursive schemas (`z.lazy`, or
 * getters) become a `recursive` shape with `ref`s inside.
 */
export function shapeOf(schema: z.core.$ZodType): Shape {
  return new ShapeReader().read(schema);
}

class ShapeReader {
  /** Schemas being read, with the name that a reference to them was given. */
  readonly #open = new Map<AnyZod, string | undefined>();
  #named = 0;
  #read = 0;

  read(schema: AnyZod): Shape {
    if (this.#open.has(schema)) {
      const name = this.#open.get(schema) ?? `R${++this.#named}`;
      this.#open.set(schema, name);
      return frozen({ kind: "ref", name });
    }
    if (this.#open.size >= DEEPEST) return refused("nesting", `it nests deeper than ${DEEPEST} levels`);
    if (++this.#read > LARGEST) return refused("size", `it has more than ${LARGEST} parts`);

    this.#open.set(schema, undefined);
    let shape: Shape;
    try {
      shape = this.#described(schema);
    } catch {
      shape = refused("unreadable", "the schema cannot be looked into (a getter of it throws)");
    }
    const name = this.#open.get(schema);
    this.#open.delete(schema);
    return name === undefined ? shape : frozen({ kind: "recursive", name, inner: shape });
  }

  #described(schema: AnyZod): Shape {
    const limits = constraintsOf(schema);
    const shape = this.#plain(schema, limits);
    const description = z.globalRegistry.get(schema as z.ZodType)?.description;
    if (description === undefined && !limits.refined) return shape;
    return frozen({
      ...shape,
      ...(description !== undefined && { description }),
      ...(limits.refined && { refined: true as const }),
    });
  }

  #plain(schema: AnyZod, limits: Constraints): Shape {
    const def = schema._zod.def as unknown as Def;
    if (def.coerce) return refused(def.type, `it coerces what it reads, and ${STORED_TYPE}`);
    switch (def.type) {
      case "string":
        return frozen({
          kind: "string",
          ...(limits.format !== undefined && { format: limits.format }),
          ...(limits.parameters !== undefined && { parameters: limits.parameters }),
          ...(limits.patterns.length > 0 && { patterns: limits.patterns }),
          ...(limits.minSize !== undefined && { minLength: limits.minSize }),
          ...(limits.maxSize !== undefined && { maxLength: limits.maxSize }),
        });
      case "number":
      case "int":
        return numberShape(def.type, limits);
      case "boolean":
        return frozen({ kind: "boolean" });
      case "bigint":
        return frozen({ kind: "bigint", ...inclusiveBounds<bigint>(limits) });
      case "date":
        return frozen({ kind: "date", ...inclusiveBounds<Date>(limits) });
      case "null":
        return frozen({ kind: "null" });
      case "undefined":
        return frozen({ kind: "undefined" });
      case "never":
        return frozen({ kind: "never" });
      case "any":
      case "unknown":
        return frozen({ kind: "open" });
      case "literal":
        return frozen({ kind: "literal", values: [...(def.values ?? [])] });
      case "enum":
        return frozen({ kind: "enum", values: [...(schema._zod.values ?? [])] as (string | number)[] });
      case "template_literal":
        return this.#template(schema, def);
      case "array":
        return frozen({
          kind: "array",
          element: this.read(def.element!),
          ...(limits.minSize !== undefined && { minItems: limits.minSize }),
          ...(limits.maxSize !== undefined && { maxItems: limits.maxSize }),
        });
      case "tuple":
        return frozen({
          kind: "tuple",
          items: def.items!.map((item) => this.read(item)),
          ...(def.rest && { rest: this.read(def.rest) }),
        });
      case "object":
        return this.#object(def);
      case "record":
        return frozen({
          kind: "record",
          key: this.read(def.keyType!),
          value: def.mode === "loose" ? frozen({ kind: "open" }) : this.read(def.valueType!),
          exhaustive: !def.partial && def.keyType!._zod.values !== undefined,
        });
      case "map":
        return frozen({ kind: "map", key: this.read(def.keyType!), value: this.read(def.valueType!) });
      case "set":
        return frozen({
          kind: "set",
          element: this.read(def.valueType!),
          ...(limits.minSize !== undefined && { minSize: limits.minSize }),
          ...(limits.maxSize !== undefined && { maxSize: limits.maxSize }),
        });
      case "union": {
        const options = def.options!.map((option) => this.read(option));
        if (def.discriminator === undefined) return frozen({ kind: "union", options });
        return frozen({ kind: "discriminatedUnion", discriminator: def.discriminator, options });
      }
      case "intersection":
        return frozen({ kind: "intersection", left: this.read(def.left!), right: this.read(def.right!) });
      case "optional": {
        const exact = schema._zod.traits.has("$ZodExactOptional");
        return frozen({ kind: "optional", inner: this.read(def.innerType!), exact });
      }
      case "nullable":
        return frozen({ kind: "nullable", inner: this.read(def.innerType!) });
      case "nonoptional":
        return withoutUndefined(this.read(def.innerType!));
      case "default":
      case "prefault":
        return frozen({
          kind: "default",
          mode: def.type,
          inner: withoutUndefined(this.read(def.innerType!)),
          value: def.defaultValue,
        });
      case "catch":
        return frozen({ kind: "default", mode: "catch", inner: this.read(def.innerType!) });
      case "readonly": {
        const inner = this.read(def.innerType!);
        return isBytesHere(inner) ? refused("readonly", "z.readonly() freezes, and bytes cannot be frozen") : inner;
      }
      case "lazy":
        return this.read(def.getter!());
      case "custom": {
        const bytes = bytesClassOf(schema);
        if (bytes) return frozen({ kind: "bytes", buffer: bytes === "Buffer" });
        return refused(
          "custom",
          "z.custom and z.instanceof say nothing of the data; declare its fields, or use bytes()",
        );
      }
      default:
        return refused(def.type, REFUSED[def.type] ?? `zod's ${def.type} is not known here`);
    }
  }

  #object(def: Def): Shape {
    const fields = Object.entries(def.shape!).map(([name, schema]): FieldShape => {
      const shape = this.read(schema);
      return Object.freeze({
        name,
        shape,
        optional: schema._zod.optout === "optional",
        omittable: schema._zod.optin !== undefined,
        nullable: mayBeNull(shape),
      });
    });
    const rest = def.catchall;
    const restType = rest?._zod.def.type;
    return frozen({
      kind: "object",
      fields,
      unknownKeys:
        rest === undefined
          ? "strip"
          : restType === "never"
            ? "strict"
            : restType === "unknown" || restType === "any"
              ? "passthrough"
              : this.read(rest),
    });
  }

  #template(schema: AnyZod, def: Def): Shape {
    const parts = def.parts!.map((part) =>
      part !== null && typeof part === "object" ? this.read(part as AnyZod) : part === undefined ? "" : String(part),
    );
    return frozen({ kind: "template", parts, pattern: schema._zod.pattern! });
  }
}

function numberShape(type: string, limits: Constraints): Shape {
  const { lower, upper, format } = limits;
  return frozen({
    kind: "number",
    integer: type === "int" || format === "safeint" || format === "int32" || format === "uint32",
    ...(lower && (lower.inclusive ? { minimum: Number(lower.value) } : { exclusiveMinimum: Number(lower.value) })),
    ...(upper && (upper.inclusive ? { maximum: Number(upper.value) } : { exclusiveMaximum: Number(upper.value) })),
    ...(limits.multipleOf !== undefined && { multipleOf: Number(limits.multipleOf) }),
  });
}

/** Bigints and dates are whole, so an exclusive bound is the inclusive one beside it. */
function inclusiveBounds<T extends bigint | Date>({ lower, upper }: Constraints): { minimum?: T; maximum?: T } {
  const beside = (bound: { value: unknown; inclusive: boolean }, step: 1 | -1): T => {
    const value = bound.value as T;
    if (bound.inclusive) return value;
    return (value instanceof Date ? new Date(value.getTime() + step) : (value as bigint) + BigInt(step)) as T;
  };
  return { ...(lower && { minimum: beside(lower, 1) }), ...(upper && { maximum: beside(upper, -1) }) };
}

/** The shape without the `undefined` of its outermost layers. */
function withoutUndefined(shape: Shape): Shape {
  if (shape.kind === "optional") return withoutUndefined(shape.inner);
  if (shape.kind === "nullable") return frozen({ ...shape, inner: withoutUndefined(shape.inner) });
  if (shape.kind !== "union") return shape;
  const options = shape.options.filter((option) => option.kind !== "undefined").map(withoutUndefined);
  return options.length === 1 ? options[0]! : frozen({ ...shape, options });
}

/** Whether the value itself, not a part of it, may be bytes. */
function isBytesHere(shape: Shape): boolean {
  if (shape.kind === "union") return shape.options.some(isBytesHere);
  if (shape.kind === "optional" || shape.kind === "nullable" || shape.kind === "default")
    return isBytesHere(shape.inner);
  return shape.kind === "bytes";
}

const refused = (type: string, reason: string): Shape => frozen({ kind: "unsupported", type, reason });

function frozen<S extends Shape>(shape: S): S {
  for (const part of Object.values(shape)) if (Array.isArray(part)) Object.freeze(part);
  return Object.freeze(shape);
}
