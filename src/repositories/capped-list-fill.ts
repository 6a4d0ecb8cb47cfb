/**
 * The guarded backfill of a `cappedList`: a load fills an absent list only if nothing was pushed while it ran.
 *
 * Before the load a token is set beside the list; every push and clear takes it away; the list is filled only where the
 * token still stands. So an item that the load may have missed is never missing from a list that is there: at worst
 * nothing is stored, and the next read loads again. It is the lease of "Scaling Memcache at Facebook" (NSDI 2013, 3.2.1).
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { type Argument, type Plan, scriptCall } from "../runtime/plan.js";
import type { RepositoryFamily } from "./repository.js";
import { cappedListFillBegin, cappedListFillEnd } from "./scripts.js";

/** What a load is told before it begins: the list itself where it has come into being, or a token to fill it with. */
export type FillStart =
  | { readonly items: readonly (string | Buffer)[] }
  /** undefined: another load fills the list. */
  | { readonly items: undefined; readonly token: string | undefined };

/** LRANGE, or SET NX PX of a token. */
export function beginFill(
  family: RepositoryFamily,
  keys: readonly string[],
  lasts: number,
  count: number,
  binary: boolean,
): Plan<FillStart> {
  const token = randomBytes(16).toString("hex");
  const decode = (reply: unknown): FillStart => {
    const [state, ...items] = reply as [number, ...(string | Buffer)[]];
    if (state === 1) return { items };
    return { items: undefined, token: state === 0 ? token : undefined };
  };
  const args = [token, String(lasts), String(count)];
  return scriptCall(family, "recent", cappedListFillBegin, keys, args, decode, binary);
}

/** RPUSH and PEXPIRE where the token still stands; without items it only gives the token back. */
export function endFill(
  family: RepositoryFamily,
  keys: readonly string[],
  token: string,
  ttl: string,
  items: readonly Argument[],
): Plan<boolean> {
  return scriptCall(family, "recent", cappedListFillEnd, keys, [token, ttl, ...items], (reply) => reply === 1);
}
