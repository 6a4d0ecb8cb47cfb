/**
 * The codec of a family's value, made from the schema's zod object when the first value passes.
 *
 * @module
 */
import type { z } from "zod";
import { type Codec, compileCodec } from "../schema/values/codec.js";
import type { Wire } from "../schema/values/wire.js";

/** Called by generated code. The type argument is the interface that stands beside it. */
export function codec<V>(schema: z.core.$ZodType | undefined, wire: Wire): Codec<V> {
  if (schema === undefined) {
    throw new TypeError(
      "The schema no longer declares a value that the generated code was made for. Run `keywright generate`.",
    );
  }
  return compileCodec(schema as z.ZodType<V>, wire);
}
