import { familyOfKey } from "../../src/schema/classify-key.js";
import type { Manifest } from "../../src/schema/manifest.js";
import type { TtlPolicy } from "../../src/schema/ttl.js";

/** Sends one command to one server. */
type Send = (args: [string, ...string[]]) => Promise<unknown>;

/** Milliseconds that a key may live at most; undefined where it has no TTL. */
function longest(policy: TtlPolicy): number | undefined {
  switch (policy.kind) {
    case "fixed":
    case "sliding":
    case "upTo":
      return policy.ms;
    case "config":
      return policy.max;
    case "persist":
      return undefined;
  }
}

export interface TtlFinding {
  /** The kind of the key's family; undefined where it belongs to none. */
  readonly kind: string | undefined;
  readonly text: string;
}

/** The keys of a prefix on one server that are there without the TTL that their family declares. */
export async function ttlFindings(manifest: Manifest, prefix: string, send: Send): Promise<TtlFinding[]> {
  const found: TtlFinding[] = [];
  const keys = await Promise.all([`${prefix}*`, `{${prefix}*`].map((match) => send(["KEYS", match])));
  const look = async (key: string) => {
    const owner = familyOfKey(manifest, key, { prefix });
    if (owner === undefined) {
      found.push({ kind: undefined, text: `${key} belongs to no family` });
      return;
    }
    const most = longest((owner.companion ?? owner.family).ttl);
    const left = Number(await send(["PTTL", key]));
    // It expired between the two commands.
    if (left === -2) return;
    // 0 is its last millisecond.
    const right = most === undefined ? left === -1 : left >= 0 && left <= most;
    if (right) return;
    found.push({ kind: owner.family.kind, text: `${key} lives ${left} ms, at most ${most ?? "for ever"}` });
  };
  await Promise.all((keys as string[][]).flat().map(look));
  return found;
}
