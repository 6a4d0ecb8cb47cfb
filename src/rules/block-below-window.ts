/**
 * Blocks of a limit that end before the limit itself would let anybody through.
 *
 * @module
 */
import { formatDuration } from "../schema/ttl.js";
import { eachFamily, type Rule } from "./rule.js";

interface Ladder {
  readonly steps: readonly { readonly violations: number; readonly block: number }[];
}

export const blockBelowWindow: Rule = {
  id: "block-below-window",
  severity: "warning",
  topic: "TTL",
  purpose: "A block that is over before the window is keeps out nobody whom the limit does not keep out already.",
  example: { bad: '{ violations: 3, block: "5m" }', good: '{ violations: 3, block: "2h" }' },
  check: eachFamily((family) => {
    const { ladder, window, algorithm } = family.settings;
    if (typeof ladder !== "object" || ladder === null || typeof window !== "number") return [];
    // The others let the next unit through before the window is over.
    if (algorithm !== "fixed-window") return [];
    const short = (ladder as unknown as Ladder).steps.find(({ block }) => block < window);
    if (short === undefined) return [];
    return [
      {
        field: "ladder",
        message: `${short.violations} violations block for ${formatDuration(short.block)}, less than the window of ${formatDuration(window)}`,
        fix: "Lengthen the block beyond the window.",
      },
    ];
  }),
};
