/**
 * A plan is one command, or one script call, on keys of one slot: everything that the executor needs to run it, now or
 * inside a transaction.
 *
 * @module
 */
import { extractTag, keySlot } from "../schema/patterns/slot.js";
import { CrossSlotError } from "./errors.js";
import type { Family } from "./family.js";
import type { Script } from "./script.js";

/** An argument of a Redis command. */
export type Argument = string | Buffer;

/** Turns a reply into the operation's result; made once per repository, so that a call allocates no closure. */
export type Decode<T> = (reply: unknown) => T;

/** One operation, ready to be sent. `T` is its result. */
export interface Plan<T> {
  readonly family: Family;
  readonly operation: string;
  /** The command as it goes over the wire; a script goes as EVALSHA with its pinned SHA-1. */
  readonly args: readonly Argument[];
  /** All keys, the first of which routes. */
  readonly keys: readonly string[];
  readonly script: Script | undefined;
  /** False where the operation only reads, and may therefore be repeated. */
  readonly writes: boolean;
  /** True where the reply must be bytes. */
  readonly binary: boolean;
  readonly decode: Decode<T>;
}

export interface CommandOptions {
  readonly writes: boolean;
  readonly binary?: boolean;
}

const reads: CommandOptions = { writes: false };
const writes: CommandOptions = { writes: true };
export const commandThat = { reads, writes };

/** A plan of one plain command on one key. */
export function command<T>(
  family: Family,
  operation: string,
  key: string,
  args: readonly Argument[],
  decode: Decode<T>,
  options: CommandOptions,
): Plan<T> {
  return {
    family,
    operation,
    args,
    keys: [key],
    script: undefined,
    writes: options.writes,
    binary: options.binary === true,
    decode,
  };
}

/** A plan of one script call. `keys` are the script's KEYS, `args` its ARGV. */
export function scriptCall<T>(
  family: Family,
  operation: string,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
  decode: Decode<T>,
  binary = false,
): Plan<T> {
  return {
    family,
    operation,
    args: ["EVALSHA", script.sha1, String(keys.length), ...keys, ...args],
    keys,
    script,
    writes: !script.readOnly,
    binary,
    decode,
  };
}

/** The same call with the script's text in the place of its SHA-1. */
export function withSource(args: readonly Argument[], script: Script): Argument[] {
  const whole = args.slice();
  whole[0] = "EVAL";
  whole[1] = script.source;
  return whole;
}

/**
 * The same-slot proof. A Cluster refuses keys of several slots, and node-redis splits some such commands silently, so
 * the refusal is ours, before anything is sent, and the same on a single server.
 */
export function proveOneSlot(plans: readonly Plan<unknown>[]): void {
  const first = plans[0];
  if (first === undefined || (plans.length === 1 && first.keys.length === 1)) return;
  // Keys that Redis hashes by the same text (a tag, and companions behind it) need no computing.
  const leader = first.keys[0] as string;
  const hashed = extractTag(leader) ?? leader;
  for (const plan of plans) {
    for (const key of plan.keys) {
      if ((extractTag(key) ?? key) !== hashed && keySlot(key) !== keySlot(leader)) {
        throw new CrossSlotError({ family: first.family.name, operation: first.operation }, [
          ...new Set(plans.map((each) => each.family.pattern)),
        ]);
      }
    }
  }
}
