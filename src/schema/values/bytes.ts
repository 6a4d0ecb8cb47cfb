import { z } from "zod";

const MARK = "keywright:bytes";

/**
 * A value of raw bytes. Alone it is stored as it is (`wire: "bytes"`); inside an object only superjson carries it, as an
 * array of numbers, three to four characters a byte.
 */
export function bytes(): z.ZodType<Uint8Array, Uint8Array> {
  // The mark rides in `params` because `.describe()` and `.refine()` clone a schema and keep only its definition.
  return z.custom<Uint8Array>((value) => value instanceof Uint8Array, {
    error: "expected a Uint8Array",
    params: { [MARK]: true },
  });
}

interface CustomDef {
  readonly fn: (value: unknown) => unknown;
  readonly params?: Readonly<Record<string, unknown>>;
}

const NOT_BYTES: readonly unknown[] = [
  undefined,
  null,
  "",
  0,
  {},
  [],
  new Date(0),
  new Map(),
  new Int8Array(1),
  new ArrayBuffer(1),
];

/**
 * Which byte class a custom schema asks for. `bytes()` is marked; `z.instanceof(Uint8Array)` and `z.instanceof(Buffer)`
 * keep their class where clones lose it, so their test is asked instead, about one value of each class.
 */
export function bytesClassOf(schema: z.core.$ZodType): "Uint8Array" | "Buffer" | undefined {
  const def = schema._zod.def as unknown as CustomDef;
  if (def.params?.[MARK] === true) return "Uint8Array";
  try {
    if (NOT_BYTES.some((value) => def.fn(value))) return undefined;
    if (def.fn(new Uint8Array(1))) return "Uint8Array";
    if (typeof Buffer !== "undefined" && def.fn(Buffer.alloc(1))) return "Buffer";
  } catch {
    // A test that throws at foreign values is nothing that we know.
  }
  return undefined;
}
