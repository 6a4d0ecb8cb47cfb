/**
 * Reads how a family moves, and refuses what cannot be moved safely.
 *
 * @module
 */
import { type Companion, companionPattern } from "./companion.js";
import type { FamilyDeclaration } from "./family.js";
import type { KindReading } from "./kinds/kind.js";
import type { ManifestMove } from "./manifest.js";
import { type Moved, movedOptions } from "./moved.js";
import { type MovedPattern, type Phase, type StrategyName, strategies, strategiesOf } from "./moves/index.js";
import { nearestWord } from "./nearest-word.js";
import { type Pattern, parsePattern } from "./patterns/index.js";
import type { Report } from "./problems.js";
import { longestTtl, parseDuration } from "./ttl.js";

/** A mark outlives whatever it was made for. What has no TTL is marked for longer than a move may last. */
const leastMarkTtl = parseDuration("30d");
const markTtlOfPersistent = parseDuration("400d");

/** The move of a family; undefined where it does not move, or cannot as it is declared. */
export function readMoved(
  family: FamilyDeclaration,
  pattern: Pattern,
  reading: KindReading,
  report: Report,
): ManifestMove | undefined {
  const { moved } = family.options as { readonly moved?: unknown };
  if (moved === undefined) return undefined;
  if (typeof moved !== "object" || moved === null || Array.isArray(moved)) {
    report(
      "invalid-move",
      "moved",
      "the move is no object",
      'Write moved: { from: "old:<id>", phase: "legacy", until: "2027-01-31" }.',
    );
    return undefined;
  }
  const given = moved as Partial<Moved>;
  reportUnknown(given, report);
  const strategy = readStrategy(family.kind, given.strategy, reading, report);
  const phase = strategy === undefined ? undefined : readPhase(strategy, given.phase, report);
  const until = readUntil(given.until, report);
  const keys = readKeys(family.kind, given, pattern, reading, report);
  if (strategy === undefined || phase === undefined || until === undefined || keys === undefined) return undefined;
  return { from: given.from as string, strategy, phase, until, keys, markTtl: markTtlOf(reading) };
}

function reportUnknown(given: object, report: Report): void {
  for (const name of Object.keys(given)) {
    if ((movedOptions as readonly string[]).includes(name)) continue;
    const near = nearestWord(name, movedOptions);
    report(
      "unknown-option",
      `moved.${name}`,
      `a move has no option "${name}"`,
      near === undefined ? `The options are ${movedOptions.join(", ")}.` : `Did you mean ${near}?`,
    );
  }
}

function readStrategy(
  kind: string,
  given: unknown,
  { settings }: KindReading,
  report: Report,
): StrategyName | undefined {
  const possible = strategiesOf(kind, settings);
  const strategy = given ?? possible[0];
  if (possible.includes(strategy as StrategyName)) return strategy as StrategyName;
  const near = nearestWord(String(strategy), Object.keys(strategies));
  report(
    "move-strategy",
    "moved.strategy",
    `this ${kind} does not move by ${String(strategy ?? "any strategy")}`,
    possible.length === 0
      ? "Declare a new family beside it, and change over from one to the other."
      : near !== undefined && possible.includes(near as StrategyName)
        ? `Did you mean ${near}?`
        : `Write ${possible.join(" or ")}, or leave it out for ${possible[0]}.`,
  );
  return undefined;
}

function readPhase(strategy: StrategyName, given: unknown, report: Report): Phase | undefined {
  const { phases } = strategies[strategy];
  if (phases.includes(given as Phase)) return given as Phase;
  const near = nearestWord(String(given), phases);
  report(
    "move-phase",
    "moved.phase",
    `${given === undefined ? "the phase is missing, and is" : `"${String(given)}" is no phase of ${strategy}:`} one of ${phases.join(", ")}`,
    near === undefined ? "Begin with legacy, and go one phase further with each deploy." : `Did you mean ${near}?`,
  );
  return undefined;
}

function readUntil(given: unknown, report: Report): string | undefined {
  if (typeof given === "string" && isDay(given)) return given;
  report(
    "invalid-move",
    "moved.until",
    "nothing says by which day the move is over",
    'Write a day that exists, such as until: "2027-01-31".',
  );
  return undefined;
}

/** `2027-01-31`, a day that exists. */
function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** For how long marks stay: as long as anything that they are made for, and 30 days at least. */
function markTtlOf({ ttl, companions }: KindReading): number {
  const lives = [...(ttl === undefined ? [] : [ttl]), ...companions.map((companion) => companion.ttl)].map(longestTtl);
  return Math.max(leastMarkTtl, ...lives.map((life) => life ?? markTtlOfPersistent));
}

/** Parameters with their codecs, in any order. */
function textsOf({ parameters }: Pattern): string {
  return parameters
    .map(({ text }) => text.replace(/^<([^:>]+)>$/, "<$1:str>"))
    .sort()
    .join(", ");
}

