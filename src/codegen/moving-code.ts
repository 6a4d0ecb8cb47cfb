/**
 * What generated code says of a family that moves.
 *
 * @module
 */
import type { ManifestFamily, ManifestMove } from "../schema/manifest.js";
import { hasOnePlainKey, leftOutOf, strategies } from "../schema/moves/index.js";
import { commentText, fieldLiteral, literal } from "./literal.js";

/** The field of the family literal. */
export function movedLiteral({ strategy, phase, keys, markTtl }: ManifestMove): string {
  return fieldLiteral("moved", { strategy, phase, keys, markTtl });
}

/** True where a transaction of the family's scope cannot hold its operations. */
export function isKeptOut({ moved }: ManifestFamily): boolean {
  return moved !== undefined && !hasOnePlainKey(moved.strategy, moved.phase);
}

/** `setIfAbsent, compareAndSet and take` */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** The paragraph of the class comment. */
export function moveComment(family: ManifestFamily, { from, strategy, phase, until }: ManifestMove): string {
  const out = leftOutOf(family.kind, strategy);
  const sentences = [
    `Moves from \`${from}\` by ${strategy}, phase ${phase}, until ${until}. ${strategies[strategy].purpose}`,
    ...(out.length === 0 ? [] : [`Left out meanwhile: ${listed(out)}.`]),
    ...("scope" in family.tag && isKeptOut(family) ? ["It is in no transaction of its scope meanwhile."] : []),
  ];
  return commentText(sentences.join(" "));
}

/** The repository's type where the strategy leaves some of its operations out; undefined where it has all. */
export function movingType({ name, kind, moved }: ManifestFamily, repository: string): string | undefined {
  const out = moved === undefined ? [] : leftOutOf(kind, moved.strategy);
  if (moved === undefined || out.length === 0) return undefined;
  const why = `${name} moves by ${moved.strategy}, which has no safe order for it; strategy: "handoff" has`;
  const names = out.map((each) => literal(each)).join(" | ");
  return `Moving<\n  ${repository},\n  ${names},\n  ${literal(why)}\n>`;
}
