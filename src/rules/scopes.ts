/**
 * Tag scopes: approved, used, and no wider than a server can carry.
 *
 * @module
 */
import type { Manifest, ManifestFamily } from "../schema/manifest.js";
import type { Rule } from "./rule.js";

const topic = "tags";

function familiesOf(manifest: Manifest, scope: string): readonly ManifestFamily[] {
  return manifest.families.filter(({ tag }) => "scope" in tag && tag.scope === scope);
}

/** Several keys of the family have one tag. */
function holdsSeveral(family: ManifestFamily, scope: Manifest["scopes"][number]): boolean {
  return family.parameters.some(({ name }) => !scope.parameters.some((inTag) => inTag.name === name));
}

export const scopeUnapproved: Rule = {
  id: "scope-unapproved",
  severity: "error",
  topic,
  setting: "scopes",
  purpose: "Hash tags decide which server holds what, so a new one is agreed upon before it is used.",
  example: { bad: 'scopes: ["user"]', good: 'scopes: ["room", "user"]' },
  check({ scopes, rules }) {
    const { scopes: approved } = rules;
    if (approved === null) return [];
    return scopes
      .filter(({ name }) => !approved.includes(name))
      .map(({ name, tag }) => ({
        field: `scopes.${name}`,
        message: `the scope "${name}" (${tag}) is not among the approved: ${approved.join(", ") || "none is"}`,
        fix: "Use an approved scope, or have this one added to rules.scopes.",
      }));
  },
};

export const scopeUnused: Rule = {
  id: "scope-unused",
  severity: "warning",
  topic,
  whole: true,
  purpose: "A tag that no family holds is an approval that nobody uses.",
  example: { bad: 'user: { tag: "{<userId>}", …', good: "tag: scopes.user" },
  check: (manifest) =>
    manifest.scopes
      .filter(({ name }) => familiesOf(manifest, name).length === 0)
      .map(({ name }) => ({
        field: `scopes.${name}`,
        message: `no family is of the scope "${name}"`,
        fix: "Remove it, or name it as the tag of a family.",
      })),
};

export const scopeOfOne: Rule = {
  id: "scope-of-one",
  severity: "warning",
  topic,
  whole: true,
  purpose: "A tag around the only parameter of the only family brings no two keys together.",
  example: { bad: 'value("chat:topic:{<roomId>}", …)', good: 'value("chat:topic:<roomId>", …)' },
  check: (manifest) =>
    manifest.scopes.flatMap((scope) => {
      const [family, ...others] = familiesOf(manifest, scope.name);
      if (family === undefined || others.length > 0 || holdsSeveral(family, scope)) return [];
      return [
        {
          family: family.name,
          field: "tag",
          message: `"${scope.name}" is the tag of this family alone, and each tag is in one of its keys only`,
          fix: 'Write tag: none("why"), unless a family that changes with it is on its way.',
        },
      ];
    }),
};

export const hotSlot: Rule = {
  id: "hot-slot",
  severity: "warning",
  topic,
  purpose: "A tag without a parameter puts all keys on one server of the Cluster, however many there are.",
  example: { bad: 'value("jobs:result:{jobs}:<jobId>", …)', good: 'value("jobs:result:<jobId>", …)' },
  check: (manifest) =>
    manifest.scopes
      .filter(({ constant }) => constant)
      .flatMap((scope) =>
        familiesOf(manifest, scope.name)
          .filter((family) => holdsSeveral(family, scope))
          .map((family) => ({
            family: family.name,
            field: "tag",
            message: `every key of the family lies in the one slot of ${scope.tag}`,
            fix: "Put the parameter into the tag, or leave the family untagged.",
          })),
      ),
};
