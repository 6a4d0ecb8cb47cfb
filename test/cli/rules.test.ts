import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../src/rules/table.js";
import { keywright, root, useFolders } from "./command-line.js";

useFolders();

describe("keywright rules", () => {
  test("lists every rule with its severity and its purpose", async () => {
    const ended = await keywright("rules");
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    for (const { id, severity, purpose } of rules) {
      expect(ended.stdout).toMatch(new RegExp(`^  ${severity} +${id}\\b`, "m"));
      expect(ended.stdout).toContain(purpose);
    }
  });

  test("explains one, with the line that it finds and the one that it does not", async () => {
    const ended = await keywright("rules", "naming-case");
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('found  value("Cache_User:<userId>", …)');
    expect(ended.stdout).toContain('well   value("cache:user:<userId>", …)');
    expect(ended.stdout).toContain('allow: { "naming-case": "why it is right here" }');
    expect((await keywright("rules", "service-prefix")).stdout).toContain("rules.prefixes");
    expect((await keywright("rules", "key-belongs-to-two")).stdout).toContain("cannot be allowed");
  });

  test("in JSON, all or one", async () => {
    const all = JSON.parse((await keywright("rules", "--format", "json")).stdout) as { id: string }[];
    expect(all.map(({ id }) => id)).toEqual(rules.map(({ id }) => id));
    const one = JSON.parse((await keywright("rules", "naming-case", "--format", "json")).stdout);
    expect(one).toEqual(all.find(({ id }) => id === "naming-case"));
  });

  test("an unknown rule: exit 2, and the nearest", async () => {
    expect(await keywright("rules", "naming-csae")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("Did you mean naming-case?"),
    });
  });

  test("docs/rules.md has the table as it is", () => {
    const page = readFileSync(join(root, "docs/rules.md"), "utf8");
    const rows = rules.map(({ id, severity, topic, purpose, setting, proof }) => {
      const note = proof === true ? "cannot be allowed" : setting === undefined ? "" : `with \`rules.${setting}\``;
      return `| \`${id}\` | ${severity} | ${topic} | ${purpose} | ${note} |`;
    });
    const table = page.split("\n").filter((line) => line.startsWith("| `") && line.split("|").length === 7);
    expect(table).toEqual(rows);
  });
});
