/**
 * Reads a keyspace into its manifest. Everything that is wrong with the schema is found here, and told at once.
 *
 * @module
 */
import { readComposition } from "./composition.js";
import { documentationFields, type Tier, tiers } from "./documentation.js";
import { type Keyspace, keyspaceOptions } from "./keyspace.js";
import { kinds } from "./kinds/index.js";
import type { KindContext, KindReading } from "./kinds/kind.js";
import { type Locations, type Manifest, type ManifestFamily, manifestFormat } from "./manifest.js";
import { identifier, nameFix, reservedNames } from "./names.js";
import { nearestWord } from "./nearest-word.js";
import { type Pattern, parsePattern } from "./patterns/index.js";
import type { SchemaLocation, SchemaProblem } from "./problem.js";
import { Problems, type Report } from "./problems.js";
import { tierProfiles } from "./profile.js";
import { checkDocumentation } from "./read-documentation.js";
import { readMoved } from "./read-moved.js";
import { readPrefixes } from "./read-prefixes.js";
import { readProfile } from "./read-profile.js";
import { readRetired } from "./read-retired.js";
import { readAllow, readRules } from "./read-rules.js";
import { parametersOf, readScopes } from "./read-scopes.js";
import { type ReadScriptFile, readScripts } from "./read-scripts.js";
import { readTag } from "./read-tag.js";
import { readValues } from "./read-values.js";
import { checkStaleReads, refusedStaleReads, type WithStaleReads } from "./stale-reads.js";
import { DurationProblem, parseDuration, readTtl, type TtlPolicy } from "./ttl.js";
import type { Shape } from "./values/shape.js";
import { readWhenDown } from "./when-down.js";

/** What the generator works from. */
export interface Built {
  /** undefined where there are problems. */
  readonly manifest: Manifest | undefined;
  /** The same, of the families that have no problems: what the rules can hold against each other all the same. */
  readonly sound: Manifest;
  readonly problems: readonly SchemaProblem[];
  /** Shapes of the values, by family and field: what the manifest's JSON cannot hold. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly locations: Locations;
  /** The scripts' texts as they are sent, by name. */
  readonly scripts: ReadonlyMap<string, string>;
}

/** A pattern without the names of its parameters: the simplest case of two families that own one key. */
function outline(pattern: Pattern): string {
  return pattern.segments
    .map((segment) =>
      "literal" in segment ? segment.literal : segment.parameter.text.replace(segment.parameter.name, ""),
    )
    .join("");
}

/** A misspelt option would silently leave its default in force. */
function reportUnknown(
  options: object,
  known: readonly string[],
  refused: Readonly<Record<string, string>>,
  report: Report,
): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name) || (options as Record<string, unknown>)[name] === undefined) continue;
    if (Object.hasOwn(refused, name)) {
      report("unsupported-option", name, refused[name] as string, `Leave ${name} out.`);
      continue;
    }
    const near = nearestWord(name, known);
    report(
      "unknown-option",
      name,
      `there is no option "${name}"`,
      near === undefined ? `The options are ${known.join(", ")}.` : `Did you mean ${near}?`,
    );
  }
}

/** `{ __proto__: x }` sets the prototype, and a computed `__proto__` does when it is copied: its member would be lost. */
function isPlain(members: unknown): boolean {
  if (typeof members !== "object" || members === null || Object.hasOwn(members, "__proto__")) return false;
  const prototype: unknown = Object.getPrototypeOf(members);
  return prototype === null || prototype === Object.prototype;
}

/** Holds a keyspace's own name and options. */
function checkKeyspace(keyspace: Keyspace, problems: Problems): void {
  if (!/^[a-z][a-z0-9-]*$/.test(keyspace.name)) {
    problems.add(
      {
        id: "invalid-name",
        field: "name",
        message: `the keyspace's name "${keyspace.name}" is not made of lower-case words`,
        fix: "Write it like friends or publishing-platform.",
      },
      undefined,
      keyspace.at,
    );
  }
  for (const field of ["families", "scopes", "scripts"] as const) {
    if (isPlain(keyspace.own[field])) continue;
    problems.add(
      {
        id: "invalid-name",
        field,
        message: `the ${field} are no plain object, or one of them is called __proto__ and so is lost`,
        fix: `Write ${field}: { … } with a name of its own for each.`,
      },
      undefined,
      keyspace.at,
    );
  }
  for (const [option, value] of Object.entries(keyspace.unknown)) {
    if (value === undefined) continue;
    const near = nearestWord(option, keyspaceOptions);
    problems.add(
      {
        id: "unknown-option",
        field: option,
        message: `a keyspace has no option "${option}"`,
        fix: near === undefined ? `The options are ${keyspaceOptions.join(", ")}.` : `Did you mean ${near}?`,
      },
      undefined,
      keyspace.at,
    );
  }
}

