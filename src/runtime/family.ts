/**
 * What the runtime knows of a family. The generator writes it as a literal, and each kind adds its own fields.
 *
 * @module
 */

import type { WhenDown } from "../schema/when-down.js";

/** R0 (coordination, must not be lost) to R4 (rebuildable). */
export type Tier = "R0" | "R1" | "R2" | "R3" | "R4";

export interface Family {
  readonly name: string;
  readonly kind: string;
  /** The key's pattern; shown in errors and events in the key's place. */
  readonly pattern: string;
  /** The named Redis that the family lives in. */
  readonly store: string;
  /** True where its keys take no prefix. */
  readonly shared?: boolean;
  /** True where plain reads may go to a replica. */
  readonly staleReads?: boolean;
  readonly tier: Tier;
  /** Milliseconds by which every call of the family ends, its retries included. */
  readonly deadline: number;
  /** How often an attempt that failed is made again, where it was certainly not applied. */
  readonly retries: number;
  /** True of a read that another is made in the place of where Redis fails: no caller gets its error. */
  readonly fallsBack?: boolean;
  /** What its operations answer where Redis failed. Where it is left out: `load` of what has a loader, else `throw`. */
  readonly whenDown?: WhenDown;
}
