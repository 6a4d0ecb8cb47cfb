/**
 * The four algorithms as the reader of a reply sees them: how many units are left, and how long until there are more.
 * The scripts decide and write; what a verdict tells is worked out here, off the server.
 *
 * @module
 */
import type { Script } from "../runtime/script.js";
import type { RateLimitAlgorithm } from "../schema/kinds/rate-limit.js";
import {
  rateLimitFixedWindowGive,
  rateLimitFixedWindowTake,
  rateLimitGcraGive,
  rateLimitGcraTake,
  rateLimitSlidingWindowGive,
  rateLimitSlidingWindowTake,
  rateLimitTokenBucketGive,
  rateLimitTokenBucketTake,
} from "./scripts.js";

/** What a limit is held against. */
export interface Quota {
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
  readonly burst: number;
  /** The slowest limit that a call may choose: what `gcra` can owe at most is owed to it. */
  readonly slowest: number;
}

/** The state of a limit at one moment. */
export interface Level {
  /** Whole units that could be taken now. */
  readonly remaining: number;
  /** Units that could be taken where nothing is missing. */
  readonly whole: number;
  readonly resetMs: number;
  /** Names the window, or the moment, that what was just taken belongs to; a refund is held against it. */
  readonly id: string;
  /** Milliseconds until `units` could be taken; 0 where they could now. */
  waitFor(units: number): number;
}

/** What is stored is no state of this algorithm. */
export class NoState extends Error {}

type Raw = string | number | null | undefined;

/** An algorithm: its scripts, and how its state is read from their replies. */
export interface Meter {
  readonly take: Script;
  readonly give: Script;
  /** Fields of the HASH, none for a STRING. */
  readonly fields: readonly string[];
  /** How many entries of a script's reply tell the state; they begin at 1. */
  readonly width: number;
  /** The state from a reply of `take` or `give`. */
  level(reply: readonly Raw[], quota: Quota): Level;
  /** The state from what is stored, its PTTL, and the server's time. */
  stored(raw: readonly Raw[], ttl: number, seconds: number, microseconds: number, quota: Quota): Level;
}

class FixedLevel implements Level {
  readonly remaining: number;
  readonly whole: number;
  readonly resetMs: number;
  readonly id: string;
  readonly #left: number;

  constructor(count: number, left: number, ends: number, { limit }: Quota) {
    const taken = Math.max(0, count);
    this.remaining = Math.max(0, limit - taken);
    this.whole = limit;
    this.resetMs = taken === 0 ? 0 : Math.max(1, left);
    this.id = String(ends);
    this.#left = left;
  }

  waitFor(units: number): number {
    return units <= this.remaining ? 0 : Math.max(1, this.#left);
  }
}

class SlidingLevel implements Level {
  readonly remaining: number;
  readonly whole: number;
  readonly resetMs: number;
  readonly id: string;
  readonly #current: number;
  readonly #previous: number;
  readonly #rest: number;
  readonly #window: number;

  constructor(current: number, previous: number, start: number, elapsed: number, { limit, window }: Quota) {
    const rest = window - elapsed;
    this.remaining = Math.max(0, Math.floor(((limit - current) * window - previous * rest) / window));
    this.whole = limit;
    this.resetMs = current > 0 ? rest + window : previous > 0 ? rest : 0;
    this.id = String(start);
    this.#current = current;
    this.#previous = previous;
    this.#rest = rest;
    this.#window = window;
  }

