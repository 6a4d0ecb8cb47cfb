/**
 * Goes through all keys of some patterns on all primaries, batch by batch, from where the journal says.
 *
 * @module
 */
import type { ClientPort } from "../runtime/client-port.js";
import type { Journal } from "./journal.js";
import type { Pass } from "./passes.js";
import { primariesOf, type ScannedPrimary, sameServers } from "./primaries.js";

/** How far a task is. */
export interface Progress {
  /** Of all keys that the servers have to look at. */
  readonly fraction: number;
  /** Places of the family that are done, in this run and in those that it goes on from. */
  readonly places: number;
}

export interface ScanOptions {
  /** How many keys a server looks at for one answer. */
  readonly count?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the scan behind the batch that is under way. */
  readonly signal?: AbortSignal;
}

/** How often all is scanned anew because slots went elsewhere meanwhile. */
const mostTimes = 5;

/**
 * SCAN gives every key that is there all the time at least once, and some twice; a key whose slot goes to another primary
 * may be missed, so that all is scanned again where that happened.
 *
 * @param work takes the keys of one answer; what it has not done when it fails is scanned again
 * @returns false where the signal ended it
 */
export async function scanAll(
  port: ClientPort,
  passes: readonly Pass[],
  journal: Journal,
  work: (keys: readonly string[], pass: Pass) => Promise<void>,
  { count = 500, onProgress, signal }: ScanOptions = {},
): Promise<boolean> {
  for (let time = 1; ; time++) {
    const primaries = await primariesOf(port);
    if (!(await scanOnce(primaries, passes, journal, work, count, onProgress, signal))) return false;
    const after = (await primariesOf(port)).map(({ server }) => server);
    const before = primaries.map(({ server }) => server);
    if (sameServers(before, after) || time === mostTimes) return true;
    journal.again(after);
  }
}

async function scanOnce(
  primaries: readonly ScannedPrimary[],
  passes: readonly Pass[],
  journal: Journal,
  work: (keys: readonly string[], pass: Pass) => Promise<void>,
  count: number,
  onProgress: ScanOptions["onProgress"],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const sizes = await Promise.all(primaries.map((primary) => primary.size()));
  const whole = Math.max(1, sizes.reduce((sum, size) => sum + size, 0) * passes.length);
  let looked = 0;
  for (const pass of passes) {
    for (const [i, primary] of primaries.entries()) {
      const size = sizes[i] as number;
      let seen = 0;
      for (;;) {
        const cursor = journal.cursor(pass.pattern, primary.server);
        if (cursor === undefined) break;
        if (signal?.aborted === true) {
          journal.save();
          return false;
        }
        const answer = await primary.scan(cursor, pass.glob, count);
        const keys = answer.keys.filter((key) => pass.owns(key));
        if (keys.length > 0) await work(keys, pass);
        journal.passed(pass.pattern, primary.server, answer.cursor);
        seen = Math.min(seen + count, size);
        onProgress?.({ fraction: Math.min(1, (looked + seen) / whole), places: journal.counts.places ?? 0 });
      }
      looked += size;
    }
  }
  return true;
}
