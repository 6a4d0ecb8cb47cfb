/**
 * Holds a family's tag against its pattern and the keyspace's scopes.
 *
 * @module
 */
import type { FamilyDeclaration } from "./family.js";
import type { Keyspace } from "./keyspace.js";
import type { ManifestFamily } from "./manifest.js";
import type { Pattern } from "./patterns/index.js";
import type { Report } from "./problems.js";

export function readTag(
  family: FamilyDeclaration,
  pattern: Pattern,
  keyspace: Keyspace,
  report: Report,
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
