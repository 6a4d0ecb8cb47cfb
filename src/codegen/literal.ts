/**
 * TypeScript text of plain data, as a person would write it.
 *
 * @module
 */

/** A number with separators from five digits on: 86_400_000. */
function numberText(value: number): string {
  const text = String(value);
  return /^\d{5,}$/.test(text) ? text.replace(/\B(?=(?:\d{3})+$)/g, "_") : text;
}

/** The text of a JSON value, on one line. */
export function literal(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => `${propertyName(name)}: ${literal(field)}`);
    return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
  }
  return JSON.stringify(value) ?? "undefined";
}

/** The text of a JSON value after `before` characters of its line, broken into lines where it does not fit. */
export function brokenLiteral(value: unknown, before: number, indent: string, width = 120): string {
  const line = literal(value);
  if (before + line.length + 1 <= width || value === null || typeof value !== "object") return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const items = Array.isArray(value)
    ? value.map((item) => `${inner}${brokenLiteral(item, inner.length, inner, width)},`)
    : Object.entries(value)
        .filter(([, field]) => field !== undefined)
        .map(([name, field]) => {
          const start = `${inner}${propertyName(name)}: `;
          return `${start}${brokenLiteral(field, start.length, inner, width)},`;
        });
  return [open, ...items, `${indent}${close}`].join("\n");
}

/** The text of a field of the family literal, which stands two spaces deep. */
export function fieldLiteral(name: string, value: unknown): string {
  return brokenLiteral(value, `  ${name}: `.length, "  ");
}

export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** Text inside a doc comment cannot end it. */
export function commentText(text: string): string {
  return text.replaceAll("*/", "*\\/").replace(/\s+/g, " ").trim();
}

export function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A list in braces, on one line where it fits into `width`, else an item a line. */
export function bracketed(before: string, items: readonly string[], after: string, width = 120, indent = ""): string {
  const line = `${indent}${before} ${items.join(", ")} ${after}`;
  if (line.length <= width) return line;
  return `${indent}${before}\n${items.map((item) => `${indent}  ${item},\n`).join("")}${indent}${after}`;
}
