/**
 * Reads what a keyspace sets of the lint, and what it and its families allow.
 *
 * @module
 */
import type { Keyspace } from "./keyspace.js";
import type { ManifestRules } from "./manifest.js";
import { nearestWord } from "./nearest-word.js";
import type { Problems, Report } from "./problems.js";
import { type RuleSettings, ruleSettings } from "./rule-settings.js";
import { DurationProblem, parseDuration } from "./ttl.js";

function sorted<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isRecord(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

/** The rules that are allowed, with their reasons. */
export function readAllow(input: unknown, report: Report): Readonly<Record<string, string>> {
  if (input === undefined) return {};
  if (!isRecord(input)) {
    report("invalid-allow", "allow", "allow is no object", 'Write allow: { "rule-id": "why it is right here" }.');
    return {};
  }
  for (const [rule, reason] of Object.entries(input)) {
    if (typeof reason === "string" && reason.trim() !== "") continue;
    report(
      "invalid-allow",
      `allow.${rule}`,
      `nothing says why "${rule}" is allowed`,
      "Write the reason as its value: reviewers see it in the inventory.",
    );
  }
  return sorted(Object.entries(input).map(([rule, reason]) => [rule, String(reason).trim()] as const));
}

class SettingsReader {
  readonly #report: Report;
  constructor(report: Report) {
    this.#report = report;
  }

  flag(field: string, input: unknown): boolean {
    if (input !== undefined && typeof input !== "boolean") this.#refuse(field, "is neither true nor false");
    return input === true;
  }

  /** undefined where there is none, or what is there is none. */
  words(field: string, input: unknown): readonly string[] | undefined {
    if (Array.isArray(input) && input.every((word) => typeof word === "string" && word !== "")) return input;
    if (input !== undefined) this.#refuse(field, "is no list of words");
    return undefined;
  }

  record<T>(field: string, input: unknown, read: (field: string, each: unknown) => T): Readonly<Record<string, T>> {
    if (input === undefined) return {};
    if (!isRecord(input)) {
      this.#refuse(field, "is no object");
      return {};
    }
    return sorted(Object.entries(input).map(([name, each]) => [name, read(`${field}.${name}`, each)] as const));
  }

  duration(field: string, input: unknown): number {
    try {
      return parseDuration(input);
    } catch (problem) {
      if (!(problem instanceof DurationProblem)) throw problem;
      this.#report("duration", field, problem.message, problem.fix);
      return 1;
    }
  }

  unknown(input: object): void {
    for (const name of Object.keys(input)) {
      if ((ruleSettings as readonly string[]).includes(name)) continue;
      const near = nearestWord(name, ruleSettings);
      this.#report(
        "unknown-option",
        `rules.${name}`,
        `the rules have no setting "${name}"`,
        near === undefined ? `The settings are ${ruleSettings.join(", ")}.` : `Did you mean ${near}?`,
      );
    }
  }

  #refuse(field: string, what: string): void {
    this.#report(
      "invalid-rules",
      field,
      `"${field}" ${what}`,
      "Hold it against RuleSettings of keywright/schema, or leave it out.",
    );
  }
}

/** The settings, in one form for all rules; lengths in milliseconds. */
export function readRules(keyspace: Keyspace, problems: Problems): ManifestRules {
  const report: Report = (id, field, message, fix) => problems.add({ id, field, message, fix }, undefined, keyspace.at);
  const read = new SettingsReader(report);
  const whole = isRecord(keyspace.rules);
  if (!whole) report("invalid-rules", "rules", "the rules are no object", "Write rules: practices, or rules: { … }.");
  const given: RuleSettings = whole ? keyspace.rules : {};
  read.unknown(given);
  const maxima = isRecord(given.maxTtl) ? given.maxTtl : {};
  if (given.maxTtl !== undefined && !isRecord(given.maxTtl)) read.record("rules.maxTtl", given.maxTtl, () => 0);
  const words = (field: string, each: unknown) => read.words(field, each) ?? [];
  const scopes = read.words("rules.scopes", given.scopes);
  const duration = (field: string, each: unknown) => read.duration(field, each);
  return {
    naming: read.flag("rules.naming", given.naming),
    functions: read.record("rules.functions", given.functions, words),
    prefixes: read.record("rules.prefixes", given.prefixes, words),
    scopes: scopes === undefined ? null : [...scopes].sort(),
    maxTtl: {
      kinds: read.record("rules.maxTtl.kinds", maxima.kinds, duration),
      prefixes: read.record("rules.maxTtl.prefixes", maxima.prefixes, duration),
    },
    ttlRequired: read.flag("rules.ttlRequired", given.ttlRequired),
    boundedTexts: read.flag("rules.boundedTexts", given.boundedTexts),
    personalData: [...words("rules.personalData", given.personalData)].sort(),
    allow: readAllow(keyspace.allow, report),
  };
}
