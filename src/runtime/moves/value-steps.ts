/**
 * The single commands that an operation of the strategy `value` is made of, each on one side of the move.
 *
 * @module
 */
import { command, commandThat, type Plan, scriptCall } from "../plan.js";
import { around } from "./around.js";
import { markKey } from "./mark-key.js";
import type { Move } from "./move.js";
import { moveRead, valueChange, valueEntomb, valueJoin, valueStamp } from "./scripts.js";

/** What a change is to the stamps: a new birth, a change of what was born before, a tombstone. */
export type Mode = "set" | "touch" | "delete";

/** A birth and a last change, as text that compares as they do. In a tombstone the change is later than any. */
export type Stamp = string;

/** What one side held when it was stamped: its value and deadline, or a tombstone. */
export interface State {
  readonly stamp: Stamp;
  /** Milliseconds since 1970, `-1` for none. */
  readonly deadline: string;
  /** As it is stored; undefined in a tombstone. */
  readonly value: Buffer | undefined;
}

/** What came of a change on one side. */
export interface Changed {
  /** Of the operation's own command or script, bulk replies as bytes. */
  readonly reply: unknown;
  /** undefined where nothing was changed. */
  readonly state: State | undefined;
  /** True where it was born now, or had no stamp before. */
  readonly born: boolean;
  /** True where another's change is there, who cares for the other side. */
  readonly superseded: boolean;
}

/** What came of bringing a state over. */
export interface Joined {
  /** What was there is later: its stamp, which may be empty where nothing of that birth was there. */
  readonly later: Stamp | undefined;
  /** It was there already. */
  readonly same: boolean;
  /** Of a tombstone: whether a value was there, and whether anything was known of one. */
  readonly there: boolean;
  readonly known: boolean;
  /** Another value of the same birth was there, and stays. */
  readonly differs: boolean;
}

const birthLength = 26;

export function birthOf(stamp: Stamp): string {
  return stamp.slice(0, birthLength);
}

export function isTombstone(stamp: Stamp): boolean {
  return stamp.endsWith("99999999999999999.ffffffff");
}

const text = (reply: unknown): string => String(reply);

function readChanged(reply: unknown): Changed {
  const [outcome, own, stamp, deadline, value, born] = reply as [number, unknown, Buffer, Buffer, Buffer, number];
  const changed = outcome === 1 || outcome === 2;
  return {
    reply: own ?? null,
    state: changed
      ? {
          stamp: text(stamp),
          deadline: outcome === 1 ? text(deadline) : "-1",
          value: outcome === 1 ? value : undefined,
        }
      : undefined,
    born: outcome !== 1 || born === 1,
    superseded: outcome === 3,
  };
}

function readJoined(reply: unknown): Joined {
  const [outcome, second, known] = reply as [number, string | number | undefined, number | undefined];
  return {
    later: outcome === 0 ? text(second ?? "") : undefined,
    same: outcome === 2,
    there: outcome === 1 && second === 1,
    known: outcome === 1 && known === 1,
    differs: outcome === 0 && known === 1,
  };
}

function readFilled(reply: unknown): State | undefined {
  const [outcome, stamp, deadline, value] = reply as [number, Buffer, Buffer, Buffer];
  if (outcome === 0) return undefined;
  return outcome === 1
    ? { stamp: text(stamp), deadline: text(deadline), value }
    : { stamp: text(stamp), deadline: "-1", value: undefined };
}

const asIs = (reply: unknown): unknown => reply;
const stampOf = (reply: unknown): Stamp => (reply === null ? "" : (reply as string).slice(0, 2 * birthLength + 1));

/**
 * The operation itself at the key of its plan, with a stamp.
 *
 * @param mine the stamp that it has left there before
 * @param floor what was later on the other side then
 */
export function change(
  move: Move,
  plan: Plan<unknown>,
  mode: Mode,
  mine: Stamp = "",
  floor: Stamp = "",
): Plan<Changed> {
  const keys = [markKey(plan.keys[0] as string)];
  const args = [mode, move.client, String(move.markTtl), mine, floor];
  return around(plan, { frame: valueChange, keys, args, decode: readChanged, binary: true });
}

/** Whether a key is there. */
export function isThere(move: Move, operation: string, key: string): Plan<boolean> {
  return command(move.family, operation, key, ["EXISTS", key], (reply) => reply === 1, commandThat.reads);
}

/** A read of the new key: whether it is known there, and its reply. */
export function knownRead(plan: Plan<unknown>): Plan<[known: number, reply: unknown]> {
  const keys = [markKey(plan.keys[0] as string)];
  return around(plan, { frame: moveRead, keys, args: [], decode: asIs as never, readOnly: true });
}

/**
 * What a join may write over: any older state, or only such of the same birth. `VALUE`: no other value of the same birth.
 */
export type Over = "" | "SAME" | "VALUE" | "SAME VALUE";

/** Brings a state to a key of the other side. */
export function join(move: Move, operation: string, key: string, state: State, over: Over = ""): Plan<Joined> {
  const { stamp, deadline, value } = state;
  const keys = [key, markKey(key)];
  const markTtl = String(move.markTtl);
  return value === undefined
    ? scriptCall(move.family, operation, valueEntomb, keys, [stamp, markTtl], readJoined)
    : scriptCall(move.family, operation, valueJoin, keys, [stamp, deadline, value, markTtl, over], readJoined);
}

/** The stamp at a key; empty where there is none. */
export function stampAt(move: Move, operation: string, key: string): Plan<Stamp> {
  const mark = markKey(key);
  return command(move.family, operation, mark, ["GET", mark], stampOf, commandThat.reads);
}

/** What is at an old key, stamped where it was not; undefined where there is nothing, and nothing is known. */
export function stamped(move: Move, operation: string, key: string, floor: Stamp): Plan<State | undefined> {
  const args = [move.client, String(move.markTtl), floor];
  return scriptCall(move.family, operation, valueStamp, [key, markKey(key)], args, readFilled, true);
}
