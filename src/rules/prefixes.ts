/**
 * What keys begin with: the function of their kind, and the prefixes of the service that owns them.
 *
 * @module
 */
import { beginningOf } from "./patterns.js";
import { eachFamily, type Rule } from "./rule.js";

const topic = "naming";

export const functionPrefix: Rule = {
  id: "function-prefix",
  severity: "error",
  topic,
  setting: "functions",
  purpose: "The first word of a key tells what it is used as, so that access rules and audits can name all of them.",
  example: { bad: 'rateLimit("auth:login:<ip:ip>", …)', good: 'rateLimit("rate:auth:<ip:ip>", …)' },
  check: eachFamily((family, { rules }) => {
    const allowed = Object.hasOwn(rules.functions, family.kind) ? (rules.functions[family.kind] ?? []) : [];
    if (allowed.length === 0 || allowed.some((word) => beginningOf(family).startsWith(`${word}:`))) return [];
    return [
      {
        field: "pattern",
        message: `keys of the kind ${family.kind} begin with ${allowed.map((word) => `${word}:`).join(" or ")}, and these do not`,
        fix: `Begin the pattern with ${allowed[0]}:, or add its first word to rules.functions.${family.kind}.`,
      },
    ];
  }),
};

export const servicePrefix: Rule = {
  id: "service-prefix",
  severity: "error",
  topic,
  setting: "prefixes",
  purpose: "Each service keeps to its own part of the keyspace, so that no two of them meet in one key.",
  example: { bad: 'value("cache:mail:<userId>", …)', good: 'value("cache:user:<userId>", …)' },
  check: eachFamily((family, { rules }) => {
    if (Object.keys(rules.prefixes).length === 0) return [];
    const own = Object.hasOwn(rules.prefixes, family.owner) ? (rules.prefixes[family.owner] ?? []) : [];
    if (own.some((prefix) => beginningOf(family).startsWith(prefix))) return [];
    return [
      {
        field: "pattern",
        message:
          own.length === 0
            ? `the owner ${family.owner} has no prefix of its own`
            : `keys of ${family.owner} begin with ${own.join(" or ")}, and these do not`,
        fix:
          own.length === 0
            ? `Add one to rules.prefixes.${family.owner}.`
            : `Rename the keys, or add their prefix to rules.prefixes.${family.owner}.`,
      },
    ];
  }),
};