/** Without declared prefixes nothing is known of the prefixed keys, which could be those of a shared family. */
function checkShared(shared: unknown, keyspace: Keyspace, report: Report): void {
  if (typeof shared !== "string" || shared.trim() === "") {
    report("undocumented", "shared", "nothing says why the keys are shared", 'Write shared: "why", or leave it out.');
  }
  if (keyspace.prefixes === undefined) {
    report(
      "shared-without-prefixes",
      "shared",
      "the keyspace declares no prefixes, so a prefixed key could be one of these",
      'Declare what may stand before the other keys: keyspace({ prefixes: { preview: "preview:<sha:hex>:" } }).',
    );
  }
}

/**
 * Reads a keyspace; never throws for what a schema can get wrong.
 *
 * @param readFile reads the files of its scripts; nothing in this folder does
 */
export function buildManifest(keyspace: Keyspace, readFile?: ReadScriptFile): Built {
  const problems = new Problems();
  const shapes = new Map<string, Shape>();
  const locations = new Map<string, SchemaLocation>();
  const { parts, familyHome, scopeHome } = readComposition(keyspace, problems);
  const scopes = readScopes(keyspace, scopeHome, problems);
  for (const [name, { at }] of Object.entries(keyspace.scopes)) if (at) locations.set(`scopes.${name}`, at);
  const rules = readRules(keyspace, problems);
  const prefixes = readPrefixes(keyspace, problems);
  const retired = readRetired(keyspace, problems);
  const families: ManifestFamily[] = [];
  const outlines = new Map<string, string>();
  const lowered = new Map<string, string>();

  for (const part of parts) checkKeyspace(part, problems);

  for (const [name, family] of Object.entries(keyspace.families)) {
    const home = familyHome.get(name) ?? keyspace;
    if (typeof family?.kind !== "string" || typeof family.options !== "object" || family.options === null) {
      problems.add(
        {
          id: "invalid-family",
          field: "families",
          message: `"${name}" is no family`,
          fix: "Declare it with the function of a kind, such as value(pattern, options), before the keyspace.",
        },
        name,
        home.at,
      );
      continue;
    }
    if (family.at !== undefined) locations.set(name, family.at);
    const report: Report = (id, field, message, fix) => problems.add({ id, field, message, fix }, name, family.at);
    const kind = kinds[family.kind];
    if (kind === undefined) {
      report("unknown-kind", "kind", `"${family.kind}" is no kind`, `Use one of ${Object.keys(kinds).join(", ")}.`);
      continue;
    }
    if (!identifier.test(name) || reservedNames.has(name)) {
      report("invalid-name", "name", `"${name}" is no name for a family`, nameFix(name, "roomPresence"));
    }
    if (Object.hasOwn(keyspace.scopes, name)) {
      report(
        "invalid-name",
        "name",
        `a tag scope has the name "${name}" too`,
        "Both are members of the generated repositories: rename one.",
      );
    }
    const twin = lowered.get(name.toLowerCase());
    if (twin !== undefined)
      report(
        "invalid-name",
        "name",
        `"${name}" and "${twin}" differ only in case`,
        "Rename one: their classes would be taken for each other.",
      );
    lowered.set(name.toLowerCase(), name);

    const { pattern, problems: found } = parsePattern(family.pattern);
    for (const problem of found) problems.add(problem, name, family.at);
    if (found.length === 0) {
      const same = outlines.get(outline(pattern));
      if (same !== undefined) {
        report(
          "duplicate-family",
          "pattern",
          `"${name}" and "${same}" have the same pattern ${family.pattern}`,
          "Two families cannot own one key: give one of them another pattern, or make them one family.",
        );
      }
      outlines.set(outline(pattern), name);
    }

    const options = family.options;
    const known = [...documentationFields, "whenDown", ...kind.options, ...(kind.mayBeStale ? ["staleReads"] : [])];
    reportUnknown(options, known, { ...refusedStaleReads, ...kind.refused }, report);
    checkDocumentation(family, keyspace.services ?? home.own.services, report);
    const tag = readTag(family, pattern, keyspace, report);

    const context: KindContext = {
      pattern,
      problem: report,
      duration(field, input) {
        try {
          return parseDuration(input);
        } catch (problem) {
          if (!(problem instanceof DurationProblem)) throw problem;
          report("duration", field, problem.message, problem.fix);
          return undefined;
        }
      },
      ttl(input) {
        const { ttl, problems: bad } = readTtl(input, "ttl", kind.ttlForms);
        for (const problem of bad) problems.add(problem, name, family.at);
        return ttl;
      },
    };
    let reading: KindReading;
    try {
      reading = kind.read(family, context);
    } catch (error) {
      report(
        "unreadable-options",
        "options",
        `the options of "${name}" cannot be read (${error instanceof Error ? error.message : String(error)})`,
        `Hold them against the page of the kind ${family.kind}.`,
      );
      continue;
    }
    const tier: Tier = options.tier ?? kind.tier;
    if (!tiers.includes(tier))
      report("invalid-tier", "tier", `"${tier}" is no tier`, "Use R0 (must not be lost) to R4 (rebuildable).");
    const { whenDown } = options as { readonly whenDown?: unknown };
    const store = options.store ?? "default";
    if (!keyspace.stores.includes(store)) {
      report(
        "unknown-store",
        "store",
        `the store "${store}" is not among the keyspace's stores`,
        `Add it to keyspace({ stores }), or use one of ${keyspace.stores.join(", ")}.`,
      );
    }
    if (options.shared !== undefined) checkShared(options.shared, keyspace, report);
    const { staleReads } = options as WithStaleReads;
    if (staleReads !== undefined && kind.mayBeStale) checkStaleReads(staleReads, tier, report);
    const moved = found.length > 0 ? undefined : readMoved(family, pattern, reading, report);
    const profile = readProfile(options, tierProfiles[tier] ?? tierProfiles.R2, report);

    families.push({
      name,
      kind: family.kind,
      pattern: family.pattern,
      parameters: parametersOf(pattern),
      redisType: reading.redisType,
      tag,
      ttl: reading.ttl ?? ({ kind: "persist", because: "" } satisfies TtlPolicy),
      ttlSet: reading.ttlSet,
      summary: reading.summary,
      purpose: options.purpose,
      notes: options.notes ?? null,
      domain: options.domain ?? options.owner,
      owner: options.owner,
      writers: options.writers,
      readers: options.readers,
      tier,
      store,
      ...(options.shared === undefined ? {} : { shared: options.shared }),
      ...(staleReads === undefined ? {} : { staleReads }),
      ...profile,
      whenDown: readWhenDown(whenDown, tier, family.kind, kind.whenDown(options), report),
      values: readValues(name, family, reading, report, shapes),
      settings: reading.settings,
      companions: reading.companions,
      ...(moved === undefined ? {} : { moved }),
      allow: readAllow(options.allow, report),
    });
  }

  for (const scope of scopes) {
    const members = families.filter((family) => "scope" in family.tag && family.tag.scope === scope.name);
    const strange = members.find((family) => family.store !== members[0]?.store);
    if (strange !== undefined) {
      const at = locations.get(strange.name);
      problems.add(
        {
          id: "scope-spans-stores",
          field: "store",
          message: `the scope "${scope.name}" has families in the stores ${members[0]?.store} and ${strange.store}`,
          fix: "Keys of one scope change together, so they need one server: move one, or give it a scope of its own.",
        },
        strange.name,
        at,
      );
    }
  }

  const unsound = new Set(problems.list.map(({ family }) => family));
  families.sort((a, b) => (a.name < b.name ? -1 : 1));
  const { scripts, texts } = readScripts(keyspace, families, problems, readFile);
  for (const { name } of scripts) {
    const at = keyspace.scripts[name]?.at;
    if (at !== undefined) locations.set(name, at);
  }
  const sound = families.filter(({ name }) => !unsound.has(name));
  const mistaken = new Set(problems.list.map(({ family }) => family));
  const soundScripts = scripts.filter(({ name }) => !mistaken.has(name));
  const services = keyspace.services ?? [
    ...parts.flatMap((part) => part.own.services ?? []),
    ...sound.flatMap((family) => [...family.readers, ...family.writers.filter((writer) => typeof writer === "string")]),
  ];
  const manifest: Manifest = {
    keywright: manifestFormat,
    name: keyspace.name,
    stores: [...keyspace.stores],
    services: [...new Set(services)].sort(),
    ...(prefixes === undefined ? {} : { prefixes }),
    scopes,
    ...(retired === undefined ? {} : { retired }),
    rules,
    families: sound,
    ...(soundScripts.length === 0 ? {} : { scripts: soundScripts }),
  };
  return {
    manifest: problems.list.length > 0 ? undefined : manifest,
    sound: manifest,
    problems: problems.list,
    shapes,
    locations,
    scripts: texts,
  };
}
