/**
 * Families that services write without the generated repositories: what is stored must be nobody's own format.
 *
 * @module
 */
import type { ManifestFamily } from "../schema/manifest.js";
import { eachFamily, type Rule } from "./rule.js";

const topic = "wire";

function foreigners(family: ManifestFamily): string {
  return family.writers
    .flatMap((writer) => (typeof writer === "string" ? [] : [`${writer.service} (${writer.foreign})`]))
    .join(", ");
}

/** Wires that any language writes without knowing Keywright; `json` may come to be wrapped in an envelope. */
const shared: readonly string[] = ["plain", "string", "int", "float", "boolean01", "bytes"];

export const foreignWire: Rule = {
  id: "foreign-wire",
  severity: "error",
  topic,
  purpose: "A writer in another language writes bare JSON or text, which a superjson reader takes for something else.",
  example: { bad: 'wire: "superjson"', good: 'wire: "plain"' },
  check: eachFamily((family) => {
    const others = foreigners(family);
    if (others === "") return [];
    return family.values
      .filter(({ wire }) => !shared.includes(wire))
      .map(({ field, wire }) => ({
        field,
        message: `${others} writes these keys, but they are stored as ${wire}`,
        fix: 'Write wire: "plain", and dates as z.iso.datetime().',
      }));
  }),
};

/** What only our own code can write, by kind; undefined where the format is Redis's own. */
const own: Readonly<Record<string, (settings: ManifestFamily["settings"]) => string | undefined>> = {
  rateLimit: ({ algorithm }) =>
    algorithm === "fixed-window" ? undefined : `the state of ${String(algorithm)} is written by its script`,
  presence: ({ places }) => (places === true ? "members are stored by when the server saw them" : undefined),
  cappedList: ({ history }) =>
    history === "whole" ? "a push by others to an absent list would pose as the whole history" : undefined,
  geoIndex: ({ expires }) => (expires !== null ? "members that others add have no end" : undefined),
};

export const foreignFormat: Rule = {
  id: "foreign-format",
  severity: "error",
  topic,
  purpose: "Some kinds keep a state that only their own scripts write: a plain SET or ZADD beside them breaks it.",
  example: { bad: 'algorithm: "gcra"', good: 'algorithm: "fixed-window"' },
  check: eachFamily((family) => {
    const others = foreigners(family);
    if (others === "") return [];
    const reason =
      family.settings.envelope === true ? "the value is stored in an envelope" : own[family.kind]?.(family.settings);
    if (reason === undefined) return [];
    return [
      {
        field: "writers",
        message: `${others} writes these keys, but ${reason}`,
        fix: "Choose a form that others can write (see the kind's page), or let them call a service that has the repository.",
      },
    ];
  }),
};
