/**
 * The keys that Keywright itself writes, beside those of the families. No family may own them.
 *
 * @module
 */
import { fleetPattern } from "./fleet-key.js";
import { healthPatterns } from "./health-key.js";
import { matchKey } from "./patterns/key.js";
import { parsePattern } from "./patterns/parse.js";
import type { Pattern } from "./patterns/pattern.js";

export interface OwnKey {
  readonly pattern: Pattern;
  /** What writes it. */
  readonly what: string;
  /** What becomes of it, in words. */
  readonly end: string;
}

export const ownKeys: readonly OwnKey[] = [
  ...healthPatterns.map((pattern) => ({
    pattern,
    what: "redis.health()",
    end: "writes it and reads it back. It ends by itself",
  })),
  {
    pattern: parsePattern(fleetPattern).pattern,
    what: "the report of an instance",
    end: "is it, of the families that move. It ends by itself",
  },
];

/** Which of them a key is, without any prefix. */
export function ownKey(key: string): OwnKey | undefined {
  return ownKeys.find(({ pattern }) => matchKey(pattern, key) !== undefined);
}
