/**
 * The codec of a family's value, made from the schema's zod object when the first value passes.
 *
 * @module
 */
import type { z } from "zod";
import { type Codec, compileCodec } from "../schema/values/codec.js";
import type { Wire } from "../schema/values/wire.js";

/**
 * Called by generated code, which declares the type of the values beside it. The compiler could not compare the two, and
 * is spared the inference of a type argument for each family.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export function codec(schema: z.core.$ZodType | undefined, wire: Wire): Codec<any> {
  if (schema === undefined) {
    throw new TypeError(
      "The schema no longer declares a value that the generated code was made for. Run `keywright generate`.",
    );
  }
  return compileCodec(schema as z.ZodType, wire);
}
