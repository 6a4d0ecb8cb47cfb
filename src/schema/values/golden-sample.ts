import type { NumberShape, Shape, StringShape } from "./shape.js";

const NONE = Symbol("no sample");

/**
 * One value of a shape, the same on every machine and in every version: what golden bytes are made of. Optional fields are
 * filled in. `undefined` where none can be made up: a refinement, a pattern, or bounds that only their author can satisfy.
 */
export function goldenSample(shape: Shape): unknown {
  const value = sample(shape, new Map());
  return value === NONE ? undefined : value;
}

const DATE = "2026-01-02T03:04:05.678Z";

/** By zod's names of the formats. */
const TEXTS: Readonly<Record<string, string>> = {
  uuid: "7d444840-9dc0-41d1-b245-5ffdce74fad2",
  guid: "7d444840-9dc0-41d1-b245-5ffdce74fad2",
  email: "ada@example.com",
  url: "https://example.com/",
  emoji: "🔑",
  nanoid: "V1StGXR8_Z5jdHi6B-myT",
  cuid: "cjld2cjxh0000qzrmn831i7rn",
  cuid2: "tz4a98xxat96iws9zmbrgj3a",
  ulid: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
  xid: "9m4e2mr0ui3e8a215n4g",
  ksuid: "0ujtsYcgvSTl8PAuAdqWYSMnLOv",
  datetime: DATE,
  date: "2026-01-02",
  time: "03:04:05.678",
  duration: "PT3H4M5S",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  mac: "00:1b:44:11:3a:b7",
  cidrv4: "192.0.2.0/24",
  cidrv6: "2001:db8::/32",
  base64: "a2V5d3JpZ2h0",
  base64url: "a2V5d3JpZ2h0",
  e164: "+14155552671",
  hex: "00ff",
  hostname: "example.com",
};

type Open = Map<string, { readonly shape: Shape; readonly depth: number }>;

function sample(shape: Shape, open: Open): unknown {
  if (shape.refined) return NONE;
  switch (shape.kind) {
    case "string":
      return sampleText(shape);
    case "template":
      return checked(
        shape.parts.map((part) => (typeof part === "string" ? part : sample(part, open))),
        (parts) => checked(parts.join(""), (text) => (shape.pattern.test(text) ? text : NONE)),
      );
    case "number":
      return sampleNumber(shape);
    case "boolean":
      return true;
    case "bigint":
      return clamped(9_007_199_254_740_993n, shape.minimum, shape.maximum);
    case "date":
      return new Date(clamped(Date.parse(DATE), shape.minimum?.getTime(), shape.maximum?.getTime()));
    case "null":
      return null;
    case "undefined":
      return undefined;
    case "never":
    case "unsupported":
      return NONE;
    case "open":
      return { open: true };
    case "bytes":
      return new Uint8Array([0, 127, 128, 255]);
    case "literal":
    case "enum":
      return shape.values.length > 0 ? shape.values[0] : NONE;
    case "array":
      return sampleList(shape.element, shape.minItems, shape.maxItems, open);
    case "set":
      return checked(sampleList(shape.element, shape.minSize, shape.maxSize, open), (list) => {
        const set = new Set(list as unknown[]);
        return set.size >= (shape.minSize ?? 0) ? set : NONE;
      });
    case "tuple":
      return all(shape.items.map((item) => sample(item, open)));
    case "object":
      return sampleObject(shape.fields.map((field) => [field.name, sample(field.shape, open), field.optional]));
    case "record": {
      const keys =
        shape.exhaustive && (shape.key.kind === "enum" || shape.key.kind === "literal")
          ? shape.key.values
          : [sample(shape.key, open)];
      if (keys.includes(NONE as never)) return {};
      return sampleObject(keys.map((key) => [String(key), sample(shape.value, open), !shape.exhaustive]));
    }
    case "map": {
      const entry = all([sample(shape.key, open), sample(shape.value, open)]);
      return entry === NONE ? new Map() : new Map([entry as [unknown, unknown]]);
    }
    case "union":
    case "discriminatedUnion":
      return firstOf(shape.options.map((option) => sample(option, open)));
    case "intersection":
      return merged(sample(shape.left, open), sample(shape.right, open));
    case "optional": {
      const inner = sample(shape.inner, open);
      return inner === NONE && !shape.exact ? undefined : inner;
    }
    case "nullable": {
      const inner = sample(shape.inner, open);
      return inner === NONE ? null : inner;
    }
    case "default":
      return sample(shape.inner, open);
    case "recursive":
      return sample(shape.inner, new Map(open).set(shape.name, { shape, depth: 0 }));
    case "ref": {
      const target = open.get(shape.name);
      if (!target || target.depth >= 1) return NONE;
      const inner = target.shape.kind === "recursive" ? target.shape.inner : target.shape;
      return sample(inner, new Map(open).set(shape.name, { ...target, depth: target.depth + 1 }));
    }
  }
}

