/**
 * The key that `redis.health()` writes and reads back. It is part of the disjointness proof, so that no family owns it.
 *
 * @module
 */
import { parsePattern } from "./patterns/parse.js";

/** On a Cluster each primary has a key of its own, whose tag lies in one of its slots. */
const texts = ["_health", "_health:{<n:int>}"];

export const healthPatterns = texts.map((text) => parsePattern(text).pattern);

/** The key lives for so many milliseconds. */
export const healthTtl = 60_000;
