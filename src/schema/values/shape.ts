/**
 * What a value looks like, in our own small words.
 *
 * A zod schema is read once (`shapeOf`) into this immutable tree; the choice of a wire, the compiled codecs, the JSON
 * Schema of the manifest and the generated TypeScript all work on it and never look into zod again.
 *
 * @module
 */

interface Described {
  /** From `.describe()` or `.meta({ description })`. */
  readonly description?: string;
  /** The schema holds a check that only code can perform (`refine`, `superRefine`, `overwrite`). */
  readonly refined?: true;
}

/** What a format takes, such as `offset: true` of a datetime. */
export type FormatParameters = Readonly<Record<string, string | number | boolean>>;

export interface StringShape extends Described {
  readonly kind: "string";
  /** zod's name of the format: `uuid`, `email`, `datetime`, … */
  readonly format?: string;
  readonly parameters?: FormatParameters;
  /** Sources of the regular expressions that the author wrote; a format's own expression is not repeated. */
  readonly patterns?: readonly RegExp[];
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** `z.templateLiteral`: texts and the shapes between them. */
export interface TemplateShape extends Described {
  readonly kind: "template";
  readonly parts: readonly (string | Shape)[];
  readonly pattern: RegExp;
}

/** A finite number: zod refuses NaN and the infinities. */
export interface NumberShape extends Described {
  readonly kind: "number";
  /** A safe integer. */
  readonly integer: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

export interface BooleanShape extends Described {
  readonly kind: "boolean";
}

export interface BigintShape extends Described {
  readonly kind: "bigint";
  readonly minimum?: bigint;
  readonly maximum?: bigint;
}

export interface DateShape extends Described {
  readonly kind: "date";
  readonly minimum?: Date;
  readonly maximum?: Date;
}

export interface NullShape extends Described {
  readonly kind: "null";
}

export interface UndefinedShape extends Described {
  readonly kind: "undefined";
}

/** No value at all: `z.never()`. */
export interface NeverShape extends Described {
  readonly kind: "never";
}

/** `unknown` or `any`: whatever a caller puts there. */
export interface OpenShape extends Described {
  readonly kind: "open";
}

/** A `Uint8Array`. `buffer` when the schema insists on Node's `Buffer`. */
export interface BytesShape extends Described {
  readonly kind: "bytes";
  readonly buffer: boolean;
}

export type LiteralValue = string | number | bigint | boolean | null | undefined;

export interface LiteralShape extends Described {
  readonly kind: "literal";
  readonly values: readonly LiteralValue[];
}

export interface EnumShape extends Described {
  readonly kind: "enum";
  readonly values: readonly (string | number)[];
}

export interface ArrayShape extends Described {
  readonly kind: "array";
  readonly element: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface TupleShape extends Described {
  readonly kind: "tuple";
  readonly items: readonly Shape[];
  readonly rest?: Shape;
}

export interface FieldShape {
  readonly name: string;
  readonly shape: Shape;
  /** A value may lack the field: the type says `name?:`. */
  readonly optional: boolean;
  /** The field may be left out of what is read: it is optional, or the schema fills it in. */
  readonly omittable: boolean;
  readonly nullable: boolean;
}

/** What becomes of fields that the object does not declare. A shape: they are kept and hold it (`catchall`). */
export type UnknownKeys = "strip" | "strict" | "passthrough" | Shape;

export interface ObjectShape extends Described {
  readonly kind: "object";
  readonly fields: readonly FieldShape[];
  readonly unknownKeys: UnknownKeys;
}

export interface RecordShape extends Described {
  readonly kind: "record";
  readonly key: Shape;
  readonly value: Shape;
  /** Every key of an enumerated key shape is present. */
  readonly exhaustive: boolean;
}

export interface MapShape extends Described {
  readonly kind: "map";
  readonly key: Shape;
  readonly value: Shape;
}

export interface SetShape extends Described {
  readonly kind: "set";
  readonly element: Shape;
  readonly minSize?: number;
  readonly maxSize?: number;
}

export interface UnionShape extends Described {
  readonly kind: "union";
  readonly options: readonly Shape[];
}

export interface DiscriminatedUnionShape extends Described {
  readonly kind: "discriminatedUnion";
  readonly discriminator: string;
  readonly options: readonly Shape[];
}

export interface IntersectionShape extends Described {
  readonly kind: "intersection";
  readonly left: Shape;
  readonly right: Shape;
}

export interface OptionalShape extends Described {
  readonly kind: "optional";
  readonly inner: Shape;
  /** Absent or there, but never `undefined` (`z.exactOptional`). */
  readonly exact: boolean;
}

export interface NullableShape extends Described {
  readonly kind: "nullable";
  readonly inner: Shape;
}

/** A value that the schema supplies: instead of an absent one (`default`, `prefault`), or of an invalid one (`catch`). */
export interface DefaultShape extends Described {
  readonly kind: "default";
  readonly mode: "default" | "prefault" | "catch";
  readonly inner: Shape;
  /** What is supplied; absent where only code can tell (`catch`). */
  readonly value?: unknown;
}

/** The definition that a `ref` of the same name inside it points to. */
export interface RecursiveShape extends Described {
  readonly kind: "recursive";
  readonly name: string;
  readonly inner: Shape;
}

export interface RefShape extends Described {
  readonly kind: "ref";
  readonly name: string;
}

/** What no wire can store; `reason` completes "… cannot be stored: ". */
export interface UnsupportedShape extends Described {
  readonly kind: "unsupported";
  readonly type: string;
  readonly reason: string;
}

export type Shape =
  | StringShape
  | TemplateShape
  | NumberShape
  | BooleanShape
  | BigintShape
  | DateShape
  | NullShape
  | UndefinedShape
  | NeverShape
  | OpenShape
  | BytesShape
  | LiteralShape
  | EnumShape
  | ArrayShape
  | TupleShape
  | ObjectShape
  | RecordShape
  | MapShape
  | SetShape
  | UnionShape
  | DiscriminatedUnionShape
  | IntersectionShape
  | OptionalShape
  | NullableShape
  | DefaultShape
  | RecursiveShape
  | RefShape
  | UnsupportedShape;

/** The shapes directly inside a shape, in the order of the schema. */
export function childrenOf(shape: Shape): readonly Shape[] {
  switch (shape.kind) {
    case "array":
    case "set":
      return [shape.element];
    case "tuple":
      return shape.rest ? [...shape.items, shape.rest] : shape.items;
    case "object": {
      const fields = shape.fields.map((field) => field.shape);
      return typeof shape.unknownKeys === "object" ? [...fields, shape.unknownKeys] : fields;
    }
    case "record":
    case "map":
      return [shape.key, shape.value];
    case "union":
    case "discriminatedUnion":
      return shape.options;
    case "intersection":
      return [shape.left, shape.right];
    case "optional":
    case "nullable":
    case "default":
    case "recursive":
      return [shape.inner];
    case "template":
      return shape.parts.filter((part) => typeof part !== "string");
    default:
      return [];
  }
}

/** Whether a shape, or one inside it, answers to `test`. */
export function someShape(shape: Shape, test: (shape: Shape) => boolean): boolean {
  return test(shape) || childrenOf(shape).some((child) => someShape(child, test));
}

/** Whether a value of this shape may be `undefined` where it stands. */
export function mayBeUndefined(shape: Shape): boolean {
  switch (shape.kind) {
    case "undefined":
    case "open":
      return true;
    case "optional":
      return !shape.exact || mayBeUndefined(shape.inner);
    case "literal":
      return shape.values.includes(undefined);
    case "union":
    case "discriminatedUnion":
      return shape.options.some(mayBeUndefined);
    case "intersection":
      return mayBeUndefined(shape.left) && mayBeUndefined(shape.right);
    case "nullable":
    case "recursive":
      return mayBeUndefined(shape.inner);
    case "default":
      return shape.mode === "catch" && mayBeUndefined(shape.inner);
    default:
      return false;
  }
}

/** Whether a value of this shape may be `null` where it stands. */
export function mayBeNull(shape: Shape): boolean {
  switch (shape.kind) {
    case "null":
    case "open":
    case "nullable":
      return true;
    case "literal":
      return shape.values.includes(null);
    case "union":
    case "discriminatedUnion":
      return shape.options.some(mayBeNull);
    case "intersection":
      return mayBeNull(shape.left) && mayBeNull(shape.right);
    case "optional":
    case "default":
    case "recursive":
      return mayBeNull(shape.inner);
    default:
      return false;
  }
}