/** The family's keys on both sides, then its companions'. */
function readKeys(
  kind: string,
  { from, companions: given }: Partial<Moved>,
  pattern: Pattern,
  { companions, settings }: KindReading,
  report: Report,
): MovedPattern[] | undefined {
  const old = readPattern(from, "moved.from", report);
  if (old === undefined) return undefined;
  if (old.text === pattern.text) {
    report(
      "move-pattern",
      "moved.from",
      `the family's own pattern is ${pattern.text} too`,
      "Write the pattern of the old keys; a move to another store, kind or value is none.",
    );
    return undefined;
  }
  if (textsOf(old) !== textsOf(pattern)) {
    report(
      "move-parameters",
      "moved.from",
      `the old keys have the parameters ${textsOf(old) || "none"}, and the new ones ${textsOf(pattern) || "none"}`,
      "Give both the same names and codecs: an old key has one new key, found from its text alone. Otherwise it is a new family.",
    );
    return undefined;
  }
  if (kind === "session" && (settings.owners ?? null) !== null) {
    report(
      "move-companion",
      "moved",
      "sessions that are listed by their owner do not move: the owner's index holds the names of the keys",
      "Declare a new family beside it, create new sessions there, and let the old ones end.",
    );
    return undefined;
  }
  const named = oldCompanions(given, companions, report);
  const own: MovedPattern = { to: pattern.text, from: old.text, prefixAt: { to: 0, from: 0 } };
  const others = companions.map((companion) => companionTwin(companion, named[companion.name], pattern, old, report));
  return others.includes(undefined) ? undefined : [own, ...(others as MovedPattern[])];
}

function readPattern(text: unknown, field: string, report: Report): Pattern | undefined {
  if (typeof text !== "string") {
    report("move-pattern", field, "the old pattern is no text", "Write it like the family's own.");
    return undefined;
  }
  const { pattern, problems } = parsePattern(text);
  for (const { id, message, fix } of problems) report(id, field, message, fix);
  return problems.length > 0 ? undefined : pattern;
}

/** The old patterns of companions that the schema names. */
function oldCompanions(
  given: unknown,
  companions: readonly Companion[],
  report: Report,
): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  const names = companions.map(({ name }) => name);
  if (typeof given !== "object" || given === null) {
    report(
      "invalid-move",
      "moved.companions",
      "the old companions are no object",
      'Write companions: { attempts: "old:attempts:<id>" }.',
    );
    return {};
  }
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const near = nearestWord(name, names);
    report(
      "unknown-option",
      `moved.companions.${name}`,
      `the family has no companion "${name}"`,
      near !== undefined
        ? `Did you mean ${near}?`
        : names.length === 0
          ? "Leave companions out."
          : `The companions are ${names.join(", ")}.`,
    );
  }
  return given as Readonly<Record<string, unknown>>;
}

/** The keys of a companion on both sides; all old keys of one place must lie in one slot, as the new ones do. */
function companionTwin(
  { name, pattern: text }: Companion,
  given: unknown,
  pattern: Pattern,
  old: Pattern,
  report: Report,
): MovedPattern | undefined {
  const field = `moved.companions.${name}`;
  // A pointer at the live token has one parameter less: its keys belong to no one place of the family.
  if (textsOf(parsePattern(text).pattern) !== textsOf(pattern)) {
    report(
      "move-companion",
      "moved",
      `the companion ${name} (${text}) has other parameters than the family, so it belongs to no one of its keys`,
      "Declare a new family beside it, issue there, and let what is in the old keys end.",
    );
    return undefined;
  }
  const [derivedTo, derivedFrom] = [pattern, old].map((each) => derived(each, name)) as [string, string];
  if (given === undefined && text !== derivedTo) {
    report(
      "move-companion",
      field,
      `the schema names the pattern of the companion ${name}, ${text}, and nothing says what the old one is`,
      `Write moved: { …, companions: { ${name}: ${JSON.stringify(derivedFrom)} } }, as the old keys are.`,
    );
    return undefined;
  }
  const from = given === undefined ? parsePattern(derivedFrom).pattern : readPattern(given, field, report);
  if (from === undefined) return undefined;
  if (textsOf(from) !== textsOf(pattern)) {
    report(
      "move-parameters",
      field,
      `${from.text} has other parameters than the family`,
      `Write ${textsOf(pattern) || "none"}, in any order.`,
    );
    return undefined;
  }
  if (from.text !== derivedFrom && (old.tag === undefined || from.tag?.template !== old.tag.template)) {
    report(
      "move-companion",
      field,
      `${from.text} lies in another slot than ${old.text}, and what is read and written in one step must move in one`,
      old.tag === undefined
        ? `Only ${derivedFrom} lies beside it. Otherwise declare a new family, and let the old keys end.`
        : `Write ${old.tag.template} into both. Otherwise declare a new family, and let the old keys end.`,
    );
    return undefined;
  }
  const at = (each: Pattern, key: string): 0 | 1 => (key === companionPattern(each.text, false, name) ? 1 : 0);
  return { companion: name, to: text, from: from.text, prefixAt: { to: at(pattern, text), from: at(old, from.text) } };
}

function derived({ text, tag }: Pattern, name: string): string {
  return companionPattern(text, tag !== undefined, name);
}
