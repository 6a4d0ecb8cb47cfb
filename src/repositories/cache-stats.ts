/**
 * What a cache has counted since its repository was made.
 *
 * @module
 */

/** Counters of one family in this process. */
export interface CacheStats {
  /** Reads that found a value. */
  readonly hits: number;
  /** Reads that found the note that there is none. */
  readonly negatives: number;
  /** Reads that found nothing, or nothing that is a value of the schema. */
  readonly misses: number;
  /** Reads that failed: Redis did, or the key has another type. */
  readonly errors: number;
  /** Keys that were loaded. */
  readonly loads: number;
  /** Fetches that shared the load of another. */
  readonly joins: number;
  /** Loads that threw, were too slow, or brought what the schema, or a `shouldCache` that threw, refuses. */
  readonly loadFailures: number;
  /** Loads whose result was stored. */
  readonly fills: number;
  /**
   * Loads whose result was not stored, because the key was written or invalidated meanwhile, or holds what a newer version
   * wrote.
   */
  readonly droppedFills: number;
}

export class CacheCounters implements CacheStats {
  hits = 0;
  negatives = 0;
  misses = 0;
  errors = 0;
  loads = 0;
  joins = 0;
  loadFailures = 0;
  fills = 0;
  droppedFills = 0;
}
