/**
 * What a family's values cost, by the sample in the manifest: bytes in Redis, and time to read.
 *
 * @module
 */
import type { FamilyDeclaration } from "../schema/family.js";
import type { ManifestFamily } from "../schema/manifest.js";
import { type Codec, compileCodec, HEAD_MARK, VersionedCodec } from "../schema/values/index.js";

export interface DecodeCost {
  readonly field: string;
  /** Of the sample as it is stored, its envelope included; null where there is no sample. */
  readonly bytes: number | null;
  /** Time to decode and validate it, on this machine; null where there is no sample, or the schema no longer reads it. */
  readonly nanoseconds: number | null;
}

/** For so long each round is measured, in milliseconds; the first lets the engine compile. */
const round = 20;
const rounds = 5;

/** The costs of a family's values; takes a tenth of a second for each. */
export function decodeCosts(family: ManifestFamily, declared: FamilyDeclaration | undefined): DecodeCost[] {
  return family.values.map(({ field, wire, golden }) => {
    if (golden === null) return { field, bytes: null, nanoseconds: null };
    const bytes = Buffer.byteLength(golden);
    const schema = declared?.schemas[field];
    if (schema === undefined) return { field, bytes, nanoseconds: null };
    try {
      const codec = compileCodec(schema as never, wire);
      const { version } = family.settings;
      const stored = golden.startsWith(HEAD_MARK)
        ? new VersionedCodec(codec, typeof version === "number" ? version : 1)
        : codec;
      return { field, bytes, nanoseconds: measured(stored, golden) };
    } catch {
      return { field, bytes, nanoseconds: null };
    }
  });
}

/** The median of the rounds after the first. */
function measured(codec: Codec<unknown>, text: string): number {
  const times: number[] = [];
  for (let i = 0; i <= rounds; i++) {
    const began = performance.now();
    let spent = 0;
    let count = 0;
    for (; spent < round; spent = performance.now() - began) {
      for (let j = 0; j < 100; j++) codec.decode(text);
      count += 100;
    }
    times.push((spent * 1e6) / count);
  }
  return Math.round(times.slice(1).sort((a, b) => a - b)[rounds >> 1] as number);
}
