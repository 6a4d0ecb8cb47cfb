/**
 * What a family says about itself.
 *
 * @module
 */
import { eachFamily, type Rule } from "./rule.js";

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

const fewestWords = 3;

export const purposeSaysNothing: Rule = {
  id: "purpose-says-nothing",
  severity: "warning",
  topic: "documentation",
  purpose: "The purpose is what somebody reads who meets the key at night, in production.",
  example: { bad: 'purpose: "Topic."', good: 'purpose: "Topic of a room, as its owner set it."' },
  check: eachFamily(({ name, purpose }) => {
    const words = purpose.trim().split(/\s+/).length;
    const echoes = lettersOf(purpose) === lettersOf(name);
    if (words >= fewestWords && !echoes) return [];
    return [
      {
        field: "purpose",
        message: echoes
          ? "the purpose repeats the name"
          : `the purpose has ${words === 1 ? "one word" : `${words} words`}`,
        fix: "Say in a sentence what the keys are for, and what becomes of them.",
      },
    ];
  }),
};
