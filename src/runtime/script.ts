/**
 * A Lua script: its text is a `.lua` file beside the kind that uses it, its SHA-1 is pinned when it is embedded, so
 * that EVALSHA needs no round trip to learn it.
 *
 * @module
 */

/** An embedded script. */
export interface Script {
  readonly name: string;
  readonly sha1: string;
  readonly source: string;
  /** True where the script carries the flag `no-writes`. */
  readonly readOnly: boolean;
}
