/**
 * Reads a keyspace into its manifest. Everything that is wrong with the schema is found here, and told at once.
 *
 * @module
 */
import { serviceOf, type Tier, tierDeadlines, tiers } from "./documentation.js";
import type { FamilyDeclaration } from "./family.js";
import type { Keyspace } from "./keyspace.js";
import { kinds } from "./kinds/index.js";
import type { Json, KindContext, KindReading } from "./kinds/kind.js";
import {
  type Locations,
  type Manifest,
  type ManifestFamily,
  type ManifestParameter,
  type ManifestScope,
  type ManifestValue,
  manifestFormat,
} from "./manifest.js";
import { type Pattern, parsePattern } from "./patterns/index.js";
import type { SchemaLocation, SchemaProblem } from "./problem.js";
import { DurationProblem, parseDuration, readTtl, type TtlPolicy } from "./ttl.js";
import { compileCodec } from "./values/codec.js";
import { goldenSample } from "./values/golden-sample.js";
import { toJsonSchema } from "./values/json-schema.js";
import type { Shape } from "./values/shape.js";
import { shapeOf } from "./values/shape-of.js";
import { chooseWire, wireProblems } from "./values/wire.js";

/** What the generator works from. */
export interface Built {
  /** undefined where there are problems. */
  readonly manifest: Manifest | undefined;
  readonly problems: readonly SchemaProblem[];
  /** Shapes of the values, by family and field: what the manifest's JSON cannot hold. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly locations: Locations;
}

/** The key of `Built.shapes`. */
export function shapeKey(family: string, field: string): string {
  return `${family}.${field}`;
}

class Problems {
  readonly list: SchemaProblem[] = [];
  add(problem: SchemaProblem, family?: string, at?: SchemaLocation): void {
    this.list.push({
      ...problem,
      ...(family === undefined ? {} : { family }),
      ...(at === undefined || problem.at !== undefined ? {} : { at }),
    });
  }
}

function parametersOf(pattern: Pattern): ManifestParameter[] {
  return pattern.parameters.map(({ name, codec }) => ({
    name,
    codec: codec.argument === undefined ? codec.name : `${codec.name}(${codec.argument})`,
  }));
}

/** Patterns with the same text between their parameters: the simplest case of two families that own one key. */
function outline(pattern: Pattern): string {
  return pattern.segments.map((segment) => ("literal" in segment ? segment.literal : "<>")).join("");
}

function readScopes(keyspace: Keyspace, problems: Problems): ManifestScope[] {
  const scopes: ManifestScope[] = [];
  const seen = new Map<string, string>();
  for (const [name, scope] of Object.entries(keyspace.scopes)) {
    const field = `scopes.${name}`;
    const { pattern, problems: found } = parsePattern(scope.tag);
    for (const problem of found) problems.add({ ...problem, field }, undefined, keyspace.at);
    const report = (id: string, message: string, fix: string) =>
      problems.add({ id, field, message, fix }, undefined, keyspace.at);
    if (found.length === 0 && pattern.tag?.template !== scope.tag) {
      report(
        "invalid-scope",
        `the scope "${name}" is not one hash tag: ${scope.tag}`,
        'Write the tag alone with its braces, such as "{<roomId>}".',
      );
    }
    if (scope.because.trim() === "") {
      report(
        "undocumented",
        `the scope "${name}" gives no reason`,
        "Say in because: why these keys belong to one slot.",
      );
    }
    if (pattern.tag?.constant === true && !scope.constant) {
      report(
        "constant-tag",
        `the tag of "${name}" has no parameter, so one slot holds all of its keys`,
        "Write constant: true if that is meant, or put a parameter into the tag.",
      );
    }
    if (pattern.tag?.constant === false && scope.constant) {
      report("constant-tag", `the tag of "${name}" has a parameter but is marked constant`, "Remove constant: true.");
    }
    const twin = seen.get(scope.tag);
    if (twin !== undefined)
      report("duplicate-scope", `"${name}" and "${twin}" are the same tag`, "Keep one of the two scopes.");
    seen.set(scope.tag, name);
    scopes.push({
      name,
      tag: scope.tag,
      because: scope.because,
      constant: scope.constant,
      parameters: parametersOf(pattern),
    });
  }
  return scopes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readTag(
  family: FamilyDeclaration,
  pattern: Pattern,
  keyspace: Keyspace,
  report: KindContext["problem"],
): ManifestFamily["tag"] {
  const { tag } = family.options;
  const template = pattern.tag?.template;
  if (tag === undefined || tag === null || (tag.kind !== "scope" && tag.kind !== "none")) {
    report(
      "missing-tag",
      "tag",
      "nothing says which hash tag the family has",
      'Write tag: scopes.<name>, or tag: none("why it needs no tag").',
    );
    return { none: "" };
  }
  if (tag.kind === "none") {
    if (template !== undefined) {
      report(
        "tag-mismatch",
        "tag",
        `the pattern holds the tag ${template}, but the family says none()`,
        "Declare the tag with tagScopes and name its scope here, or take the braces out of the pattern.",
      );
    }
    if (tag.because.trim() === "") {
      report(
        "undocumented",
        "tag",
        "none() gives no reason",
        'Say why the family needs no tag, e.g. none("each session stands alone").',
      );
    }
    return { none: tag.because };
  }
  const scope = Object.entries(keyspace.scopes).find(
    ([, declared]) => declared === tag || declared.tag === tag.tag,
  )?.[0];
  if (scope === undefined) {
    report(
      "unknown-scope",
      "tag",
      `the scope ${tag.tag} is not among the keyspace's scopes`,
      "Pass what tagScopes returned to keyspace({ scopes }).",
    );
  }
  if (template !== tag.tag) {
    report(
      "tag-mismatch",
      "tag",
      template === undefined
        ? `the pattern holds no tag, but its scope is ${tag.tag}`
        : `the pattern holds ${template}, but its scope is ${tag.tag}`,
      `Write ${tag.tag} into the pattern exactly, or change the tag.`,
    );
  }
  return { scope: scope ?? "" };
}

function readServices(family: FamilyDeclaration, keyspace: Keyspace, report: KindContext["problem"]): void {
  const { owner, readers, writers } = family.options;
  const known = keyspace.services;
  const check = (field: string, service: unknown): void => {
    if (typeof service !== "string" || !/^[a-z][a-z0-9-]*$/.test(service)) {
      report(
        "invalid-service",
        field,
        `"${String(service)}" is no service name`,
        "Use lower-case words joined by -, such as chat or legacy-api.",
      );
    } else if (known !== undefined && !known.includes(service)) {
      report(
        "unknown-service",
        field,
        `the service "${service}" is not among the keyspace's services`,
        `Add it to keyspace({ services }), or use one of ${known.join(", ")}.`,
      );
    }
  };
  if (owner === undefined || owner === "")
    report("undocumented", "owner", "nobody owns the family", "Name the service or team that answers for it.");
  else check("owner", owner);
  if (!Array.isArray(writers) || writers.length === 0) {
    report("undocumented", "writers", "nobody writes the family", "Name at least one service, or remove the family.");
  } else for (const writer of writers) check("writers", serviceOf(writer));
  if (!Array.isArray(readers))
    report(
      "undocumented",
      "readers",
      "nothing says who reads the family",
      "Name the reading services, or write readers: [].",
    );
  else for (const reader of readers) check("readers", reader);
}

function readValues(
  name: string,
  family: FamilyDeclaration,
  reading: KindReading,
  report: KindContext["problem"],
  shapes: Map<string, Shape>,
): ManifestValue[] {
  const values: ManifestValue[] = [];
  for (const { field, wire: asked } of reading.values) {
    const schema = family.schemas[field];
    if (schema === undefined || schema === null || !("_zod" in schema)) {
      report(
        "missing-value",
        field,
        `"${field}" is no zod schema`,
        `Write ${field}: z.object({ … }), or any schema of zod 4.`,
      );
      continue;
    }
    const shape = shapeOf(schema);
    shapes.set(shapeKey(name, field), shape);
    const chosen = chooseWire(shape);
    const wire = asked ?? chosen.wire;
    const refused = wireProblems(shape, wire);
    for (const { path, message, fix } of refused) {
      report("wire-cannot-carry", path === "" ? field : `${field}.${path}`, message, fix);
    }
    if (refused.length > 0) continue;
    const sample = goldenSample(shape);
    let golden: string | null = null;
    if (sample !== undefined) {
      try {
        const stored = compileCodec(schema, wire).encode(sample);
        golden = typeof stored === "string" ? stored : null;
      } catch {
        // A refinement may refuse the made-up sample; the family then has no golden bytes.
      }
    }
    values.push({
      field,
      wire,
      because: asked === undefined ? chosen.because : null,
      jsonSchema: toJsonSchema(shape, wire) as Json,
      golden,
    });
  }
  return values;
}

const identifier = /^[a-z][A-Za-z0-9]*$/;
/** Members of the generated `Repositories` that no family or scope may take. */
const reservedNames = new Set(["then", "constructor", "toString", "valueOf", "toJSON"]);

/** Reads a keyspace; never throws for what a schema can get wrong. */
export function buildManifest(keyspace: Keyspace): Built {
  const problems = new Problems();
  const shapes = new Map<string, Shape>();
  const locations = new Map<string, SchemaLocation>();
  const scopes = readScopes(keyspace, problems);
  const families: ManifestFamily[] = [];
  const outlines = new Map<string, string>();
  const lowered = new Map<string, string>();

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

  for (const [name, family] of Object.entries(keyspace.families)) {
    if (family.at !== undefined) locations.set(name, family.at);
    const report: KindContext["problem"] = (id, field, message, fix) =>
      problems.add({ id, field, message, fix }, name, family.at);
    const kind = kinds[family.kind];
    if (kind === undefined) {
      report("unknown-kind", "kind", `"${family.kind}" is no kind`, `Use one of ${Object.keys(kinds).join(", ")}.`);
      continue;
    }
    if (!identifier.test(name) || reservedNames.has(name)) {
      report("invalid-name", "name", `"${name}" is no name for a family`, "Use camelCase, such as roomPresence.");
    }
    if (name in keyspace.scopes) {
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
    if (typeof options.purpose !== "string" || options.purpose.trim() === "") {
      report("undocumented", "purpose", "nothing says what the keys are for", "Write purpose: one sentence.");
    }
    readServices(family, keyspace, report);
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
        const { ttl, problems: bad } = readTtl(input, "ttl");
        for (const problem of bad) problems.add(problem, name, family.at);
        return ttl;
      },
    };
    const reading = kind.read(family, context);
    const tier: Tier = options.tier ?? kind.tier;
    if (!tiers.includes(tier))
      report("invalid-tier", "tier", `"${tier}" is no tier`, "Use R0 (must not be lost) to R4 (rebuildable).");
    const store = options.store ?? "default";
    if (!keyspace.stores.includes(store)) {
      report(
        "unknown-store",
        "store",
        `the store "${store}" is not among the keyspace's stores`,
        `Add it to keyspace({ stores }), or use one of ${keyspace.stores.join(", ")}.`,
      );
    }
    const deadline =
      options.deadline === undefined
        ? (tierDeadlines[tier] ?? 1000)
        : (context.duration("deadline", options.deadline) ?? 1000);
    if (deadline > 60_000)
      report(
        "invalid-deadline",
        "deadline",
        "a deadline of more than a minute bounds nothing",
        "Write a deadline of at most 60s.",
      );

    families.push({
      name,
      kind: family.kind,
      pattern: family.pattern,
      parameters: parametersOf(pattern),
      redisType: reading.redisType,
      tag,
      ttl: reading.ttl ?? ({ kind: "persist", because: "" } satisfies TtlPolicy),
      ttlSet: reading.ttlSet,
      purpose: options.purpose,
      notes: options.notes ?? null,
      domain: options.domain ?? options.owner,
      owner: options.owner,
      writers: options.writers,
      readers: options.readers,
      tier,
      store,
      deadline,
      values: readValues(name, family, reading, report, shapes),
      settings: reading.settings,
      companions: reading.companions,
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

  families.sort((a, b) => (a.name < b.name ? -1 : 1));
  const services =
    keyspace.services ??
    families.flatMap((family) => [...family.readers, ...family.writers.filter((writer) => typeof writer === "string")]);
  const manifest: Manifest = {
    keywright: manifestFormat,
    name: keyspace.name,
    stores: [...keyspace.stores],
    services: [...new Set(services)].sort(),
    scopes,
    families,
  };
  return { manifest: problems.list.length === 0 ? manifest : undefined, problems: problems.list, shapes, locations };
}
