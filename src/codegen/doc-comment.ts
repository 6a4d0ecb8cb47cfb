/**
 * Doc comments of generated code, as wide as its lines.
 *
 * @module
 */

/** Breaks a text into comment lines of at most `width`; `24 h` stays together. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/ (?!(?:ms|s|min|h|d)\b)/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** One line where it fits, else a paragraph each. */
export function docComment(paragraphs: readonly string[], indent = ""): string {
  const [only = ""] = paragraphs;
  if (paragraphs.length === 1 && `${indent}/** ${only} */`.length <= 120) return `${indent}/** ${only} */`;
  const wrap = (text: string) => wrapped(text, 117 - indent.length);
  const lines = paragraphs.flatMap((paragraph, i) => (i === 0 ? wrap(paragraph) : ["", ...wrap(paragraph)]));
  return ["/**", ...lines.map((line) => (line === "" ? " *" : ` * ${line}`)), " */"]
    .map((line) => indent + line)
    .join("\n");
}
