/**
 * A moving family on its Redis: what every step of a migration works on.
 *
 * @module
 */
import type { NodeRedisClient } from "../runtime/client.js";
import type { Family } from "../runtime/family.js";
import { Move } from "../runtime/moves/move.js";
import { Runtime, type Store } from "../runtime/runtime.js";
import type { Manifest, ManifestFamily, ManifestMove } from "../schema/manifest.js";
import { movesOfKinds, Twins } from "../schema/moves/index.js";
import { matchKey, parsePattern } from "../schema/patterns/index.js";
import { MigrationRefusal } from "./refusal.js";

export interface Target {
  readonly manifest: Manifest;
  readonly family: ManifestFamily;
  readonly moved: ManifestMove;
  /** What stands before the family's keys; "" for a shared family. */
  readonly prefix: string;
  readonly twins: Twins;
  readonly move: Move;
  readonly store: Store;
}

/** Nobody waits for an answer as a caller does, so a slow server is given time. */
const deadline = 10_000;

/** The families that move, in their order. */
export function movingFamilies(manifest: Manifest): (ManifestFamily & { readonly moved: ManifestMove })[] {
  return manifest.families.flatMap((family) =>
    family.moved === undefined ? [] : [{ ...family, moved: family.moved }],
  );
}

/** @throws MigrationRefusal where there is no such family, or it does not move */
export function movingFamily(manifest: Manifest, name: string): ManifestFamily & { readonly moved: ManifestMove } {
  const moving = movingFamilies(manifest);
  const found = moving.find((family) => family.name === name);
  if (found !== undefined) return found;
  const known = manifest.families.some((family) => family.name === name);
  throw new MigrationRefusal(
    known ? `${name} does not move` : `the manifest knows no family "${name}"`,
    moving.length === 0
      ? "No family moves. Give one moved: { from, phase, until } in the schema, and generate."
      : `The families that move are ${moving.map((family) => family.name).join(", ")}.`,
  );
}

/** @throws MigrationRefusal for a prefix that the runtime would refuse */
export function checkPrefix({ prefixes = [] }: Manifest, prefix: string): void {
  if (prefix === "" || prefixes.length === 0) return;
  if (prefixes.some(({ pattern }) => matchKey(parsePattern(pattern).pattern, prefix) !== undefined)) return;
  throw new MigrationRefusal(
    `the prefix ${JSON.stringify(prefix)} is none of those that the schema declares`,
    `Give one of the form ${prefixes.map(({ pattern }) => pattern).join(" or ")}.`,
  );
}

/** What the store of a family is reached by. */
export function storeFor(client: NodeRedisClient, family: ManifestFamily, prefix: string): Runtime {
  return new Runtime(client, [family.store], { prefix });
}

/**
 * @param client of the family's store
 * @throws MigrationRefusal where the family does not move, or the prefix is refused
 */
export function targetOf(client: NodeRedisClient, manifest: Manifest, name: string, given = ""): Target {
  const family = movingFamily(manifest, name);
  checkPrefix(manifest, given);
  const { moved } = family;
  const runtime = storeFor(client, family, given);
  const known: Family = {
    name: family.name,
    kind: family.kind,
    pattern: family.pattern,
    store: family.store,
    ...(family.shared === undefined ? {} : { shared: true }),
    tier: family.tier,
    deadline,
    retries: 2,
  };
  const prefix = runtime.prefixOf(known);
  const twins = new Twins(moved.keys, prefix);
  const uses = movesOfKinds[family.kind]?.[moved.strategy];
  if (uses === undefined) {
    throw new MigrationRefusal(
      `${family.name} is a ${family.kind}, which does not move by ${moved.strategy}`,
      "Generate again with the version of keywright that is installed.",
    );
  }
  const counts = { oldReads: 0, mirrorFailures: 0, lostJoins: 0 };
  const move = new Move(known, moved, uses, twins, runtime.instance, counts);
  return { manifest, family, moved, prefix, twins, move, store: runtime.store(known) };
}
