/**
 * What stands inside a hash tag.
 *
 * @module
 */
import { patternOf } from "./patterns.js";
import { eachFamily, type Rule } from "./rule.js";

export const tagRawInput: Rule = {
  id: "tag-raw-input",
  severity: "error",
  topic: "tags",
  purpose: "Whoever may choose a tag freely chooses the server: enough keys of one tag fill it.",
  example: { bad: "search:{<term:enc>}", good: "search:{<term:sha256>}" },
  check: eachFamily((family) => {
    const pattern = patternOf(family);
    const raw = pattern.parameters.find(
      ({ name, codec }) => pattern.tag?.parameters.includes(name) && (codec.name === "enc" || codec.name === "rest"),
    );
    if (raw === undefined) return [];
    return [
      {
        field: "pattern",
        message: `${raw.text} takes any text, and stands inside the hash tag`,
        fix: `Write <${raw.name}:sha256>, a codec of ids, or move it behind the tag.`,
      },
    ];
  }),
};
