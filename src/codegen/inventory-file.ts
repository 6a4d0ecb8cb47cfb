/**
 * Emits `REDIS_KEYS.md`: the key inventory, by domain, for people who meet the keys in production.
 *
 * @module
 */
import { serviceOf, tierMeanings, tiers } from "../schema/documentation.js";
import type { Manifest, ManifestFamily, ManifestMove } from "../schema/manifest.js";
import { describeRetries, tierProfiles } from "../schema/profile.js";
import { describeTtl, formatDuration } from "../schema/ttl.js";
import { describeWhenDown } from "../schema/when-down.js";
import { type Artifact, markdownFile } from "./artifact.js";

/** A cell cannot hold a line break or an unescaped bar. */
function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
}

function code(text: string): string {
  return `\`${text}\``;
}

function writers(family: ManifestFamily): string {
  return family.writers
    .map((writer) => (typeof writer === "string" ? writer : `${serviceOf(writer)} (${writer.foreign})`))
    .join(", ");
}

function table(rows: readonly (readonly string[])[]): string[] {
  const [head, ...body] = rows.map((row) => `| ${row.map(cell).join(" | ")} |`);
  return [head as string, `|${" --- |".repeat((rows[0] as readonly string[]).length)}`, ...body];
}

function heading(domain: string): string {
  return domain.charAt(0).toUpperCase() + domain.slice(1);
}

/** The tiers that the keyspace has, and what each of them means. */
function tierSection({ families }: Manifest): string[] {
  const used = tiers.filter((tier) => families.some((family) => family.tier === tier));
  if (used.length === 0) return [];
  const rows = used.map((tier) => [
    tier,
    String(families.filter((family) => family.tier === tier).length),
    tierMeanings[tier].loss,
    tierMeanings[tier].recovery,
    formatDuration(tierProfiles[tier].deadline),
    String(tierProfiles[tier].retries),
  ]);
  return ["## Tiers", "", ...table([["Tier", "Families", "Loss", "Recovery", "Deadline", "Retries"], ...rows]), ""];
}

/** `, deadline 300 ms`, `, loads when down`: what the family sets apart from its tier's, and from throwing. */
function ownProfile({ tier, deadline, retries, whenDown }: ManifestFamily): string {
  const usual = tierProfiles[tier];
  const own = deadline === usual.deadline ? "" : `, deadline ${formatDuration(deadline)}`;
  return (
    own +
    (retries === usual.retries ? "" : `, ${describeRetries(retries)}`) +
    (whenDown === "throw" ? "" : `, ${describeWhenDown(whenDown)}`)
  );
}

/** The exceptions from the lint, as reviewers agreed to them. */
function allowedSection({ families, scripts = [], rules }: Manifest): string[] {
  const rows = [
    ...Object.entries(rules.allow).map(([rule, reason]) => ["all families", code(rule), reason]),
    ...[...families, ...scripts].flatMap(({ name, allow }) =>
      Object.entries(allow).map(([rule, reason]) => [name, code(rule), reason]),
    ),
  ];
  return rows.length === 0 ? [] : ["## Allowed", "", ...table([["Family", "Rule", "Why"], ...rows]), ""];
}

/** `STRING (superjson, version 2)` */
function typeOf({ redisType, values, settings }: ManifestFamily): string {
  const details = [
    ...values.map(({ wire }) => wire),
    ...(typeof settings.version === "number" ? [`version ${settings.version}`] : []),
  ];
  return details.length === 0 ? redisType : `${redisType} (${details.join(", ")})`;
}

function purposeOf({ purpose, summary, shared, staleReads }: ManifestFamily): string {
  const words = summary === "" ? purpose : `${purpose} (${summary})`;
  const stale = staleReads === undefined ? "" : ` Plain reads may go to a replica: ${staleReads}.`;
  return (shared === undefined ? words : `${words} Shared, takes no prefix: ${shared}.`) + stale;
}

/** What may stand before the keys. */
function prefixSection({ prefixes = [] }: Manifest): string[] {
  if (prefixes.length === 0) return [];
  return [
    "## Prefixes",
    "",
    "Environments and tenants put one of these before every key, or none.",
    "",
    ...table([["Prefix", "Pattern"], ...prefixes.map(({ name, pattern }) => [name, code(pattern)])]),
    "",
  ];
}

/** Scripts of the team's own: what they call, on which keys. */
function scriptSection({ scripts = [] }: Manifest): string[] {
  const rows = scripts.map(({ name, file, purpose, keys, calls, flags }) => [
    `${name} (${file})`,
    purpose,
    keys
      .map(
        ({ name: key, family, access }) =>
          `${access === "write" ? "writes" : "reads"} ${key === family ? key : `${family} (${key})`}`,
      )
      .join(", "),
    [...new Set(calls.map(({ command }) => command ?? "computed"))].map(code).join(", ") || "–",
    flags.join(", ") || "–",
  ]);
  if (rows.length === 0) return [];
  return ["## Scripts", "", ...table([["Script", "Purpose", "Keys", "Commands", "Flags"], ...rows]), ""];
}

