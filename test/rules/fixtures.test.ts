/**
 * Each rule against a schema that it finds and one that it does not. Beside the bad schema lies what is told about it, as
 * a terminal shows it; `npx vitest run test/rules -u` writes it anew.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { inspect } from "../../src/codegen/generate.js";
import { rules } from "../../src/rules/table.js";
import { rendered } from "./rendered.js";

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));

function findingsOf(schema: string) {
  // Windows of moves are held against a day.
  return inspect({ file: "", schema, out: join(fixtures, "generated") }, "2026-12-01");
}

/** Formatting aside. */
function bare(text: string): string {
  return text.replace(/\s+/g, "").replace(/,([})\]])/g, "$1");
}

describe("the rule table", () => {
  test("every rule has its fixtures, and every fixture its rule", () => {
    expect(readdirSync(fixtures).sort()).toEqual(rules.map(({ id }) => id).sort());
  });

  test("ids are unique, kebab case, and every row is documented", () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { id, purpose, topic } of rules) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(purpose).toMatch(/^[A-Z].{30,}\.$/);
      expect(topic).not.toBe("");
    }
  });
});

describe.each(rules)("$id", ({ id, severity, example }) => {
  const [bad, good] = ["bad", "good"].map((name) => join(fixtures, id, `${name}.schema.ts`)) as [string, string];

  test("finds the bad schema, and no other rule does", async () => {
    const { findings } = await findingsOf(bad);
    expect(findings.map((finding) => [finding.id, finding.severity])).toEqual([[id, severity]]);
    expect(findings[0]?.at).toMatchObject({ file: bad, line: expect.any(Number), column: expect.any(Number) });
    await expect(rendered(findings, bad)).toMatchFileSnapshot(join(fixtures, id, "bad.txt"));
  });

  test("finds nothing in the good one, nor does any other", async () => {
    expect((await findingsOf(good)).findings).toEqual([]);
  });

  test("its examples are lines of the fixtures", () => {
    for (const [path, text] of [
      [bad, example.bad],
      [good, example.good],
    ] as const) {
      expect(existsSync(path)).toBe(true);
      const script = path.replace(".schema.ts", ".lua");
      const texts = [path, ...(existsSync(script) ? [script] : [])].map((file) => readFileSync(file, "utf8"));
      const source = bare(texts.join("\n"));
      let at = 0;
      for (const piece of text.split("…").map(bare)) {
        const found = source.indexOf(piece.replace(/,$/, ""), at);
        expect([piece, found >= 0]).toEqual([piece, true]);
        at = found + piece.length - 1;
      }
    }
  });
});
