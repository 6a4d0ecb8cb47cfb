/**
 * Tells schemas apart, whichever phases their moves are in: an advance changes no hash.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Manifest } from "../manifest.js";

/** Sixteen hexadecimal digits of a schema without the phases of its moves. */
export function schemaHash(manifest: Manifest): string {
  // A manifest that was read from its file begins with these.
  const { generated: _mark, hash: _body, ...whole } = manifest as Manifest & { generated?: string; hash?: string };
  const families = manifest.families.map(({ moved, ...family }) => {
    if (moved === undefined) return family;
    const { phase: _, ...rest } = moved;
    return { ...family, moved: rest };
  });
  return createHash("sha256")
    .update(JSON.stringify({ ...whole, families }))
    .digest("hex")
    .slice(0, 16);
}
