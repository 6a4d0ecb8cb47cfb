/**
 * What may not change between two manifests of a keyspace while keys are live: where they are, unless a move takes them
 * along phase by phase.
 *
 * @module
 */
import type { Manifest, ManifestFamily, ManifestMove } from "../../schema/manifest.js";
import { strategies } from "../../schema/moves/index.js";
import { parsePattern } from "../../schema/patterns/index.js";
import type { Finding } from "../rule.js";

type Change = Omit<Finding, "severity">;

/** A pattern without the names of its parameters: these are in no key. */
function shapeOf(text: string): string {
  return parsePattern(text)
    .pattern.segments.map((segment) =>
      "literal" in segment
        ? segment.literal
        : `<${segment.parameter.codec.name}(${segment.parameter.codec.argument ?? ""})>`,
    )
    .join("");
}

/** True where parameters have changed places: keys look alike then, and are other ones to those who pass them by name. */
function swapped(a: string, b: string): boolean {
  const [before, after] = [a, b].map((text) => parsePattern(text).pattern.parameters.map(({ name }) => name));
  return before?.some((name, at) => name !== after?.[at] && after?.includes(name)) ?? false;
}

const sameKeys = (a: string, b: string): boolean => a === b || (shapeOf(a) === shapeOf(b) && !swapped(a, b));

/** The family that has the keys now: by its pattern, by a move from it, or by its name. */
function successorOf(old: ManifestFamily, families: readonly ManifestFamily[]): ManifestFamily | undefined {
  return (
    families.find(({ pattern }) => sameKeys(pattern, old.pattern)) ??
    families.find(({ moved }) => moved !== undefined && sameKeys(moved.from, old.pattern)) ??
    families.find(({ name }) => name === old.name)
  );
}

/**
 * All changes that would lose live keys, in the order of the families.
 *
 * @param before the committed manifest; of a part of the keyspace it says nothing about other families
 * @param after the whole keyspace as the schema has it now
 */
export function brokenMoves(before: Manifest, after: Manifest): Finding[] {
  const known = new Set<ManifestFamily>();
  const changes = before.families.flatMap((old): Change[] => {
    const now = successorOf(old, after.families);
    if (now === undefined) return old.moved === undefined ? [] : leftMoves(old, old.moved, after, old.name);
    known.add(now);
    if (!sameKeys(now.pattern, old.pattern)) return [...changedPattern(old, now, after), ...changedPlace(old, now)];
    return [...changedPlace(old, now), ...changedCompanions(old, now), ...changedMove(old, now, after)];
  });
  const begun = before.subset !== undefined ? [] : after.families.filter((family) => !known.has(family));
  changes.push(...begun.flatMap(({ name, moved }) => (moved === undefined ? [] : beginning(name, moved))));
  changes.push(...lostRetirements(before, after));
  return changes.map((change) => ({ ...change, severity: "error" }));
}

/** Live keys of another kind, or on another server: no move takes them along. */
function changedPlace(old: ManifestFamily, { name: family, kind, store }: ManifestFamily): Change[] {
  return (["kind", "store"] as const).flatMap((field) => {
    const [was, is] = [old[field], { kind, store }[field]];
    if (was === is) return [];
    return [
      {
        id: "key-changed",
        family,
        field,
        message: `the ${field} was ${was} and is ${is}, and no move takes live keys along`,
        fix: "Declare a new family under another pattern, change over to it, and retire this one when its keys are gone.",
      },
    ];
  });
}

/** The pattern is another one: it is a move from the old one, at its beginning, or loses all keys. */
function changedPattern(old: ManifestFamily, now: ManifestFamily, after: Manifest): Change[] {
  const { moved } = now;
  // Before anything was written to its new keys a move may go elsewhere, or is given up.
  if (old.moved?.phase === "legacy" && moved?.phase === "legacy" && sameKeys(old.moved.from, moved.from)) {
    return otherCompanions(now.name, liveOf(old.moved), moved);
  }
  if (moved === undefined && old.moved !== undefined && sameKeys(old.moved.from, now.pattern)) {
    if (old.moved.phase === "legacy") return [];
    if (old.moved.phase !== "new") return leftMoves(old, old.moved, after, now.name);
  }
  if (moved === undefined || !sameKeys(moved.from, old.pattern)) {
    return [
      {
        id: "key-changed",
        family: now.name,
        field: "pattern",
        message: `the pattern was ${old.pattern} and is ${now.pattern}: the live keys would be lost`,
        fix: `Write moved: { from: ${JSON.stringify(old.pattern)}, phase: "legacy", until: "…" }, and go through its phases; or, where there are no live keys, say so with --without-keys ${now.name}.`,
      },
    ];
  }
  return [
    ...beginning(now.name, moved),
    ...otherCompanions(
      now.name,
      old.companions.map(({ name, pattern }) => [name, pattern] as const),
      moved,
    ),
    ...(old.moved === undefined ? [] : leftMoves(old, old.moved, after, now.name)),
  ];
}

/** The companions of a move by their names, and their old patterns. */
function liveOf({ keys }: ManifestMove): (readonly [name: string | undefined, pattern: string])[] {
  return keys.map(({ companion, from }) => [companion, from] as const);
}

