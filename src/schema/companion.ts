/**
 * A companion is a further key that a kind derives from its family, such as the violations beside a limit. It lies in
 * the slot of the family's key: behind the family's tag, or with the whole key as its tag. One that gathers several keys of
 * the family, such as the sessions of an owner, lies in a slot of its own; the schema then names its pattern. It is part
 * of the family in the manifest, the audit, the access rules and the moves.
 *
 * @module
 */
import type { TtlPolicy } from "./ttl.js";

export type RedisType = "STRING" | "HASH" | "LIST" | "SET" | "ZSET" | "STREAM" | "any";

export interface Companion {
  readonly name: string;
  readonly pattern: string;
  readonly redisType: RedisType;
  readonly ttl: TtlPolicy;
  readonly purpose: string;
  /** False where only writers ever touch it. */
  readonly readers?: false;
}

/** The pattern of a companion. */
export function companionPattern(pattern: string, tagged: boolean, name: string): string {
  return tagged ? `${pattern}:${name}` : `{${pattern}}:${name}`;
}

/** The key of a companion, by the same rule, from the family's final key. */
export const companionKey = companionPattern;