function checked<T, R>(value: T, then: (value: T) => R): R | typeof NONE {
  return (value as unknown) === NONE || (Array.isArray(value) && value.includes(NONE)) ? NONE : then(value);
}

/** The first sample there is; it may be undefined. */
function firstOf(values: readonly unknown[]): unknown {
  for (const value of values) if (value !== NONE) return value;
  return NONE;
}

const all = (values: readonly unknown[]): unknown => (values.includes(NONE) ? NONE : values);

function sampleText(shape: StringShape): unknown {
  const { format, patterns = [], minLength = 0, maxLength = Number.POSITIVE_INFINITY } = shape;
  if (format !== undefined) {
    const text = Object.hasOwn(TEXTS, format) ? TEXTS[format]! : undefined;
    const fits = text !== undefined && text.length >= minLength && text.length <= maxLength;
    return fits && patterns.every((pattern) => matches(pattern, text)) ? text : NONE;
  }
  const length = Math.min(Math.max("sample".length, minLength), maxLength);
  const candidates = [
    "sample".padEnd(length, "s").slice(0, length),
    "a".repeat(length),
    "A".repeat(length),
    "1".repeat(length),
    ...Object.values(TEXTS),
  ];
  const fits = (text: string): boolean =>
    text.length >= minLength && text.length <= maxLength && patterns.every((pattern) => matches(pattern, text));
  return candidates.find(fits) ?? NONE;
}

/** Without the state that a global expression keeps. */
const matches = (pattern: RegExp, text: string): boolean =>
  new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).test(text);

function sampleNumber(shape: NumberShape): unknown {
  const { integer, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = shape;
  const step = multipleOf ?? (integer ? 1 : 0.5);
  const low = Math.max(minimum ?? -Infinity, exclusiveMinimum ?? -Infinity);
  const high = Math.min(maximum ?? Infinity, exclusiveMaximum ?? Infinity);
  const fits = (value: number): boolean =>
    (minimum === undefined || value >= minimum) &&
    (maximum === undefined || value <= maximum) &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
    (exclusiveMaximum === undefined || value < exclusiveMaximum) &&
    (!integer || Number.isSafeInteger(value)) &&
    (multipleOf === undefined || value % multipleOf === 0);
  const first = multipleOf ?? (integer ? 42 : 42.5);
  const near = [
    first,
    0,
    low,
    low + step,
    Math.ceil(low / step) * step,
    Math.floor(low / step) * step + step,
    (low + high) / 2,
    high,
    high - step,
  ];
  return near.find((value) => Number.isFinite(value) && fits(value)) ?? NONE;
}

function sampleList(element: Shape, least = 0, most = Number.POSITIVE_INFINITY, open: Open): unknown {
  const item = sample(element, open);
  if (item === NONE) return least === 0 ? [] : NONE;
  return Array.from({ length: Math.min(Math.max(1, least), most) }, () => item);
}

function sampleObject(entries: readonly (readonly [string, unknown, boolean])[]): unknown {
  if (entries.some(([, value, optional]) => value === NONE && !optional)) return NONE;
  // A field that may be absent is left out rather than filled with undefined.
  const kept = entries.filter(([, value, optional]) => value !== NONE && !(optional && value === undefined));
  return Object.fromEntries(kept.map(([name, value]) => [name, value]));
}

function merged(left: unknown, right: unknown): unknown {
  if (left === NONE || right === NONE) return NONE;
  const objects = [left, right].every(
    (value) => value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype,
  );
  return objects ? { ...(left as object), ...(right as object) } : Object.is(left, right) ? left : NONE;
}

function clamped<T extends number | bigint>(value: T, minimum: T | undefined, maximum: T | undefined): T {
  if (minimum !== undefined && value < minimum) return minimum;
  return maximum !== undefined && value > maximum ? maximum : value;
}
