import { z } from "zod";
import { mayGenerate } from "./evaluate.js";
import { issuesInWords, statedMessages } from "./issues.js";
import { MalformedText } from "./malformed-text.js";
import { holdsPrototypeKey, PROTOTYPE_KEY, prototypeKeyGuard, takesAnyKey } from "./prototype-keys.js";
import { Refusal, SCALAR_TEXTS } from "./scalar-text.js";
import { type Shape, someShape } from "./shape.js";
import { shapeOf } from "./shape-of.js";
import { superjsonReader } from "./superjson-reader.js";
import { UnknownToSuperjson } from "./superjson-tree.js";
import { superjsonWriter } from "./superjson-writer.js";
import { ValueProblem } from "./value-problem.js";
import { type Wire, wireProblems } from "./wire.js";

/** Writes and reads the values of one schema on one wire. Both ways validate, and both throw {@link ValueProblem} only. */
export interface Codec<V> {
  readonly wire: Wire;
  /** The stored form is bytes: read it as a Buffer, never as a string. */
  readonly binary: boolean;
  /**
   * Validates the value and writes what the schema made of it: undeclared fields stripped, defaults filled in, declared
   * fields in the order of the schema.
   */
  encode(value: V): string | Uint8Array;
  /** Reads and validates. A text that does not fit throws; nothing is ever returned half-read. */
  decode(stored: string | Uint8Array): V;
}

export interface CodecOptions {
  /** `false` interprets instead of generating code; the results are the same. Default: generate where it is allowed. */
  readonly generate?: boolean;
}

export { ValueProblem };

const compiled = new WeakMap<z.core.$ZodType, Map<string, Codec<unknown>>>();

/**
 * The codec of a schema on a wire; the same two give the same codec. The work of compiling waits for the first value.
 *
 * @throws TypeError naming every place that the wire cannot carry.
 */
export function compileCodec<V>(schema: z.ZodType<V>, wire: Wire, options: CodecOptions = {}): Codec<V> {
  const generate = options.generate ?? mayGenerate();
  const name = `${wire} ${generate}`;
  let codecs = compiled.get(schema);
  if (!codecs) {
    codecs = new Map();
    compiled.set(schema, codecs);
  }
  let codec = codecs.get(name);
  if (!codec) {
    const shape = shapeOf(schema);
    const problems = wireProblems(shape, wire);
    if (problems.length > 0) throw new TypeError(problems.map(({ message, fix }) => `${message}; ${fix}`).join("\n"));
    codec = new SchemaCodec(schema, shape, wire, generate);
    codecs.set(name, codec);
  }
  return codec as Codec<V>;
}

type Phase = "encode" | "decode";
type Format = {
  readonly write: (value: unknown) => string | Uint8Array;
  readonly read: (stored: string | Uint8Array) => unknown;
};

class SchemaCodec implements Codec<unknown> {
  readonly wire: Wire;
  readonly binary: boolean;
  readonly #schema: z.ZodType;
  readonly #shape: Shape;
  readonly #generate: boolean;
  readonly #anyKey: boolean;
  #ready: { parser: z.ZodType; format: Format } | undefined;
  #said: ReadonlySet<string> | undefined;

  constructor(schema: z.ZodType, shape: Shape, wire: Wire, generate: boolean) {
    this.#schema = schema;
    this.#shape = shape;
    this.#generate = generate;
    this.#anyKey = someShape(shape, takesAnyKey);
    this.wire = wire;
    this.binary = wire === "bytes";
  }

  encode(value: unknown): string | Uint8Array {
    const { parser, format } = this.#ready ?? this.#compile();
    // zod would drop the entry from a record without a word.
    if (this.#anyKey && holdsPrototypeKey(value))
      throw new ValueProblem("encode", [{ path: "", message: PROTOTYPE_KEY }]);
    const parsed = this.#validated(parser, value, "encode");
    try {
      return format.write(parsed);
    } catch (fault) {
      throw problemOf("encode", fault, "cannot be written: it holds itself, or nests too deeply");
    }
  }

  decode(stored: string | Uint8Array): unknown {
    const { parser, format } = this.#ready ?? this.#compile();
    let read: unknown;
    try {
      read = format.read(stored);
    } catch (fault) {
      throw problemOf("decode", fault, "cannot be read");
    }
    return this.#validated(parser, read, "decode");
  }

  #compile(): { parser: z.ZodType; format: Format } {
    this.#ready = {
      parser: this.#generate ? compiledParser(this.#schema) : this.#schema,
      format: formatOf(this.#shape, this.wire, this.#generate),
    };
    return this.#ready;
  }

  #validated(parser: z.ZodType, value: unknown, phase: Phase): unknown {
    let result: z.ZodSafeParseResult<unknown>;
    try {
      result = parser.safeParse(value);
    } catch (fault) {
      const asynchronous = fault instanceof z.core.$ZodAsyncError;
      const message = asynchronous
        ? "has an asynchronous check, which a stored value cannot wait for"
        : "made a check of the schema throw";
      throw new ValueProblem(phase, [{ path: "", message }]);
    }
    if (result.success) return result.data;
    this.#said ??= statedMessages(this.#schema);
    throw new ValueProblem(phase, issuesInWords(result.error.issues, this.#shape, value, this.#said));
  }
}

/** zod's compiled parser where the installed zod has one, else the schema: the results are the same. */
function compiledParser(schema: z.ZodType): z.ZodType {
  const compile = (z as { compile?: (schema: z.ZodType) => z.ZodType }).compile;
  return typeof compile === "function" ? compile(schema) : schema;
}

function problemOf(phase: Phase, fault: unknown, otherwise: string): ValueProblem {
  const ours = fault instanceof MalformedText || fault instanceof UnknownToSuperjson;
  return new ValueProblem(phase, [{ path: "", message: ours ? fault.message : otherwise }]);
}

function formatOf(shape: Shape, wire: Wire, generate: boolean): Format {
  switch (wire) {
    case "json":
    case "plain":
      return jsonFormat(shape);
    case "superjson": {
      const guard = prototypeKeyGuard(shape);
      const read = superjsonReader();
      return { write: superjsonWriter(shape, { generate }), read: (stored) => guard(read, textOf(stored)) };
    }
    case "bytes":
      return { write: (value) => value as Uint8Array, read: bytesOf };
    default: {
      const scalar = SCALAR_TEXTS[wire];
      return {
        write: (value) => accepted(scalar.write(value)) as string,
        read: (stored) => accepted(scalar.read(textOf(stored))),
      };
    }
  }
}

function jsonFormat(shape: Shape): Format {
  const guard = prototypeKeyGuard(shape);
  return { write: (value) => JSON.stringify(value), read: (stored) => guard(parseJson, textOf(stored)) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedText("is no JSON");
  }
}

function accepted(result: unknown): unknown {
  if (result instanceof Refusal) throw new MalformedText(result.message);
  return result;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(stored: string | Uint8Array): string {
  if (typeof stored === "string") return stored;
  try {
    return utf8.decode(stored);
  } catch {
    throw new MalformedText("is no UTF-8 text");
  }
}

function bytesOf(stored: string | Uint8Array): Uint8Array {
  // A string has been through UTF-8 already, and bytes that were none are lost.
  if (typeof stored === "string") throw new MalformedText("was read as text; bytes are read as a Buffer");
  return stored;
}
