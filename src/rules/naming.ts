/**
 * Names of keys: lower case, words between colons, `domain:purpose:id`.
 *
 * @module
 */
import { fixedWords, outline, patternOf } from "./patterns.js";
import { eachFamily, type Rule } from "./rule.js";

const topic = "naming";

export const namingCase: Rule = {
  id: "naming-case",
  severity: "error",
  topic,
  purpose: "Keys that differ only in case are two keys to Redis and one to the people who look for them.",
  example: { bad: 'value("Cache_User:<userId>", …)', good: 'value("cache:user:<userId>", …)' },
  check: eachFamily((family) => {
    const literals = patternOf(family).segments.flatMap((segment) => ("literal" in segment ? [segment.literal] : []));
    const word = /\p{Lu}[\p{L}\p{N}_]*|[\p{L}\p{N}_]+\p{Lu}[\p{L}\p{N}_]*/u.exec(literals.join("<"))?.[0];
    if (word === undefined) return [];
    return [
      {
        field: "pattern",
        message: `"${word}" in the key's own text is not in lower case`,
        fix: `Write ${word.replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1-$2").toLowerCase()}; where live keys have the name already, say so in allow.`,
      },
    ];
  }),
};

export const namingSeparator: Rule = {
  id: "naming-separator",
  severity: "warning",
  topic,
  purpose: "A parameter that stands between colons is found by tools, and by people, without knowing the family.",
  example: { bad: 'value("cache:user-<userId>", …)', good: 'value("cache:user:<userId>", …)' },
  check: eachFamily((family) => {
    const glued = outline(family)
      .split(":")
      .find((word) => word.includes("<") && word !== "<>");
    if (glued === undefined) return [];
    return [
      {
        field: "pattern",
        message: `a parameter is joined to other text in ${glued.replaceAll("<>", "<…>")}`,
        fix: "Set it off by colons on both sides.",
      },
    ];
  }),
};

export const namingParts: Rule = {
  id: "naming-parts",
  severity: "error",
  topic,
  setting: "naming",
  purpose: "A key says in its name whose it is and what it is for: domain:purpose:id.",
  example: { bad: 'value("profile:<userId>", …)', good: 'value("cache:user:<userId>", …)' },
  check: eachFamily((family, { rules }) => {
    if (!rules.naming) return [];
    const words = fixedWords(family);
    if (words.length >= 2 && outline(family).startsWith(`${words[0]}:`)) return [];
    return [
      {
        field: "pattern",
        message: `${family.pattern} is not named domain:purpose:id`,
        fix: "Begin it with two words, such as cache:user:<userId>.",
      },
    ];
  }),
};
