import { createHash } from "node:crypto";
import type { Script } from "../../src/runtime/script.js";

/** A script as the generator would embed it. */
export function script(name: string, body: string, readOnly = false): Script {
  const source = `#!lua${readOnly ? " flags=no-writes" : ""}\n${body}\n`;
  return { name, source, readOnly, sha1: createHash("sha1").update(source).digest("hex") };
}

/** Counts up KEYS[1] and KEYS[2], so that every run shows. */
export const countBoth = script(
  "count-both",
  "return { redis.call('INCR', KEYS[1]), redis.call('INCR', KEYS[2]) } -- two keys",
);

export const countOne = script("count-one", "return redis.call('INCRBY', KEYS[1], ARGV[1])");