/** Of the companions that move, those whose live keys lie elsewhere than the move looks for them. */
function otherCompanions(
  family: string,
  live: readonly (readonly [name: string | undefined, pattern: string])[],
  { keys }: ManifestMove,
): Change[] {
  return live.flatMap(([name, pattern]) => {
    const its = keys.find(({ companion }) => companion === name);
    if (name === undefined || its === undefined || sameKeys(its.from, pattern)) return [];
    return [
      {
        id: "key-changed",
        family,
        field: `moved.companions.${name}`,
        message: `the companion ${name} is at ${pattern}, and the move is from ${its.from}: its live keys would be lost`,
        fix: `Write moved: { …, companions: { ${name}: ${JSON.stringify(pattern)} } }.`,
      },
    ];
  });
}

/** Companions whose patterns the schema names have live keys too. */
function changedCompanions(old: ManifestFamily, now: ManifestFamily): Change[] {
  return old.companions.flatMap(({ name, pattern }) => {
    const companion = now.companions.find((each) => each.name === name);
    if (companion === undefined || sameKeys(companion.pattern, pattern)) return [];
    return [
      {
        id: "key-changed",
        family: now.name,
        field: "pattern",
        message: `the companion ${name} was ${pattern} and is ${companion.pattern}: its live keys would be lost`,
        fix: "Leave its pattern as it was, or move it together with the family's own.",
      },
    ];
  });
}

/** A new move begins where nothing has changed yet. */
function beginning(family: string, { strategy, phase }: ManifestMove): Change[] {
  const [first] = strategies[strategy].phases;
  return phase === first ? [] : [skipped(family, "no move", phase, `Begin with ${first}, and deploy it.`)];
}

function skipped(family: string, from: string, to: string, fix: string): Change {
  return {
    id: "phase-skipped",
    family,
    field: "moved.phase",
    message: `the phase goes from ${from} to ${to}, which do not work side by side while a deploy lasts`,
    fix,
  };
}

/** The pattern is the same, and what is said of the move may not be. */
function changedMove(old: ManifestFamily, now: ManifestFamily, after: Manifest): Change[] {
  const { name: family, moved: to } = now;
  const from = old.moved;
  if (from === undefined) return to === undefined ? [] : [...beganLate(now, to), ...beginning(family, to)];
  if (to === undefined) return leftMoves(old, from, after, family);
  if (from.strategy !== to.strategy || !sameKeys(from.from, to.from)) {
    const field = from.strategy === to.strategy ? "from" : "strategy";
    // In legacy nothing has moved yet, so the way may change; the live keys are where it begins.
    return field === "strategy" && sameKeys(from.from, to.from) && from.phase === "legacy" && to.phase === "legacy"
      ? otherCompanions(family, liveOf(from), to)
      : [
          {
            id: "move-changed",
            family,
            field: `moved.${field}`,
            message: `the move was from ${from.from} by ${from.strategy}, and in the middle of it is from ${to.from} by ${to.strategy}`,
            fix:
              field === "from"
                ? "Leave from as it was: the live keys are there."
                : "Go back to legacy first, phase by phase, or end the move as it began.",
          },
        ];
  }
  const others = otherCompanions(family, liveOf(from), to);
  const { phases } = strategies[from.strategy];
  const [at, next] = [phases.indexOf(from.phase), phases.indexOf(to.phase)];
  if (Math.abs(next - at) <= 1) return others;
  const step = phases[at + Math.sign(next - at)] as string;
  return [
    ...others,
    skipped(family, from.phase, to.phase, `Deploy ${step} first, and go on when every instance runs it.`),
  ];
}

/** The live keys are those of the pattern, and legacy would look for them elsewhere. */
function beganLate({ name, pattern }: ManifestFamily, { from }: ManifestMove): Change[] {
  return [
    {
      id: "move-changed",
      family: name,
      field: "moved.from",
      message: `the family's keys are at ${pattern} already, and a move from ${from} would look for them there`,
      fix: "Leave moved out; where keys are left at the old pattern, declare a family for them.",
    },
  ];
}

/** A move is over in its last phase, with its old patterns retired. */
function leftMoves(old: ManifestFamily, move: ManifestMove, after: Manifest, family: string): Change[] {
  if (move.phase !== "new") {
    return [
      {
        id: "move-removed",
        family,
        field: "moved",
        message: `the move from ${move.from} was in the phase ${move.phase}, and is not there any more`,
        fix: `Put it back, and go on to new, or phase by phase back to legacy and the pattern ${move.from}.`,
      },
    ];
  }
  const retired = Object.keys(after.retired ?? {});
  const missing = move.keys.map(({ from }) => from).filter((from) => !retired.some((each) => sameKeys(each, from)));
  if (missing.length === 0) return [];
  const lines = missing.map((from) => `${JSON.stringify(from)}: "moved to ${old.pattern}"`);
  return [
    {
      id: "move-removed",
      family,
      field: "moved",
      message: `the move is over, and ${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not retired`,
      fix: `Write keyspace({ retired: { ${lines.join(", ")} } }): an instance that was not updated may still use the old keys.`,
    },
  ];
}

/** Nobody may use a retired pattern again, so it stays in the schema. */
function lostRetirements(before: Manifest, after: Manifest): Change[] {
  const retired = Object.keys(after.retired ?? {});
  return Object.entries(before.retired ?? {}).flatMap(([pattern, because]) => {
    if (retired.some((each) => sameKeys(each, pattern))) return [];
    const user = after.families.find((family) => sameKeys(family.pattern, pattern));
    return [
      {
        id: "retired-reused",
        ...(user === undefined ? {} : { family: user.name }),
        field: user === undefined ? `retired.${pattern}` : "pattern",
        message: `${pattern} was retired (${because}), and ${user === undefined ? "is not any more" : "is used again"}`,
        fix: "Leave it in keyspace({ retired }): keys and old instances may still be there.",
      },
    ];
  });
}
