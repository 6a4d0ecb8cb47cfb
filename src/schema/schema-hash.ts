/**
 * What the instances of a fleet have in common though they run neighbouring phases of a move.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Manifest } from "./manifest.js";

/** The hash of a keyspace whatever the phases of its moves: sixteen hexadecimal digits. */
export function schemaHash(manifest: Manifest): string {
  // A manifest that was read from its file begins with these.
  const { generated: _mark, hash: _body, ...whole } = manifest as Manifest & { generated?: string; hash?: string };
  const families = manifest.families.map(({ moved, ...family }) => {
    if (moved === undefined) return family;
    const { phase: _phase, ...move } = moved;
    return { ...family, moved: move };
  });
  return createHash("sha256")
    .update(JSON.stringify({ ...whole, families }))
    .digest("hex")
    .slice(0, 16);
}
