/**
 * What one side of a place holds, read in one step.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Executor } from "../runtime/executor.js";
import type { Family } from "../runtime/family.js";
import { markKey } from "../runtime/moves/mark-key.js";
import { command, commandThat, scriptCall } from "../runtime/plan.js";
import { compareRead } from "./scripts.js";

export interface KeyState {
  /** As `TYPE` says it: `none` where the key is absent. */
  readonly type: string;
  /** Milliseconds since 1970; -1 for none, -2 where the key is absent. */
  readonly deadline: number;
  readonly size: number;
  /** Of the content. */
  readonly sha1: string;
}

/** What the move has left beside the keys: `held` is a seal that holds the state itself, `deleted` a tombstone. */
export type Mark = "none" | "marked" | "held" | "deleted";

export interface SideState {
  readonly keys: readonly KeyState[];
  readonly mark: Mark;
}

/** A script reads so many elements at most: it holds the server while it runs. */
const mostElements = 2000;

type Reply = [type: string, deadline: string, size: number, sha1: string][];

function decode(reply: unknown): SideState {
  const all = reply as Reply;
  return {
    keys: all.slice(0, -1).map(([type, deadline, size, sha1]) => ({ type, deadline: Number(deadline), size, sha1 })),
    mark: all.at(-1)?.[0] as Mark,
  };
}

/** What a chunk of a large collection is asked for with; `next` is the next cursor or rank, undefined at the end. */
const chunked: Readonly<
  Record<string, { args(key: string, at: string): string[]; ordered: boolean; pair: 1 | 2; scan: boolean }>
> = {
  list: { args: (key, at) => ["LRANGE", key, at, String(Number(at) + 999)], ordered: true, pair: 1, scan: false },
  zset: {
    args: (key, at) => ["ZRANGE", key, at, String(Number(at) + 999), "WITHSCORES"],
    ordered: true,
    pair: 2,
    scan: false,
  },
  set: { args: (key, at) => ["SSCAN", key, at, "COUNT", "1000"], ordered: false, pair: 1, scan: true },
  hash: { args: (key, at) => ["HSCAN", key, at, "COUNT", "1000"], ordered: false, pair: 2, scan: true },
};

/**
 * The SHA-1 of a collection that is too large for one step, piece by piece. Of a set and a hash the order is not known, so
 * the hashes of their elements are joined by exclusive or. What changes meanwhile makes a difference that the next round does not find.
 */
async function largeContent(executor: Executor, family: Family, key: string, type: string): Promise<string> {
  const how = chunked[type];
  if (how === undefined) return "not compared";
  const hash = createHash("sha1");
  const sum = Buffer.alloc(20);
  for (let at = "0", rank = 0; ; ) {
    const plan = command(family, "verify", key, how.args(key, at), (reply) => reply as unknown[], {
      ...commandThat.reads,
      binary: true,
    });
    const reply = await executor.run(plan);
    // By RESP3 members and scores are pairs, and scores are numbers.
    const elements = ((how.scan ? reply[1] : reply) as unknown[])
      .flat()
      .map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(String(part))));
    for (let i = 0; i < elements.length; i += how.pair) {
      const one = createHash("sha1");
      for (const part of elements.slice(i, i + how.pair)) one.update(`${part.length}:`).update(part);
      const digest = one.digest();
      if (how.ordered) hash.update(digest);
      else for (let byte = 0; byte < sum.length; byte++) sum[byte] = (sum[byte] as number) ^ (digest[byte] as number);
    }
    if (how.scan) {
      at = String(reply[0]);
      if (at === "0") break;
    } else {
      if (elements.length < 1000 * how.pair) break;
      rank += 1000;
      at = String(rank);
    }
  }
  return how.ordered ? hash.digest("hex") : sum.toString("hex");
}

/** One script call; a large collection is read piece by piece behind it. */
export async function sideState(executor: Executor, family: Family, keys: readonly string[]): Promise<SideState> {
  const all = [...keys, markKey(keys[0] as string)];
  const state = await executor.run(scriptCall(family, "verify", compareRead, all, [String(mostElements)], decode));
  if (state.keys.every(({ type, sha1 }) => type === "none" || sha1 !== "")) return state;
  const whole = await Promise.all(
    state.keys.map(async (key, i) =>
      key.type === "none" || key.sha1 !== ""
        ? key
        : { ...key, sha1: await largeContent(executor, family, keys[i] as string, key.type) },
    ),
  );
  return { ...state, keys: whole };
}
