/**
 * Moves that take too long, and writers that hold them back.
 *
 * @module
 */
import { serviceOf } from "../schema/documentation.js";
import { eachFamily, type Found, type Rule } from "./rule.js";

const topic = "moves";

/** Days as text compare as days. */
function aYearAfter(day: string): string {
  return `${Number(day.slice(0, 4)) + 1}${day.slice(4)}`;
}

export const moveExpired: Rule = {
  id: "move-expired",
  severity: "error",
  topic,
  purpose: "A move that nobody ends leaves two keys for everything, and old code that still relies on the old one.",
  example: { bad: 'until: "2026-06-30"', good: 'until: "2027-01-31"' },
  check(manifest, { today }) {
    return manifest.families.flatMap(({ name, moved }): Found[] => {
      if (moved === undefined || moved.until >= today) return [];
      return [
        {
          family: name,
          field: "moved.until",
          message: `the move from ${moved.from} was to be over by ${moved.until}, and is in the phase ${moved.phase}`,
          fix: "Bring it to its end (keywright migrate status says what holds it back), or set a later day.",
        },
      ];
    });
  },
};

export const moveLong: Rule = {
  id: "move-long",
  severity: "warning",
  topic,
  purpose: "A move has a cost in every operation, so it should be over within the year.",
  example: { bad: 'until: "2028-06-30"', good: 'until: "2027-01-31"' },
  check(manifest, { today }) {
    return manifest.families.flatMap(({ name, moved }): Found[] => {
      if (moved === undefined || moved.until <= aYearAfter(today)) return [];
      return [
        {
          family: name,
          field: "moved.until",
          message: `the move may go on until ${moved.until}, which is more than a year from now`,
          fix: "Set the day by which the last old instance is gone and the longest TTL has run out.",
        },
      ];
    });
  },
};

export const moveForeign: Rule = {
  id: "move-foreign",
  severity: "warning",
  topic,
  purpose: "A writer without the generated repository follows no phases: what it writes to the old key would be lost.",
  example: {
    bad: '{ service: "legacy-api", foreign: "go" }',
    good: '{ service: "legacy-api", foreign: "go", moved: true }',
  },
  check: eachFamily(({ moved, writers }) => {
    if (moved === undefined) return [];
    const behind = writers.filter((writer) => typeof writer !== "string" && writer.moved !== true).map(serviceOf);
    if (behind.length === 0) return [];
    return [
      {
        field: "writers",
        message: `${behind.join(", ")} writes these keys, and nothing says that it does what the phases need`,
        fix: "Let it write both keys as docs/moves.md says, then mark it with moved: true; the move does not advance before.",
      },
    ];
  }),
};