  waitFor(units: number): number {
    const room = this.whole - units;
    if (this.#current <= room) {
      // Within this window: until the earlier one weighs no more than there is room for beside the present one.
      const free = room - this.#current;
      if (this.#previous <= free) return 0;
      return Math.max(0, Math.ceil(this.#rest - (free * this.#window) / this.#previous));
    }
    // In the next window the present one is the earlier, and fades.
    return this.#rest + Math.ceil(this.#window - (room * this.#window) / this.#current);
  }
}

/** Rounding of decimal fractions, in units; the scripts forgive as much. */
const millionth = 0.000001;

class RefillLevel implements Level {
  readonly remaining: number;
  readonly whole: number;
  readonly resetMs: number;
  readonly id: string;
  readonly #available: number;
  readonly #msPerUnit: number;

  constructor(available: number, id: string, { limit, window, burst }: Quota) {
    this.#available = available;
    this.#msPerUnit = window / limit;
    this.remaining = Math.max(0, Math.floor(available + millionth));
    this.whole = burst;
    this.resetMs = this.waitFor(burst);
    this.id = id;
  }

  waitFor(units: number): number {
    const missing = units - this.#available;
    if (missing <= millionth) return 0;
    // Noise of the fractions must not make a millisecond of its own.
    return Math.ceil(missing * this.#msPerUnit - Math.min(0.0005, (millionth / 2) * this.#msPerUnit));
  }
}

function whole(raw: Raw, pattern = /^\d{1,15}$/): number {
  if (typeof raw !== "string" || !pattern.test(raw)) throw new NoState();
  return Number(raw);
}

const fixedWindow: Meter = {
  take: rateLimitFixedWindowTake,
  give: rateLimitFixedWindowGive,
  fields: [],
  width: 3,
  level: (reply, quota) => new FixedLevel(Number(reply[1]), Number(reply[2]), Number(reply[3]), quota),
  stored([raw], ttl, _seconds, _microseconds, quota) {
    if (raw === null) return new FixedLevel(0, quota.window, -2, quota);
    const count = whole(raw, /^(?=.{1,15}$)(?:0|-?[1-9]\d*)$/);
    return new FixedLevel(count, ttl < 0 ? quota.window : Math.min(ttl, quota.window), -1, quota);
  },
};

const slidingWindow: Meter = {
  take: rateLimitSlidingWindowTake,
  give: rateLimitSlidingWindowGive,
  fields: ["start", "current", "previous"],
  width: 4,
  level: (reply, quota) =>
    new SlidingLevel(Number(reply[1]), Number(reply[2]), Number(reply[3]), Number(reply[4]), quota),
  stored([start, current, previous], _ttl, seconds, microseconds, quota) {
    const { window } = quota;
    const now = seconds * 1000 + Math.floor(microseconds / 1000);
    const present = now - (now % window);
    if (start === null) return new SlidingLevel(0, 0, present, now - present, quota);
    const began = whole(start);
    const counts: [number, number] = [whole(current), whole(previous)];
    const [ours, earlier] = began >= present ? counts : began >= present - window ? [0, counts[0]] : [0, 0];
    return new SlidingLevel(ours, earlier, present, now - present, quota);
  },
};

/** Units that are there while `debt` milliseconds are owed. */
function gcraLevel(debt: number, id: string, quota: Quota): Level {
  const interval = quota.window / quota.limit;
  const owed = Math.min(Math.max(debt, 0), (quota.burst * quota.window) / quota.slowest);
  return new RefillLevel(quota.burst - owed / interval, id, quota);
}

const gcra: Meter = {
  take: rateLimitGcraTake,
  give: rateLimitGcraGive,
  fields: [],
  width: 2,
  level: (reply, quota) => gcraLevel(Number(reply[1]), String(reply[2]), quota),
  stored([raw], _ttl, seconds, microseconds, quota) {
    if (raw === null) return gcraLevel(0, "", quota);
    const parts = /^(\d{1,15})(\.\d*)?$/.exec(String(raw));
    if (parts === null) throw new NoState();
    const now = seconds * 1000 + Math.floor(microseconds / 1000);
    const debt = Number(parts[1]) - now + (Number(`0${parts[2] ?? ""}`) - (microseconds % 1000) / 1000);
    return gcraLevel(debt, "", quota);
  },
};

/** `now` in microseconds; the id is when the bucket is full. */
function bucketLevel(tokens: number, now: number, quota: Quota): Level {
  const full = now + Math.floor(((quota.burst - tokens) * quota.window * 1000) / quota.limit);
  return new RefillLevel(tokens, String(full), quota);
}

const tokenBucket: Meter = {
  take: rateLimitTokenBucketTake,
  give: rateLimitTokenBucketGive,
  fields: ["tokens", "at"],
  width: 2,
  level: (reply, quota) => bucketLevel(Number(reply[1]), Number(reply[2]), quota),
  stored([raw, at], _ttl, seconds, microseconds, quota) {
    const now = seconds * 1_000_000 + microseconds;
    if (raw === null) return bucketLevel(quota.burst, now, quota);
    const since = Math.max(0, now - whole(at, /^\d{1,17}$/));
    const tokens = whole(raw, /^(?=.{1,25}$)\d+\.?\d*$/) + (since * quota.limit) / (quota.window * 1000);
    return bucketLevel(Math.min(quota.burst, tokens), now, quota);
  },
};

export const meters: Readonly<Record<RateLimitAlgorithm, Meter>> = {
  "fixed-window": fixedWindow,
  "sliding-window": slidingWindow,
  gcra,
  "token-bucket": tokenBucket,
};