/** The old keys of a family that moves, which are there beside the new ones until the window ends. */
function oldRows(family: ManifestFamily): string[][] {
  const { moved } = family;
  if (moved === undefined) return [];
  return moved.keys.map(({ companion: name, from }) => {
    const companion = family.companions.find((each) => each.name === name);
    return [
      code(from),
      companion?.redisType ?? typeOf(family),
      describeTtl(companion?.ttl ?? family.ttl),
      `Old keys of ${code(companion?.pattern ?? family.pattern)}, until ${moved.until}.`,
      writers(family),
      (companion?.readers === false ? "" : family.readers.join(", ")) || "–",
      `legacy of ${family.name}`,
    ];
  });
}

/** Moves under way. */
function moveSection({ families }: Manifest): string[] {
  const rows = families.flatMap(({ name, pattern, moved }) =>
    moved === undefined
      ? []
      : [[name, code(moved.from), code(pattern), moved.strategy, moved.phase, moved.until, companionsOf(moved)]],
  );
  if (rows.length === 0) return [];
  return [
    "## Moves",
    "",
    "Both shapes of these keys may be there. Beside each key `moved`, in its slot, holds what the move remembers of it.",
    "",
    ...table([["Family", "From", "To", "Strategy", "Phase", "Until", "With it"], ...rows]),
    "",
  ];
}

function companionsOf({ keys }: ManifestMove): string {
  return keys.flatMap(({ companion }) => companion ?? []).join(", ") || "–";
}

/** Patterns of moves that are over. */
function retiredSection({ retired = {} }: Manifest): string[] {
  const rows = Object.entries(retired).map(([pattern, because]) => [code(pattern), because]);
  if (rows.length === 0) return [];
  return ["## Retired", "", "Nobody may use these again.", "", ...table([["Key pattern", "Why"], ...rows]), ""];
}

/** The inventory's file. */
export function inventoryFile(manifest: Manifest, schema: string): Artifact {
  const domains = [...new Set(manifest.families.map(({ domain }) => domain))].sort();
  const sections = domains.flatMap((domain) => {
    const families = manifest.families.filter((family) => family.domain === domain);
    const rows = families.flatMap((family) => [
      [
        code(family.pattern),
        typeOf(family),
        describeTtl(family.ttl),
        purposeOf(family),
        writers(family),
        family.readers.join(", ") || "–",
        `${family.name} (${family.kind}, ${family.tier}${ownProfile(family)}, owner ${family.owner})`,
      ],
      ...family.companions.map((companion) => [
        code(companion.pattern),
        companion.redisType,
        describeTtl(companion.ttl),
        companion.purpose,
        writers(family),
        (companion.readers === false ? "" : family.readers.join(", ")) || "–",
        `beside ${family.name}`,
      ]),
      ...oldRows(family),
    ]);
    return [
      `## ${heading(domain)}`,
      "",
      ...table([["Key pattern", "Type", "TTL", "Purpose", "Written by", "Read by", "Family"], ...rows]),
      "",
    ];
  });
  const scopes =
    manifest.scopes.length === 0
      ? []
      : [
          "## Hash tags",
          "",
          "Keys with equal tags lie in one Cluster slot, so they can change together.",
          "",
          ...table([
            ["Scope", "Tag", "Families", "Why"],
            ...manifest.scopes.map((scope) => [
              scope.name,
              code(scope.tag) + (scope.constant ? " (constant: one slot)" : ""),
              manifest.families
                .filter(({ tag }) => "scope" in tag && tag.scope === scope.name)
                .map(({ name }) => name)
                .join(", ") || "–",
              scope.because,
            ]),
          ]),
          "",
        ];
  const body = [
    `# Redis keys of ${manifest.name}`,
    "",
    ...(manifest.subset === undefined
      ? []
      : [`Those that ${manifest.subset.services.join(" and ")} may read or write; the keyspace may have more.`, ""]),
    `${manifest.families.length} families. \`<name>\` stands for a value, \`{…}\` is Redis's own hash tag. R0 must not be lost, R4 can be rebuilt. Where Redis is down a family throws, unless it says what it does instead.`,
    "",
    ...sections,
    ...scopes,
    ...scriptSection(manifest),
    ...moveSection(manifest),
    ...retiredSection(manifest),
    ...prefixSection(manifest),
    ...tierSection(manifest),
    ...allowedSection(manifest),
  ].join("\n");
  return markdownFile("REDIS_KEYS.md", schema, `${body.trimEnd()}\n`);
}
