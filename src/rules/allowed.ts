/**
 * What a schema allows: exceptions from a rule, each with its reason. They are held against the rules too, so that none
 * stays when what it excused is gone.
 *
 * @module
 */
import type { Manifest } from "../schema/manifest.js";
import { nearestWord } from "../schema/nearest-word.js";
import type { Finding, Found, Rule } from "./rule.js";

const topic = "allow";

interface Allowed {
  readonly rule: string;
  /** A family, or a script; undefined: in the whole keyspace. */
  readonly family: string | undefined;
}

/** All that a manifest allows, the keyspace's own first. */
function allowedIn({ rules, families, scripts = [] }: Manifest): Allowed[] {
  return [
    ...Object.keys(rules.allow).map((rule) => ({ rule, family: undefined })),
    ...[...families, ...scripts].flatMap(({ name, allow }) =>
      Object.keys(allow).map((rule) => ({ rule, family: name })),
    ),
  ];
}

/** Whether the schema allows a finding, in its family or as a whole. */
export function isAllowed(finding: Finding, manifest: Manifest): boolean {
  return allowedIn(manifest).some(
    ({ rule, family }) => rule === finding.id && (family === undefined || family === finding.family),
  );
}

function about({ rule, family }: Allowed, words: Pick<Found, "message" | "fix">): Found {
  return { ...(family === undefined ? {} : { family }), field: `allow.${rule}`, ...words };
}

export const unknownAllow: Rule = {
  id: "unknown-allow",
  severity: "error",
  topic,
  proof: true,
  purpose: "An exception from a rule that does not exist excuses nothing.",
  example: {
    bad: '"tll-maximum": "kept as long as the contract"',
    good: '"ttl-maximum": "kept as long as the contract"',
  },
  check(manifest, { rules }) {
    const ids = rules.filter(({ proof }) => proof !== true).map(({ id }) => id);
    return allowedIn(manifest).flatMap((allowed) => {
      if (ids.includes(allowed.rule)) return [];
      const proof = rules.some(({ id }) => id === allowed.rule);
      const near = nearestWord(allowed.rule, ids);
      return [
        about(allowed, {
          message: proof
            ? `"${allowed.rule}" is a proof that the generated code relies on, and cannot be allowed`
            : `there is no rule "${allowed.rule}"`,
          fix: proof
            ? "Mend what it finds, and remove the exception."
            : near === undefined
              ? "keywright rules lists all of them."
              : `Did you mean ${near}?`,
        }),
      ];
    });
  },
};

export const unusedAllow: Rule = {
  id: "unused-allow",
  severity: "warning",
  topic,
  whole: true,
  proof: true,
  purpose: "An exception that excuses nothing would excuse the next mistake.",
  example: { bad: 'ttl: "1h", … allow: { "ttl-maximum": "…" }', good: 'ttl: "400d", … allow: { "ttl-maximum": "…" }' },
  check(manifest, { rules, found }) {
    return allowedIn(manifest)
      .filter(({ rule }) => rules.some(({ id, proof }) => id === rule && proof !== true))
      .filter(
        ({ rule, family }) =>
          !found.some((finding) => finding.id === rule && (family === undefined || family === finding.family)),
      )
      .map((allowed) =>
        about(allowed, {
          message: `"${allowed.rule}" finds nothing ${allowed.family === undefined ? "in this keyspace" : "here"}`,
          fix: "Remove the exception.",
        }),
      );
  },
};
