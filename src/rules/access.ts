/**
 * Who owns, writes and reads, held against each other.
 *
 * @module
 */
import { serviceOf } from "../schema/documentation.js";
import type { ManifestFamily } from "../schema/manifest.js";
import { eachFamily, type Rule } from "./rule.js";

const topic = "access";

function writersOf(family: ManifestFamily): string[] {
  return family.writers.map(serviceOf);
}

export const ownerUninvolved: Rule = {
  id: "owner-uninvolved",
  severity: "warning",
  topic,
  purpose: "Who answers for keys that it neither reads nor writes does not notice when they are wrong.",
  example: { bad: 'owner: "edge", writers: ["chat"]', good: 'owner: "chat", writers: ["chat"]' },
  check: eachFamily((family) => {
    const { owner, readers } = family;
    if (writersOf(family).includes(owner) || readers.includes(owner)) return [];
    return [
      {
        field: "owner",
        message: `${owner} owns the keys, but neither writes nor reads them`,
        fix: "Name the service that they belong to; where the owner is a team, say so in allow.",
      },
    ];
  }),
};

export const writerAlsoReader: Rule = {
  id: "writer-also-reader",
  severity: "warning",
  topic,
  purpose: "Writers may read without being named: who is listed twice hides who only reads.",
  example: { bad: 'writers: ["chat"], readers: ["chat"]', good: 'writers: ["chat"], readers: []' },
  check: eachFamily((family) => {
    const twice = family.readers.filter((reader) => writersOf(family).includes(reader));
    if (twice.length === 0) return [];
    return [
      {
        field: "readers",
        message: `${twice.join(", ")} is listed as a writer too`,
        fix: "Take it out of readers.",
      },
    ];
  }),
};

export const nobodyHere: Rule = {
  id: "nobody-here",
  severity: "warning",
  topic,
  purpose: "A family that only others write, and nobody reads, needs no repository.",
  example: {
    bad: 'writers: [{ service: "legacy-api", foreign: "go" }], readers: []',
    good: 'writers: [{ service: "legacy-api", foreign: "go" }], readers: ["chat"]',
  },
  check: eachFamily((family) => {
    if (family.readers.length > 0 || family.writers.some((writer) => typeof writer === "string")) return [];
    return [
      {
        field: "readers",
        message: "all writers are foreign and there is no reader, so no service uses the repository",
        fix: "Name who reads the keys, or say in allow why they are listed.",
      },
    ];
  }),
};

export const unusedName: Rule = {
  id: "unused-name",
  severity: "warning",
  topic,
  whole: true,
  purpose: "A service or store that no family names is a leftover, or a name that is misspelt elsewhere.",
  example: { bad: 'services: ["chat", "mail"]', good: 'services: ["chat"]' },
  check({ families, services, stores }) {
    const named = new Set(families.flatMap((family) => [family.owner, ...writersOf(family), ...family.readers]));
    const used = new Set(families.map(({ store }) => store));
    return [
      ...services
        .filter((service) => !named.has(service))
        .map((name) => ({ field: "services", what: "service", name })),
      ...stores.filter((store) => !used.has(store)).map((name) => ({ field: "stores", what: "store", name })),
    ].map(({ field, what, name }) => ({
      field,
      message: `no family names the ${what} "${name}"`,
      fix: `Take it out of ${field}.`,
    }));
  },
};
